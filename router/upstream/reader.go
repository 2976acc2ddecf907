package upstream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

const (
	mostHead = 32 << 10 // bytes of status line and headers, and of trailers
	stride   = 1 << 20  // bytes that are reserved on the mere word of a header
)

var (
	errTooLarge = errors.New("answer is larger than allowed")
	errUnframed = errors.New("answer is no HTTP/1.1")
	errEncoding = fmt.Errorf("%w: its content encoding was not asked for", errUnframed)
)

func unframed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUnframed, fmt.Sprintf(format, args...))
}

// reader reads one answer off a connection. It is strict: an answer whose end
// two readers could see at two places is none.
type reader struct {
	src   io.Reader
	buf   []byte // a line must fit
	r, w  int    // what is in buf and not yet taken
	lines int    // bytes that lines took, since it was set to 0
	heard bool   // a byte came
}

func (d *reader) reset(src io.Reader) {
	d.src, d.r, d.w, d.lines, d.heard = src, 0, 0, 0, false
}

// more reads what there is into buf.
func (d *reader) more() error {
	if d.r > 0 {
		d.w = copy(d.buf, d.buf[d.r:d.w])
		d.r = 0
	}
	n, err := d.src.Read(d.buf[d.w:])
	d.w += n
	if n > 0 {
		d.heard = true
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// line is the next line, without its CRLF. It is valid until the next call.
func (d *reader) line() ([]byte, error) {
	for from := 0; ; {
		if end := bytes.IndexByte(d.buf[d.r+from:d.w], '\n'); end >= 0 {
			line := d.buf[d.r : d.r+from+end]
			d.r += len(line) + 1
			if d.lines += len(line) + 1; d.lines > mostHead {
				return nil, unframed("its head is larger than %d bytes", mostHead)
			}
			bare, ok := bytes.CutSuffix(line, []byte{'\r'})
			if !ok || bytes.ContainsFunc(bare, isControl) {
				return nil, unframed("line %.40q", line)
			}
			return bare, nil
		}
		from = d.w - d.r
		if from == len(d.buf) {
			return nil, unframed("a line is longer than %d bytes", len(d.buf))
		}
		if err := d.more(); err != nil {
			return nil, cut(err, d.heard)
		}
	}
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// cut calls the end of a connection unexpected once an answer has begun.
func cut(err error, begun bool) error {
	if begun && errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// exactly appends the next n bytes to dst.
func (d *reader) exactly(dst []byte, n int) ([]byte, error) {
	dst = slices.Grow(dst, min(n, stride))
	got := min(n, d.w-d.r)
	dst = append(dst, d.buf[d.r:d.r+got]...)
	d.r += got
	for n -= got; n > 0; {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, min(n, stride))
		}
		from := len(dst)
		step := min(n, cap(dst)-from)
		dst = dst[:from+step]
		if _, err := io.ReadFull(d.src, dst[from:]); err != nil {
			return nil, cut(err, true)
		}
		n -= step
	}
	return dst, nil
}

// rest appends everything up to the end of the connection to dst.
func (d *reader) rest(dst []byte, most int) ([]byte, error) {
	left := d.w - d.r
	if left > most {
		return nil, errTooLarge
	}
	dst = append(dst, d.buf[d.r:d.w]...)
	d.r = d.w
	return appendAll(dst, d.src, most-left)
}

// chunks appends the chunks of a body to dst.
func (d *reader) chunks(dst []byte, most int) ([]byte, error) {
	for {
		d.lines = 0
		line, err := d.line()
		if err != nil {
			return nil, err
		}
		size, err := chunkSize(line)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			return dst, d.trailers()
		}
		if most -= size; most < 0 {
			return nil, errTooLarge
		}
		if dst, err = d.exactly(dst, size); err != nil {
			return nil, err
		}
		if end, err := d.line(); err != nil {
			return nil, err
		} else if len(end) > 0 {
			return nil, unframed("a chunk does not end where it said")
		}
	}
}

// trailers reads past the lines after the last chunk.
func (d *reader) trailers() error {
	d.lines = 0
	for {
		line, err := d.line()
		if err != nil || len(line) == 0 {
			return err
		}
		if _, _, err := field(line); err != nil {
			return err
		}
	}
}

// chunkSize reads hexadecimal digits, which an extension may follow.
func chunkSize(line []byte) (int, error) {
	digits, _, _ := bytes.Cut(line, []byte{';'})
	digits = bytes.TrimRight(digits, " \t")
	const mostDigits = 7 // 256 MiB
	if len(digits) == 0 || len(digits) > mostDigits {
		return 0, unframed("chunk of size %.20q", digits)
	}
	size := 0
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			size = size<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			size = size<<4 | int(c|0x20-'a'+10)
		default:
			return 0, unframed("chunk of size %.20q", digits)
		}
	}
	return size, nil
}

// appendAll appends all of src to dst, at most so many bytes.
func appendAll(dst []byte, src io.Reader, most int) ([]byte, error) {
	from := len(dst)
	for {
		dst = slices.Grow(dst, 512)
		n, err := src.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if len(dst)-from > most {
			return nil, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			return dst, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
