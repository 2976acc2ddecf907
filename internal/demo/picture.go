package demo

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cartograph/internal/demo/placeholder"
)

// Pictures are meant square; a picture may be drawn in any size from
// smallestSide to largestSide pixels a side.
const (
	pictureSide  = 800
	smallestSide = 16
	largestSide  = 4096
)

// Picture draws the picture of that name, as found in Image.Name,
// Category.Picture and Brand.Logo. A width or height of 0 or less means 800
// pixels; others are brought into the range of 16 to 4096. ok is false for a
// unknown name.
func Picture(name string, width, height int) (svg []byte, ok bool) {
	width, height = side(width), side(height)
	if strings.HasPrefix(name, "brand-") {
		return logo(name, width, height)
	}
	scene, ok := scenes()[name]
	if !ok {
		return nil, false
	}
	scene.Width, scene.Height = width, height
	return placeholder.SVG(scene)
}

// Pictures are the names of all pictures, in order.
func Pictures() []string {
	var names []string
	for name := range scenes() {
		names = append(names, name)
	}
	for _, b := range Brands() {
		names = append(names, b.Logo)
	}
	slices.Sort(names)
	return names
}

func side(pixels int) int {
	if pixels <= 0 {
		return pictureSide
	}
	return min(max(pixels, smallestSide), largestSide)
}

func logo(name string, width, height int) ([]byte, bool) {
	for _, m := range makers() {
		if m.logo() == name {
			return placeholder.Logo(m.name, m.colour, width, height), true
		}
	}
	return nil, false
}

// scenes are what each picture shows. It never changes, so it is laid out
// once, at the first picture.
var scenes = sync.OnceValue(func() map[string]placeholder.Scene {
	all := make(map[string]placeholder.Scene)
	tones := make(map[string]string)
	for _, m := range makers() {
		tones[m.slug] = m.colour
	}
	for _, e := range allEntries() {
		addProductScenes(all, e, tones[e.brand])
	}
	for _, s := range categoryTree() {
		for _, shown := range append(s.children, s) {
			name := shown.category("", 0).Picture
			all[name] = placeholder.Scene{Kind: shown.kind, Colour: s.colour, Tone: s.colour}
		}
	}
	swatches := palette()
	for _, kind := range placeholder.Kinds() {
		for _, colour := range pictureColours() {
			all[kindPicture(kind, colour)] = placeholder.Scene{Kind: kind, Colour: swatches[colour], Tone: swatches[colour]}
		}
	}
	return all
})

// addProductScenes adds one picture for each colour that a product comes in,
// and the product's own two: the first colour alone, then two together.
func addProductScenes(all map[string]placeholder.Scene, e entry, tone string) {
	shown := []string{}
	for _, o := range e.options {
		for _, value := range o.Values {
			if value.SwatchHex != "" {
				all[colourPicture(e.slug, value.Value)] = placeholder.Scene{Kind: e.kind, Colour: value.SwatchHex, Tone: tone}
				shown = append(shown, value.SwatchHex)
			}
		}
	}
	if len(shown) == 0 {
		shown = []string{tone}
	}
	front := placeholder.Scene{Kind: e.kind, Colour: shown[0], Tone: tone}
	all[e.slug+"-1.svg"] = front
	front.View = placeholder.Close
	if len(shown) > 1 {
		front.View, front.Second = placeholder.Pair, shown[1]
	}
	all[e.slug+"-2.svg"] = front
}

// colourPicture names the picture of a product in one colour.
func colourPicture(slug, colour string) string {
	return fmt.Sprintf("%s-%s.svg", slug, slugOf(colour))
}

// kindPicture names the picture that products of the volume set share.
func kindPicture(kind, colour string) string {
	return fmt.Sprintf("kind-%s-%s.svg", kind, slugOf(colour))
}

// pictureColours are the colours that the volume set comes in.
func pictureColours() []string {
	return words("Amber Brick Chalk Graphite Coral Denim Forest Honey Lagoon Lilac Mint Plum Sand Slate")
}
