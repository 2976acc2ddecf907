package productfile

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"cartograph/internal/money"
)

// readCSV reads rows. Rows that follow each other and have one slug are one
// product; a row without a slug, where there is a column for it, belongs to the
// product before it.
func readCSV(r io.Reader) iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		bounded := &boundedReader{in: r, left: 2 * maxSize}
		in := bufio.NewReaderSize(bounded, 4<<10)
		rows, err := newRows(in)
		if err != nil {
			yield(Product{}, err)
			return
		}
		var p *pending // the product whose rows are being read
		for {
			bounded.left = 2 * maxSize
			begin := rows.in.InputOffset()
			cells, err := rows.in.Read()
			line, size := 0, int(rows.in.InputOffset()-begin)
			if err == nil {
				line, _ = rows.in.FieldPos(0)
			}
			switch parse, malformed := errors.AsType[*csv.ParseError](err); {
			case malformed:
				line, err = parse.StartLine, lineError(parse.StartLine, "%s", plainCSV(parse))
			case errors.Is(err, io.EOF):
				if p != nil {
					yield(p.finish())
				}
				return
			case err != nil:
				yield(Product{}, err)
				return
			}
			if err == nil && rows.continues(p, cells) {
				p.add(rows, cells, line, size)
				continue
			}
			if p != nil && !yield(p.finish()) {
				return
			}
			p = nil
			if err != nil {
				if !yield(Product{}, err) {
					return
				}
				continue
			}
			p = &pending{product: Product{Line: line}}
			p.add(rows, cells, line, size)
		}
	}
}

// plainCSV says what is wrong with a row without the terms of Go.
func plainCSV(e *csv.ParseError) string {
	if errors.Is(e.Err, csv.ErrQuote) || errors.Is(e.Err, csv.ErrBareQuote) {
		return fmt.Sprintf("a quotation mark is missing or misplaced (column %d): a cell with quotation marks is quoted, and they are doubled in it", e.Column)
	}
	return e.Err.Error()
}

// boundedReader ends with an error when more than left bytes are read, which
// the caller sets again for each row: one with a quotation mark that is never
// closed would be read whole into memory.
type boundedReader struct {
	in   io.Reader
	left int
}

var errRowTooLong = fmt.Errorf("a row is longer than %d bytes: a quotation mark may be missing", maxSize)

func (b *boundedReader) Read(buffer []byte) (int, error) {
	if b.left <= 0 {
		return 0, errRowTooLong
	}
	n, err := b.in.Read(buffer[:min(len(buffer), b.left)])
	b.left -= n
	return n, err
}

// rows are the rows of a file, and what its columns are. Columns of options are in
// names, lists and values, by the option.
type rows struct {
	in                   *csv.Reader
	products             map[int]column[Product]
	variants             map[int]column[Variant]
	names, lists, values [MaxOptions]int // -1 for none
	columns, slug        int
	prices, compareAt    bool
}

func newRows(in *bufio.Reader) (*rows, error) {
	if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark))
	}
	start, _ := in.Peek(in.Size())
	r := &rows{in: csv.NewReader(in), products: map[int]column[Product]{}, variants: map[int]column[Variant]{}, slug: -1}
	r.in.FieldsPerRecord, r.in.ReuseRecord = -1, true
	r.in.Comma = separator(string(start))
	for i := range MaxOptions {
		r.names[i], r.lists[i], r.values[i] = -1, -1, -1
	}
	header, err := r.in.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: the names of its columns are expected first")
	}
	if err != nil {
		return nil, fmt.Errorf("read the names of the columns: %w", err)
	}
	r.columns = len(header)
	seen := map[string]bool{}
	for i, name := range header {
		name = strings.TrimSpace(name)
		if seen[name] {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		seen[name] = true
		if err := r.setColumn(i, name); err != nil {
			return nil, err
		}
	}
	if r.slug < 0 && !seen["sku"] && !seen["id"] {
		return nil, errors.New("a column slug or sku is needed, by which products are found")
	}
	return r, nil
}

// separator is what separates the cells of the first row: spreadsheet programs
// write semicolons where the comma is the decimal mark.
func separator(start string) rune {
	header, _, _ := strings.Cut(start, "\n")
	best := ','
	for _, mark := range ";\t" {
		if strings.Count(header, string(mark)) > strings.Count(header, string(best)) {
			best = mark
		}
	}
	return best
}

func (r *rows) setColumn(i int, name string) error {
	for _, c := range productColumns() {
		if c.name == name {
			r.products[i] = c
			if name == slugColumn {
				r.slug = i
			}
			return nil
		}
	}
	for _, c := range variantColumns() {
		if c.name == name {
			r.variants[i] = c
			return nil
		}
	}
	for o := range MaxOptions {
		for of, at := range map[string]*int{optionName(o): &r.names[o], optionValues(o): &r.lists[o], optionValue(o): &r.values[o]} {
			if of == name {
				*at = i
				return nil
			}
		}
	}
	if currency, ok := strings.CutPrefix(name, "price_"); ok && money.Known(currency) {
		r.variants[i], r.prices = priceColumn(currency), true
		return nil
	}
	if currency, ok := strings.CutPrefix(name, "compare_at_"); ok && money.Known(currency) {
		r.variants[i], r.compareAt = compareAtColumn(currency), true
		return nil
	}
	if c, ok := translatedColumn(name); ok {
		r.products[i] = c
		return nil
	}
	return fmt.Errorf("there is no column %q", name)
}

func (r *rows) cell(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return unguard(cells[i])
}

// continues reports whether a row is of the product p, whose slug the row before
// had.
func (r *rows) continues(p *pending, cells []string) bool {
	if p == nil || r.slug < 0 {
		return false
	}
	slug := strings.TrimSpace(r.cell(cells, r.slug))
	return slug == "" && !r.hasProduct(cells) || slug != "" && slug == p.product.Slug
}

// hasProduct reports whether a row gives anything of a product itself.
func (r *rows) hasProduct(cells []string) bool {
	for i := range r.products {
		if r.cell(cells, i) != "" {
			return true
		}
	}
	return false
}

// pending is a product some of whose rows are read. Its first error is kept: a
// product with an error is none.
type pending struct {
	product Product
	first   map[int]string // cells of the first row, of the product itself
	options [MaxOptions]optionCells
	err     *LineError
}

func (p *pending) fail(line int, err error) {
	if p.err == nil {
		p.err = &LineError{Line: line, Err: err}
	}
}

func (p *pending) add(r *rows, cells []string, line, size int) {
	if p.product.Size += size; p.product.Size > maxSize {
		p.fail(line, fmt.Errorf("the product is longer than %d bytes", maxSize))
		p.product.Variants = nil // what it is refused for is not kept
		return
	}
	if len(cells) > r.columns {
		p.fail(line, fmt.Errorf("the row has %d cells, and the file %d columns: a separator may need quotation marks", len(cells), r.columns))
		return
	}
	for _, cell := range cells {
		if !utf8.ValidString(cell) || strings.ContainsRune(cell, 0) {
			p.fail(line, errors.New("the text is not UTF-8"))
			return
		}
	}
	if p.first == nil {
		p.readProduct(r, cells, line)
	} else {
		p.compareProduct(r, cells, line)
	}
	if len(p.product.Variants) == MaxVariants {
		p.fail(line, fmt.Errorf("a product has at most %d variants", MaxVariants))
		return
	}
	p.readVariant(r, cells, line)
}

func (p *pending) readProduct(r *rows, cells []string, line int) {
	p.first = map[int]string{}
	for i, column := range r.products {
		cell := strings.Clone(r.cell(cells, i)) // the reader uses the row again
		p.first[i] = cell
		if i == r.slug {
			cell = strings.TrimSpace(cell)
		}
		if err := column.read(&p.product, cell); err != nil {
			p.fail(line, err)
		}
	}
	for o := range MaxOptions {
		p.options[o].name = strings.Clone(r.cell(cells, r.names[o]))
		for _, item := range items(strings.Clone(r.cell(cells, r.lists[o]))) {
			p.options[o].values = append(p.options[o].values, readOptionValue(item))
		}
	}
}

// compareProduct checks that a further row does not contradict the first.
func (p *pending) compareProduct(r *rows, cells []string, line int) {
	for i, column := range r.products {
		if cell := r.cell(cells, i); cell != "" && cell != p.first[i] {
			p.fail(line, fmt.Errorf("%s differs from that of the product's first row, line %d: leave it empty here", column.name, p.product.Line))
		}
	}
}

func (p *pending) readVariant(r *rows, cells []string, line int) {
	v := Variant{Line: line}
	if r.prices {
		v.Prices = map[string]Amount{}
	}
	if r.compareAt {
		v.CompareAt = map[string]Amount{}
	}
	given := false
	for i, column := range r.variants {
		cell := strings.Clone(r.cell(cells, i))
		given = given || cell != ""
		if column.name != "variant_title" {
			cell = strings.TrimSpace(cell)
		}
		if err := column.read(&v, cell); err != nil {
			p.fail(line, err)
		}
	}
	for o := range MaxOptions {
		value := strings.Clone(r.cell(cells, r.values[o]))
		if value == "" {
			continue
		}
		given = true
		if p.options[o].name == "" {
			p.fail(line, fmt.Errorf("%s has no %s", optionValue(o), optionName(o)))
			continue
		}
		if v.Options == nil {
			v.Options = map[string]string{}
		}
		v.Options[p.options[o].name] = value
		p.options[o].add(value)
	}
	if given { // else the row is of the product alone
		p.product.Variants = append(p.product.Variants, v)
	}
}

// finish returns the product, or why there is none.
func (p *pending) finish() (Product, error) {
	if p.err != nil {
		return Product{}, p.err
	}
	for _, o := range p.options {
		if o.name != "" {
			p.product.Options = append(p.product.Options, o.option())
		}
	}
	return p.product, nil
}
