package imaging

import (
	"image"
	"image/color"
)

// fullRange converts a lossy WebP picture to RGB. Its samples have the range of video,
// 16 to 235 and 240, and the decoder returns them as those of a JPEG file, from 0 to
// 255: white would be grey.
func fullRange(m image.Image) image.Image {
	var planes *image.YCbCr
	alpha := func(int, int) uint8 { return 255 }
	switch p := m.(type) {
	case *image.YCbCr:
		planes = p
	case *image.NYCbCrA:
		planes, alpha = &p.YCbCr, func(x, y int) uint8 { return p.A[p.AOffset(x, y)] }
	default:
		return m // without loss: RGB already
	}
	b := planes.Bounds()
	target := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := planes.YCbCrAt(x, y)
			luma := 298 * (int(c.Y) - 16)
			blue, red := int(c.Cb)-128, int(c.Cr)-128
			target.SetNRGBA(x-b.Min.X, y-b.Min.Y, color.NRGBA{
				R: sample(luma + 409*red), G: sample(luma - 100*blue - 208*red), B: sample(luma + 516*blue), A: alpha(x, y),
			})
		}
	}
	return target
}

// sample rounds 256 times a sample.
func sample(v int) uint8 { return uint8(min(max((v+128)>>8, 0), 255)) }
