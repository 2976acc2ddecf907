package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const signatureHeader = "Gateway-Signature"

// ParseWebhook implements Gateway. The body must be the bytes as they came.
func (s *Simulator) ParseWebhook(header http.Header, body []byte, now time.Time) (Event, error) {
	if err := CheckSignature(header.Get(signatureHeader), body, s.cfg.WebhookSecrets, now); err != nil {
		return Event{}, err
	}
	var w struct {
		ID      string    `json:"id"`
		Type    EventType `json:"type"`
		Created time.Time `json:"created"`
		Data    struct {
			Object wirePayment `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	p, err := made(w.Data.Object, nil)
	if err != nil {
		return Event{}, fmt.Errorf("%w: event %q: %w", ErrMalformed, w.ID, err)
	}
	if w.ID == "" || w.Type == "" {
		return Event{}, fmt.Errorf("%w: it has no id or no type", ErrMalformed)
	}
	return Event{w.ID, w.Type, w.Created, p}, nil
}
