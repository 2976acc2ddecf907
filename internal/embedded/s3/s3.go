// Package s3 is an S3 server for development: it stores objects in a folder.
//
// The protocol is that of gofakes3, which checks nothing. In front of it this
// package refuses what real servers refuse: requests without a valid signature,
// addresses that have expired, bodies of another size than the signed one. An object
// is stored whole or not at all.
package s3

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3afero"
	"github.com/spf13/afero"

	"cartograph/internal/limiter"
)

// Bucket is the only bucket.
const Bucket = "uploads"

const (
	accessKey = "cartograph"
	// maxObject is the size up to which an object is accepted.
	maxObject = 64 << 20
	// MaxBytes is how much a folder stores.
	MaxBytes = 10 << 30
	// writers is how many bodies are received at once.
	writers = 8
)

// Server is a running S3 server.
type Server struct {
	dir      string
	keys     keys
	backend  http.Handler
	server   *http.Server
	listener net.Listener
	writing  *limiter.Limiter
	now      func() time.Time
	log      *slog.Logger

	mu       sync.Mutex
	used     int64 // bytes in the folder, at least
	capacity int64
}

type keys struct{ access, secret string }

// Config is that of a Server.
type Config struct {
	Dir      string
	Addr     string           // "" listens on a free loopback port
	Capacity int64            // bytes; 0: MaxBytes
	Now      func() time.Time // nil: the clock
	Log      *slog.Logger     // nil: none
}

// Start serves the objects in a folder. Its secret is stored with them, so signed
// addresses are valid after a restart.
func Start(cfg Config) (*Server, error) {
	s := &Server{dir: cfg.Dir, capacity: cfg.Capacity, now: cfg.Now, log: cfg.Log, writing: limiter.New(limiter.Config{Concurrent: writers, Queue: 8 * writers, Timeout: 10 * time.Second})}
	if s.capacity == 0 {
		s.capacity = MaxBytes
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("open the folder of S3: %w", err)
	}
	l, err := net.Listen("tcp", cfg.Addr) //nolint:noctx // does not block
	if err != nil {
		return nil, fmt.Errorf("listen for S3: %w", err)
	}
	s.listener = l
	if err := os.WriteFile(urlFile(cfg.Dir), []byte(s.URL()), 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("store the address of S3: %w", err)
	}
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *Server) objects() string  { return filepath.Join(s.dir, "objects") }
func (s *Server) incoming() string { return filepath.Join(s.dir, "incoming") }

func (s *Server) open() error {
	if err := os.RemoveAll(s.incoming()); err != nil { // what an earlier process did not finish
		return err
	}
	for _, dir := range []string{filepath.Join(s.objects(), "buckets", Bucket), s.incoming()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	secret, err := storedSecret(filepath.Join(s.dir, "secret"))
	if err != nil {
		return err
	}
	s.keys = keys{accessKey, secret}
	files := wholeFiles{Fs: afero.NewBasePathFs(afero.NewOsFs(), s.objects()), temporary: s.incoming(), root: s.objects()}
	backend, err := s3afero.MultiBucket(files)
	if err != nil {
		return err
	}
	s.backend = gofakes3.New(backend, gofakes3.WithoutVersioning(), gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	s.used, err = size(s.dir)
	return err
}

func storedSecret(file string) (string, error) {
	stored, err := os.ReadFile(file)
	if err == nil && len(stored) > 0 {
		return string(stored), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(file, []byte(secret), 0o600)
}

// URL is the address of the bucket, with its keys.
func (s *Server) URL() string {
	return fmt.Sprintf("http://%s:%s@%s/%s", s.keys.access, s.keys.secret, s.listener.Addr(), Bucket)
}

// Running returns the address of the bucket that another process serves from a folder;
// false if there is none.
func Running(ctx context.Context, dir string) (address string, running bool) {
	stored, err := os.ReadFile(urlFile(dir))
	if err != nil {
		return "", false
	}
	u, err := url.Parse(strings.TrimSpace(string(stored)))
	if err != nil {
		return "", false
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return "", false
	}
	_ = conn.Close()
	return u.String(), true
}

func urlFile(dir string) string { return filepath.Join(dir, "url") }

// Close stops the server.
func (s *Server) Close() {
	_ = os.Remove(urlFile(s.dir))
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
}

// ServeHTTP serves the protocol. Browsers may send signed requests from any page: the
// signature is what permits them.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "PUT, GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err := s.keys.verify(r, s.now()); err != nil {
		refuse(w, http.StatusForbidden, err.Error())
		return
	}
	if r.Method != http.MethodPut || r.ContentLength == 0 {
		s.backend.ServeHTTP(w, r)
		return
	}
	s.put(w, r)
}

// put receives the whole body before the object is written: a client that breaks off
// leaves nothing.
func (s *Server) put(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.ContentLength < 0:
		refuse(w, http.StatusLengthRequired, "MissingContentLength")
		return
	case r.ContentLength > maxObject:
		refuse(w, http.StatusRequestEntityTooLarge, "EntityTooLarge")
		return
	}
	if err := s.writing.Acquire(r.Context()); err != nil {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
		return
	}
	defer s.writing.Release()
	if !s.reserve(r.ContentLength) {
		refuse(w, http.StatusInsufficientStorage, "QuotaExceeded")
		return
	}
	body, err := s.receive(r)
	if err != nil {
		s.log.DebugContext(r.Context(), "upload not received", "err", err)
		refuse(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	defer func() {
		_ = body.Close()
		_ = os.Remove(body.Name())
	}()
	r.Body = body
	s.backend.ServeHTTP(w, r)
}

func (s *Server) receive(r *http.Request) (*os.File, error) {
	f, err := os.CreateTemp(s.incoming(), "body-")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(f, io.LimitReader(r.Body, r.ContentLength))
	if err == nil && n != r.ContentLength {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(f.Name())
		return nil, err
	}
	return f, nil
}

// reserve counts bytes before they are written. What was removed or replaced meanwhile
// is counted again when the folder seems full.
func (s *Server) reserve(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+n > s.capacity {
		if used, err := size(s.dir); err == nil {
			s.used = used
		}
	}
	if s.used+n > s.capacity {
		return false
	}
	s.used += n
	return true
}

func size(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return total, err
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: strings.TrimSpace(code)})
}
