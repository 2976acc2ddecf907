package upstream

import (
	"bytes"
	"io"
	"net/http"
)

// RoundTripper sends requests of net/http as fetches, under the same limits. The
// engine's own resolver needs it: it builds its requests itself.
func (s *Subgraph) RoundTripper() http.RoundTripper { return roundTripper{s} }

type roundTripper struct{ subgraph *Subgraph }

// RoundTrip sends the body and the headers; method and URL are always those of
// the subgraph.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	body, err = t.subgraph.Fetch(r.Context(), Request{Header: NewHeader(r.Header), Body: body, Mutation: !isQuery(body)}, nil)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// isQuery reports whether the body holds a query, in the form in which the
// engine writes it. The search cannot match inside a string: quotes there are
// escaped. Anything else counts as a mutation, which is not retried.
func isQuery(body []byte) bool {
	query := bytes.Contains(body, []byte(`"query":"{`)) || bytes.Contains(body, []byte(`"query":"query`))
	return query && !bytes.Contains(body, []byte(`"query":"mutation`))
}
