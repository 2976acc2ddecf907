// Package eventtest makes events for tests of consumers.
package eventtest

import (
	"encoding/json"
	"fmt"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/id"
)

// Envelope is a payload as it is delivered by Kafka, with an id of its own.
func Envelope(p event.Payload) event.Envelope {
	data, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("write %s: %v", p.Type(), err)) // a payload that cannot be published is a bug
	}
	return event.Envelope{
		SpecVersion: "1.0", ID: id.New(id.Event), Type: p.Type(), Subject: p.Subject(), Time: time.Now(),
		DataContentType: "application/json", Data: data,
	}
}
