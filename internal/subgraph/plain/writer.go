package plain

import (
	"io"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Writer writes JSON. It is an io.Writer for the marshalers of scalars.
type Writer struct {
	buf []byte
}

var writers = sync.Pool{New: func() any { return &Writer{buf: make([]byte, 0, 4<<10)} }}

// maxPooled is the capacity up to which a buffer is kept for the next value, in bytes.
const maxPooled = 256 << 10

// Marshal returns what write writes, or nil if it reports that gqlgen has to resolve the
// value. A panic is such a report: gqlgen meets it again and assigns it to the field.
func Marshal(write func(*Writer) bool) (m graphql.Marshaler) {
	w := writers.Get().(*Writer)
	w.buf = w.buf[:0]
	defer func() {
		if recover() != nil {
			m = nil
			return // the buffer is not reused: its writer was interrupted
		}
		if cap(w.buf) <= maxPooled {
			writers.Put(w)
		}
	}()
	if !write(w) {
		return nil
	}
	return written(append(make([]byte, 0, len(w.buf)), w.buf...))
}

type written []byte

func (j written) MarshalGQL(w io.Writer) { _, _ = w.Write(j) }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (w *Writer) WriteString(s string) (int, error) {
	w.buf = append(w.buf, s...)
	return len(s), nil
}

// Key begins the i-th field of an object.
func (w *Writer) Key(i int, f *Selected) {
	w.comma(i, '{')
	w.buf = append(w.buf, f.key...)
}

// Element begins the i-th element of a list.
func (w *Writer) Element(i int) { w.comma(i, '[') }

func (w *Writer) comma(i int, open byte) {
	if i > 0 {
		open = ','
	}
	w.buf = append(w.buf, open)
}

// EndObject ends an object of n fields.
func (w *Writer) EndObject(n int) { w.end(n, "{}") }

// EndList ends a list of n elements.
func (w *Writer) EndList(n int) { w.end(n, "[]") }

func (w *Writer) end(n int, brackets string) {
	if n == 0 {
		w.buf = append(w.buf, brackets[0])
	}
	w.buf = append(w.buf, brackets[1])
}

// Null writes null.
func (w *Writer) Null() { w.buf = append(w.buf, "null"...) }

// String writes a string as gqlgen does.
func (w *Writer) String(s string) { w.buf = appendQuoted(w.buf, s) }

// Int writes a number.
func (w *Writer) Int(n int64) { w.buf = strconv.AppendInt(w.buf, n, 10) }

// Bool writes true or false.
func (w *Writer) Bool(b bool) { w.buf = strconv.AppendBool(w.buf, b) }

// Scalar writes a value by its marshaler, and reports whether it is another than null.
func (w *Writer) Scalar(m graphql.Marshaler) bool {
	m.MarshalGQL(w)
	return m != graphql.Null
}

func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '\\' && c != '"' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		case '\n':
			b = append(b, '\\', 'n')
		case '\\', '"':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&0xf])
		}
	}
	return append(append(b, s[start:]...), '"')
}
