package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"cartograph/router/upstream/bodyio"
)

const (
	// MaxHeaderBytes bounds the status line with the header lines, and the
	// trailer lines. A single line must also fit into the read buffer.
	MaxHeaderBytes = 32 << 10

	// growth is how many bytes are allocated ahead of the bytes that arrived.
	// A Content-Length is only a claim: a server that announces 1 GB and sends
	// nothing costs this much.
	growth = 1 << 20
)

// ErrMalformed is the cause of errors about responses that are not HTTP/1.1 as
// this package accepts it. The server is reachable; a retry is useless.
var ErrMalformed = errors.New("malformed HTTP/1.1 response")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// reader reads one response off a connection: lines through buf, and bodies
// past it, directly into their destination.
type reader struct {
	src       io.Reader
	buf       []byte
	r, w      int  // buf[r:w] was read from src and not yet consumed
	lineBytes int  // bytes of lines consumed since a caller set it to 0
	started   bool // at least one byte of the response arrived
}

func (d *reader) reset(src io.Reader) {
	d.src, d.r, d.w, d.lineBytes, d.started = src, 0, 0, 0, false
}

// fill reads once into the free part of buf, which must not be full of
// unconsumed bytes.
func (d *reader) fill() error {
	if d.r > 0 {
		d.w = copy(d.buf, d.buf[d.r:d.w])
		d.r = 0
	}
	n, err := d.src.Read(d.buf[d.w:])
	d.w += n
	if n > 0 {
		d.started = true
		return nil // an error that came with bytes comes again
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// line consumes the next line and returns it without its CRLF, valid until the
// next call. A bare LF or a control character is an error: implementations
// differ in whether these end a line.
func (d *reader) line() ([]byte, error) {
	for searched := 0; ; {
		if end := bytes.IndexByte(d.buf[d.r+searched:d.w], '\n'); end >= 0 {
			line := d.buf[d.r : d.r+searched+end]
			d.r += len(line) + 1
			if d.lineBytes += len(line) + 1; d.lineBytes > MaxHeaderBytes {
				return nil, malformed("header larger than %d bytes", MaxHeaderBytes)
			}
			text, ok := bytes.CutSuffix(line, []byte{'\r'})
			if !ok || bytes.ContainsFunc(text, isControl) {
				return nil, malformed("line %.40q", line)
			}
			return text, nil
		}
		searched = d.w - d.r
		if searched == len(d.buf) {
			return nil, malformed("line longer than %d bytes", len(d.buf))
		}
		if err := d.fill(); err != nil {
			return nil, truncated(err, d.started)
		}
	}
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// truncated turns the end of a connection into an unexpected one once a
// response has started. A plain io.EOF means that none has.
func truncated(err error, started bool) error {
	if started && errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// readN appends the next n bytes to dst. It reads no byte beyond them, so that
// a body needs no copy through buf.
func (d *reader) readN(dst []byte, n int) ([]byte, error) {
	dst = slices.Grow(dst, min(n, growth))
	buffered := min(n, d.w-d.r)
	dst = append(dst, d.buf[d.r:d.r+buffered]...)
	d.r += buffered
	for n -= buffered; n > 0; {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(n, growth))
		}
		from := len(dst)
		step := min(n, cap(dst)-from)
		dst = dst[:from+step]
		if _, err := io.ReadFull(d.src, dst[from:]); err != nil {
			return nil, truncated(err, true)
		}
		n -= step
	}
	return dst, nil
}

// readAll appends everything up to the end of the connection to dst.
func (d *reader) readAll(dst []byte, limit int) ([]byte, error) {
	buffered := d.w - d.r
	if buffered > limit {
		return nil, bodyio.ErrTooLarge
	}
	dst = append(dst, d.buf[d.r:d.w]...)
	d.r = d.w
	return bodyio.Append(dst, d.src, limit-buffered)
}

// readChunked appends a chunked body (RFC 9112 section 7.1) to dst and consumes
// its trailer section.
func (d *reader) readChunked(dst []byte, limit int) ([]byte, error) {
	for {
		d.lineBytes = 0
		line, err := d.line()
		if err != nil {
			return nil, err
		}
		size, err := chunkSize(line)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return dst, d.skipTrailers()
		}
		if limit -= size; limit < 0 {
			return nil, bodyio.ErrTooLarge
		}
		if dst, err = d.readN(dst, size); err != nil {
			return nil, err
		}
		if end, err := d.line(); err != nil {
			return nil, err
		} else if len(end) > 0 {
			return nil, malformed("chunk longer than its size")
		}
	}
}

// skipTrailers consumes the trailer section up to its empty line. Trailers have
// no effect: a framing header among them comes too late to be obeyed.
func (d *reader) skipTrailers() error {
	d.lineBytes = 0
	for {
		line, err := d.line()
		if err != nil || len(line) == 0 {
			return err
		}
		if _, _, err := headerField(line); err != nil {
			return err
		}
	}
}

// chunkSize parses the hexadecimal size of a chunk, and ignores an extension.
// Only digits are allowed: strconv would take a sign, "0x" and underscores.
func chunkSize(line []byte) (int, error) {
	digits, _, _ := bytes.Cut(line, []byte{';'})
	digits = bytes.TrimRight(digits, " \t")
	const maxDigits = 7 // sizes below 256 MiB; cannot overflow
	if len(digits) == 0 || len(digits) > maxDigits {
		return 0, malformed("chunk size %.20q", digits)
	}
	size := 0
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			size = size<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f': // |0x20 makes a letter lower case
			size = size<<4 | int(c|0x20-'a'+10)
		default:
			return 0, malformed("chunk size %.20q", digits)
		}
	}
	return size, nil
}
