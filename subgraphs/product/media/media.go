// Package media receives the pictures of a shop and delivers them.
//
// A client gets an address of the object store, signed for one file of one type and
// size, and uploads to it. A worker decodes what has arrived and writes renditions of it;
// only those are ever delivered. What the client sent is deleted.
package media

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/fetch"
	"cartograph/internal/id"
	"cartograph/internal/imaging"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
	"cartograph/internal/objectstore"
	"cartograph/internal/pg"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

// Service is the media of a catalogue.
type Service struct {
	cfg   Config
	pool  *pgxpool.Pool
	store *objectstore.Store // nil: uploads are refused
	fetch *fetch.Client
	log   *slog.Logger

	work     *wakeup.Signal
	making   singleflight.Group // renditions, by key
	decoding *limiter.Limiter   // for requests; workers are bounded by their number

	importing *limiter.Limiter // for imports, which wait for as long as it takes
}

// New returns the service over a migrated database. Without a store there are no
// uploads.
func New(cfg Config, pool *pgxpool.Pool, store *objectstore.Store, log *slog.Logger) *Service {
	return &Service{
		cfg: cfg, pool: pool, store: store, log: log, work: wakeup.New(),
		fetch:    fetch.New(fetch.Config{AllowPrivate: cfg.FetchPrivate, MaxBytes: cfg.MaxBytes, Timeout: cfg.FetchTimeout, Concurrent: cfg.FetchConcurrent}),
		decoding: limiter.New(limiter.Config{Concurrent: cfg.Workers, Queue: 16, Timeout: 5 * time.Second}),
		// Their callers are a fixed number of goroutines.
		importing: limiter.New(limiter.Config{Concurrent: cfg.Workers, Queue: limiter.Unbounded}),
	}
}

const (
	maxFilename = 255
	// firstLook is when a worker first looks for an upload that nobody has
	// inquired about.
	firstLook = time.Second
)

// Request is a file that a client is about to upload.
type Request struct {
	Filename    string
	ContentType string
	SizeBytes   int64
}

func (s *Service) check(r Request) error {
	switch {
	case r.Filename == "" || utf8.RuneCountInString(r.Filename) > maxFilename || strings.ContainsFunc(r.Filename, func(c rune) bool { return c < ' ' }):
		return fault.Localized(fault.Invalid, "media.filename", message.Args{"limit": maxFilename}).At("input", "filename")
	case imaging.FormatOf(r.ContentType) == "":
		return fault.Localized(fault.Invalid, "media.content_type").At("input", "contentType")
	case r.SizeBytes < 1 || r.SizeBytes > s.cfg.MaxBytes:
		return fault.Localized(fault.Invalid, "media.size", message.Args{"limit": s.cfg.MaxBytes}).At("input", "sizeBytes")
	default:
		return nil
	}
}

// Ticket is the permission to upload one file.
type Ticket struct {
	UploadID string
	objectstore.Ticket
	ExpiresAt time.Time
}

// Create returns the address for an upload of the caller's.
func (s *Service) Create(ctx context.Context, r Request) (Ticket, error) {
	caller := auth.From(ctx)
	owner := caller.ID
	switch {
	case owner == "":
		return Ticket{}, fault.Localized(fault.Unauthenticated, "common.sign_in")
	case !isEditor(caller) && caller.Kind != auth.User:
		return Ticket{}, fault.Localized(fault.Forbidden, "media.not_a_user")
	case s.store == nil:
		return Ticket{}, fault.Localized(fault.Unavailable, "media.no_store")
	}
	if err := s.check(r); err != nil {
		return Ticket{}, err
	}
	t := Ticket{UploadID: id.New(id.Upload)}
	var err error
	t.Ticket, err = s.store.Ticket(ctx, incoming(t.UploadID), r.ContentType, r.SizeBytes, s.cfg.UploadExpiry)
	if err != nil {
		return Ticket{}, err
	}
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := s.admit(ctx, q, caller, r.SizeBytes); err != nil {
			return err
		}
		t.ExpiresAt, err = q.InsertUpload(ctx, db.InsertUploadParams{
			ID: t.UploadID, OwnerID: owner, Filename: r.Filename, ContentType: r.ContentType, SizeBytes: r.SizeBytes,
			FirstLook: firstLook, Expiry: s.cfg.UploadExpiry,
		})
		return err
	})
	return t, wrap("create upload", err)
}

// isEditor reports whether a caller uploads pictures of products, and not of reviews.
func isEditor(caller auth.Caller) bool { return caller.Has("catalog:write") }

// customersShare is the part of an editor's quota that anyone else has: the pictures of
// some reviews.
const customersShare = 10

// admit refuses an owner who has uploaded too much within an hour.
func (s *Service) admit(ctx context.Context, q *db.Queries, caller auth.Caller, size int64) error {
	owner, uploads, bytes := caller.ID, s.cfg.UploadsPerHour, s.cfg.BytesPerHour
	if !isEditor(caller) {
		uploads, bytes = max(1, uploads/customersShare), max(s.cfg.MaxBytes, bytes/customersShare)
	}
	if err := q.LockUploadsOf(ctx, owner); err != nil {
		return err
	}
	recent, err := q.RecentUploads(ctx, owner)
	if err != nil {
		return err
	}
	if recent.Uploads < uploads && recent.Bytes+size <= bytes {
		return nil
	}
	wait := max(time.Second, time.Duration(recent.RetrySeconds*float64(time.Second)).Round(time.Second))
	return fault.Localized(fault.RateLimited, "media.quota", message.Args{"count": int(wait/time.Minute) + 1}).RetryIn(wait)
}

func incoming(uploadID string) string { return "incoming/" + uploadID }

// Status of an upload.
type Status string

// The statuses.
const (
	Pending  Status = "PENDING"
	Ready    Status = "READY"
	Rejected Status = "REJECTED"
)

// Upload is a file that was uploaded, or will be.
type Upload struct {
	ID        string
	Filename  string
	Status    Status
	ExpiresAt time.Time
	Image     *catalogue.Image // when it is ready
	reason    reason
}

// Reason is why the upload was rejected, in the language of ctx; nil if it was not.
func (u *Upload) Reason(ctx context.Context) *string {
	if u.Status != Rejected {
		return nil
	}
	text := message.Text(ctx, u.reason.key(), nil)
	return &text
}

// Upload returns an upload of the caller's, or nil. It is looked for soon if it is
// still pending.
func (s *Service) Upload(ctx context.Context, uploadID string) (*Upload, error) {
	row, err := db.New(s.pool).UploadOf(ctx, db.UploadOfParams{ID: pg.Storable(uploadID), OwnerID: auth.From(ctx).ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap("read upload", err)
	}
	if row.Status == string(Pending) {
		s.work.Notify()
	}
	return uploadOf(row), nil
}

func uploadOf(row db.MediaUpload) *Upload {
	u := &Upload{ID: row.ID, Filename: row.Filename, Status: Status(row.Status), ExpiresAt: row.ExpiresAt, Image: row.Image}
	if row.RejectedFor != nil {
		u.reason = reason(*row.RejectedFor)
	}
	return u
}

// awaitFor is how long Await waits for a worker.
const awaitFor = 4 * time.Second

// Await returns when uploads of the caller's are pictures. It waits a moment for
// those that a worker has not finished, and must not be called within a transaction.
// The error is NOT_FOUND, UPLOAD_REJECTED with the reason, or CONFLICT for one that is
// not there yet.
func (s *Service) Await(ctx context.Context, uploadIDs ...string) error {
	const every = 100 * time.Millisecond
	ends := time.Now().Add(awaitFor)
	for _, uploadID := range uploadIDs {
		for {
			u, err := s.Upload(ctx, uploadID)
			switch {
			case err != nil:
				return err
			case u == nil:
				return fault.Localized(fault.NotFound, "media.unknown_upload")
			case u.Status == Rejected:
				return fault.Localized(fault.Conflict, "media.rejected", message.Args{"reason": *u.Reason(ctx)}).WithCode("UPLOAD_REJECTED")
			}
			if u.Status == Ready {
				break
			}
			if time.Now().After(ends) {
				return fault.Localized(fault.Conflict, "media.not_ready").RetryIn(time.Second)
			}
			if !wakeup.Sleep(ctx, every) {
				return ctx.Err()
			}
		}
	}
	return nil
}

// Attach returns the pictures of uploads of the owner's, in their order, and keeps them
// from now on: what shows them may be in the history of an order. One that is not a
// picture of the owner's is NOT_FOUND; Await before the transaction tells which.
func Attach(ctx context.Context, tx pgx.Tx, ownerID string, uploadIDs ...string) ([]catalogue.Image, error) {
	rows, err := db.New(tx).AttachUploads(ctx, db.AttachUploadsParams{IDs: uploadIDs, OwnerID: ownerID})
	if err != nil {
		return nil, wrap("attach uploads", err)
	}
	images := make([]catalogue.Image, len(uploadIDs))
	for i, uploadID := range uploadIDs {
		for _, row := range rows {
			if row.ID == uploadID {
				images[i] = *row.Image
			}
		}
		if images[i].Name == "" {
			return nil, fault.Localized(fault.NotFound, "media.unknown_upload")
		}
	}
	return images, nil
}

// imageID is the ID of the picture that an upload becomes.
func imageID(uploadID string) string {
	_, random, _ := strings.Cut(uploadID, "_")
	return string(id.Image) + "_" + random
}

// nameOf is the name of a picture's renditions. It changes with the file, with the
// upload, which alone decides how long the objects live, and with how they are made. An
// upload whose row was deleted, and which is imported again, has another time: objects
// of the earlier name may be about to be deleted.
func nameOf(uploadID string, createdAt time.Time, file []byte) string {
	const version = "2"
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s %d\n", version, uploadID, createdAt.UnixMicro())
	_, _ = h.Write(file)
	return hex.EncodeToString(h.Sum(nil)[:nameBytes])
}

const nameBytes = 16

// Uploaded reports whether an image with the name is one of this package, and not a
// drawing of the demo.
func Uploaded(name string) bool {
	if len(name) != 2*nameBytes {
		return false
	}
	return strings.Trim(name, "0123456789abcdef") == ""
}

// File is the name under which the rendition of an image for a box is delivered, below
// the name of the image.
func File(i *catalogue.Image, width, height int, format imaging.Format, fit Fit) string {
	return pick(max(1, i.Width), max(1, i.Height), width, height, format, fit).file()
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
