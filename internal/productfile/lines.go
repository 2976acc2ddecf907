package productfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"unicode/utf8"
)

// readLines reads JSON Lines. Empty lines are skipped.
func readLines(r io.Reader) iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		in := bufio.NewReaderSize(r, 64<<10)
		for number := 1; ; number++ {
			line, tooLong, err := nextLine(in)
			if err != nil && !errors.Is(err, io.EOF) {
				yield(Product{}, err)
				return
			}
			if number == 1 {
				line = bytes.TrimPrefix(line, []byte(byteOrderMark))
			}
			if tooLong {
				if !yield(Product{}, lineError(number, "the line is longer than %d bytes", maxSize)) {
					return
				}
			} else if line = bytes.TrimSpace(line); len(line) > 0 {
				p, bad := productOf(line, number)
				if bad != nil && !yield(Product{}, bad) || bad == nil && !yield(p, nil) {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

// nextLine reads a line, of which it keeps no more than maxSize bytes.
func nextLine(in *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > maxSize {
			line, tooLong = nil, true
		}
		if !tooLong {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, tooLong, err
		}
	}
}

func productOf(line []byte, number int) (Product, error) {
	var p Product
	if !utf8.Valid(line) {
		return p, lineError(number, "the text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, &LineError{Line: number, Err: plainJSON(err)}
	}
	if d.More() {
		return p, lineError(number, "one product a line is expected, and there is more")
	}
	if len(p.Variants) > MaxVariants {
		return p, lineError(number, "a product has at most %d variants", MaxVariants)
	}
	p.Line, p.Size = number, len(line)
	for i := range p.Variants {
		p.Variants[i].Line = number
	}
	return p, nil
}

// plainJSON says what is wrong with a line without the terms of Go.
func plainJSON(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return errors.New(wrong.Field + " cannot be a " + wrong.Value)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the line ends within a product")
	}
	if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errors.New("unknown field " + field)
	}
	return errors.New("not JSON: " + err.Error())
}

// linesWriter writes JSON Lines.
type linesWriter struct{ out *json.Encoder }

func newLinesWriter(w io.Writer) *linesWriter {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &linesWriter{e}
}

func (w *linesWriter) Write(p Product) error { return w.out.Encode(p) }
func (w *linesWriter) Flush() error          { return nil }
