package http1

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"cartograph/router/upstream/bodyio"
)

func readResponse(src io.Reader, limit int) (Response, bool, error) {
	d := reader{buf: make([]byte, readBuffer)}
	d.reset(src)
	return d.response(nil, limit)
}

// FuzzResponse holds that no input crashes the reader, that whatever it accepts
// net/http accepts too and reads the same, that the sizes of reads make no
// difference, and that the limit holds.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\n\r\n{}",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nRetry-After: 3\r\n\r\n",
		"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;x=y\r\n{}\r\n0\r\nT: 1\r\n\r\nmore",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
		"HTTP/1.1 304 Not\r\nContent-Length: 99\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\xae\x05\x04\x00\x00\xff\xff\x43\xbf\xa6\xa3\x02\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 10
		got, reusable, err := readResponse(bytes.NewReader(data), limit)
		slow, slowReusable, slowErr := readResponse(iotest.OneByteReader(bytes.NewReader(data)), limit)
		if (err == nil) != (slowErr == nil) || got.Status != slow.Status || !bytes.Equal(got.Body, slow.Body) || reusable && !slowReusable {
			t.Fatalf("in one read: %v %v %v; byte by byte: %v %v %v", got, reusable, err, slow, slowReusable, slowErr)
		}
		if err != nil {
			return
		}
		if len(got.Body) > limit {
			t.Fatalf("%d bytes, more than the limit", len(got.Body))
		}
		want := readByNetHTTP(t, data)
		defer func() { _ = want.Body.Close() }()
		wantBody, err := bodyByNetHTTP(want, limit)
		if err != nil || want.StatusCode != got.Status || !bytes.Equal(wantBody, got.Body) {
			t.Fatalf("read %d %q, net/http %d %q, %v", got.Status, got.Body, want.StatusCode, wantBody, err)
		}
		if reusable && want.Close {
			t.Fatal("reuses a connection that net/http would close")
		}
	})
}

// readByNetHTTP returns the first response that is not interim.
func readByNetHTTP(t *testing.T, data []byte) *http.Response {
	t.Helper()
	in := bufio.NewReaderSize(bytes.NewReader(data), 64<<10)
	for {
		response, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatalf("accepts what net/http rejects: %v", err)
		}
		if response.StatusCode >= http.StatusOK {
			return response
		}
	}
}

func bodyByNetHTTP(r *http.Response, limit int) ([]byte, error) {
	if strings.HasSuffix(strings.ToLower(r.Header.Get("Content-Encoding")), "gzip") {
		return bodyio.AppendGzip(nil, r.Body, limit)
	}
	return bodyio.Append(nil, r.Body, limit)
}

// TestContentLengthIsNotAllocatedBeforeItsBytesArrive is not parallel: it
// measures the allocations of the whole process.
func TestContentLengthIsNotAllocatedBeforeItsBytesArrive(t *testing.T) {
	const claim = "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n{}"
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := readResponse(strings.NewReader(claim), 1<<30); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 4*growth {
		t.Errorf("a claim of 900 MB allocated %d bytes", allocated)
	}
}

func TestHeaderSizeIsBoundedExactly(t *testing.T) {
	t.Parallel()
	const statusLine, length, end = "HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n", "\r\n"
	padding := func(total int) string { // header lines of that many bytes in all
		var b strings.Builder
		for total > 0 {
			n := min(total, 1000)
			if total-n > 0 && total-n < 10 {
				n -= 10
			}
			b.WriteString("X: " + strings.Repeat("x", n-len("X: \r\n")) + "\r\n")
			total -= n
		}
		return b.String()
	}
	room := MaxHeaderBytes - len(statusLine) - len(length) - len(end)
	for extra, ok := range map[int]bool{0: true, 1: false} {
		_, _, err := readResponse(strings.NewReader(statusLine+padding(room+extra)+length+end+"{}"), 10)
		if (err == nil) != ok {
			t.Errorf("header of %d bytes over the limit: %v", extra, err)
		}
	}
	line := func(n int) string {
		return statusLine + "X: " + strings.Repeat("x", n-len("X: \r\n")) + "\r\n" + length + end + "{}"
	}
	for n, ok := range map[int]bool{readBuffer: true, readBuffer + 1: false} {
		if _, _, err := readResponse(strings.NewReader(line(n)), 10); (err == nil) != ok {
			t.Errorf("line of %d bytes: %v", n, err)
		}
	}
}

func TestBodyLimitIsExactForEachFraming(t *testing.T) {
	t.Parallel()
	const limit = 20
	for name, format := range map[string]func(body string) string{
		"length": func(b string) string { return "Content-Length: " + itoa(len(b)) + "\r\n\r\n" + b },
		"chunks": func(b string) string {
			return "Transfer-Encoding: chunked\r\n\r\n5\r\n" + b[:5] + "\r\n" + hex(len(b)-5) + "\r\n" + b[5:] + "\r\n0\r\n\r\n"
		},
		"close": func(b string) string { return "\r\n" + b },
	} {
		for size, want := range map[int]error{limit: nil, limit + 1: bodyio.ErrTooLarge} {
			for reads, src := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytewise": iotest.OneByteReader} {
				b := strings.Repeat("b", size)
				got, _, err := readResponse(src(strings.NewReader("HTTP/1.1 200 OK\r\n"+format(b))), limit)
				if !errors.Is(err, want) || err == nil && string(got.Body) != b {
					t.Errorf("%s, %s, %d bytes of %d: %q, %v", name, reads, size, limit, got.Body, err)
				}
			}
		}
	}
}
