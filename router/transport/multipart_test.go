package transport_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

const jsonPart = "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"

func TestSubscriptionsComeAsPayloads(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, nil)
	stream := streamOf(t, s.open(t, http.MethodPost, "", `{"query":"watch"}`, "Accept", apolloSub))
	stream.want("\r\n--graphql")
	g.events <- `{"data":{"a":1}}`
	// Clients take a part when they see the boundary behind it.
	stream.want(jsonPart + `{"payload":{"data":{"a":1}}}` + "\r\n--graphql")
	close(g.events)
	stream.want("--\r\n")
	stream.wantEnd()
}

func TestAnErrorIsAPayload(t *testing.T) {
	t.Parallel()
	got := serve(t, nil, nil).post(t, "refused", "Accept", apolloSub, "X-Request-Id", "r")
	want := "\r\n--graphql" + jsonPart + `{"payload":{"errors":[{"message":"Nobody is there.","extensions":{"code":"SUBGRAPH_UNAVAILABLE","requestId":"r"}}]}}` + "\r\n--graphql--\r\n"
	if got.text != want {
		t.Errorf("stream = %q, want %q", got.text, want)
	}
	serve(t, nil, nil).post(t, "nope", "Accept", apolloSub).want(t, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED")
}

func TestDeferredPartsComeWhenTheyAreReady(t *testing.T) {
	t.Parallel()
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, nil)
	for _, packed := range []bool{false, true} {
		s.client.Transport.(*http.Transport).DisableCompression = !packed
		answer := s.open(t, http.MethodPost, "", `{"query":"deferred"}`, "Accept", apolloIOS)
		if answer.Uncompressed != packed {
			t.Errorf("compressed: %v, want %v", answer.Uncompressed, packed)
		}
		stream := streamOf(t, answer)
		stream.want("\r\n---" + jsonPart + `{"data":{"a":1},"hasNext":true}` + "\r\n---")
		g.hold <- struct{}{}
		stream.want(jsonPart + `{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}` + "\r\n-----\r\n")
		stream.wantEnd()
	}
}

func TestDeferredPartsAreMultipart(t *testing.T) {
	t.Parallel()
	answer := serve(t, nil, nil).open(t, http.MethodPost, "", `{"query":"deferred"}`, "Accept", "multipart/mixed")
	_, params, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || params["deferspec"] != "20220824" {
		t.Fatalf("Content-Type %q: %v", answer.Header.Get("Content-Type"), err)
	}
	reader := multipart.NewReader(answer.Body, params["boundary"])
	for _, want := range []string{`{"data":{"a":1},"hasNext":true}`, `{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}`} {
		part, err := reader.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(part); string(got) != want {
			t.Errorf("part = %s, want %s", got, want)
		}
	}
	if _, err := reader.NextPart(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last part: %v, want its end", err)
	}
}

func TestWhatFailsBeforeTheFirstPartIsARefusal(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	s.post(t, "unready", "Accept", apolloIOS).want(t, http.StatusInternalServerError, "TIMEOUT")
	got := s.post(t, "halfway", "Accept", apolloIOS, "X-Request-Id", "r")
	want := jsonPart + `{"hasNext":false,"incremental":[{"data":null,"path":[],"errors":[{"message":"The operation took too long.","extensions":{"code":"TIMEOUT","requestId":"r"}}]}]}` + "\r\n-----\r\n"
	if !strings.HasSuffix(got.text, want) {
		t.Errorf("the stream ends with %q, want %q", got.text, want)
	}
}
