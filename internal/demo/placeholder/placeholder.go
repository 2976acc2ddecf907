// Package placeholder makes the pictures of the demo shop: flat illustrations of
// things that a shop sells, tinted with a colour, on a soft gradient.
//
// Every shape is our own and is drawn on a board of 400 by 400 units whose
// floor lies at 325. The picture around it may have any size and proportion.
// The same scene always gives the same bytes.
package placeholder

import (
	"fmt"
	"html"
	"slices"
	"unicode/utf8"
)

// View is how a thing is shown.
type View int

// A product page shows Front first; Pair sets a second colour behind the
// first; Close comes nearer.
const (
	Front View = iota
	Pair
	Close
)

// Scene is what a picture shows.
type Scene struct {
	Kind          string // one of Kinds
	Colour        string // of the thing, "#rrggbb"
	Second        string // of the thing behind it in a Pair
	Tone          string // gives the background its hue where Colour is grey
	View          View
	Width, Height int // of the picture, in pixels
}

// SVG draws the scene; ok is false for a kind without a drawing.
func SVG(s Scene) (svg []byte, ok bool) {
	shape, ok := shapes()[s.Kind]
	if !ok {
		return nil, false
	}
	c := newCanvas(s)
	c.backdrop(s)
	switch s.View {
	case Pair:
		c.place(0.66, -62, -34, func() { c.thing(shape, s.Second) })
		c.place(0.82, 46, 22, func() { c.thing(shape, s.Colour) })
	case Close:
		c.place(1.3, 0, 36, func() { c.thing(shape, s.Colour) })
	default:
		c.place(1, 0, 0, func() { c.thing(shape, s.Colour) })
	}
	return c.finish(), true
}

// Logo is a brand's initial in a disc, with its name beneath.
func Logo(name, colour string, width, height int) []byte {
	c := newCanvas(Scene{Kind: "logo", Colour: colour, Width: width, Height: height})
	t := newTint(colour)
	initial, _ := utf8.DecodeRuneInString(name)
	c.full(t.pale)
	c.place(1, 0, 0, func() {
		c.circle(200, 165, 95, t.base)
		c.circle(200, 165, 82, t.dark)
		c.text(string(initial), 200, 203, 110, 700, t.pale)
		c.text(name, 200, 318, 34, 600, t.deep)
	})
	return c.finish()
}

// Kinds are all things that can be drawn, by name.
func Kinds() []string {
	var kinds []string
	for kind := range shapes() {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}

type shape func(c *canvas, t tint)

func shapes() map[string]shape {
	return map[string]shape{
		"backpack": backpack, "beanie": beanie, "binoculars": binoculars, "bottle": bottle,
		"bowl": bowls, "candle": candle, "chair": chair, "clock": clock, "cushion": cushion,
		"desk": desk, "drive": drive, "earbuds": earbuds, "floorlamp": floorLamp,
		"frenchpress": frenchPress, "grinder": grinder, "headphones": headphones,
		"helmet": helmet, "hub": hub, "kettle": kettle, "keyboard": keyboard, "knife": knife,
		"lamp": deskLamp, "lantern": lantern, "mat": mat, "microphone": microphone,
		"monitor": monitor, "mouse": mouse, "mug": mug, "officechair": officeChair, "pan": pan,
		"pendant": pendant, "planter": planter, "player": player, "portable": portable,
		"pot": pot, "radio": radio, "ramekin": ramekins, "shelf": shelf, "sling": sling,
		"sneaker": sneaker, "socks": socks, "sofa": sofa, "soundbar": soundbar,
		"speaker": speakers, "stool": stool, "suitcase": suitcase, "sunglasses": sunglasses,
		"sweater": sweater, "teapot": teapot, "tee": tee, "tent": tent, "tote": tote,
		"turntable": turntable, "vase": vase, "wallet": wallet, "watch": watch, "webcam": webcam,
	}
}

// thing draws one shape in one colour. Its shading is a gradient of its own,
// so that two colours can stand in one picture.
func (c *canvas) thing(draw shape, colour string) {
	t := newTint(colour)
	c.shades++
	id := fmt.Sprintf("%s-body%d", c.id, c.shades)
	c.gradient(id, "0", "0", "1", "0", stop{"0", t.light}, stop{"0.45", t.base}, stop{"1", t.dark})
	t.body = "url(#" + id + ")"
	draw(c, t)
}

func (c *canvas) text(s string, x, y, size float64, weight int, fill string) {
	fmt.Fprintf(&c.b, `<text x="%s" y="%s" font-family="Georgia, 'Times New Roman', serif" font-size="%s" font-weight="%d" text-anchor="middle" fill="%s">%s</text>`,
		num(x), num(y), num(size), weight, fill, html.EscapeString(s))
}
