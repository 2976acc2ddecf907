package media_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"cartograph/internal/fault"
)

func TestAPictureIsImportedFromAnAddressOnce(t *testing.T) {
	t.Parallel()
	s := open(t, config())
	picture := pngOf(t, stripes(30, 20))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
	first, err := s.ImportURL(t.Context(), sam, server.URL+"/mug.png")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.ImportURL(t.Context(), sam, server.URL+"/mug.png")
	if err != nil || again != first {
		t.Errorf("the same file becomes %s, %v; want %s", again, err, first)
	}
	if other, err := s.ImportURL(t.Context(), "usr_other", server.URL+"/mug.png"); err != nil || other == first {
		t.Errorf("another owner's becomes %s, %v; want an upload of its own", other, err)
	}
	images, err := s.attach(t, sam, first)
	if err != nil || images[0].Width != 30 || s.get(t, images[0].Name, "30.webp").Code != http.StatusOK {
		t.Errorf("the picture is %+v, %v", images, err)
	}
	for path, want := range map[string]string{"/none.png": "INVALID_INPUT", "/page": "INVALID_INPUT", "/half.png": "UPLOAD_REJECTED"} {
		for range 2 {
			if _, err := s.ImportURL(t.Context(), sam, server.URL+path); fault.CodeOf(err) != want {
				t.Errorf("%s: %v, want %s", path, err, want)
			}
		}
	}
}

func TestAnImportDoesNotReachThisMachine(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.FetchPrivate = false
	s := open(t, cfg)
	for _, address := range []string{"http://127.0.0.1/a.png", "http://localhost/a.png", "http://[::1]/a.png", "http://169.254.169.254/a.png", "file:///etc/passwd"} {
		_, err := s.ImportURL(t.Context(), sam, address)
		if fault.CodeOf(err) != "INVALID_INPUT" {
			t.Errorf("%s: %v, want INVALID_INPUT", address, err)
		}
	}
}
