package s3_test

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cartograph/internal/embedded/s3"
	"cartograph/internal/objectstore"
	"cartograph/internal/objectstore/objectstoretest"
)

func start(t *testing.T, cfg s3.Config) (*s3.Server, *objectstore.Store) {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	server, err := s3.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	store, err := objectstore.Open(server.URL(), "")
	if err != nil {
		t.Fatal(err)
	}
	return server, store
}

func TestItConforms(t *testing.T) {
	t.Parallel()
	_, store := start(t, s3.Config{})
	objectstoretest.Conforms(t, store)
}

func TestObjectsAndTicketsOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, store := start(t, s3.Config{Dir: dir})
	if err := store.Write(t.Context(), "images/a.webp", "image/webp", []byte("picture")); err != nil {
		t.Fatal(err)
	}
	old := server.URL()
	server.Close()
	again, store := start(t, s3.Config{Dir: dir})
	before, _ := url.Parse(old)
	after, _ := url.Parse(again.URL())
	if before.User.String() != after.User.String() {
		t.Error("the keys have changed: tickets that clients have are void")
	}
	content, info, err := store.Read(t.Context(), "images/a.webp", 100)
	if err != nil || string(content) != "picture" || info.ContentType != "image/webp" {
		t.Errorf("after the restart the object is %q, %+v, %v", content, info, err)
	}
}

func TestABodyThatBreaksOffLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, store := start(t, s3.Config{Dir: dir})
	ticket, err := store.Ticket(t.Context(), "in/half", "image/png", 1000, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(ticket.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	request := "PUT " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nonly this"
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	n, _ := conn.Read(answer)
	_ = conn.Close()
	if !strings.Contains(string(answer[:n]), " 400 ") {
		t.Errorf("the answer is %q, want status 400", answer[:n])
	}
	server.Close()
	err = filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() && filepath.Base(path) != "secret" {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFullFolderRefusesUntilSomethingIsRemoved(t *testing.T) {
	t.Parallel()
	_, store := start(t, s3.Config{Capacity: 2 << 10})
	kilobyte := make([]byte, 1<<10)
	if err := store.Write(t.Context(), "a", "image/png", kilobyte); err != nil {
		t.Fatal(err)
	}
	if err := store.Write(t.Context(), "b", "image/png", kilobyte); err == nil {
		t.Fatal("more than the capacity was stored")
	}
	if err := store.Remove(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if err := store.Write(t.Context(), "b", "image/png", kilobyte); err != nil {
		t.Errorf("there is room again, but: %v", err)
	}
}

func TestBrowsersMayUploadFromAnyPage(t *testing.T) {
	t.Parallel()
	server, _ := start(t, s3.Config{})
	_, host, _ := strings.Cut(server.URL(), "@")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, "http://"+host+"/in/x", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if h := res.Header; res.StatusCode != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(h.Get("Access-Control-Allow-Methods"), "PUT") || h.Get("Access-Control-Allow-Headers") != "Content-Type" {
		t.Errorf("the preflight is answered %d %v", res.StatusCode, h)
	}
}

func TestTheAddressOfARunningServerIsFoundByItsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, running := s3.Running(t.Context(), dir); running {
		t.Error("a server was found in an empty folder")
	}
	server, err := s3.Start(s3.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if address, running := s3.Running(t.Context(), dir); !running || address != server.URL() {
		t.Errorf("the address is %s, %t, want %s", address, running, server.URL())
	}
	server.Close()
	if address, running := s3.Running(t.Context(), dir); running {
		t.Errorf("a server that was stopped is found at %s", address)
	}
}
