package media_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/objectstore"
	"cartograph/internal/pg"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/product/media"
)

func (s *shop) attach(t *testing.T, owner, uploadID string) ([]catalogue.Image, error) {
	t.Helper()
	var images []catalogue.Image
	err := pg.InTx(t.Context(), s.Pool, func(tx pgx.Tx) (err error) {
		images, err = media.Attach(t.Context(), tx, owner, uploadID)
		return err
	})
	return images, err
}

func (s *shop) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) has(t *testing.T, key string) bool {
	t.Helper()
	_, err := s.Store.Stat(t.Context(), key)
	if err != nil && !errors.Is(err, objectstore.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestAnUploadIsItsOwners(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	s.work(t)
	u := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(20, 20))))
	for _, stranger := range []string{"usr_other", ""} {
		if seen, err := s.Upload(as(t.Context(), stranger), u.ID); err != nil || seen != nil {
			t.Errorf("%q sees %+v, %v; want nothing", stranger, seen, err)
		}
		if err := s.Await(as(t.Context(), stranger), u.ID); fault.CodeOf(err) != "NOT_FOUND" {
			t.Errorf("%q waits for it: %v, want NOT_FOUND", stranger, err)
		}
		if _, err := s.attach(t, stranger, u.ID); fault.CodeOf(err) != "NOT_FOUND" {
			t.Errorf("%q attaches it: %v, want NOT_FOUND", stranger, err)
		}
	}
	if _, err := s.Create(as(t.Context(), ""), media.Request{Filename: "a", ContentType: "image/png", SizeBytes: 1}); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("nobody uploads: %v, want UNAUTHENTICATED", err)
	}
	images, err := s.attach(t, sam, u.ID)
	if err != nil || len(images) != 1 || images[0] != *u.Image {
		t.Errorf("Sam attaches %+v, %v; want %+v", images, err, u.Image)
	}
}

func TestADeclarationIsChecked(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	for name, r := range map[string]media.Request{
		"no name":       {ContentType: "image/png", SizeBytes: 1},
		"a drawing":     {Filename: "a.svg", ContentType: "image/svg+xml", SizeBytes: 1},
		"a page":        {Filename: "a", ContentType: "text/html", SizeBytes: 1},
		"parameters":    {Filename: "a", ContentType: "image/png; charset=utf-8", SizeBytes: 1},
		"nothing":       {Filename: "a", ContentType: "image/png"},
		"a huge file":   {Filename: "a", ContentType: "image/png", SizeBytes: 4<<20 + 1},
		"a zero in it":  {Filename: "a\x00", ContentType: "image/png", SizeBytes: 1},
		"a name's line": {Filename: "a\nb", ContentType: "image/png", SizeBytes: 1},
	} {
		if _, err := s.Create(as(t.Context(), sam), r); fault.CodeOf(err) != "INVALID_INPUT" {
			t.Errorf("%s: %v, want INVALID_INPUT", name, err)
		}
	}
}

func TestAnOwnerUploadsSoMuchInAnHour(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.UploadsPerHour, cfg.BytesPerHour = 3, 1000
	s := open(t, cfg)
	create := func(owner string, size int64) error {
		_, err := s.Create(as(t.Context(), owner), media.Request{Filename: "a", ContentType: "image/png", SizeBytes: size})
		return err
	}
	refused := func(err error) {
		t.Helper()
		if f := fault.Of(err); f == nil || f.Kind != fault.RateLimited || f.RetryAfter < 50*time.Minute || f.RetryAfter > time.Hour {
			t.Errorf("the answer is %v, want RATE_LIMITED until the first upload is an hour old", err)
		}
	}
	if err := create(sam, 900); err != nil {
		t.Fatal(err)
	}
	refused(create(sam, 101))
	results := make(chan error)
	for range 8 {
		go func() { results <- create(sam, 10) }()
	}
	admitted := 0
	for range 8 {
		if err := <-results; err == nil {
			admitted++
		} else {
			refused(err)
		}
	}
	if admitted != 2 {
		t.Errorf("%d more of 8 at once were admitted, want 2", admitted)
	}
	if err := create("usr_other", 900); err != nil {
		t.Errorf("another owner is refused: %v", err)
	}
}

// A worker that is killed leaves the upload taken, and some of the objects.
func TestAnUploadOfAWorkerThatCrashedIsFinishedByAnother(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	uploadID := s.upload(t, "image/png", pngOf(t, stripes(400, 400)))
	s.exec(t, "UPDATE media_uploads SET takes = 1, due_at = now() + interval '2 minutes', image_name = 'feed'")
	if err := s.Store.Write(t.Context(), "images/feed/160.webp", "image/webp", []byte("of an earlier file")); err != nil {
		t.Fatal(err)
	}
	s.work(t)
	if u, err := s.Upload(as(t.Context(), sam), uploadID); err != nil || u.Status != media.Pending {
		t.Fatalf("the upload is %+v, %v; want it pending while the lease runs", u, err)
	}
	s.exec(t, "UPDATE media_uploads SET due_at = now()") // the lease has ended
	u := s.settled(t, uploadID)
	if u.Status != media.Ready {
		t.Fatalf("the upload is %s", u.Status)
	}
	if res := s.get(t, u.Image.Name, "400.webp"); res.Code != http.StatusOK {
		t.Errorf("its picture is answered %d", res.Code)
	}
	s.exec(t, "UPDATE media_deletions SET due_at = now()")
	s.sweep(t)
	if s.has(t, "images/feed/160.webp") || s.has(t, "incoming/"+uploadID) {
		t.Error("objects of the crashed worker, or the file itself, are left")
	}
}

func TestAFileThatKillsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	uploadID := s.upload(t, "image/png", pngOf(t, stripes(20, 20)))
	s.exec(t, "UPDATE media_uploads SET takes = 3, due_at = now()")
	s.work(t)
	if u := s.settled(t, uploadID); u.Status != media.Rejected {
		t.Errorf("after three crashes the upload is %s, want it rejected", u.Status)
	}
}

// sweep sweeps once.
func (s *shop) sweep(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = s.Sweep(ctx)
		close(ended)
	}()
	polltest.Eventually(t, "nothing is due to be deleted", func() bool {
		var due int
		err := s.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM media_deletions WHERE due_at <= now() + interval '1 minute')
			+ (SELECT count(*) FROM media_uploads WHERE attached_at IS NULL AND status <> 'PENDING' AND created_at < now() - interval '1 hour')`).Scan(&due)
		return err == nil && due == 0
	})
	cancel()
	<-ended
}

func TestWhatNothingUsesIsDeleted(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	stop := s.work(t)
	used := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(20, 20))))
	unused := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(21, 20))))
	fresh := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(22, 20))))
	if _, err := s.attach(t, sam, used.ID); err != nil {
		t.Fatal(err)
	}
	stop()
	s.exec(t, "UPDATE media_uploads SET created_at = now() - interval '2 hours' WHERE id <> $1", fresh.ID)
	s.exec(t, "UPDATE media_deletions SET due_at = now()") // the files that were uploaded
	s.sweep(t)
	for u, want := range map[*media.Upload]bool{used: true, unused: false, fresh: true} {
		if got := s.has(t, "images/"+u.Image.Name+"/20.webp") || s.has(t, "images/"+u.Image.Name+"/22.webp"); got != want && u != unused || u == unused && s.has(t, "images/"+u.Image.Name+"/21.webp") {
			t.Errorf("the picture %dx%d is there: %t, want %t", u.Image.Width, u.Image.Height, got, want)
		}
		if row, err := s.Upload(as(t.Context(), sam), u.ID); err != nil || (row != nil) != want {
			t.Errorf("the upload %s is there: %t, %v; want %t", u.ID, row != nil, err, want)
		}
		if s.has(t, "incoming/"+u.ID) {
			t.Errorf("the file of %s is left", u.ID)
		}
	}
}

func TestAnUploadThatNeverArrivesEnds(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	ticket, err := s.Create(as(t.Context(), sam), media.Request{Filename: "a", ContentType: "image/png", SizeBytes: 10})
	if err != nil {
		t.Fatal(err)
	}
	s.exec(t, "UPDATE media_uploads SET expires_at = now() - interval '2 minutes', due_at = now()")
	s.work(t)
	if u := s.settled(t, ticket.UploadID); u.Status != media.Rejected {
		t.Errorf("the upload is %s, want it rejected", u.Status)
	}
}
