package logs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"cartograph/consumers/logs/db"
	"cartograph/internal/wakeup"
)

const (
	alertEvery   = 5 * time.Second
	alertTimeout = 10 * time.Second
	maxAlerts    = 20 // of one round
)

// alert is what ALERT_URL gets. Chats show its text.
type alert struct {
	Text    string          `json:"text"`
	Service string          `json:"service"`
	Message string          `json:"message"`
	Example json.RawMessage `json:"example"` // the attributes of a record
	Count   int64           `json:"count"`
	FirstAt time.Time       `json:"firstAt"`
}

// RunAlerts posts each new kind of error to the configured address until ctx ends. A
// kind is posted at least once: the address may get it again after a crash.
func (w *Worker) RunAlerts(ctx context.Context) error {
	for w.cfg.AlertURL != "" {
		if err := w.Alert(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "new kinds of errors not posted, retrying", "err", err)
		}
		if !wakeup.Sleep(ctx, alertEvery) {
			return nil
		}
	}
	return nil
}

// Alert is one round.
func (w *Worker) Alert(ctx context.Context) error {
	q := db.New(w.pool)
	kinds, err := q.NewKinds(ctx, db.NewKindsParams{Level: int16(slog.LevelError), MaxRows: maxAlerts})
	if err != nil {
		return err
	}
	for _, k := range kinds {
		err := w.post(ctx, alert{
			Text:    fmt.Sprintf("New error in %s: %s", k.Service, k.Message),
			Service: k.Service, Message: k.Message, Example: k.Example, Count: k.Written, FirstAt: k.FirstAt,
		})
		if err != nil {
			return err
		}
		if err := q.MarkAlerted(ctx, []string{k.Fingerprint}); err != nil {
			return err
		}
	}
	return nil
}

func (w *Worker) post(ctx context.Context, a alert) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.AlertURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := w.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	const few = 64 << 10
	_, _ = io.CopyN(io.Discard, res.Body, few) // so that the connection is used again
	if res.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("ALERT_URL answers %s", res.Status)
	}
	return nil
}
