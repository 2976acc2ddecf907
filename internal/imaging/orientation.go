package imaging

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// upright turns and mirrors a picture as its EXIF orientation, 1 to 8, demands.
func upright(m image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return m
	}
	source := toNRGBA(m)
	w, h := source.Rect.Dx(), source.Rect.Dy()
	turned := orientation >= 5
	target := image.NewNRGBA(image.Rect(0, 0, w, h))
	if turned {
		target = image.NewNRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(target.Pix[target.PixOffset(tx, ty):][:4], source.Pix[source.PixOffset(x, y):][:4])
		}
	}
	return target
}

// toNRGBA converts a picture, with its top left corner at the origin.
func toNRGBA(m image.Image) *image.NRGBA {
	if n, ok := m.(*image.NRGBA); ok && n.Rect.Min == (image.Point{}) && n.Stride == 4*n.Rect.Dx() {
		return n
	}
	b := m.Bounds()
	n := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(n, n.Rect, m, b.Min, draw.Src)
	return n
}

// orientation is the one in a file's EXIF data, or 1.
func orientation(f Format, file []byte) int {
	switch f {
	case JPEG:
		return exifOrientation(exifOfJPEG(file))
	case WebP:
		return exifOrientation(chunkOfWebP(file, "EXIF"))
	case PNG:
		return exifOrientation(chunkOfPNG(file, "eXIf"))
	default:
		return 1
	}
}

var exifMark = []byte("Exif\x00\x00")

// exifOfJPEG is the content of the APP1 segment with EXIF data, before the picture's
// own data begins.
func exifOfJPEG(file []byte) []byte {
	const (
		startOfScan = 0xda
		app1        = 0xe1
	)
	for at := 2; at+4 <= len(file) && file[at] == 0xff; {
		marker, size := file[at+1], int(binary.BigEndian.Uint16(file[at+2:]))
		if marker == 0xff {
			at++ // a fill byte
			continue
		}
		end := at + 2 + size
		if marker == startOfScan || size < 2 || end > len(file) {
			return nil
		}
		if content := file[at+4 : end]; marker == app1 && bytes.HasPrefix(content, exifMark) {
			return content
		}
		at = end
	}
	return nil
}

// chunkOfWebP is the content of a chunk of a RIFF file, nil if there is none.
func chunkOfWebP(file []byte, name string) []byte {
	const header = 8
	for at := 12; at+header <= len(file); {
		size := int64(binary.LittleEndian.Uint32(file[at+4:]))
		end := int64(at) + header + size
		if end > int64(len(file)) {
			return nil
		}
		if string(file[at:at+4]) == name {
			return file[at+header : end]
		}
		at = int(end + size%2)
	}
	return nil
}

// animated reports whether a WebP file has frames.
func animated(file []byte) bool {
	const animation = 1 << 1
	header := chunkOfWebP(file, "VP8X")
	return len(header) > 0 && header[0]&animation != 0
}

// chunkOfPNG is the content of a chunk before the picture's data ends, nil if there is
// none.
func chunkOfPNG(file []byte, name string) []byte {
	const around = 12 // length, name and checksum
	for at := int64(8); at+around <= int64(len(file)); {
		size := int64(binary.BigEndian.Uint32(file[at:]))
		if at+around+size > int64(len(file)) {
			return nil
		}
		if string(file[at+4:at+8]) == name {
			return file[at+8 : at+8+size]
		}
		at += around + size
	}
	return nil
}

// exifOrientation reads the tag 0x0112 of the first directory of TIFF data; 1 for
// what is malformed.
func exifOrientation(data []byte) int {
	data = bytes.TrimPrefix(data, exifMark)
	if len(data) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	switch string(data[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
	default:
		return 1
	}
	const (
		entry = 12
		tag   = 0x0112
		short = 3
	)
	at := int64(order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return 1
	}
	entries := int64(order.Uint16(data[at:]))
	for i := range entries {
		e := at + 2 + i*entry
		if e+entry > int64(len(data)) {
			return 1
		}
		if order.Uint16(data[e:]) != tag {
			continue
		}
		if value := int(order.Uint16(data[e+8:])); order.Uint16(data[e+2:]) == short && value >= 1 && value <= 8 {
			return value
		}
		return 1
	}
	return 1
}
