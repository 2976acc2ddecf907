package product

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

const (
	maxAlt      = 500
	maxPictures = 100 // of a product
)

// Attachment is a picture that is added to a product.
type Attachment struct {
	ProductID, UploadID string
	Alt                 string
	Position            *int // nil: at the end
}

// CheckAlt returns why a text cannot describe a picture.
func CheckAlt(alt string) error {
	if utf8.RuneCountInString(alt) > maxAlt || strings.ContainsRune(alt, 0) {
		return fault.Localized(fault.Invalid, "media.alt", message.Args{"limit": maxAlt}).At("alt")
	}
	return nil
}

func (a *Attachment) check() error {
	if err := CheckAlt(a.Alt); err != nil {
		return err
	}
	if a.Position != nil && (*a.Position < 0 || *a.Position >= maxPictures) {
		return fault.Localized(fault.Invalid, "media.position", message.Args{"limit": maxPictures - 1}).At("position")
	}
	return nil
}

// AttachMedia adds a picture that the caller has uploaded to a product. One that the
// product has already is described and placed as given.
func (s *Service) AttachMedia(ctx context.Context, pictures *media.Service, a Attachment) (*Product, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if err := pictures.Await(ctx, a.UploadID); err != nil {
		if f := fault.Of(err); f != nil {
			return nil, f.At("uploadId")
		}
		return nil, err
	}
	err := s.changeOne(ctx, a.ProductID, nil, nil, func(tx pgx.Tx, p db.Product) (*edit, error) {
		attached, err := media.Attach(ctx, tx, auth.From(ctx).ID, a.UploadID)
		if err != nil {
			return nil, err
		}
		images, err := a.place(p.Images, attached[0])
		if err != nil || slices.Equal(images, p.Images) {
			return nil, err
		}
		e := edit{action: audit.ProductUpdated, before: auditedPicture(p.Images, attached[0].ID), after: auditedPicture(images, attached[0].ID)}
		return &e, db.New(tx).SetImages(ctx, db.SetImagesParams{ID: p.ID, Images: images})
	})
	if f := fault.Of(err); f != nil && f.Kind == fault.NotFound && slices.Equal(f.Path, []string{"id"}) {
		err = f.At("productId")
	}
	if err != nil {
		return nil, wrap("attach "+a.UploadID, err)
	}
	return s.Product(ctx, &a.ProductID, nil)
}

// place returns the pictures with another one. One that is there already keeps its
// place, unless another is given.
func (a *Attachment) place(images []catalogue.Image, i catalogue.Image) ([]catalogue.Image, error) {
	i.Alt = a.Alt
	at := slices.IndexFunc(images, func(known catalogue.Image) bool { return known.ID == i.ID })
	images = slices.Clone(images)
	position := len(images)
	if at >= 0 {
		images, position = slices.Delete(images, at, at+1), at
	}
	if len(images) >= maxPictures {
		return nil, fault.Localized(fault.Conflict, "media.too_many_pictures", message.Args{"limit": maxPictures})
	}
	if a.Position != nil {
		position = *a.Position
	}
	return slices.Insert(images, min(position, len(images)), i), nil
}

// auditedPicture is what the audit log shows of a picture among those of a product.
func auditedPicture(images []catalogue.Image, pictureID string) audit.Values {
	for i, image := range images {
		if image.ID == pictureID {
			return audit.Values{"pictureId": image.ID, "alt": image.Alt, "position": i}
		}
	}
	return audit.Values{}
}
