package imaging

import (
	"image"
	"math"
)

// ThumbHash returns a picture in some 25 bytes, from which a client paints a blurred
// placeholder with its proportions and average colour. The format is that of
// https://evanw.github.io/thumbhash/; no module with an encoder is available.
func ThumbHash(m image.Image) []byte {
	const side = 100
	small := toNRGBA(Fit(m, side, side))
	w, h := small.Rect.Dx(), small.Rect.Dy()
	l, p, q, a, opaque := channels(small)

	lumaTerms := 7.0
	if !opaque {
		lumaTerms = 5 // the room is for the alpha channel
	}
	longer := float64(max(w, h))
	lx := max(1, int(math.Round(lumaTerms*float64(w)/longer)))
	ly := max(1, int(math.Round(lumaTerms*float64(h)/longer)))
	encoded := []cosines{transform(l, w, h, max(3, lx), max(3, ly)), transform(p, w, h, 3, 3), transform(q, w, h, 3, 3)}
	if !opaque {
		encoded = append(encoded, transform(a, w, h, 5, 5))
	}
	return pack(encoded, lx, ly, w > h)
}

// channels converts pixels to luminance, two differences of colours, and opacity.
// What shows through has the average colour.
func channels(m *image.NRGBA) (l, p, q, a []float64, opaque bool) {
	n := m.Rect.Dx() * m.Rect.Dy()
	var red, green, blue, total float64
	for i := range n {
		pixel := m.Pix[4*i : 4*i+4]
		alpha := float64(pixel[3]) / 255
		red += alpha / 255 * float64(pixel[0])
		green += alpha / 255 * float64(pixel[1])
		blue += alpha / 255 * float64(pixel[2])
		total += alpha
	}
	if total > 0 {
		red, green, blue = red/total, green/total, blue/total
	}
	l, p, q, a = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		pixel := m.Pix[4*i : 4*i+4]
		alpha := float64(pixel[3]) / 255
		r := red*(1-alpha) + alpha/255*float64(pixel[0])
		g := green*(1-alpha) + alpha/255*float64(pixel[1])
		b := blue*(1-alpha) + alpha/255*float64(pixel[2])
		l[i], p[i], q[i], a[i] = (r+g+b)/3, (r+g)/2-b, r-g, alpha
	}
	return l, p, q, a, total >= float64(n)
}

// cosines are the terms of a channel: the constant one, and the others from 0 to 1
// with their scale.
type cosines struct {
	constant, scale float64
	terms           []float64
}

func transform(channel []float64, w, h, nx, ny int) cosines {
	var c cosines
	wave := make([]float64, w)
	for cy := range ny {
		for cx := 0; cx*ny < nx*(ny-cy); cx++ {
			for x := range w {
				wave[x] = math.Cos(math.Pi / float64(w) * float64(cx) * (float64(x) + 0.5))
			}
			sum := 0.0
			for y := range h {
				vertical := math.Cos(math.Pi / float64(h) * float64(cy) * (float64(y) + 0.5))
				for x := range w {
					sum += channel[x+y*w] * wave[x] * vertical
				}
			}
			sum /= float64(w * h)
			if cx == 0 && cy == 0 {
				c.constant = sum
				continue
			}
			c.terms = append(c.terms, sum)
			c.scale = max(c.scale, math.Abs(sum))
		}
	}
	if c.scale > 0 {
		for i := range c.terms {
			c.terms[i] = 0.5 + 0.5/c.scale*c.terms[i]
		}
	}
	return c
}

// pack writes the terms: five bytes of header, one more with an alpha channel, and
// then four bits for each term.
func pack(encoded []cosines, lx, ly int, landscape bool) []byte {
	round := func(v float64) int { return int(math.Floor(v + 0.5)) }
	l, p, q := encoded[0], encoded[1], encoded[2]
	alpha := len(encoded) > 3
	head := round(63*l.constant) | round(31.5+31.5*p.constant)<<6 | round(31.5+31.5*q.constant)<<12 | round(31*l.scale)<<18
	tail := lx | round(63*p.scale)<<3 | round(63*q.scale)<<9
	if landscape {
		tail = tail&^7 | ly | 1<<15
	}
	if alpha {
		head |= 1 << 23
	}
	hash := []byte{byte(head), byte(head >> 8), byte(head >> 16), byte(tail), byte(tail >> 8)}
	if alpha {
		hash = append(hash, byte(round(15*encoded[3].constant)|round(15*encoded[3].scale)<<4))
	}
	n := 0
	for _, c := range encoded {
		for _, term := range c.terms {
			if n%2 == 0 {
				hash = append(hash, 0)
			}
			hash[len(hash)-1] |= byte(round(15*term) << (n % 2 * 4))
			n++
		}
	}
	return hash
}
