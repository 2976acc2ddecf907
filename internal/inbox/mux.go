package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/telemetry"
)

// Mux dispatches events to the handlers of one consumer by their type. A
// handler is registered by the type of its payload, and topics follow from the
// registrations: what is handled is subscribed, and what is subscribed for no
// handler's sake is not.
//
// Registration ends before the first event. Handle is safe for concurrent use.
type Mux struct {
	consumer string
	outbox   *outbox.Outbox
	handlers map[string]func(context.Context, event.Envelope) error
	together map[string]func(context.Context, []event.Envelope) error
	topics   []event.Topic
	expected func(event.Envelope) bool
	handled  func(event.Envelope)
}

// NewMux returns a mux without handlers. The consumer is the name of its group,
// under which events are marked as handled in the outbox's database.
func NewMux(consumer string, o *outbox.Outbox) *Mux {
	return &Mux{
		consumer: consumer, outbox: o, handlers: map[string]func(context.Context, event.Envelope) error{},
		together: map[string]func(context.Context, []event.Envelope) error{},
	}
}

// SkipExpected makes On skip events for which expected returns true, before
// they cost a transaction: see Expected.
func (m *Mux) SkipExpected(expected func(event.Envelope) bool) { m.expected = expected }

// AfterCommit makes On call fn after the commit of each event's transaction,
// also when it was handled before: for signals within the process, which a
// crash may lose.
func (m *Mux) AfterCommit(fn func(event.Envelope)) { m.handled = fn }

// On registers the handler of events with payload P. It runs in a transaction
// that also marks the event as handled: both happen, once, or neither.
func On[P event.Payload](m *Mux, handle func(ctx context.Context, tx pgx.Tx, payload P, e event.Envelope) error) {
	OnDirect(m, func(ctx context.Context, payload P, e event.Envelope) error {
		return m.once(ctx, e, func(ctx context.Context, tx pgx.Tx) error { return handle(ctx, tx, payload, e) })
	})
}

// OnType is On for events of a payload's type whose data the handler passes on as it is.
func (m *Mux) OnType(p event.Payload, handle func(ctx context.Context, tx pgx.Tx, e event.Envelope) error) {
	m.register(p, func(ctx context.Context, e event.Envelope) error {
		return m.once(ctx, e, func(ctx context.Context, tx pgx.Tx) error { return handle(ctx, tx, e) })
	})
}

func (m *Mux) once(ctx context.Context, e event.Envelope, fn func(context.Context, pgx.Tx) error) error {
	if m.expected != nil && m.expected(e) {
		return nil
	}
	err := m.Once(ctx, e, fn)
	if err == nil && m.handled != nil {
		m.handled(e)
	}
	return err
}

// OnDirect registers a handler that runs outside of a transaction and may be
// called more than once for an event. It is idempotent by itself, for example
// because what is older than the stored version changes nothing, or calls Once.
func OnDirect[P event.Payload](m *Mux, handle func(ctx context.Context, payload P, e event.Envelope) error) {
	var zero P
	m.register(zero, func(ctx context.Context, e event.Envelope) error {
		payload, err := event.Decode[P](e)
		if err != nil {
			return err
		}
		return handle(ctx, payload, e)
	})
}

// OnAll registers a handler like OnDirect, which handles several events at once: those
// of a list that HandleAll is given, or one.
func OnAll[P event.Payload](m *Mux, handle func(ctx context.Context, payloads []P, events []event.Envelope) error) {
	var zero P
	all := func(ctx context.Context, events []event.Envelope) error {
		payloads := make([]P, len(events))
		for i, e := range events {
			var err error
			if payloads[i], err = event.Decode[P](e); err != nil {
				return err
			}
		}
		return handle(ctx, payloads, events)
	}
	m.register(zero, func(ctx context.Context, e event.Envelope) error { return all(ctx, []event.Envelope{e}) })
	m.together[zero.Type()] = all
}

func (m *Mux) register(p event.Payload, handle func(context.Context, event.Envelope) error) {
	if m.handlers[p.Type()] != nil {
		panic(fmt.Sprintf("inbox: %s has two handlers of %s", m.consumer, p.Type()))
	}
	m.handlers[p.Type()] = handle
	if !slices.Contains(m.topics, p.Topic()) {
		m.topics = append(m.topics, p.Topic())
		slices.Sort(m.topics)
	}
}

// Once runs fn in a transaction that also marks the event as handled, unless
// it is marked already.
func (m *Mux) Once(ctx context.Context, e event.Envelope, fn func(context.Context, pgx.Tx) error) error {
	return m.outbox.InTx(ctx, func(tx pgx.Tx) error {
		fresh, err := Mark(ctx, tx, m.consumer, e.ID)
		if err != nil || !fresh {
			return err
		}
		return fn(ctx, tx)
	})
}

// Topics are those of the registered payloads, in alphabetical order.
func (m *Mux) Topics() []event.Topic { return slices.Clone(m.topics) }

// Handle gives an event to its handler. What the handler publishes names the
// event as its cause. Types without a handler, which other consumers of the
// topic are for, are skipped. It is a kafka.Handle.
func (m *Mux) Handle(ctx context.Context, e event.Envelope) error {
	handle, ok := m.handlers[e.Type]
	if !ok {
		return nil
	}
	ctx, end := telemetry.Handle(event.WithCause(ctx, e), m.consumer, e.Type, e.Subject)
	err := handle(ctx, e)
	end(err)
	return err
}

// HandleAll gives events to their handlers, in their order. Those of one type that
// follow each other are handled at once where OnAll registered their handler, without
// the name of a cause in what it publishes. After an error some may be handled.
func (m *Mux) HandleAll(ctx context.Context, events []event.Envelope) error {
	for len(events) > 0 {
		n := 1
		for n < len(events) && events[n].Type == events[0].Type {
			n++
		}
		if err := m.handleType(ctx, events[:n]); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

func (m *Mux) handleType(ctx context.Context, events []event.Envelope) error {
	if together := m.together[events[0].Type]; together != nil && len(events) > 1 {
		ends := make([]func(error), len(events)) // of the spans, one in each event's trace
		for i, e := range events {
			_, ends[i] = telemetry.Handle(event.WithCause(ctx, e), m.consumer, e.Type, e.Subject)
		}
		err := together(ctx, events)
		for _, end := range ends {
			end(err)
		}
		return err
	}
	for _, e := range events {
		if err := m.Handle(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
