package demo

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"cartograph/internal/catalogue"
	"cartograph/internal/demo/placeholder"
)

func TestEveryPictureIsWellFormed(t *testing.T) {
	t.Parallel()
	for _, name := range Pictures() {
		svg, ok := Picture(name, 640, 480)
		if !ok {
			t.Errorf("there is no picture %s", name)
			continue
		}
		if err := readSVG(svg); err != nil {
			t.Errorf("picture %s: %v", name, err)
		}
		if !bytes.Contains(svg, []byte(`width="640" height="480"`)) {
			t.Errorf("picture %s is not 640 by 480", name)
		}
	}
}

// readSVG parses the whole picture; every fill that names a gradient must find
// it, and no id may be given twice.
func readSVG(svg []byte) error {
	ids, variants := map[string]bool{}, []string{}
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range element.Attr {
			if a.Name.Local == "id" && ids[a.Value] {
				return fmt.Errorf("the id %s is given twice", a.Value)
			} else if a.Name.Local == "id" {
				ids[a.Value] = true
			}
			if id, ok := strings.CutPrefix(a.Value, "url(#"); ok {
				variants = append(variants, strings.TrimSuffix(id, ")"))
			}
			if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "%!") {
				return fmt.Errorf("<%s> has %s=%q", element.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	for _, id := range variants {
		if !ids[id] {
			return fmt.Errorf("a fill names #%s, which is not there", id)
		}
	}
	return nil
}

func TestEverythingInTheShopHasItsPicture(t *testing.T) {
	t.Parallel()
	shop := Open(now())
	byID := map[string]catalogue.Image{}
	check := func(m catalogue.Image) {
		if _, ok := Picture(m.Name, m.Width, m.Height); !ok || m.Alt == "" {
			t.Errorf("picture %+v is missing or has no alt text", m)
		}
		if known, ok := byID[m.ID]; ok && known != m {
			t.Errorf("one id for two pictures: %+v and %+v", known, m)
		}
		byID[m.ID] = m
	}
	for _, p := range shop.Products {
		for _, m := range p.Pictures {
			check(m)
		}
		for _, v := range p.Variants {
			check(v.Picture)
		}
	}
	for p := range Volume(500, 7) {
		check(p.Pictures[0])
		for _, v := range p.Variants {
			check(v.Picture)
		}
	}
	for _, c := range shop.Categories {
		if _, ok := Picture(c.Picture, 0, 0); !ok {
			t.Errorf("category %s has no picture", c.Slug)
		}
	}
	for _, b := range shop.Brands {
		if _, ok := Picture(b.Logo, 0, 0); !ok {
			t.Errorf("brand %s has no logo", b.Slug)
		}
	}
}

func TestEveryKindIsDrawnAndNamed(t *testing.T) {
	t.Parallel()
	drawn := map[string]bool{}
	for _, kind := range placeholder.Kinds() {
		drawn[kind] = true
	}
	names := kindNames()
	for _, e := range allEntries() {
		if !drawn[e.kind] {
			t.Errorf("%s is a %s, which has no drawing", e.slug, e.kind)
		}
		if names[e.kind] == "" && !e.archived {
			t.Errorf("%s is a %s, which has no name for the volume set", e.slug, e.kind)
		}
	}
}

func TestUnknownPicturesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "nothing.svg", "brand-nobody.svg", "brand-", SlugFiveLeft, "../" + SlugFiveLeft + "-1.svg", SlugFiveLeft + "-3.svg"} {
		if _, ok := Picture(name, 100, 100); ok {
			t.Errorf("Picture(%q) was drawn, want none", name)
		}
	}
}

func TestPicturesHaveTheRequestedSize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		width, height int
		want          string
	}{
		{0, 0, `width="800" height="800"`},
		{-5, 200, `width="800" height="200"`},
		{1, 1_000_000, `width="16" height="4096"`},
		{320, 180, `width="320" height="180"`},
	} {
		svg, _ := Picture(SlugFiveLeft+"-1.svg", test.width, test.height)
		if !bytes.Contains(svg, []byte(test.want)) {
			t.Errorf("Picture of %d by %d begins %.120s, want %s", test.width, test.height, svg, test.want)
		}
	}
}
