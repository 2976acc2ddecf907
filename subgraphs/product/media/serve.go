package media

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"cartograph/internal/limiter"
	"cartograph/internal/objectstore"
)

// ServeHTTP delivers the rendition {file} of the picture {name}. Whatever is under a
// name never changes, so it may be kept for ever. It can be shown anywhere, and
// nothing in it runs.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, file := r.PathValue("name"), r.PathValue("file")
	form, ok := parse(file)
	if !ok || !Uploaded(name) || s.store == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	tag := `"` + name + "/" + file + `"`
	if r.Header.Get("If-None-Match") == tag {
		setImmutable(h, tag)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content, info, err := s.store.Open(r.Context(), key(name, file))
	if errors.Is(err, objectstore.ErrNotFound) {
		s.serveNew(w, r, name, form, tag)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer func() { _ = content.Close() }()
	setImmutable(h, tag)
	h.Set("Content-Type", form.format.ContentType())
	h.Set("Content-Length", strconv.FormatInt(info.Size, 10))
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, content) // who went away needs no picture
	}
}

func setImmutable(h http.Header, tag string) {
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", tag)
}

// serveNew makes a rendition at its first request, once for all who request it.
func (s *Service) serveNew(w http.ResponseWriter, r *http.Request, name string, form rendition, tag string) {
	// The others wait for it, also if this client goes away.
	whole := context.WithoutCancel(r.Context())
	made, err, _ := s.making.Do(key(name, form.file()), func() (any, error) {
		ctx, cancel := context.WithTimeout(whole, workTimeout)
		defer cancel()
		// A name that nothing has takes no place in the line of those that decode.
		if _, err := s.store.Stat(ctx, key(name, master)); err != nil {
			return nil, err
		}
		if err := s.decoding.Acquire(ctx); err != nil {
			return nil, err
		}
		defer s.decoding.Release()
		return s.derive(ctx, name, form)
	})
	file, _ := made.([]byte)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	h := w.Header()
	setImmutable(h, tag)
	h.Set("Content-Type", form.format.ContentType())
	h.Set("Content-Length", strconv.Itoa(len(file)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(file)
	}
}

func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, objectstore.ErrNotFound):
		http.NotFound(w, r)
	case errors.Is(err, limiter.ErrOverloaded):
		w.Header().Set("Retry-After", "2")
		http.Error(w, "busy", http.StatusServiceUnavailable)
	default:
		if ctx := r.Context(); ctx.Err() == nil {
			s.log.WarnContext(ctx, "picture not delivered", "err", err)
		}
		w.Header().Set("Retry-After", "5")
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
	}
}
