package upstream

import (
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"

	"cartograph/internal/auth"
)

// Request is one fetch.
type Request struct {
	Header   *Header // nil: none
	Body     []byte  // JSON
	Mutation bool    // may have an effect, so that it is never sent twice
}

// Header is the set of headers that subgraphs are sent on a caller's behalf. It
// is serialized once and shared by all fetches of a session: read only.
type Header struct {
	fields http.Header
	lines  []byte // as HTTP/1.1 sends them, each ending in CRLF
}

// NewHeader makes a header of fields, whose values must not be changed after.
// It leaves out hop-by-hop headers and those that the HTTP client sets itself,
// and every name or value that is not valid: a CRLF in a value would add a
// header of a client's choice to the request.
func NewHeader(fields http.Header) *Header {
	names, size := make([]string, 0, len(fields)), 0
	for name, values := range fields {
		if !isClientHeader(name) && httpguts.ValidHeaderFieldName(name) {
			names = append(names, name)
			for _, value := range values {
				size += len(name) + len(separator) + len(value) + len(crlf)
			}
		}
	}
	slices.Sort(names)
	h := &Header{fields: make(http.Header, len(names)), lines: make([]byte, 0, size)}
	for _, name := range names {
		values := fields[name]
		if slices.ContainsFunc(values, isInvalid) {
			values = slices.DeleteFunc(slices.Clone(values), isInvalid)
		}
		if len(values) > 0 {
			h.fields[name] = values
		}
		for _, value := range values {
			h.lines = append(append(h.lines, name...), separator...)
			h.lines = append(append(h.lines, value...), crlf...)
		}
	}
	return h
}

const separator, crlf = ": ", "\r\n"

func isInvalid(value string) bool { return !httpguts.ValidHeaderFieldValue(value) }

// isClientHeader reports a header that the HTTP client sets, or one that is
// hop-by-hop (RFC 9110 section 7.6.1).
func isClientHeader(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Content-Type", "Content-Length", "Content-Encoding", "Accept", "Accept-Encoding", "User-Agent",
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", auth.TimeoutHeader:
		return true
	}
	return false
}

// Fields returns the headers; they must not be changed.
func (h *Header) Fields() http.Header {
	if h == nil {
		return nil
	}
	return h.fields
}

// withTraceparent returns a copy with another traceparent: each fetch is a span
// of its own, while the rest of the header is shared.
func (h *Header) withTraceparent(value string) *Header {
	fields := h.Fields().Clone()
	if fields == nil {
		fields = http.Header{}
	}
	fields.Set("Traceparent", value)
	return NewHeader(fields)
}

// serialized returns the header lines.
func (h *Header) serialized() []byte {
	if h == nil {
		return nil
	}
	return h.lines
}

func (h *Header) requestID() string { return h.Fields().Get("X-Request-Id") }
