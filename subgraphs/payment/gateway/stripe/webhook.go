package stripe

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"cartograph/subgraphs/payment/gateway"
)

// ParseWebhook implements gateway.Gateway. Of an event only its id and the payment that
// it is about are read: its content may be older than what Find returns.
func (s *Stripe) ParseWebhook(header http.Header, body []byte, now time.Time) (gateway.Event, error) {
	if err := gateway.CheckSignature(header.Get("Stripe-Signature"), body, s.cfg.WebhookSecrets, now); err != nil {
		return gateway.Event{}, err
	}
	var e struct {
		ID      string            `json:"id"`
		Type    gateway.EventType `json:"type"`
		Created int64             `json:"created"`
		Data    struct {
			Object struct {
				ID            string            `json:"id"`
				Object        string            `json:"object"`
				PaymentIntent string            `json:"payment_intent"` // of charges, refunds and disputes
				Metadata      map[string]string `json:"metadata"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return gateway.Event{}, fmt.Errorf("%w: %w", gateway.ErrMalformed, err)
	}
	if !strings.HasPrefix(e.ID, "evt_") || e.Type == "" {
		return gateway.Event{}, fmt.Errorf("%w: it has no id or no type", gateway.ErrMalformed)
	}
	event := gateway.Event{ID: e.ID, Type: e.Type, CreatedAt: time.Unix(e.Created, 0)}
	object := e.Data.Object
	if event.Payment.GatewayID = object.PaymentIntent; object.Object == "payment_intent" {
		event.Payment.GatewayID, event.Payment.Reference = object.ID, object.Metadata[metaReference]
	}
	return event, nil
}
