package review

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

// maxPictures bounds the pictures of a review; reviews_have_few_images repeats it.
const maxPictures = 5

// AwaitPictures returns when uploads of the caller's can be pictures of a review. It is
// called before Submit and Update, whose transactions wait for nothing.
func AwaitPictures(ctx context.Context, uploads *media.Service, uploadIDs []string) error {
	if err := checkPictures(uploadIDs); err != nil || len(uploadIDs) == 0 {
		return err
	}
	return atPictures(uploads.Await(ctx, uploadIDs...))
}

func checkPictures(uploadIDs []string) error {
	distinct := slices.Compact(slices.Sorted(slices.Values(uploadIDs)))
	if len(uploadIDs) > maxPictures || len(distinct) < len(uploadIDs) {
		return fault.Localized(fault.Invalid, "review.pictures", message.Args{"limit": maxPictures}).At("input", "imageUploadIds")
	}
	return nil
}

// attached are the pictures of uploads of the author's, which are kept from now on.
func attached(ctx context.Context, tx pgx.Tx, authorID string, uploadIDs []string) ([]catalogue.Image, error) {
	if len(uploadIDs) == 0 {
		return []catalogue.Image{}, nil
	}
	images, err := media.Attach(ctx, tx, authorID, uploadIDs...)
	return images, atPictures(err)
}

func atPictures(err error) error {
	if f := fault.Of(err); f != nil {
		return f.At("input", "imageUploadIds")
	}
	return err
}

// detach has those pictures deleted that a review of the author's had and has no more.
func detach(ctx context.Context, tx pgx.Tx, authorID string, before, after []catalogue.Image) error {
	var gone []string
	for _, i := range before {
		if !slices.ContainsFunc(after, func(other catalogue.Image) bool { return other.ID == i.ID }) {
			gone = append(gone, i.ID)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return db.New(tx).DetachUploads(ctx, db.DetachUploadsParams{OwnerID: authorID, ImageIDs: gone})
}
