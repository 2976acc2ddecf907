package http1

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"cartograph/router/upstream/bodyio"
)

// header is what matters of a response's status line and header fields.
type header struct {
	status     int
	http10     bool
	length     int // Content-Length; -1: none
	chunked    bool
	close      bool // Connection: close
	keepAlive  bool // Connection: keep-alive, which HTTP/1.0 needs
	encoding   string
	retryAfter string
}

// maxInterim is how many 1xx responses may precede the final one.
const maxInterim = 8

// response reads a response and appends its body to dst. reusable reports that
// the connection may carry another request:
//   - the end of the body was given by its framing, not by the end of the connection,
//   - the server did not announce to close it (HTTP/1.0 closes unless it sends keep-alive),
//   - no byte beyond the response was read: it would be unclear what it answers.
func (d *reader) response(dst []byte, limit int) (got Response, reusable bool, err error) {
	var h header
	for range maxInterim {
		if h, err = d.header(); err != nil {
			return Response{}, false, err
		}
		if h.status >= http.StatusOK {
			break
		}
	}
	if h.status < http.StatusOK {
		return Response{}, false, malformed("more than %d interim responses", maxInterim)
	}
	got = Response{Status: h.status, RetryAfter: h.retryAfter}
	got.Body, err = d.body(h, dst, limit)
	if err != nil {
		return Response{}, false, err
	}
	framed := h.chunked || h.length >= 0 || h.hasNoBody()
	reusable = framed && !h.close && (!h.http10 || h.keepAlive) && d.r == d.w
	return got, reusable, nil
}

// hasNoBody reports a status whose responses have no body, whatever the
// Content-Length (RFC 9112 section 6.3, rule 1).
func (h header) hasNoBody() bool {
	return h.status == http.StatusNoContent || h.status == http.StatusNotModified
}

func (d *reader) body(h header, dst []byte, limit int) ([]byte, error) {
	switch {
	case h.hasNoBody():
		return dst, nil
	case h.length > limit:
		return nil, bodyio.ErrTooLarge
	case h.encoding == "":
		return d.framedBody(h, dst, limit)
	}
	compressed, err := d.framedBody(h, nil, limit)
	if err != nil {
		return nil, err
	}
	return bodyio.AppendGzip(dst, bytes.NewReader(compressed), limit)
}

// framedBody reads a body by the framing its header announces, in the order of
// RFC 9112 section 6.3: chunks, then a length, then the end of the connection.
// The last cannot be distinguished from a broken connection; GraphQL bodies are JSON
// objects, so that a truncated one does not parse.
func (d *reader) framedBody(h header, dst []byte, limit int) ([]byte, error) {
	switch {
	case h.chunked:
		return d.readChunked(dst, limit)
	case h.length >= 0:
		return d.readN(dst, h.length)
	default:
		return d.readAll(dst, limit)
	}
}

func (d *reader) header() (header, error) {
	d.lineBytes = 0
	line, err := d.line()
	if err != nil {
		return header{}, err
	}
	h := header{length: -1}
	if err := h.parseStatusLine(line); err != nil {
		return header{}, err
	}
	for {
		line, err := d.line()
		if err != nil {
			return header{}, err
		}
		if len(line) == 0 {
			return h, h.checkFraming()
		}
		name, value, err := headerField(line)
		if err != nil {
			return header{}, err
		}
		if err := h.set(name, value); err != nil {
			return header{}, err
		}
	}
}

// parseStatusLine reads "HTTP/1.1 200 OK"; the reason is optional.
func (h *header) parseStatusLine(line []byte) error {
	const fixed = len("HTTP/1.1 200")
	if len(line) < fixed || len(line) > fixed && line[fixed] != ' ' || line[len("HTTP/1.1")] != ' ' {
		return malformed("status line %.40q", line)
	}
	switch string(line[:len("HTTP/1.1")]) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.http10 = true
	default:
		return malformed("status line %.40q", line)
	}
	for _, c := range line[len("HTTP/1.1 "):fixed] {
		if c < '0' || c > '9' {
			return malformed("status line %.40q", line)
		}
		h.status = h.status*10 + int(c-'0')
	}
	// 101 would hand the connection to another protocol, which was not requested.
	if h.status < 100 || h.status > 599 || h.status == http.StatusSwitchingProtocols {
		return malformed("status %d", h.status)
	}
	return nil
}

// headerField splits a header line. A name that is not a token catches both a
// folded line (it starts with a space) and a space before the colon: proxies
// have disagreed on the meaning of each.
func headerField(line []byte) (name, value []byte, err error) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return nil, nil, malformed("header line %.40q", line)
	}
	name = line[:colon]
	for _, c := range name {
		if !httpguts.IsTokenRune(rune(c)) {
			return nil, nil, malformed("header line %.40q", line)
		}
	}
	return name, bytes.Trim(line[colon+1:], " \t"), nil
}

// set records a header field if it matters. The length of the name excludes
// most others without a comparison.
func (h *header) set(name, value []byte) error {
	switch len(name) {
	case len("Connection"):
		if equalFold(name, "connection") {
			h.close = h.close || hasToken(value, "close")
			h.keepAlive = h.keepAlive || hasToken(value, "keep-alive")
		}
	case len("Retry-After"):
		if equalFold(name, "retry-after") {
			h.retryAfter = string(value)
		}
	case len("Content-Length"):
		if equalFold(name, "content-length") {
			return h.setLength(value)
		}
	case len("Content-Encoding"):
		if equalFold(name, "content-encoding") {
			return h.setEncoding(value)
		}
	case len("Transfer-Encoding"):
		if equalFold(name, "transfer-encoding") {
			if h.chunked || !equalFold(value, "chunked") {
				return malformed("transfer encoding %.40q", value)
			}
			h.chunked = true
		}
	}
	return nil
}

// setLength accepts digits only, and only once: a second Content-Length is an
// error even if it is equal.
func (h *header) setLength(value []byte) error {
	const maxDigits = 12 // below 1 TB; cannot overflow
	if h.length >= 0 || len(value) == 0 || len(value) > maxDigits {
		return malformed("content length %.40q", value)
	}
	h.length = 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("content length %.40q", value)
		}
		h.length = h.length*10 + int(c-'0')
	}
	return nil
}

func (h *header) setEncoding(value []byte) error {
	switch {
	case equalFold(value, "identity") || len(value) == 0:
		return nil
	case h.encoding == "" && (equalFold(value, "gzip") || equalFold(value, "x-gzip")):
		h.encoding = "gzip"
		return nil
	default:
		return bodyio.ErrEncoding
	}
}

// checkFraming rejects headers that give the end of the body twice. RFC 9112
// lets a recipient ignore Content-Length beside Transfer-Encoding; a proxy on
// the way may have done the opposite.
func (h *header) checkFraming() error {
	switch {
	case h.chunked && h.length >= 0:
		return malformed("both a content length and a transfer encoding")
	case h.chunked && h.http10:
		return malformed("transfer encoding in HTTP/1.0")
	case h.status < http.StatusOK && (h.chunked || h.length > 0):
		return malformed("interim response with a body")
	}
	return nil
}

// equalFold compares without regard to case; lower is in lower case.
func equalFold(b []byte, lower string) bool {
	return len(b) == len(lower) && strings.EqualFold(string(b), lower)
}

// hasToken reports whether a comma-separated list contains the token.
func hasToken(list []byte, token string) bool {
	for part := range bytes.SplitSeq(list, []byte{','}) {
		if equalFold(bytes.Trim(part, " \t"), token) {
			return true
		}
	}
	return false
}
