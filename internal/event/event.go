// Package event is the contract between the services that publish to Kafka
// and those that consume: topics, the envelope, and every payload.
//
// Payloads grow by optional fields; an incompatible change is a new type with
// a higher version. Readers skip types and fields that are unknown to them.
package event

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"cartograph/internal/fault"
)

// Payload is what happened, named in the past tense; or a request to another
// service, named "Due".
type Payload interface {
	Type() string    // "com.cartograph.order.confirmed.v1"
	Topic() Topic    // where it is published
	Subject() string // the record's key: events of one subject stay in order
}

// Envelope is a record's value on every topic: a CloudEvent in JSON.
type Envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Type            string          `json:"type"`
	Source          string          `json:"source"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	DataSchema      string          `json:"dataschema,omitempty"`  // see SchemaOf; absent from events of earlier versions
	TraceParent     string          `json:"traceparent,omitempty"` // of the trace in which it was written
	Sequence        int64           `json:"sequence"`              // per topic and subject, without gaps, from 1
	CorrelationID   string          `json:"correlationid,omitempty"`
	CausationID     string          `json:"causationid,omitempty"`
	Actor           string          `json:"actor,omitempty"`
	Data            json.RawMessage `json:"data"`
}

// ContentType of a record that holds an Envelope.
const ContentType = "application/cloudevents+json"

// Parse reads a record's value. A value that is no Envelope is Invalid.
func Parse(value []byte) (Envelope, error) {
	var e Envelope
	if err := json.Unmarshal(value, &e); err != nil {
		return e, fault.New(fault.Invalid, "This is not an event: %v.", err)
	}
	if e.ID == "" || e.Type == "" || e.Subject == "" {
		return e, fault.New(fault.Invalid, "An event needs an id, a type and a subject.")
	}
	return e, nil
}

// Decode reads the payload of e. Data of another shape is Invalid: a retry would
// fail again.
func Decode[P Payload](e Envelope) (P, error) {
	var p P
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return p, fault.New(fault.Invalid, "The data of %s %s does not fit: %v.", e.Type, e.ID, err)
	}
	return p, nil
}

// Type is the type name of a payload that is known at compile time.
func Type[P Payload]() string {
	var p P
	return p.Type()
}

func typeName(aggregate, verb string) string {
	return fmt.Sprintf("com.cartograph.%s.%s.v1", aggregate, verb)
}

type causeKey struct{}

// WithCause returns a context in which everything published has e as its cause, and
// belongs to its trace, as do calls to other services.
func WithCause(ctx context.Context, e Envelope) context.Context {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceParent: e.TraceParent})
	return context.WithValue(ctx, causeKey{}, e)
}

const traceParent = "traceparent"

// TraceParentOf is the trace of ctx as an Envelope has it; empty outside of any.
func TraceParentOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[traceParent]
}

// Cause is the event that is being handled in ctx; the zero Envelope where a
// command is.
func Cause(ctx context.Context) Envelope {
	e, _ := ctx.Value(causeKey{}).(Envelope)
	return e
}
