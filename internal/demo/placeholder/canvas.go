package placeholder

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// board is the side of the square that shapes are drawn on.
const board = 400.0

// canvas collects the elements of one picture.
type canvas struct {
	b             bytes.Buffer
	width, height float64
	id            string // begins every id, so that pictures may share a page
	shades        int
}

func newCanvas(s Scene) *canvas {
	c := &canvas{width: float64(s.Width), height: float64(s.Height)}
	c.id = fmt.Sprintf("%s%s%d", s.Kind, strings.TrimPrefix(s.Colour, "#"), s.View)
	fmt.Fprintf(&c.b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">`,
		s.Width, s.Height, s.Width, s.Height)
	return c
}

func (c *canvas) finish() []byte {
	c.b.WriteString("</svg>\n")
	return c.b.Bytes()
}

// place draws on the board, which lies in the middle of the picture as large
// as it fits. The board can be scaled about its middle and moved.
func (c *canvas) place(scale, dx, dy float64, draw func()) {
	side := min(c.width, c.height)
	k := side / board
	x := (c.width-side)/2 + (board/2*(1-scale)+dx)*k
	y := (c.height-side)/2 + (board/2*(1-scale)+dy)*k
	c.group(fmt.Sprintf("translate(%s %s) scale(%s)", num(x), num(y), num(k*scale)), draw)
}

func (c *canvas) group(transform string, draw func()) {
	fmt.Fprintf(&c.b, `<g transform="%s">`, transform)
	draw()
	c.b.WriteString("</g>")
}

// turned draws what is turned about a point, in degrees clockwise.
func (c *canvas) turned(degrees, x, y float64, draw func()) {
	c.group(fmt.Sprintf("rotate(%s %s %s)", num(degrees), num(x), num(y)), draw)
}

// mirrored draws the same once more on the other side of the board.
func (c *canvas) mirrored(draw func()) {
	draw()
	c.group("translate(400 0) scale(-1 1)", draw)
}

func (c *canvas) full(fill string) {
	fmt.Fprintf(&c.b, `<rect width="100%%" height="100%%" fill="%s"/>`, fill)
}

func (c *canvas) rect(x, y, w, h, r float64, fill string) {
	fmt.Fprintf(&c.b, `<rect x="%s" y="%s" width="%s" height="%s" rx="%s" fill="%s"/>`, num(x), num(y), num(w), num(h), num(r), fill)
}

func (c *canvas) circle(x, y, r float64, fill string) {
	fmt.Fprintf(&c.b, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`, num(x), num(y), num(r), fill)
}

func (c *canvas) oval(x, y, rx, ry float64, fill string) {
	fmt.Fprintf(&c.b, `<ellipse cx="%s" cy="%s" rx="%s" ry="%s" fill="%s"/>`, num(x), num(y), num(rx), num(ry), fill)
}

func (c *canvas) path(d, fill string) {
	fmt.Fprintf(&c.b, `<path d="%s" fill="%s"/>`, d, fill)
}

// line is a stroke with round ends.
func (c *canvas) line(d, colour string, width float64) {
	fmt.Fprintf(&c.b, `<path d="%s" fill="none" stroke="%s" stroke-width="%s" stroke-linecap="round" stroke-linejoin="round"/>`, d, colour, num(width))
}

// glow is a fill that lets what lies beneath shine through.
func (c *canvas) glow(d, fill string, opacity float64) {
	fmt.Fprintf(&c.b, `<path d="%s" fill="%s" opacity="%s"/>`, d, fill, num(opacity))
}

// beam is light that falls out of a lamp and fades downwards.
func (c *canvas) beam(d string) { c.path(d, "url(#"+c.id+"-beam)") }

// shadow lies on the floor beneath a thing.
func (c *canvas) shadow(x, y, rx float64) {
	fmt.Fprintf(&c.b, `<ellipse cx="%s" cy="%s" rx="%s" ry="%s" fill="url(#%s-shadow)"/>`, num(x), num(y), num(rx), num(rx*0.13), c.id)
}

type stop struct{ offset, colour string }

func (c *canvas) gradient(id, x1, y1, x2, y2 string, stops ...stop) {
	fmt.Fprintf(&c.b, `<defs><linearGradient id="%s" x1="%s" y1="%s" x2="%s" y2="%s">`, id, x1, y1, x2, y2)
	for _, s := range stops {
		fmt.Fprintf(&c.b, `<stop offset="%s" stop-color="%s"/>`, s.offset, s.colour)
	}
	c.b.WriteString("</linearGradient></defs>")
}

// backdrop is a soft gradient that the colour of the thing stands out from,
// with a disc of light behind it.
func (c *canvas) backdrop(s Scene) {
	from, to := backgroundFor(s.Colour, s.Tone, s.View)
	sky := c.id + "-sky"
	c.gradient(sky, "0", "0", "1", "1", stop{"0", from}, stop{"1", to})
	fmt.Fprintf(&c.b, `<defs><linearGradient id="%s-beam" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="%s" stop-opacity="0.85"/><stop offset="1" stop-color="%s" stop-opacity="0"/></linearGradient></defs>`, c.id, light, light)
	fmt.Fprintf(&c.b, `<defs><radialGradient id="%s-shadow"><stop offset="0" stop-color="#1b1a22" stop-opacity="0.36"/><stop offset="0.6" stop-color="#1b1a22" stop-opacity="0.16"/><stop offset="1" stop-color="#1b1a22" stop-opacity="0"/></radialGradient></defs>`, c.id)
	c.full("url(#" + sky + ")")
	c.place(1, 0, 0, func() {
		c.b.WriteString(`<circle cx="200" cy="192" r="158" fill="#ffffff" opacity="0.2"/>`)
		if s.View != Front {
			c.b.WriteString(`<circle cx="330" cy="70" r="46" fill="#ffffff" opacity="0.16"/>`)
		}
	})
}

// num writes a number without needless digits.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
