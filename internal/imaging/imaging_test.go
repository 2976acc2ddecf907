package imaging_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"cartograph/internal/imaging"
)

// picture has another colour at every place.
func picture(w, h int, alpha func(x, y int) uint8) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(255 * x / w), uint8(255 * y / h), uint8(128 + 64*((x/8+y/8)%2)), alpha(x, y)})
		}
	}
	return m
}

func solid(int, int) uint8 { return 255 }

func limits() imaging.Limits { return imaging.Limits{MaxPixels: 1_000_000, MaxSide: 4000} }

// corners are the colours at the corners, clockwise from the top left: one letter each.
func corners(m image.Image) string {
	b := m.Bounds()
	text := ""
	for _, p := range []image.Point{{b.Min.X, b.Min.Y}, {b.Max.X - 1, b.Min.Y}, {b.Max.X - 1, b.Max.Y - 1}, {b.Min.X, b.Max.Y - 1}} {
		r, g, blue, _ := m.At(p.X, p.Y).RGBA()
		const half = 0x8000
		text += map[[3]bool]string{{true, false, false}: "R", {false, true, false}: "G", {false, false, true}: "B", {true, true, true}: "W"}[[3]bool{r > half, g > half, blue > half}]
	}
	return text
}

// quarters is red, green, blue and white, clockwise from the top left.
func quarters(w, h int) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x >= w/2:
				c = color.NRGBA{0, 0, 255, 255}
			case y >= h/2:
				c = color.NRGBA{255, 255, 255, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// exif is EXIF data with an orientation and a place.
func exif(order binary.ByteOrder, mark string, orientation uint16) []byte {
	b := []byte("Exif\x00\x00" + mark)
	at := len(b)
	b = append(b, make([]byte, 2+4+2+2*12+4)...)
	order.PutUint16(b[at:], 42)
	order.PutUint32(b[at+2:], 8)
	order.PutUint16(b[at+6:], 2)
	order.PutUint16(b[at+8:], 0x010f) // the maker
	order.PutUint16(b[at+20:], 0x0112)
	order.PutUint16(b[at+22:], 3)
	order.PutUint32(b[at+24:], 1)
	order.PutUint16(b[at+28:], orientation)
	return append(b, "48.137N 11.575E"...)
}

func withEXIF(t *testing.T, m image.Image, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	segment := append([]byte{0xff, 0xe1, 0, 0}, data...)
	binary.BigEndian.PutUint16(segment[2:], uint16(len(data)+2))
	return append(append([]byte{0xff, 0xd8}, segment...), b.Bytes()[2:]...)
}

func TestAPictureIsUpright(t *testing.T) {
	t.Parallel()
	wants := []string{"RGBW", "GRWB", "BWRG", "WBGR", "RWBG", "WRGB", "BGRW", "GBWR"}
	for _, order := range []struct {
		binary.ByteOrder
		mark string
	}{{binary.BigEndian, "MM"}, {binary.LittleEndian, "II"}} {
		for i, want := range wants {
			orientation := uint16(i + 1)
			m, err := imaging.Decode(t.Context(), withEXIF(t, quarters(64, 32), exif(order, order.mark, orientation)), limits())
			if err != nil {
				t.Fatal(err)
			}
			size := image.Pt(64, 32)
			if orientation >= 5 {
				size = image.Pt(32, 64)
			}
			if got := corners(m); got != want || m.Bounds().Size() != size {
				t.Errorf("%s %d: corners %s of %v, want %s of %v", order.mark, orientation, got, m.Bounds().Size(), want, size)
			}
		}
	}
	for _, orientation := range []uint16{0, 9, 300} {
		if m, err := imaging.Decode(t.Context(), withEXIF(t, quarters(64, 32), exif(binary.BigEndian, "MM", orientation)), limits()); err != nil || corners(m) != "RGBW" {
			t.Errorf("orientation %d: %v", orientation, err)
		}
	}
}

func TestTheOrientationOfPNGIsRead(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := png.Encode(&b, quarters(8, 4)); err != nil {
		t.Fatal(err)
	}
	data := exif(binary.BigEndian, "MM", 6)[6:]
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	named := append([]byte("eXIf"), data...)
	chunk = binary.BigEndian.AppendUint32(append(chunk, named...), crc32.ChecksumIEEE(named))
	const header = 33 // signature and IHDR
	file := append(append(bytes.Clone(b.Bytes()[:header]), chunk...), b.Bytes()[header:]...)
	if m, err := imaging.Decode(t.Context(), file, limits()); err != nil || corners(m) != "WRGB" {
		t.Errorf("corners %s (%v), want WRGB", corners(m), err)
	}
}

func TestNothingButPixelsIsEncoded(t *testing.T) {
	t.Parallel()
	m, err := imaging.Decode(t.Context(), withEXIF(t, quarters(64, 32), exif(binary.BigEndian, "MM", 1)), limits())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []imaging.Format{imaging.JPEG, imaging.PNG, imaging.WebP} {
		file, err := imaging.Encode(m, f)
		if err != nil {
			t.Fatal(err)
		}
		if imaging.Sniff(file) != f {
			t.Errorf("%s is encoded as %s", f, imaging.Sniff(file))
		}
		if bytes.Contains(file, []byte("Exif")) || bytes.Contains(file, []byte("11.575E")) || bytes.Contains(file, []byte("EXIF")) {
			t.Errorf("%s has the place where it was taken", f)
		}
	}
}

func TestAWebPKeepsItsColours(t *testing.T) {
	t.Parallel()
	file, err := imaging.Encode(quarters(64, 32), imaging.WebP)
	if err != nil {
		t.Fatal(err)
	}
	m, err := imaging.Decode(t.Context(), file, limits())
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[image.Point]color.NRGBA{{4, 28}: {255, 255, 255, 255}, {4, 4}: {255, 0, 0, 255}, {60, 28}: {0, 0, 255, 255}} {
		got := color.NRGBAModel.Convert(m.At(at.X, at.Y)).(color.NRGBA)
		for i, pair := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}} {
			if d := int(pair[0]) - int(pair[1]); d > 6 || d < -6 {
				t.Errorf("at %v channel %d is %d, want %d", at, i, pair[0], pair[1])
			}
		}
	}
}

func TestWhatIsTooLargeIsNotDecoded(t *testing.T) {
	t.Parallel()
	encode := func(m image.Image) []byte {
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"as many pixels as allowed": {encode(image.NewGray(image.Rect(0, 0, 1000, 1000))), nil},
		"one row more":              {encode(image.NewGray(image.Rect(0, 0, 1000, 1001))), imaging.ErrTooManyPixels},
		"twice the memory":          {encode(image.NewNRGBA64(image.Rect(0, 0, 1000, 501))), imaging.ErrTooManyPixels},
		"a long line":               {encode(image.NewGray(image.Rect(0, 0, 4001, 1))), imaging.ErrTooManyPixels},
		"text":                      {[]byte("hello, I am a picture"), imaging.ErrUnknownFormat},
		"nothing":                   {nil, imaging.ErrUnknownFormat},
		"an animation":              {[]byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x3f\x00\x00\x3f\x00\x00ANIM"), imaging.ErrAnimated},
		"a beginning":               {[]byte("\xff\xd8\xff\xe0"), imaging.ErrMalformed},
	} {
		if _, err := imaging.Decode(t.Context(), c.file, limits()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestDecodingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := imaging.Decode(ctx, withEXIF(t, quarters(64, 32), exif(binary.BigEndian, "MM", 1)), limits()); !errors.Is(err, context.Canceled) {
		t.Errorf("Decode returns %v, want the context's error", err)
	}
}

// The expected values are those of the reference implementation for the same pixels
// (npm: thumbhash 0.1.1).
func TestThumbHashesAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h  int
		alpha func(x, y int) uint8
		want  string
	}{
		{100, 75, solid, "4gYKNZpwd3dwd3d3d3d3d4CACPiI"},
		{40, 90, solid, "4vYJMxpwcHd3d4d3gHAI94g="},
		{64, 64, func(x, y int) uint8 { return uint8(255 * ((x + y) % 64) / 63) }, "4gaGHQwXkIegiIl5iJCgCfaYiHh4cAeIdw=="},
		{1, 1, solid, "CwQWBwEI9wiIh4hwj3CI+AiIcH/4AAAA"},
	} {
		if got := base64.StdEncoding.EncodeToString(imaging.ThumbHash(picture(c.w, c.h, c.alpha))); got != c.want {
			t.Errorf("%dx%d: %s, want %s", c.w, c.h, got, c.want)
		}
	}
}

func TestACropIsTheMiddle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		w, h, width, across, down int
		want                      image.Point
	}{
		{400, 200, 100, 1, 1, image.Pt(100, 100)},
		{400, 200, 1000, 1, 1, image.Pt(200, 200)},
		{200, 400, 160, 16, 9, image.Pt(160, 90)},
		{3, 1000, 160, 1, 1, image.Pt(3, 3)},
	} {
		m := imaging.Crop(quarters(c.w, c.h), c.width, c.across, c.down)
		if m.Bounds().Size() != c.want || (c.w > 3 && corners(m) != "RGBW") {
			t.Errorf("%+v: %v with corners %s", c, m.Bounds().Size(), corners(m))
		}
	}
}
