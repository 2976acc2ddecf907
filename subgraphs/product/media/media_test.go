package media_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/embedded/s3"
	"cartograph/internal/fault"
	"cartograph/internal/imaging"
	"cartograph/internal/objectstore"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

// shop is the media of a shop, with a database and a store of its own.
type shop struct {
	*media.Service
	Pool  *pgxpool.Pool
	Store *objectstore.Store
}

func config() media.Config {
	return media.Config{
		MaxBytes: 4 << 20, MaxPixels: 4_000_000, Workers: 1, UploadExpiry: time.Minute, UnusedAfter: time.Hour,
		UploadsPerHour: 100, BytesPerHour: 1 << 30, FetchPrivate: true, FetchTimeout: 5 * time.Second, FetchConcurrent: 2,
	}
}

func open(t *testing.T, cfg media.Config) *shop {
	t.Helper()
	server, err := s3.Start(s3.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	store, err := objectstore.Open(server.URL(), "")
	if err != nil {
		t.Fatal(err)
	}
	pool := pgtest.New(t, db.Migrations())
	return &shop{media.New(cfg, pool, store, slog.New(slog.DiscardHandler)), pool, store}
}

// work runs a worker until the test ends, or the function is called.
func (s *shop) work(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = s.Run(ctx)
		close(ended)
	}()
	stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(stop)
	return stop
}

func as(ctx context.Context, id string) context.Context {
	return auth.With(ctx, auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: id, Scopes: []string{"catalog:write"}}, Locale: "en"})
}

const sam = "usr_sam"

// upload creates an upload of Sam's and sends a file to it.
func (s *shop) upload(t *testing.T, contentType string, file []byte) string {
	t.Helper()
	ticket, err := s.Create(as(t.Context(), sam), media.Request{Filename: "a.png", ContentType: contentType, SizeBytes: int64(len(file))})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, ticket.URL, bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range ticket.Headers {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the store answered %d", res.StatusCode)
	}
	return ticket.UploadID
}

// settled waits until an upload of Sam's is not pending any more.
func (s *shop) settled(t *testing.T, uploadID string) *media.Upload {
	t.Helper()
	var u *media.Upload
	for ends := time.Now().Add(2 * time.Minute); u == nil || u.Status == media.Pending; {
		if time.Now().After(ends) {
			t.Fatal("the upload is not settled")
		}
		var err error
		if u, err = s.Upload(as(t.Context(), sam), uploadID); err != nil {
			t.Fatal(err)
		}
		_ = s.Await(as(t.Context(), sam), uploadID)
	}
	return u
}

// get requests a file of a picture.
func (s *shop) get(t *testing.T, name, file string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /media/{name}/{file}", s.Service)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/media/"+name+"/"+file, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, req)
	return w
}

// stripes is a picture in which every place has another colour.
func stripes(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(255 * x / w), uint8(255 * y / h), 90, 255})
		}
	}
	return m
}

func pngOf(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAnUploadBecomesRenditions(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	s.work(t)
	u := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(700, 350))))
	if u.Status != media.Ready || u.Image.Width != 700 || u.Image.Height != 350 || u.Image.ThumbHash == "" {
		t.Fatalf("the upload is %+v, image %+v", u, u.Image)
	}
	for file, want := range map[string]image.Point{
		"160.webp": {160, 80}, "320.jpeg": {320, 160}, "640.webp": {640, 320}, "700.jpeg": {700, 350},
		"320.png": {320, 160}, "320-1x1.webp": {320, 320}, "640-1x1.jpeg": {350, 350}, "160-9x16.webp": {160, 284},
	} {
		res := s.get(t, u.Image.Name, file)
		content, _ := io.ReadAll(res.Body)
		if res.Code != http.StatusOK {
			t.Errorf("%s is answered %d", file, res.Code)
			continue
		}
		_, format, _ := strings.Cut(file, ".")
		if got := res.Header().Get("Content-Type"); got != "image/"+format {
			t.Errorf("%s has the type %s", file, got)
		}
		m, err := imaging.Decode(t.Context(), content, imaging.Limits{MaxPixels: 1e6, MaxSide: 1000})
		if err != nil || string(imaging.Sniff(content)) != format || m.Bounds().Size() != want {
			t.Errorf("%s is %s of %v (%v), want %v", file, imaging.Sniff(content), m.Bounds(), err, want)
		}
	}
	for _, file := range []string{"161.webp", "1080.webp", "0640.webp", "640.gif", "640.svg", "640-5x4.webp", "master", "1600-1x1.webp", "-1.webp"} {
		if res := s.get(t, u.Image.Name, file); res.Code != http.StatusNotFound {
			t.Errorf("%s is answered %d, want 404", file, res.Code)
		}
	}
}

func TestADeliveredFileMayBeKeptForEver(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	s.work(t)
	u := s.settled(t, s.upload(t, "image/png", pngOf(t, stripes(200, 100))))
	for _, file := range []string{"160.webp", "160-1x1.webp", "160-1x1.webp"} { // stored, made, stored since
		res := s.get(t, u.Image.Name, file)
		h := res.Header()
		if h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("ETag") == "" {
			t.Errorf("%s has the headers %v", file, h)
		}
		if again := s.get(t, u.Image.Name, file, "If-None-Match", h.Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s is answered %d to its ETag, want 304", file, again.Code)
		}
	}
}

func TestWhatIsNoPictureIsRejectedWithItsReason(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	s.work(t)
	picture := pngOf(t, stripes(50, 50))
	bomb := bytes.Clone(picture)
	copy(bomb[16:], []byte{0, 0, 0x40, 0, 0, 0, 0x40, 0}) // 16384 x 16384; the checksum is not looked at first
	for name, c := range map[string]struct {
		contentType string
		file        []byte
		want        string
	}{
		"a PNG file declared as JPEG": {"image/jpeg", picture, "type that was declared"},
		"a page":                      {"image/png", []byte("<html><script>alert(1)</script>"), "type that was declared"},
		"a drawing":                   {"image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "type that was declared"},
		"half a file":                 {"image/png", picture[:len(picture)/2], "damaged"},
		"a header alone":              {"image/gif", []byte("GIF89a"), "damaged"},
		"too many pixels":             {"image/png", pngOf(t, image.NewPaletted(image.Rect(0, 0, 2001, 2000), color.Palette{color.White})), "too many pixels"},
		"a bomb":                      {"image/png", bomb, ""},
	} {
		u := s.settled(t, s.upload(t, c.contentType, c.file))
		if reason := u.Reason(t.Context()); u.Status != media.Rejected || reason == nil || !strings.Contains(*reason, c.want) {
			t.Errorf("%s: %s, %v; want it rejected for %q", name, u.Status, reason, c.want)
		}
		err := s.Await(as(t.Context(), sam), u.ID)
		if fault.CodeOf(err) != "UPLOAD_REJECTED" {
			t.Errorf("%s: Await returns %v, want UPLOAD_REJECTED", name, err)
		}
	}
}

func TestEveryFormatIsRead(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	s.work(t)
	m := stripes(64, 32)
	files := map[string][]byte{"image/png": pngOf(t, m)}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	files["image/jpeg"] = bytes.Clone(b.Bytes())
	b.Reset()
	if err := gif.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	files["image/gif"] = bytes.Clone(b.Bytes())
	var err error
	if files["image/webp"], err = imaging.Encode(m, imaging.WebP); err != nil {
		t.Fatal(err)
	}
	for contentType, file := range files {
		if u := s.settled(t, s.upload(t, contentType, file)); u.Status != media.Ready || u.Image.Width != 64 {
			t.Errorf("%s: %s %v", contentType, u.Status, u.Reason(t.Context()))
		}
	}
}
