package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
	"cartograph/internal/imaging"
	"cartograph/internal/message"
	"cartograph/internal/objectstore"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	// lease is for how long a worker has an upload. When it crashes, another one
	// takes the upload afterwards.
	lease = 2 * time.Minute
	// workTimeout bounds the work on one upload, so that it ends within the lease.
	workTimeout = 100 * time.Second
	// decodeTimeout bounds decoding alone.
	decodeTimeout = 20 * time.Second
	// maxTakes is how often an upload is begun: a file that kills the process would
	// otherwise do so for ever.
	maxTakes = 3
	// poll is how often a worker looks for uploads that nobody announces.
	poll = time.Second
	// retryStore is the pause after the object store failed.
	retryStore = 5 * time.Second
)

// A reason for which an upload is rejected, as it is stored.
type reason string

const (
	notUploaded   reason = "not_uploaded"
	wrongSize     reason = "wrong_size"
	wrongType     reason = "wrong_type"
	animated      reason = "animated"
	tooManyPixels reason = "too_many_pixels"
	malformed     reason = "malformed"
	tooSlow       reason = "too_slow"
)

func (r reason) key() message.Key {
	return map[reason]message.Key{
		notUploaded:   "media.reason.not_uploaded",
		wrongSize:     "media.reason.wrong_size",
		wrongType:     "media.reason.wrong_type",
		animated:      "media.reason.animated",
		tooManyPixels: "media.reason.too_many_pixels",
		malformed:     "media.reason.malformed",
		tooSlow:       "media.reason.too_slow",
	}[r]
}

func (r reason) Error() string { return "rejected: " + string(r) }

// Run makes pictures of what is uploaded, until ctx ends. Any number of processes may
// run it.
func (s *Service) Run(ctx context.Context) error {
	for {
		worked, err := s.next(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "upload not processed, retrying", "err", err)
		}
		if (!worked || err != nil) && !s.work.Wait(ctx, poll) {
			return nil
		}
	}
}

// CreateBucket creates the store's bucket unless there is one, once the store can be
// reached.
func (s *Service) CreateBucket(ctx context.Context) error {
	for {
		err := s.store.EnsureBucket(ctx)
		if err == nil {
			return nil
		}
		s.log.WarnContext(ctx, "bucket of uploads cannot be reached, retrying", "err", err)
		if !wakeup.Sleep(ctx, time.Minute) {
			return nil
		}
	}
}

// next takes one upload that is due; false if there is none.
func (s *Service) next(ctx context.Context) (worked bool, err error) {
	q := db.New(s.pool)
	u, err := q.TakeUpload(ctx, lease)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if u.Takes > maxTakes {
		return true, s.reject(ctx, u.ID, malformed)
	}
	file, err := s.received(ctx, u)
	switch {
	case errors.Is(err, objectstore.ErrNotFound) && u.Overdue:
		return true, s.reject(ctx, u.ID, notUploaded)
	case errors.Is(err, objectstore.ErrNotFound):
		// The older, the rarer: half of its age.
		pause := min(max(time.Duration(u.AgeSeconds*float64(time.Second))/2, firstLook), 30*time.Second)
		return true, q.PostponeUpload(ctx, db.PostponeUploadParams{ID: u.ID, Pause: pause})
	case err == nil:
		_, err = s.settle(ctx, u.ID, u.ContentType, u.CreatedAt, file)
	}
	if rejected, ok := errors.AsType[reason](err); ok {
		return true, s.reject(ctx, u.ID, rejected)
	}
	if err != nil && ctx.Err() == nil {
		err = errors.Join(err, q.PostponeUpload(ctx, db.PostponeUploadParams{ID: u.ID, Pause: retryStore}))
	}
	return true, err
}

// received reads the file of an upload. A store without checks of its own may have
// accepted another size than the declared one.
func (s *Service) received(ctx context.Context, u db.TakeUploadRow) ([]byte, error) {
	file, info, err := s.store.Read(ctx, incoming(u.ID), s.cfg.MaxBytes)
	if err == nil && info.Size != u.SizeBytes || info.Size > s.cfg.MaxBytes {
		return nil, wrongSize
	}
	return file, err
}

func (s *Service) reject(ctx context.Context, uploadID string, r reason) error {
	s.log.InfoContext(ctx, "upload rejected", "upload", uploadID, "reason", string(r))
	return db.New(s.pool).RejectUpload(ctx, db.RejectUploadParams{ID: uploadID, RejectedFor: string(r)})
}

// settle makes a picture of a file. It may be repeated at any point: the objects
// have the same names and contents again, and one of several workers settles the
// upload. The picture is nil if another one has done so.
func (s *Service) settle(ctx context.Context, uploadID, contentType string, createdAt time.Time, file []byte) (*catalogue.Image, error) {
	ctx, cancel := context.WithTimeout(ctx, workTimeout)
	defer cancel()
	picture, err := s.decode(ctx, contentType, file)
	if err != nil {
		return nil, err
	}
	name := nameOf(uploadID, createdAt, file)
	if n, err := db.New(s.pool).NameUpload(ctx, db.NameUploadParams{ID: uploadID, ImageName: name}); err != nil || n == 0 {
		return nil, err
	}
	picture = imaging.Fit(picture, MaxSide, MaxSide)
	if err := s.writeAll(ctx, name, picture); err != nil {
		return nil, err
	}
	i := &catalogue.Image{
		ID: imageID(uploadID), Name: name, Width: picture.Bounds().Dx(), Height: picture.Bounds().Dy(),
		ThumbHash: base64.StdEncoding.EncodeToString(imaging.ThumbHash(picture)),
	}
	n, err := db.New(s.pool).SettleUpload(ctx, db.SettleUploadParams{ID: uploadID, Image: i, ImageName: name})
	if err != nil || n == 0 {
		return nil, err
	}
	return i, nil
}

// decode checks a file against what its client declared, and decodes it. The error is
// a reason, or of ctx.
func (s *Service) decode(ctx context.Context, contentType string, file []byte) (image.Image, error) {
	if f := imaging.Sniff(file); f == "" || f.ContentType() != contentType {
		return nil, wrongType
	}
	decoding, cancel := context.WithTimeout(ctx, decodeTimeout)
	defer cancel()
	picture, err := imaging.Decode(decoding, file, imaging.Limits{MaxPixels: s.cfg.MaxPixels, MaxSide: 1 << 14})
	switch {
	case err == nil:
		return picture, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, tooSlow
	case errors.Is(err, imaging.ErrTooManyPixels):
		return nil, tooManyPixels
	case errors.Is(err, imaging.ErrAnimated):
		return nil, animated
	default:
		return nil, malformed
	}
}

// master is the object from which other renditions are made; it is never delivered.
const master = "master"

func key(name, file string) string { return "images/" + name + "/" + file }

// writeAll writes the master and the renditions of the whole picture. Each is scaled
// from the one before it.
func (s *Service) writeAll(ctx context.Context, name string, picture image.Image) error {
	format := imaging.JPEG
	if !imaging.Opaque(picture) {
		format = imaging.PNG
	}
	file, err := imaging.EncodeAt(picture, format, imaging.Archive)
	if err != nil {
		return err
	}
	if err := s.store.Write(ctx, key(name, master), format.ContentType(), file); err != nil {
		return err
	}
	for _, width := range whole(picture.Bounds().Dx()) {
		picture = imaging.Fit(picture, width, picture.Bounds().Dy())
		for _, f := range []imaging.Format{imaging.WebP, imaging.JPEG} {
			if _, err := s.write(ctx, name, rendition{width: width, format: f}, picture); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) write(ctx context.Context, name string, r rendition, picture image.Image) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := imaging.Encode(picture, r.format)
	if err != nil {
		return nil, err
	}
	return file, s.store.Write(ctx, key(name, r.file()), r.format.ContentType(), file)
}

// derive makes a rendition of a picture from its master.
func (s *Service) derive(ctx context.Context, name string, r rendition) ([]byte, error) {
	file, _, err := s.store.Read(ctx, key(name, master), 4*s.cfg.MaxBytes)
	if err != nil {
		return nil, err
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	if !r.exists(config.Width) {
		return nil, objectstore.ErrNotFound
	}
	picture, err := imaging.Decode(ctx, file, imaging.Limits{MaxPixels: 2 * MaxSide * MaxSide, MaxSide: MaxSide})
	if err != nil {
		return nil, err
	}
	if r.crop == (proportion{}) {
		picture = imaging.Fit(picture, r.width, picture.Bounds().Dy())
	} else {
		picture = imaging.Crop(picture, r.width, r.crop.across, r.crop.down)
	}
	return s.write(ctx, name, r, picture)
}

// Sweep deletes uploads that nothing uses, and objects that nothing refers to any more,
// until ctx ends.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "unused uploads not deleted, retrying", "err", err)
		}
		if !wakeup.Sleep(ctx, sweepEvery) {
			return nil
		}
	}
}

const sweepEvery = 30 * time.Second

func (s *Service) sweep(ctx context.Context) error {
	q := db.New(s.pool)
	for {
		n, err := q.DeleteUnusedUploads(ctx, s.cfg.UnusedAfter)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	for {
		prefix, err := q.DueDeletion(ctx)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.store.Remove(ctx, prefix); err != nil {
			return err
		}
		if err := q.FinishDeletion(ctx, prefix); err != nil {
			return err
		}
	}
}
