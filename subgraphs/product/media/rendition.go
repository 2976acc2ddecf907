package media

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cartograph/internal/imaging"
)

// The widths of renditions. A picture has those that are narrower than itself, and its
// own width up to the last of them. There are no others, so that nobody can have the
// shop make more of a picture than these.
var widths = [...]int{160, 320, 640, 1080, 1600, 2560}

// MaxSide is the longer side of the largest rendition.
const MaxSide = 2560

// proportions of renditions that fill a box, width to height.
var proportions = [...]proportion{{1, 1}, {4, 3}, {3, 4}, {3, 2}, {2, 3}, {16, 9}, {9, 16}}

type proportion struct{ across, down int }

// rendition is one form of a picture; crop is zero for the whole picture.
type rendition struct {
	width  int
	crop   proportion
	format imaging.Format
}

// file is the rendition's name among those of its picture: 640.webp, 640-4x3.jpeg.
func (r rendition) file() string {
	if r.crop == (proportion{}) {
		return fmt.Sprintf("%d.%s", r.width, r.format)
	}
	return fmt.Sprintf("%d-%dx%d.%s", r.width, r.crop.across, r.crop.down, r.format)
}

// parse reads the name of a file. Whether the picture has that width is known with the
// picture.
func parse(file string) (r rendition, ok bool) {
	size, format, _ := strings.Cut(file, ".")
	width, crop, cropped := strings.Cut(size, "-")
	r.format = imaging.Format(format)
	switch r.format {
	case imaging.WebP, imaging.JPEG, imaging.PNG:
	default:
		return r, false
	}
	var err error
	if r.width, err = strconv.Atoi(width); err != nil {
		return r, false
	}
	if cropped {
		across, down, _ := strings.Cut(crop, "x")
		r.crop.across, _ = strconv.Atoi(across)
		r.crop.down, _ = strconv.Atoi(down)
	}
	// Only the canonical spelling is a name: others would be stored again.
	return r, r.file() == file && r.width > 0 && (!cropped || fixedProportion(r.crop))
}

func fixedProportion(p proportion) bool {
	for _, fixed := range proportions {
		if fixed == p {
			return true
		}
	}
	return false
}

func fixedWidth(width int) bool {
	for _, fixed := range widths {
		if fixed == width {
			return true
		}
	}
	return false
}

// exists reports whether a picture of that width has the rendition.
func (r rendition) exists(pictureWidth int) bool {
	if r.crop != (proportion{}) {
		return fixedWidth(r.width) && r.width < 2*pictureWidth || r.width == widths[0]
	}
	return r.width == pictureWidth || r.width < pictureWidth && fixedWidth(r.width)
}

// whole are the widths of the renditions of a whole picture, the widest first.
func whole(pictureWidth int) []int {
	all := []int{pictureWidth}
	for i := len(widths) - 1; i >= 0; i-- {
		if widths[i] < pictureWidth {
			all = append(all, widths[i])
		}
	}
	return all
}

// Fit is how a picture is brought into a box.
type Fit string

// The fits.
const (
	Contain Fit = "CONTAIN" // the whole picture, within the box
	Cover   Fit = "COVER"   // the middle of the picture, that fills the box
)

// pick is the smallest rendition of a picture that need not be enlarged for a box; a
// side of 0 is not bounded. Where none is large enough it is the largest.
func pick(pictureWidth, pictureHeight, width, height int, format imaging.Format, fit Fit) rendition {
	if fit == Cover && width > 0 && height > 0 {
		r := rendition{width: widths[len(widths)-1], crop: nearest(width, height), format: format}
		needed := max(width, int(math.Ceil(float64(height)*float64(r.crop.across)/float64(r.crop.down))))
		for i := len(widths) - 1; i >= 0; i-- {
			if candidate := (rendition{width: widths[i], crop: r.crop, format: format}); candidate.exists(pictureWidth) && (widths[i] >= needed || !r.exists(pictureWidth)) {
				r = candidate
			}
		}
		return r
	}
	needed := float64(pictureWidth)
	if width > 0 {
		needed = min(needed, float64(width))
	}
	if height > 0 {
		needed = min(needed, float64(height)*float64(pictureWidth)/float64(pictureHeight))
	}
	r := rendition{format: format}
	for _, candidate := range whole(pictureWidth) {
		if float64(candidate) >= needed-0.5 || r.width == 0 {
			r.width = candidate
		}
	}
	return r
}

// nearest is the proportion that cuts the least off a box.
func nearest(width, height int) proportion {
	best, distance := proportions[0], math.Inf(1)
	for _, p := range proportions {
		d := math.Abs(math.Log(float64(width*p.down) / float64(height*p.across)))
		if d < distance {
			best, distance = p, d
		}
	}
	return best
}
