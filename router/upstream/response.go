package upstream

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// head is what of an answer's first lines matters.
type head struct {
	status     int
	old        bool // HTTP/1.0
	length     int  // -1: not said
	chunked    bool
	ends       bool // the connection does, after this
	stays      bool // as HTTP/1.0 says it
	encoding   string
	retryAfter string
}

// mostInterim is how many 1xx answers may come before the one that counts.
const mostInterim = 8

// answer reads an answer and appends its body to into. clean reports that the
// connection may be used again.
func (d *reader) answer(into []byte, largest int) (got answer, clean bool, err error) {
	var h head
	for range mostInterim {
		if h, err = d.head(); err != nil {
			return answer{}, false, err
		}
		if h.status >= http.StatusOK {
			break
		}
	}
	if h.status < http.StatusOK {
		return answer{}, false, unframed("%d interim answers", mostInterim)
	}
	got = answer{status: h.status, retryAfter: h.retryAfter}
	got.body, err = d.body(h, into, largest)
	if err != nil {
		return answer{}, false, err
	}
	framed := h.chunked || h.length >= 0 || h.bodiless()
	clean = framed && !h.ends && (!h.old || h.stays) && d.r == d.w
	return got, clean, nil
}

// bodiless reports a status that has no body whatever its headers say.
func (h head) bodiless() bool {
	return h.status == http.StatusNoContent || h.status == http.StatusNotModified
}

func (d *reader) body(h head, into []byte, largest int) ([]byte, error) {
	switch {
	case h.bodiless():
		return into, nil
	case h.length > largest:
		return nil, errTooLarge
	case h.encoding == "":
		return d.framed(h, into, largest)
	}
	packed, err := d.framed(h, nil, largest)
	if err != nil {
		return nil, err
	}
	return inflate(into, bytes.NewReader(packed), largest)
}

func (d *reader) framed(h head, into []byte, largest int) ([]byte, error) {
	switch {
	case h.chunked:
		return d.chunks(into, largest)
	case h.length >= 0:
		return d.exactly(into, h.length)
	default:
		return d.rest(into, largest)
	}
}

func (d *reader) head() (head, error) {
	d.lines = 0
	line, err := d.line()
	if err != nil {
		return head{}, err
	}
	h := head{length: -1}
	if err := h.statusLine(line); err != nil {
		return head{}, err
	}
	for {
		line, err := d.line()
		if err != nil {
			return head{}, err
		}
		if len(line) == 0 {
			return h, h.check()
		}
		name, value, err := field(line)
		if err != nil {
			return head{}, err
		}
		if err := h.take(name, value); err != nil {
			return head{}, err
		}
	}
}

// statusLine reads "HTTP/1.1 200 OK", whose reason may lack.
func (h *head) statusLine(line []byte) error {
	const fixed = len("HTTP/1.1 200")
	if len(line) < fixed || len(line) > fixed && line[fixed] != ' ' || line[len("HTTP/1.1")] != ' ' {
		return unframed("status line %.40q", line)
	}
	switch string(line[:len("HTTP/1.1")]) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.old = true
	default:
		return unframed("status line %.40q", line)
	}
	for _, c := range line[len("HTTP/1.1 "):fixed] {
		if c < '0' || c > '9' {
			return unframed("status line %.40q", line)
		}
		h.status = h.status*10 + int(c-'0')
	}
	if h.status < 100 || h.status > 599 || h.status == http.StatusSwitchingProtocols {
		return unframed("status %d", h.status)
	}
	return nil
}

// field splits a header line.
func field(line []byte) (name, value []byte, err error) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return nil, nil, unframed("header line %.40q", line)
	}
	name = line[:colon]
	for _, c := range name {
		if !httpguts.IsTokenRune(rune(c)) { // a folded line, or a space before the colon
			return nil, nil, unframed("header line %.40q", line)
		}
	}
	return name, bytes.Trim(line[colon+1:], " \t"), nil
}

// take notes a header. Its length tells most names from those that matter.
func (h *head) take(name, value []byte) error {
	switch len(name) {
	case len("Connection"):
		if is(name, "connection") {
			h.ends = h.ends || lists(value, "close")
			h.stays = h.stays || lists(value, "keep-alive")
		}
	case len("Retry-After"):
		if is(name, "retry-after") {
			h.retryAfter = string(value)
		}
	case len("Content-Length"):
		if is(name, "content-length") {
			return h.takeLength(value)
		}
	case len("Content-Encoding"):
		if is(name, "content-encoding") {
			return h.takeEncoding(value)
		}
	case len("Transfer-Encoding"):
		if is(name, "transfer-encoding") {
			if h.chunked || !is(value, "chunked") {
				return unframed("transfer encoding %.40q", value)
			}
			h.chunked = true
		}
	}
	return nil
}

func (h *head) takeLength(value []byte) error {
	const mostDigits = 12
	if h.length >= 0 || len(value) == 0 || len(value) > mostDigits {
		return unframed("content length %.40q", value)
	}
	h.length = 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return unframed("content length %.40q", value)
		}
		h.length = h.length*10 + int(c-'0')
	}
	return nil
}

func (h *head) takeEncoding(value []byte) error {
	switch {
	case is(value, "identity") || len(value) == 0:
		return nil
	case h.encoding == "" && (is(value, "gzip") || is(value, "x-gzip")):
		h.encoding = "gzip"
		return nil
	default:
		return errEncoding
	}
}

// check refuses what says twice, or differently, where the answer ends.
func (h *head) check() error {
	switch {
	case h.chunked && h.length >= 0:
		return unframed("both a content length and a transfer encoding")
	case h.chunked && h.old:
		return unframed("a transfer encoding in HTTP/1.0")
	case h.status < http.StatusOK && (h.chunked || h.length > 0):
		return unframed("an interim answer with a body")
	}
	return nil
}

// is compares without regard to case; lower is in lower case.
func is(b []byte, lower string) bool {
	return len(b) == len(lower) && strings.EqualFold(string(b), lower)
}

// lists reports whether a comma-separated header names the token.
func lists(value []byte, token string) bool {
	for part := range bytes.SplitSeq(value, []byte{','}) {
		if is(bytes.Trim(part, " \t"), token) {
			return true
		}
	}
	return false
}
