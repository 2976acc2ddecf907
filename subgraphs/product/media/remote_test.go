package media_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product/media"
)

// importOne imports the picture of one place.
func (s *shop) importOne(t *testing.T, i media.Importer, place string) media.Result {
	t.Helper()
	i.Service = s.Service
	results, err := i.Import(t.Context(), []string{place})
	if err != nil {
		t.Fatal(err)
	}
	return results[place]
}

func TestAPictureIsImportedFromAnAddressOnce(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	picture := pngOf(t, stripes(30, 20))
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch r.URL.Path {
		case "/mug.png":
			_, _ = w.Write(picture)
		case "/page":
			_, _ = w.Write([]byte("<html>"))
		case "/half.png":
			_, _ = w.Write(picture[:len(picture)/2])
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	first := s.importOne(t, media.Importer{OwnerID: sam}, server.URL+"/mug.png")
	again := s.importOne(t, media.Importer{OwnerID: sam}, server.URL+"/mug.png")
	if first.Err != nil || again != first || requests.Load() != 1 {
		t.Errorf("the same address becomes %+v after %d requests; want %+v after one", again, requests.Load(), first)
	}
	if copied := s.importOne(t, media.Importer{OwnerID: sam}, server.URL+"/mug.png?v=2"); copied != first {
		t.Errorf("the same file at another address becomes %+v; want %+v", copied, first)
	}
	if refreshed := s.importOne(t, media.Importer{OwnerID: sam, Refresh: true}, server.URL+"/mug.png"); refreshed != first || requests.Load() != 3 {
		t.Errorf("the address that is fetched again becomes %+v after %d requests; want %+v after 3", refreshed, requests.Load(), first)
	}
	if other := s.importOne(t, media.Importer{OwnerID: "usr_other"}, server.URL+"/mug.png"); other.Err != nil || other.UploadID == first.UploadID {
		t.Errorf("another owner's becomes %+v; want an upload of its own", other)
	}
	images, err := s.attach(t, sam, first.UploadID)
	if err != nil || images[0].Width != 30 || s.get(t, images[0].Name, "30.webp").Code != http.StatusOK {
		t.Errorf("the picture is %+v, %v", images, err)
	}
	for path, want := range map[string]string{"/none.png": "INVALID_INPUT", "/page": "INVALID_INPUT", "/half.png": "UPLOAD_REJECTED"} {
		for range 2 {
			if r := s.importOne(t, media.Importer{OwnerID: sam}, server.URL+path); fault.CodeOf(r.Err) != want {
				t.Errorf("%s: %v, want %s", path, r.Err, want)
			}
		}
		if r := s.importOne(t, media.Importer{OwnerID: sam, DryRun: true}, server.URL+path); fault.CodeOf(r.Err) != want {
			t.Errorf("%s in a dry run: %v, want %s", path, r.Err, want)
		}
	}
}

func TestAnImportDoesNotReachThisMachine(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.FetchPrivate = false
	s := open(t, cfg)
	for _, address := range []string{"http://127.0.0.1/a.png", "http://localhost/a.png", "http://[::1]/a.png", "http://169.254.169.254/a.png", "file:///etc/passwd"} {
		if r := s.importOne(t, media.Importer{OwnerID: sam}, address); fault.CodeOf(r.Err) != "INVALID_INPUT" {
			t.Errorf("%s: %v, want INVALID_INPUT", address, r.Err)
		}
	}
}

func TestAPathDoesNotLeaveItsFolder(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	above := t.TempDir()
	dir := filepath.Join(above, "shop")
	for file, content := range map[string][]byte{
		filepath.Join(above, "secret.png"): pngOf(t, stripes(10, 10)), filepath.Join(dir, "pictures", "mug.png"): pngOf(t, stripes(30, 20)),
		filepath.Join(dir, "empty.png"): {}, filepath.Join(dir, "large.png"): make([]byte, 4<<20+1),
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(above, "secret.png"), filepath.Join(dir, "link.png")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	for _, place := range []string{"pictures/mug.png", "./pictures/mug.png", "pictures/../pictures/mug.png", `pictures\mug.png`} {
		if r := s.importOne(t, media.Importer{OwnerID: sam, Folder: root.FS()}, place); r.Err != nil || r.Width != 30 {
			t.Errorf("%s becomes %+v, want a picture", place, r)
		}
	}
	for _, place := range []string{"../secret.png", "pictures/../../secret.png", filepath.Join(above, "secret.png"), "link.png", "pictures", ".", "none.png", "empty.png", "large.png"} {
		if r := s.importOne(t, media.Importer{OwnerID: sam, Folder: root.FS()}, place); fault.CodeOf(r.Err) != "INVALID_INPUT" {
			t.Errorf("%s: %v, want INVALID_INPUT", place, r.Err)
		}
	}
	if r := s.importOne(t, media.Importer{OwnerID: sam}, "mug.png"); fault.CodeOf(r.Err) != "INVALID_INPUT" {
		t.Errorf("a path without a folder: %v, want INVALID_INPUT", r.Err)
	}
}

func TestSeveralImportOneFileAtOnce(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.Workers = 4
	s := open(t, cfg)
	file := pngOf(t, stripes(300, 200))
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			_, err := s.Import(t.Context(), sam, "mug.png", file)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// The objects of an upload that was deleted are deleted a while after its row.
func TestAFileThatIsImportedAgainAfterItWasDeletedStays(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	file := pngOf(t, stripes(30, 20))
	if _, err := s.Import(t.Context(), sam, "mug.png", file); err != nil {
		t.Fatal(err)
	}
	s.exec(t, "UPDATE media_uploads SET created_at = now() - interval '2 hours'")
	s.exec(t, `WITH unused AS (DELETE FROM media_uploads RETURNING image_name)
		INSERT INTO media_deletions (prefix, due_at) SELECT 'images/' || image_name || '/', now() FROM unused`)
	again, err := s.Import(t.Context(), sam, "mug.png", file)
	if err != nil {
		t.Fatal(err)
	}
	s.sweep(t)
	if res := s.get(t, again.Name, "30.webp"); res.Code != http.StatusOK {
		t.Errorf("the picture is answered %d after the objects of the earlier upload were deleted", res.Code)
	}
}
