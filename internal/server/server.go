// Package server runs an HTTP handler until its context ends, and tells
// whoever runs it whether it lives and is ready.
package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// grace is how long requests in flight may still take when we are stopped.
const grace = 10 * time.Second

// Check reports why a service cannot do its work now; nil when it can.
type Check func(context.Context) error

// Handle adds to h what every role answers: /livez while the process lives,
// /readyz while check passes, /metrics for Prometheus.
func Handle(h http.Handler, check Check, metrics prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := check(ctx); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

// Run serves h on l until ctx ends, then ends streams and lets requests in
// flight finish. HTTP/2 without TLS is spoken too, for gRPC clients.
func Run(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{
		Handler:           endStreams(ctx, h),
		Protocols:         protocols,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if s.Shutdown(bounded) != nil {
			_ = s.Close()
		}
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// endStreams ends with ctx what else would last for as long as the client
// likes: WebSockets, and answers that say they are streams. What a client
// accepts tells nothing: many name a stream with every plain query.
func endStreams(ctx context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streaming, end := context.WithCancel(r.Context())
		defer end()
		if r.Header.Get("Upgrade") != "" {
			defer context.AfterFunc(ctx, end)()
			h.ServeHTTP(w, r.WithContext(streaming)) //nolint:contextcheck // it is the request's
			return
		}
		watched := &answer{ResponseWriter: w, stop: ctx, end: end}
		defer watched.leave()
		h.ServeHTTP(watched, r.WithContext(streaming)) //nolint:contextcheck // it is the request's
	})
}

// answer looks at what an answer says it is when it begins.
type answer struct {
	http.ResponseWriter
	stop  context.Context
	end   context.CancelFunc
	begun bool
	undo  func() bool
}

// WriteHeader binds a stream to the life of the server.
func (a *answer) WriteHeader(status int) {
	a.begin(status)
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begin(http.StatusOK)
	return a.ResponseWriter.Write(b)
}

// Flush is for those who do not use an http.ResponseController.
func (a *answer) Flush() { _ = a.FlushError() }

// FlushError tells that the client is gone.
func (a *answer) FlushError() error {
	a.begin(http.StatusOK)
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// Unwrap is for the other things that an http.ResponseController does.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) begin(status int) {
	if a.begun || status < http.StatusOK {
		return
	}
	a.begun = true
	media, _, _ := strings.Cut(a.Header().Get("Content-Type"), ";")
	if media == "text/event-stream" || media == "multipart/mixed" {
		a.undo = context.AfterFunc(a.stop, a.end)
	}
}

func (a *answer) leave() {
	if a.undo != nil {
		a.undo()
	}
}
