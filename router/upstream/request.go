package upstream

import (
	"net/http"
	"slices"

	"golang.org/x/net/http/httpguts"
)

// Request is one fetch.
type Request struct {
	Header  *Header // nil: none
	Body    []byte  // JSON
	Mutates bool    // it may have an effect, so it is not sent twice
}

// Header is what subgraphs are sent on a caller's behalf. It is serialised
// once and shared by all fetches of a session, so it must not be changed.
type Header struct {
	fields http.Header
	lines  []byte // each ends in CRLF
}

// NewHeader takes fields, whose values must not be changed after it. Those that
// describe the message or the connection are the client's business and left
// out, and so is what could not be sent.
func NewHeader(fields http.Header) *Header {
	names, size := make([]string, 0, len(fields)), 0
	for name, values := range fields {
		if !isOurs(name) && httpguts.ValidHeaderFieldName(name) {
			names = append(names, name)
			for _, value := range values {
				size += len(name) + len(between) + len(value) + len(end)
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
			h.lines = append(append(h.lines, name...), between...)
			h.lines = append(append(h.lines, value...), end...)
		}
	}
	return h
}

// What stands between a header's name and its value, and after it.
const between, end = ": ", "\r\n"

func isInvalid(value string) bool { return !httpguts.ValidHeaderFieldValue(value) }

// isOurs reports a header that the client writes itself, or that is between
// two neighbours.
func isOurs(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Content-Type", "Content-Length", "Content-Encoding", "Accept", "Accept-Encoding", "User-Agent",
		"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect":
		return true
	}
	return false
}

// Fields are the headers; they must not be changed.
func (h *Header) Fields() http.Header {
	if h == nil {
		return nil
	}
	return h.fields
}

// withTraceparent is a copy with another traceparent.
func (h *Header) withTraceparent(value string) *Header {
	fields := h.Fields().Clone()
	if fields == nil {
		fields = http.Header{}
	}
	fields.Set("Traceparent", value)
	return NewHeader(fields)
}

func (h *Header) wire() []byte {
	if h == nil {
		return nil
	}
	return h.lines
}

func (h *Header) requestID() string { return h.Fields().Get("X-Request-Id") }
