package product

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/media"
)

// PictureInput is what staff set of the picture of a category or collection, or of the
// logo of a brand. Nil leaves a value as it is.
type PictureInput struct {
	UploadID *string // empty: no picture
	Alt      *string
	// The names of the two fields in the input.
	UploadField, AltField string
}

// await waits until an upload is a picture: a transaction does not.
func (in *PictureInput) await(ctx context.Context, pictures *media.Service) error {
	if alt := optional.Value(in.Alt); CheckAlt(alt) != nil {
		return fault.Of(CheckAlt(alt)).At("input", in.AltField)
	}
	if optional.Value(in.UploadID) == "" {
		return nil
	}
	return in.atUpload(pictures.Await(ctx, *in.UploadID))
}

// attach sets the picture of a row. Without a text of its own, another picture has none.
func (in *PictureInput) attach(ctx context.Context, tx pgx.Tx, row **catalogue.Image) error {
	switch {
	case in.UploadID == nil:
	case *in.UploadID == "":
		*row = nil
	default:
		attached, err := media.Attach(ctx, tx, auth.From(ctx).ID, *in.UploadID)
		if err != nil {
			return in.atUpload(err)
		}
		if *row == nil || (*row).ID != attached[0].ID {
			*row = &attached[0]
		}
	}
	if in.Alt == nil || *row == nil {
		return nil
	}
	described := **row // the row before the change has the same picture
	described.Alt = *in.Alt
	*row = &described
	return nil
}

// atUpload names the field of the upload in a fault.
func (in *PictureInput) atUpload(err error) error {
	if f := fault.Of(err); f != nil {
		return f.At("input", in.UploadField)
	}
	return err
}

// auditPicture adds the picture of a page to what the audit log shows of it.
func auditPicture(values audit.Values, i *catalogue.Image) audit.Values {
	if i != nil {
		values["picture"] = audit.Values{"pictureId": i.ID, "alt": i.Alt}
	}
	return values
}
