// Package server runs an HTTP handler until its context ends, with endpoints for
// liveness and readiness. A second handler is for operators: why a part is not
// ready, and metrics.
package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// shutdownTimeout is how long requests in flight may take after a stop. What
	// they cut off is repeated by clients with the same idempotency key. A process
	// has five seconds to end, and its tasks end at the same time.
	shutdownTimeout = 4 * time.Second
	// readyTimeout bounds a readiness check; a probe gives up soon after.
	readyTimeout = 2 * time.Second
)

// Check returns why a service is not ready; nil if it is.
type Check func(context.Context) error

// Handle adds the endpoints for probes to h: /livez while the process runs,
// /readyz while check passes. They are as public as h and give no reasons.
func Handle(h http.Handler, check Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /livez", serveAlive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := check(ctx); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

// Status is how ready a part of the program is.
type Status struct {
	Name  string   // may be empty where the program is one part
	Err   error    // why it is not ready; nil if it is
	Notes []string // what operators should look at while it is ready
}

// Operations serves operators: /livez, /readyz with a line for each status and
// note, and /metrics for Prometheus. It reveals how the system is built and what
// fails in it, so its listener must not be public.
func Operations(statuses func(context.Context) []Status, metrics prometheus.Gatherer) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", serveAlive)
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		code, body := http.StatusOK, bytes.Buffer{}
		for _, s := range statuses(ctx) {
			prefix := s.Name
			if prefix != "" {
				prefix += ": "
			}
			if s.Err != nil {
				code = http.StatusServiceUnavailable
				fmt.Fprintf(&body, "%snot ready: %v\n", prefix, s.Err)
			} else {
				fmt.Fprintf(&body, "%sok\n", prefix)
			}
			for _, note := range s.Notes {
				fmt.Fprintf(&body, "%s%s\n", prefix, note)
			}
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(code)
		_, _ = body.WriteTo(w)
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	return mux
}

func serveAlive(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

// Run serves h on l until ctx ends, then ends streams and lets requests in
// flight finish. HTTP/2 without TLS is enabled, for gRPC clients. No response's
// type is guessed by browsers from its content.
func Run(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	return RunBounded(ctx, l, h, log, Bounds{})
}

// RunBounded is Run for a listener that strangers can reach.
func RunBounded(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, bounds Bounds) error {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{
		Handler:           endStreams(ctx, noSniff(bounds.handler(h))),
		Protocols:         protocols,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		// As many as a browser uses; the default is 250. A client that reads nothing
		// of a connection is disconnected.
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 100, WriteByteTimeout: 10 * time.Second},
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if s.Shutdown(bounded) != nil {
			_ = s.Close()
		}
	})
	defer stop()
	if err := s.Serve(bounds.listener(l)); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

func noSniff(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		h.ServeHTTP(w, r)
	})
}

// endStreams cancels, when ctx ends, requests without an end of their own:
// WebSockets, and responses whose Content-Type is a stream. The Accept header
// would not do: many clients list a stream type with every plain query.
func endStreams(ctx context.Context, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		streaming, end := context.WithCancel(r.Context())
		defer end()
		if r.Header.Get("Upgrade") != "" {
			defer context.AfterFunc(ctx, end)()
			h.ServeHTTP(w, r.WithContext(streaming)) //nolint:contextcheck // the request's context
			return
		}
		watched := &streamWriter{ResponseWriter: w, stop: ctx, end: end}
		defer watched.unbind()
		h.ServeHTTP(watched, r.WithContext(streaming)) //nolint:contextcheck // the request's context
	})
}

// streamWriter checks the Content-Type when the response begins.
type streamWriter struct {
	http.ResponseWriter
	stop    context.Context
	end     context.CancelFunc
	started bool
	undo    func() bool
}

// WriteHeader binds a stream to the lifetime of the server.
func (w *streamWriter) WriteHeader(status int) {
	w.start(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *streamWriter) Write(b []byte) (int, error) {
	w.start(http.StatusOK)
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher, for handlers without http.ResponseController.
func (w *streamWriter) Flush() { _ = w.FlushError() }

// FlushError returns an error when the client has disconnected.
func (w *streamWriter) FlushError() error {
	w.start(http.StatusOK)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap gives http.ResponseController the other methods.
func (w *streamWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *streamWriter) start(status int) {
	if w.started || status < http.StatusOK {
		return
	}
	w.started = true
	media, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if media == "text/event-stream" || media == "multipart/mixed" {
		w.undo = context.AfterFunc(w.stop, w.end)
	}
}

func (w *streamWriter) unbind() {
	if w.undo != nil {
		w.undo()
	}
}
