package http1

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"cartograph/router/upstream/bodyio"
)

func itoa(n int) string { return fmt.Sprint(n) }
func hex(n int) string  { return fmt.Sprintf("%x", n) }

const complete = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func TestUnusualResponsesAreReadAndDecideReuse(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		text     string
		reusable bool
	}{
		"plain":                 {complete, true},
		"no reason":             {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", true},
		"case and spaces":       {ok + "cOnTeNt-LeNgTh:\t 2 \r\nX: \r\n\r\n{}", true},
		"interim":               {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + complete, true},
		"most interim":          {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim-1) + complete, true},
		"interim of length 0":   {"HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + complete, true},
		"chunks":                {ok + "Transfer-Encoding: Chunked\r\n\r\n1;a=b\r\n{\r\n0001 \r\n}\r\n0\r\nX-Trailer: a\r\n\r\n", true},
		"identity":              {ok + "Content-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}", true},
		"empty encoding":        {ok + "Content-Encoding:\r\nContent-Length: 2\r\n\r\n{}", true},
		"announces close":       {ok + "Connection: x, Close\r\nContent-Length: 2\r\n\r\n{}", false},
		"close in two fields":   {ok + "Connection: close\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", false},
		"HTTP/1.0":              {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", false},
		"HTTP/1.0 keep-alive":   {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", true},
		"until the end":         {ok + "\r\n{}", false},
		"one byte more":         {complete + "!", false},
		"a second response":     {complete + complete, false},
		"header of same length": {ok + "Content-Lingth: 9\r\nContent-Length: 2\r\nConnectiin: close\r\n\r\n{}", true},
	} {
		got, reusable, err := readResponse(strings.NewReader(c.text), 10)
		if err != nil || got.Status != 200 || string(got.Body) != "{}" || reusable != c.reusable {
			t.Errorf("%s: %d %q, reusable %v, %v; want 200 {}, %v", name, got.Status, got.Body, reusable, err, c.reusable)
		}
	}
}

func TestStatusesWithoutBodyIgnoreTheLength(t *testing.T) {
	t.Parallel()
	for _, status := range []int{204, 304} {
		got, reusable, err := readResponse(strings.NewReader(fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Length: 5\r\nRetry-After: 3\r\n\r\n", status)), 10)
		if err != nil || got.Status != status || len(got.Body) > 0 || !reusable || got.RetryAfter != "3" {
			t.Errorf("%d: %+v, reusable %v, %v", status, got, reusable, err)
		}
	}
	for _, status := range []int{100, 599} { // the first and the last that exist
		_, _, err := readResponse(strings.NewReader(fmt.Sprintf("HTTP/1.1 %d X\r\n\r\n", status)+complete), 100)
		if err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// TestAmbiguousResponsesAreRejected: net/http tolerates some of these.
func TestAmbiguousResponsesAreRejected(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, text := range map[string]string{
		"garbage":                        "\x00\x01\x02\r\n\r\n",
		"a TLS alert":                    "\x15\x03\x01\x00\x02\x02\x50\r\n",
		"another protocol":               "SSH-2.0-OpenSSH_9.6\r\n",
		"HTTP/2":                         "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"a status of letters":            "HTTP/1.1 2xx OK\r\nContent-Length: 2\r\n\r\n{}",
		"a status of four digits":        "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
		"switching protocols":            "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
		"nothing but interim answers":    strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20),
		"an interim body":                "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + complete,
		"length and chunks":              ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and length":              ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
		"two lengths":                    ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
		"a list of lengths":              ok + "Content-Length: 2, 2\r\n\r\n{}",
		"a negative length":              ok + "Content-Length: -2\r\n\r\n{}",
		"a signed length":                ok + "Content-Length: +2\r\n\r\n{}",
		"a hexadecimal length":           ok + "Content-Length: 0x2\r\n\r\n{}",
		"an endless length":              ok + "Content-Length: 99999999999999999999\r\n\r\n{}",
		"an empty length":                ok + "Content-Length:\r\n\r\n{}",
		"another transfer encoding":      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":                  ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks in HTTP/1.0":             "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a space before the colon":       ok + "Content-Length : 2\r\n\r\n{}",
		"a folded line":                  ok + "X: a\r\n Content-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
		"a line without colon":           ok + "Content-Length 2\r\n\r\n{}",
		"a nameless header":              ok + ": 2\r\n\r\n{}",
		"a bare line feed":               "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
		"a bare carriage return":         ok + "X: a\rContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}",
		"a NUL":                          ok + "X: a\x00\r\nContent-Length: 2\r\n\r\n{}",
		"a chunk size of no digits":      ok + "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
		"a negative chunk":               ok + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
		"a chunk of 0x":                  ok + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
		"an endless chunk":               ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
		"a chunk longer than its length": ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
		"an unsupported encoding":        ok + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
		"what is no gzip":                ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
		"a huge header":                  ok + "X: " + strings.Repeat("x", 10<<10) + "\r\nContent-Length: 2\r\n\r\n{}",
		"a great many headers":           ok + strings.Repeat("X: xxxxxxxxxxxxxxxx\r\n", 4<<10) + "Content-Length: 2\r\n\r\n{}",
		"endless trailers":               ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: xxxxxxxxxxxxxxxx\r\n", 4<<10),
		"a status below 100":             "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\n{}",
		"a status above 599":             "HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\n{}",
		"one interim too many":           strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", maxInterim) + complete,
		"an interim with chunks":         "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + complete,
		"equal lengths":                  ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		"a trailer without colon":        ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n",
		"a chunk of letter g":            ok + "Transfer-Encoding: chunked\r\n\r\ng\r\n{}\r\n0\r\n\r\n",
		"a chunk of 8 digits":            ok + "Transfer-Encoding: chunked\r\n\r\n00000002\r\n{}\r\n0\r\n\r\n",
		"a length of 13 digits":          ok + "Content-Length: 0000000000002\r\n\r\n{}",
		"a DEL":                          ok + "X: a\x7f\r\nContent-Length: 2\r\n\r\n{}",
	} {
		got, _, err := readResponse(strings.NewReader(text), 1<<20)
		if !errors.Is(err, ErrMalformed) && !errors.Is(err, bodyio.ErrEncoding) {
			t.Errorf("%s: %+v, %v; want an error about the form", name, got, err)
		}
	}
}

func TestATruncatedResponseIsAnError(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"in the status line": "HTTP/1.1 2",
		"in the header":      "HTTP/1.1 200 OK\r\nContent-Le",
		"in the body":        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"data\":",
		"before the body":    "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n",
		"in a chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"d",
		"between chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"before the trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
	} {
		if _, _, err := readResponse(strings.NewReader(text), 100); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v, want io.ErrUnexpectedEOF", name, err)
		}
	}
	if _, _, err := readResponse(strings.NewReader(""), 100); !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("no response: %v, want io.EOF", err)
	}
}
