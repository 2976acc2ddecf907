package product

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"cartograph/internal/fault"
	"cartograph/internal/imaging"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/media"
)

// Pictures are drawn from 16 to 4096 pixels a side.
const (
	minSide = 16
	maxSide = 4096
)

// ImageURL is where a picture is, for a box of pixels whose sides of 0 are not
// bounded. Format and fit are for pictures that were uploaded: a drawing is drawn
// for the box.
func (s *Service) ImageURL(i *Image, width, height int, format imaging.Format, fit media.Fit) string {
	address := strings.TrimRight(s.cfg.MediaURL, "/") + "/" + url.PathEscape(i.Name)
	if media.Uploaded(i.Name) {
		return address + "/" + media.File(&i.Image, width, height, format, fit)
	}
	size := url.Values{}
	if width > 0 {
		size.Set("w", strconv.Itoa(width))
	}
	if height > 0 {
		size.Set("h", strconv.Itoa(height))
	}
	if len(size) == 0 {
		return address
	}
	return address + "?" + size.Encode()
}

// lineImageURL is the picture beside a line of a cart, an order or a mail, which not
// every program shows as WebP.
func (s *Service) lineImageURL(i *Image) string {
	if !media.Uploaded(i.Name) {
		return s.ImageURL(i, 0, 0, "", "")
	}
	return s.ImageURL(i, 640, 0, imaging.JPEG, media.Contain)
}

// CheckSide returns why a picture cannot be that wide or high.
func CheckSide(name string, pixels int) error {
	if pixels < minSide || pixels > maxSide {
		return fault.Localized(fault.Invalid, "product.picture_side", message.Args{"side": name, "min": minSide, "max": maxSide})
	}
	return nil
}

// Media serves GET /media/{name} with the SVG that draw makes, where 0 for a side
// leaves it to draw, and GET /media/{name}/{file} with what was uploaded. Pictures can
// be shown anywhere, and can neither run scripts nor load anything.
func Media(draw func(name string, width, height int) (svg []byte, ok bool), uploaded *media.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /media/{name}/{file}", uploaded)
	mux.HandleFunc("GET /media/{name}", func(w http.ResponseWriter, r *http.Request) {
		width, okWidth := sideOf(r, "w")
		height, okHeight := sideOf(r, "h")
		if !okWidth || !okHeight {
			http.Error(w, fmt.Sprintf("w and h are from %d to %d", minSide, maxSide), http.StatusBadRequest)
			return
		}
		svg, ok := draw(r.PathValue("name"), width, height)
		if !ok {
			http.NotFound(w, r)
			return
		}
		servePicture(w, r, svg)
	})
	return mux
}

// sideOf reads a side in pixels; one that is left out is as long as the other,
// or 0 if both are.
func sideOf(r *http.Request, name string) (pixels int, ok bool) {
	q := r.URL.Query()
	given := q.Get(name)
	if given == "" {
		given = q.Get(map[string]string{"w": "h", "h": "w"}[name])
	}
	if given == "" {
		return 0, true
	}
	pixels, err := strconv.Atoi(given)
	return pixels, err == nil && CheckSide(name, pixels) == nil
}

func servePicture(w http.ResponseWriter, r *http.Request, svg []byte) {
	sum := fnv.New64a()
	_, _ = sum.Write(svg) // a hash takes everything
	tag := fmt.Sprintf(`"%x"`, sum.Sum64())
	h := w.Header()
	h.Set("Content-Type", "image/svg+xml")
	h.Set("Cache-Control", "public, max-age=86400, stale-while-revalidate=604800")
	h.Set("ETag", tag)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(svg)))
	_, _ = w.Write(svg) // who went away needs no picture
}
