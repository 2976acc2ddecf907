package execute

import (
	"bytes"
	"encoding/json"
	"sync"

	"cartograph/router/gqlerr"
)

// eventWriter takes what the engine writes for one subscription. The engine
// writes one event at a time; the lock is for who asks how it ended.
type eventWriter struct {
	masker masker // copied for each event
	send   func([]byte) error

	mu     sync.Mutex
	event  bytes.Buffer
	failed gqlerr.List
}

// Write collects an event.
func (w *eventWriter) Write(b []byte) (int, error) { return w.event.Write(b) }

// Flush sends the event.
func (w *eventWriter) Flush() error {
	body, _ := w.masker.executor.mask(w.event.Bytes(), w.masker)
	w.event = bytes.Buffer{}
	return w.send(body)
}

// Complete is called at the end of the stream; Watch returns then.
func (w *eventWriter) Complete() {}

// Heartbeat does nothing: the client's transport has its own.
func (w *eventWriter) Heartbeat() error { return nil }

// Error takes the errors that ended the stream.
func (w *eventWriter) Error(data []byte) {
	body, code := w.masker.executor.mask(data, w.masker)
	var answer struct{ Errors gqlerr.List }
	if err := json.Unmarshal(body, &answer); err != nil || code == "" {
		answer.Errors = gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = answer.Errors
}

func (w *eventWriter) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.failed) == 0 {
		return nil
	}
	return w.failed
}
