// Package imaging decodes pictures that strangers upload and encodes those that a
// shop shows.
//
// What is decoded is bounded before memory is allocated for it: a file of a few
// kilobytes can declare a picture of gigabytes. Every decoder is written in Go. Nothing
// of a file but its pixels is in what is encoded: no place, no camera, no second
// picture. Colour profiles are dropped as well, and pixels are taken for sRGB.
package imaging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// A Format is that of a file.
type Format string

// The formats. All can be decoded; GIF cannot be encoded.
const (
	JPEG Format = "jpeg"
	PNG  Format = "png"
	WebP Format = "webp"
	GIF  Format = "gif"
)

// ContentType is the format's media type.
func (f Format) ContentType() string { return "image/" + string(f) }

// FormatOf is the format with a media type, or "" if it is none of those that can be
// decoded.
func FormatOf(contentType string) Format {
	for _, f := range []Format{JPEG, PNG, WebP, GIF} {
		if contentType == f.ContentType() {
			return f
		}
	}
	return ""
}

// Limits bound a picture that is decoded.
type Limits struct {
	MaxPixels int // width times height
	MaxSide   int
}

// The reasons for which a file is refused.
var (
	ErrUnknownFormat = errors.New("not a JPEG, PNG, WebP or GIF file")
	ErrAnimated      = errors.New("an animated WebP file")
	ErrTooManyPixels = errors.New("more pixels than are decoded")
	ErrMalformed     = errors.New("malformed picture")
)

// Sniff is the format that a file's first bytes show, or "".
func Sniff(head []byte) Format {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return JPEG
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return PNG
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return WebP
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return GIF
	default:
		return ""
	}
}

// Decode returns the picture in a file, upright. Of a GIF it is the first frame. An
// error other than that of ctx is one of the reasons above.
//
// A decoder reads a little of its file at a time and stops when ctx ends: a JPEG
// file can repeat passes over all its pixels in a few bytes each.
func Decode(ctx context.Context, file []byte, limits Limits) (image.Image, error) {
	format := Sniff(file)
	if format == "" {
		return nil, ErrUnknownFormat
	}
	if format == WebP && animated(file) {
		return nil, ErrAnimated
	}
	config, err := decodeConfig(format, file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := limits.check(config); err != nil {
		return nil, err
	}
	picture, err := decode(ctx, format, file)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if b := picture.Bounds(); b.Empty() || b.Dx() > config.Width || b.Dy() > config.Height {
		return nil, ErrMalformed
	}
	return upright(picture, orientation(format, file)), nil
}

// check counts a pixel of 16-bit colours twice: it takes twice the memory.
func (l Limits) check(c image.Config) error {
	pixels := int64(c.Width) * int64(c.Height)
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		pixels *= 2
	}
	if c.Width < 1 || c.Height < 1 {
		return ErrMalformed
	}
	if c.Width > l.MaxSide || c.Height > l.MaxSide || pixels > int64(l.MaxPixels) {
		return ErrTooManyPixels
	}
	return nil
}

func decodeConfig(f Format, file []byte) (image.Config, error) {
	r := bytes.NewReader(file)
	switch f {
	case JPEG:
		return jpeg.DecodeConfig(r)
	case PNG:
		return png.DecodeConfig(r)
	case WebP:
		return webp.DecodeConfig(r)
	default:
		return gif.DecodeConfig(r)
	}
}

func decode(ctx context.Context, f Format, file []byte) (image.Image, error) {
	r := &reader{ctx, bytes.NewReader(file)} // no io.ByteReader: the decoders read a few kilobytes at a time
	switch f {
	case JPEG:
		return jpeg.Decode(r)
	case PNG:
		return png.Decode(r)
	case WebP:
		m, err := webp.Decode(r)
		if err != nil {
			return nil, err
		}
		return fullRange(m), nil
	default:
		return gif.Decode(r)
	}
}

// reader fails when its context ends.
type reader struct {
	ctx  context.Context //nolint:containedctx // the decoders take no context
	file io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.file.Read(p)
}
