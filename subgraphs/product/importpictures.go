package product

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cartograph/internal/catalogue"
	"cartograph/internal/id"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product/media"
)

// ImportOwner is the owner of the uploads that pictures of catalogue files become.
const ImportOwner = "catalogue"

const (
	// pictureSide is the size in pixels that a drawing is meant for, of which a file
	// gives none.
	pictureSide     = 800
	maxPictureName  = 200
	maxPicturePlace = 2_000
)

// importPictures imports the pictures that products give by addresses and paths, each
// once.
func (imp *fileImporter) importPictures(ctx context.Context, products []productfile.Product) error {
	imp.pictures = nil
	var places []string
	add := func(i productfile.Image) {
		if place := i.URL + i.Path; place != "" && len(place) <= maxPicturePlace && (i.URL == "" || i.Path == "") {
			places = append(places, place)
		}
	}
	for i := range products {
		for _, image := range products[i].Images {
			add(image)
		}
		for _, v := range products[i].Variants {
			if v.Image != nil {
				add(*v.Image)
			}
		}
	}
	if len(places) == 0 || imp.Pictures == nil {
		return nil
	}
	slices.Sort(places)
	var err error
	imp.pictures, err = imp.Pictures.Import(ctx, slices.Compact(places))
	return wrap("import pictures", err)
}

func (imp *fileImporter) overlayImages(c *candidate, p *productfile.Product) {
	if len(p.Images) > maxPictures {
		c.fail(p.Line, "%d pictures: a product has at most %d", len(p.Images), maxPictures)
		return
	}
	images := make([]catalogue.Image, 0, len(p.Images))
	for _, given := range p.Images {
		image, err := imp.overlayImage(c, given, c.Images)
		if err != nil {
			c.fail(p.Line, "%w", err)
			return
		}
		if slices.ContainsFunc(images, func(other catalogue.Image) bool { return other.Name == image.Name }) {
			c.fail(p.Line, "picture %s is there twice", given.Place())
			return
		}
		images = append(images, image)
	}
	c.Images = images
}

// overlayImage returns the picture that a file gives. One that is known keeps its ID and
// placeholder, and its size unless the file gives another.
func (imp *fileImporter) overlayImage(c *candidate, given productfile.Image, known []catalogue.Image) (catalogue.Image, error) {
	if err := CheckAlt(given.Alt); err != nil {
		return catalogue.Image{}, fmt.Errorf("picture %s: %w", shownPlace(given), plain(err))
	}
	if at := slices.IndexFunc(known, func(k catalogue.Image) bool { return k.Name != "" && k.Name == given.Name+given.Path }); at >= 0 {
		image := known[at]
		image.Alt, image.Width, image.Height = given.Alt, cmp.Or(given.Width, image.Width), cmp.Or(given.Height, image.Height)
		return image, nil
	}
	given.Name = strings.TrimSpace(given.Name)
	if given.Name == "" {
		return imp.importedImage(c, given)
	}
	var checks checks
	if name := checks.line(given.Name, 1, maxPictureName); len(checks) > 0 || strings.ContainsAny(name, "/\\") || given.URL+given.Path != "" {
		return catalogue.Image{}, fmt.Errorf("picture %q: a name is expected, or an address, or the path of a file", given.Name)
	}
	return catalogue.Image{
		ID: id.New(id.Image), Name: given.Name, Alt: given.Alt,
		Width: cmp.Or(given.Width, pictureSide), Height: cmp.Or(given.Height, pictureSide),
	}, nil
}

// importedImage returns the picture of an address or a path, which is attached with the
// product. It has the size that its file has.
func (imp *fileImporter) importedImage(c *candidate, given productfile.Image) (catalogue.Image, error) {
	place := given.URL + given.Path
	switch result, imported := imp.pictures[place]; {
	case given.URL != "" && given.Path != "" || place == "" || given.URL != "" && !media.IsAddress(given.URL) || media.IsAddress(given.Path):
		return catalogue.Image{}, errors.New("a picture is given by its name, its address or the path of its file")
	case len(place) > maxPicturePlace:
		return catalogue.Image{}, fmt.Errorf("the address of a picture is longer than %d bytes", maxPicturePlace)
	case imp.Pictures == nil:
		return catalogue.Image{}, fmt.Errorf("picture %s: this import accepts pictures by their names only", shownPlace(given))
	case result.Err != nil:
		return catalogue.Image{}, fmt.Errorf("picture %s: %w", shownPlace(given), plain(result.Err))
	case !imported:
		return catalogue.Image{}, fmt.Errorf("picture %s was not imported", shownPlace(given))
	default:
		if result.UploadID != "" && !slices.Contains(c.uploads, result.UploadID) {
			c.uploads = append(c.uploads, result.UploadID)
		}
		image := result.Image
		image.Alt = given.Alt
		return image, nil
	}
}

// shownPlace is where a picture is, without what an address may have of secrets.
func shownPlace(i productfile.Image) string {
	place, _, _ := strings.Cut(i.Place(), "?")
	if u, err := url.Parse(place); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return place
}
