package logship

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"cartograph/internal/cardnumber"
	"cartograph/internal/event"
	"cartograph/internal/id"
)

// roleKey is the attribute that names the role of a logger.
const roleKey = "role"

// handler passes records to the next handler and offers them to the shipper.
type handler struct {
	slog.Handler
	shipper *Shipper
	role    string
	prefix  string      // of the names of further attributes, with its dot
	attrs   []slog.Attr // those of the logger, with their prefixes
}

// Handle implements slog.Handler. It never waits.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if !slices.Contains(h.shipper.except, h.role) {
		h.shipper.offer(h.role, h.record(ctx, r))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	next.Handler, next.attrs = h.Handler.WithAttrs(attrs), slices.Clip(h.attrs)
	for _, a := range attrs {
		if a.Key == roleKey && h.prefix == "" {
			next.role = a.Value.String()
			continue
		}
		next.attrs = append(next.attrs, slog.Attr{Key: h.prefix + a.Key, Value: a.Value})
	}
	return &next
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	next := *h
	next.Handler = h.Handler.WithGroup(name)
	if name != "" {
		next.prefix += name + "."
	}
	return &next
}

const (
	maxText   = 4 << 10  // bytes of a message and of a value; the rest is on stderr
	maxRecord = 16 << 10 // bytes of a record's attributes; further ones are left out
)

func (h *handler) record(ctx context.Context, r slog.Record) event.LogRecord {
	out := event.LogRecord{ID: id.New(recordID), At: r.Time.UTC(), Level: int(r.Level), Message: masked("", r.Message)}
	if r.Time.IsZero() {
		out.At = time.Now().UTC()
	}
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		out.TraceID = span.TraceID().String()
	}
	attributes := make(map[string]string, len(h.attrs)+r.NumAttrs())
	for _, a := range h.attrs {
		put(attributes, "", a)
	}
	r.Attrs(func(a slog.Attr) bool {
		put(attributes, h.prefix, a)
		return true
	})
	if len(attributes) > 0 {
		out.Attributes = attributes
	}
	return out
}

// put adds an attribute, and those of a group under its name.
func put(into map[string]string, prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	switch {
	case value.Kind() == slog.KindGroup:
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range value.Group() {
			put(into, prefix, inner)
		}
	case a.Key != "":
		name := prefix + a.Key
		text := masked(name, value.String())
		if size(into)+len(name)+len(text) <= maxRecord {
			into[name] = text
		}
	}
}

func size(attributes map[string]string) (bytes int) {
	for name, text := range attributes {
		bytes += len(name) + len(text)
	}
	return bytes
}

// secretNames match attributes whose values nobody may read. The names of counts and
// bounds, such as "tokens", are none.
var secretNames = regexp.MustCompile(`(?i)(password|secret|authorization|cookie|api_?key|private_?key|(^|[._])token)$`)

// masked is a text without secrets and card numbers, cut to a bound.
func masked(name, text string) string {
	const mask = "***"
	if secretNames.MatchString(name) || cardnumber.In(text) {
		return mask
	}
	if len(text) > maxText {
		text = text[:maxText] + "…"
	}
	return text
}
