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

	"github.com/jackc/pgx/v5"
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

// Picture is a picture that was imported, and the upload to attach it by.
type Picture struct {
	UploadID string
	catalogue.Image
}

// fetchURL returns the file at a public address. Neither is trusted.
func (s *Service) fetchURL(ctx context.Context, address string) ([]byte, error) {
	file, err := s.fetch.Get(ctx, address)
	switch {
	case err == nil:
		return file, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, limiter.ErrOverloaded):
		return nil, err
	default:
		// Which of the addresses behind a firewall responds is not the caller's to
		// find out: the reason is one of a few.
		return nil, fault.Localized(fault.Invalid, "media.not_fetched", message.Args{"reason": whyNotFetched(err)})
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

// Import makes a picture of a file, as an upload of the owner's. The same file leads to
// the same upload, also when several import it at once.
func (s *Service) Import(ctx context.Context, ownerID, filename string, file []byte) (Picture, error) {
	if s.store == nil {
		return Picture{}, fault.Localized(fault.Unavailable, "media.no_store")
	}
	format, err := s.checkFile(file)
	if err != nil {
		return Picture{}, err
	}
	if err := s.importing.Acquire(ctx); err != nil {
		return Picture{}, err
	}
	defer s.importing.Release()
	row, err := db.New(s.pool).InsertReceivedUpload(ctx, db.InsertReceivedUploadParams{
		ID: importedID(ownerID, file), OwnerID: ownerID, Filename: shortened(filename), ContentType: format.ContentType(),
		SizeBytes: int64(len(file)), Lease: lease, Expiry: s.cfg.UploadExpiry,
	})
	if err != nil {
		return Picture{}, wrap("import picture", err)
	}
	if Status(row.Status) == Pending {
		row, err = s.importFile(ctx, row, file)
	}
	if err == nil && Status(row.Status) == Rejected {
		err = reason(*row.RejectedFor)
	}
	if err != nil {
		return Picture{}, wrap("import picture", rejection(ctx, err))
	}
	return Picture{row.ID, *row.Image}, nil
}

// checkFile checks what can be checked of a file without decoding it.
func (s *Service) checkFile(file []byte) (imaging.Format, error) {
	format := imaging.Sniff(file)
	switch {
	case len(file) < 1 || int64(len(file)) > s.cfg.MaxBytes:
		return "", fault.Localized(fault.Invalid, "media.size", message.Args{"limit": s.cfg.MaxBytes})
	case format == "":
		return "", fault.Localized(fault.Invalid, "media.content_type")
	default:
		return format, nil
	}
}

// rejection is an error that is a reason in the language of ctx.
func rejection(ctx context.Context, err error) error {
	if r, ok := errors.AsType[reason](err); ok {
		return fault.Localized(fault.Invalid, "media.rejected", message.Args{"reason": message.Text(ctx, r.key(), nil)}).WithCode("UPLOAD_REJECTED")
	}
	return err
}

// importFile stores a file where a worker finds it if this process ends, and settles
// the upload. It returns the upload as it is then.
func (s *Service) importFile(ctx context.Context, row db.MediaUpload, file []byte) (db.MediaUpload, error) {
	if err := s.store.Write(ctx, incoming(row.ID), row.ContentType, file); err != nil {
		return row, err
	}
	i, err := s.settle(ctx, row.ID, row.ContentType, row.CreatedAt, file)
	if r, ok := errors.AsType[reason](err); ok {
		return row, errors.Join(r, s.reject(ctx, row.ID, r))
	}
	if err != nil || i != nil {
		row.Status, row.Image = string(Ready), i
		return row, err
	}
	// Another process has imported the same file at this moment.
	settled, err := db.New(s.pool).UploadOf(ctx, db.UploadOfParams{ID: row.ID, OwnerID: row.OwnerID})
	switch {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && Status(settled.Status) == Pending:
		return row, errors.New("the upload was replaced while it was imported")
	case err != nil:
		return row, err
	default:
		return settled, nil
	}
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
