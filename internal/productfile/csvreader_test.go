package productfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/productfile"
)

// read returns the slugs of a file's products with their SKUs, and its errors, in
// order.
func read(file io.Reader) []string {
	var got []string
	for p, err := range productfile.Read(file, productfile.CSV) {
		if err != nil {
			got = append(got, err.Error())
			continue
		}
		for _, v := range p.Variants {
			p.Slug += " " + v.SKU
		}
		got = append(got, p.Slug)
	}
	return got
}

func TestRowsOfOneSlugAreOneProduct(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"slug,sku\na,1\na,2\nb,3\na,4\n":             {"a 1 2", "b 3", "a 4"},
		"slug,title,sku\r\na,A,1\r\n,,2\r\n,B,3\r\n": {"a 1 2", " 3"},
		"sku,price_EUR\n1,5\n2,6\n":                  {" 1", " 2"},
		"\ufeffslug;sku\na;1\n":                      {"a 1"},
		"slug\tsku\na\t1\n":                          {"a 1"},
		"slug,title\na,A\n":                          {"a"},
		"slug,sku\na\n":                              {"a"},
		"slug,sku\n\n\na,1":                          {"a 1"},
		"slug,sku\n'=a,1":                            {"=a 1"},
		"slug,sku\n'a,1":                             {"'a 1"},
		"slug,title,sku\na,A,1\na,B,2\nb,,3\n":       {"line 3: title differs from that of the product's first row, line 2: leave it empty here", "b 3"},
		"slug,sku\na,1,2\nb,3\n":                     {"line 2: the row has 3 cells, and the file 2 columns: a separator may need quotation marks", "b 3"},
		"slug,sku,stock\na,1,many\nb,3,\n":           {`line 2: stock is a whole number, not "many"`, "b 3"},
		"slug,sku\na,\xff\nb,3\n":                    {"line 2: the text is not UTF-8", "b 3"},
		"slug,sku\na,x\"y\nb,3\n":                    {"line 2: a quotation mark is missing or misplaced (column 4): a cell with quotation marks is quoted, and they are doubled in it", "b 3"},
		"slug,option1_value,sku\na,Red,1\n":          {"line 2: option1_value has no option1_name"},
		"slug,images,sku\na,x.jpg | | big,1\n":       {`line 2: the size of a picture is written as 800x600, not "big"`},
		"slug,specifications,sku\na,Volume = 3,1\n":  {`line 2: a specification is written as Group > Name = Value, not "Volume = 3"`},
		"slug,created_at,sku\na,yesterday,1\n":       {`line 2: created_at is a time such as 2026-03-10T09:00:00Z, not "yesterday"`},
		"":                                           {"the file is empty: the names of its columns are expected first"},
		"title,price_USD\nA,1\n":                     {"a column slug or sku is needed, by which products are found"},
		"slug,colour\na,red\n":                       {`there is no column "colour"`},
		"slug,price_XXX\na,1\n":                      {`there is no column "price_XXX"`},
		"slug,slug\na,a\n":                           {`column "slug" is there twice`},
		"slug,sku\na,\"1\nb,2\nc,3":                  {"line 2: a quotation mark is missing or misplaced (column 4): a cell with quotation marks is quoted, and they are doubled in it"},
	} {
		if diff := cmp.Diff(want, read(strings.NewReader(file))); diff != "" {
			t.Errorf("%q is read differently (-want +got):\n%s", file, diff)
		}
	}
}

// endless is a file that never ends, and fails when too much of it is read.
type endless struct{ left int }

var errReadTooMuch = errors.New("more than 8 MiB of one row were read")

func (e *endless) Read(b []byte) (int, error) {
	if e.left -= len(b); e.left < 0 {
		return 0, errReadTooMuch
	}
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}

func TestARowThatNeverEndsIsNotReadIntoMemory(t *testing.T) {
	t.Parallel()
	for start, format := range map[string]productfile.Format{"slug,sku\na,\"": productfile.CSV, "": productfile.CSV} {
		for _, err := range productfile.Read(io.MultiReader(strings.NewReader(start), &endless{8 << 20}), format) {
			if err == nil || !strings.Contains(err.Error(), "a row is longer than 1048576 bytes") {
				t.Errorf("%q and no end = %v, want it refused for its length", start, err)
			}
		}
	}
}

func TestAProductOfManyRowsIsNotReadIntoMemory(t *testing.T) {
	t.Parallel()
	row := "a,1," + strings.Repeat("x", 300<<10) + "\n"
	want := []string{"line 5: the product is longer than 1048576 bytes", "b 1"}
	if diff := cmp.Diff(want, read(strings.NewReader("slug,sku,variant_title\n"+strings.Repeat(row, 9)+"b,1,x\n"))); diff != "" {
		t.Errorf("a product of 2.7 MB (-want +got):\n%s", diff)
	}
	if got := read(strings.NewReader("slug,sku,variant_title\na,1," + strings.Repeat("x", 1<<20) + "\nb,1,x\n")); len(got) != 2 || got[0] != "line 2: the product is longer than 1048576 bytes" {
		t.Errorf("a row of more than 1 MiB = %v", got)
	}
}

func TestAVariantLimitHoldsInBothFormats(t *testing.T) {
	t.Parallel()
	want := []string{"line 252: a product has at most 250 variants", "b 1"}
	if diff := cmp.Diff(want, read(strings.NewReader("slug,sku\n"+strings.Repeat("a,1\n", 251)+"b,1\n"))); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	line := `{"slug":"a","variants":[` + strings.Repeat(`{"sku":"1"},`, 250) + `{"sku":"1"}]}`
	for _, err := range productfile.Read(strings.NewReader(line), productfile.JSONLines) {
		if err == nil || err.Error() != "line 1: a product has at most 250 variants" {
			t.Errorf("JSON Lines = %v, want it refused", err)
		}
	}
}
