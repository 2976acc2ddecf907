package cart_test

import (
	"encoding/json"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/id"
)

func envelope(t *testing.T, p event.Payload) event.Envelope {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return event.Envelope{ID: id.New(id.Event), Type: p.Type(), Subject: p.Subject(), Data: data}
}
