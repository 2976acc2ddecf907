package media

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/oklog/ulid/v2"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/fetch"
	"cartograph/internal/id"
	"cartograph/internal/imaging"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

// ImportURL makes a picture of the file at a public address, as an upload of the
// owner's, which it returns the ID of. The same file leads to the same upload. Address
// and file must be the owner's to show: neither is trusted.
func (s *Service) ImportURL(ctx context.Context, ownerID, address string) (uploadID string, err error) {
	file, err := s.fetch.Get(ctx, address)
	switch {
	case err == nil:
		return s.Import(ctx, ownerID, filenameOf(address), file)
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, limiter.ErrOverloaded):
		return "", err
	default:
		// Which of the addresses behind a firewall responds is not the caller's to
		// find out: the reason is one of a few.
		return "", fault.Localized(fault.Invalid, "media.not_fetched", message.Args{"reason": whyNotFetched(err)})
	}
}

// filenameOf is the last part of an address, without its query: that may hold a secret.
func filenameOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return path.Base(u.Path)
}

func whyNotFetched(err error) string {
	if e, ok := errors.AsType[*fetch.StatusError](err); ok {
		return cmp.Or(http.StatusText(e.Status), strconv.Itoa(e.Status))
	}
	for _, known := range []error{fetch.ErrScheme, fetch.ErrPort, fetch.ErrRedirects, fetch.ErrTooLarge} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return "no response"
}

// Import makes a picture of a file, as an upload of the owner's, which it returns the
// ID of. The same file leads to the same upload.
func (s *Service) Import(ctx context.Context, ownerID, filename string, file []byte) (uploadID string, err error) {
	if s.store == nil {
		return "", fault.Localized(fault.Unavailable, "media.no_store")
	}
	format := imaging.Sniff(file)
	if format == "" || int64(len(file)) > s.cfg.MaxBytes {
		return "", fault.Localized(fault.Invalid, "media.content_type")
	}
	if err := s.decoding.Acquire(ctx); err != nil {
		return "", err
	}
	defer s.decoding.Release()
	row, err := db.New(s.pool).InsertReceivedUpload(ctx, db.InsertReceivedUploadParams{
		ID: importedID(ownerID, file), OwnerID: ownerID, Filename: shortened(filename), ContentType: format.ContentType(),
		SizeBytes: int64(len(file)), Lease: lease, Expiry: s.cfg.UploadExpiry,
	})
	if err != nil {
		return "", wrap("import picture", err)
	}
	if Status(row.Status) == Pending {
		err = s.importFile(ctx, row, file)
	}
	if err == nil && Status(row.Status) == Rejected {
		err = reason(*row.RejectedFor)
	}
	if r, ok := errors.AsType[reason](err); ok {
		return "", fault.Localized(fault.Invalid, "media.rejected", message.Args{"reason": message.Text(ctx, r.key(), nil)}).WithCode("UPLOAD_REJECTED")
	}
	return row.ID, wrap("import picture", err)
}

// importFile stores a file where a worker finds it if this process ends, and settles
// the upload.
func (s *Service) importFile(ctx context.Context, row db.MediaUpload, file []byte) error {
	if err := s.store.Write(ctx, incoming(row.ID), row.ContentType, file); err != nil {
		return err
	}
	var i *catalogue.Image
	i, err := s.settle(ctx, row.ID, row.ContentType, file)
	if r, ok := errors.AsType[reason](err); ok {
		return errors.Join(r, s.reject(ctx, row.ID, r))
	}
	if err == nil && i == nil {
		return errors.New("the upload was settled by another worker as something else")
	}
	return err
}

// importedID is the ID of an owner's file: a hash in the place of what is random in
// others.
func importedID(ownerID string, file []byte) string {
	h := sha256.New()
	_, _ = h.Write([]byte(ownerID + "\n"))
	_, _ = h.Write(file)
	var u ulid.ULID
	copy(u[:], h.Sum(nil))
	u[0] &= 0x7f
	return string(id.Upload) + "_" + u.String()
}

// shortened is a name that a filename can be.
func shortened(name string) string {
	name = strings.Map(func(c rune) rune {
		if c < ' ' || c == '\uFFFD' {
			return -1
		}
		return c
	}, strings.ToValidUTF8(name, ""))
	runes := []rune(name)
	return string(runes[:min(len(runes), maxFilename)])
}
