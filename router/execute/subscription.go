package execute

import (
	"bytes"
	"encoding/json"
	"sync"

	"cartograph/router/gqlerr"
)

// eventWriter receives what the engine writes for one subscription. The engine
// writes one event at a time; the lock guards failed, which Subscribe reads on
// another goroutine.
type eventWriter struct {
	masker errorMasker // copied for each event
	send   func([]byte) error

	mu     sync.Mutex
	event  bytes.Buffer
	failed gqlerr.List
}

// Write appends to the current event.
func (w *eventWriter) Write(b []byte) (int, error) { return w.event.Write(b) }

// Flush sends the event.
func (w *eventWriter) Flush() error {
	body, _ := w.masker.executor.maskResponse(w.event.Bytes(), w.masker)
	w.event = bytes.Buffer{}
	return w.send(body)
}

// Complete is called at the end of the stream; Subscribe returns then.
func (w *eventWriter) Complete() {}

// Heartbeat does nothing: the client transports send their own.
func (w *eventWriter) Heartbeat() error { return nil }

// Error records the errors that ended the stream.
func (w *eventWriter) Error(data []byte) {
	body, list := w.masker.executor.maskResponse(data, w.masker)
	var parsed struct{ Errors gqlerr.List }
	if err := json.Unmarshal(body, &parsed); err != nil || len(list) == 0 {
		parsed.Errors = gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = parsed.Errors
}

func (w *eventWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.failed) == 0 {
		return nil
	}
	return w.failed
}
