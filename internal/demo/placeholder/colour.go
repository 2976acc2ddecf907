package placeholder

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// tint is one colour in its shades, from the light side of a thing to its
// depth. body is the gradient over all of them.
type tint struct {
	body, base, light, pale, dark, deep string
}

// Materials that keep their colour whatever the thing's is.
const (
	ink      = "#2b2d33"
	coal     = "#3c3f47"
	steel    = "#b9c0c6"
	silver   = "#dfe3e6"
	shine    = "#f7f8f8"
	oak      = "#c89b66"
	oakDark  = "#a67c4c"
	brass    = "#d1aa55"
	paper    = "#fbf8f1"
	coffee   = "#5b3a29"
	glass    = "#dcebee"
	leaf     = "#5f8f5a"
	leafDark = "#44734a"
	light    = "#ffe9b0"
)

func newTint(colour string) tint {
	return tint{
		base: colour, light: mix(colour, "#ffffff", 0.24), pale: mix(colour, "#ffffff", 0.62),
		dark: mix(colour, "#14121c", 0.22), deep: mix(colour, "#14121c", 0.45),
	}
}

// mix goes from a towards b by part.
func mix(a, b string, part float64) string {
	ar, ag, ab := rgb(a)
	br, bg, bb := rgb(b)
	between := func(x, y float64) int { return int(math.Round(x + (y-x)*part)) }
	return hex(between(ar, br), between(ag, bg), between(ab, bb))
}

func hex(r, g, b int) string { return fmt.Sprintf("#%02x%02x%02x", r, g, b) }

// rgb reads "#rrggbb"; what is no colour is middle grey.
func rgb(colour string) (r, g, b float64) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		return 128, 128, 128
	}
	return float64(n >> 16 & 0xff), float64(n >> 8 & 0xff), float64(n & 0xff)
}

// hsl gives the hue in degrees, saturation and lightness from 0 to 1.
func hsl(colour string) (h, s, l float64) {
	r, g, b := rgb(colour)
	r, g, b = r/255, g/255, b/255
	hi, lo := max(r, g, b), min(r, g, b)
	l = (hi + lo) / 2
	if hi == lo {
		return 0, 0, l
	}
	d := hi - lo
	s = d / (1 - math.Abs(2*l-1))
	switch hi {
	case r:
		h = math.Mod((g-b)/d+6, 6)
	case g:
		h = (b-r)/d + 2
	default:
		h = (r-g)/d + 4
	}
	return h * 60, s, l
}

func fromHSL(h, s, l float64) string {
	h = math.Mod(math.Mod(h, 360)+360, 360)
	chroma := (1 - math.Abs(2*l-1)) * s
	at := func(offset float64) int {
		k := math.Mod(offset+h/60, 6)
		v := l + chroma/2 - chroma*max(min(k, 4-k, 1), 0)
		return int(math.Round(v * 255))
	}
	return hex(at(5), at(3), at(1))
}

// backgroundFor is the gradient behind a thing: pale for dark things, fuller
// for pale ones, in a hue that is a neighbour of the thing's own.
func backgroundFor(colour, tone string, view View) (from, to string) {
	hue, saturation, lightness := hsl(colour)
	if saturation < 0.16 || lightness > 0.86 && saturation < 0.6 {
		hue, _, _ = hsl(tone)
	}
	if view != Front {
		hue += 150
	}
	if lightness > 0.7 {
		return fromHSL(hue+18, 0.3, 0.74), fromHSL(hue-14, 0.28, 0.6)
	}
	return fromHSL(hue+24, 0.46, 0.91), fromHSL(hue-12, 0.42, 0.79)
}
