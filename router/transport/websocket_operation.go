package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// running is one operation of a socket. Its address distinguishes it from a later
// one with the same id.
type running struct {
	cancel context.CancelFunc
	caller auth.Caller // with the operation's own request id
}

// subscribe starts an operation of any kind.
func (s *socket) subscribe(m message) error {
	if m.ID == "" {
		return closeError{closeInvalid, "Invalid message received"}
	}
	op, ctx, err := s.begin(m.ID)
	if problem, ok := errors.AsType[*gqlerr.Error](err); ok {
		return s.write(errorMessage(m.ID, gqlerr.List{problem}, s.requestID()))
	}
	if err != nil {
		return err
	}
	var p parameters
	if json.Unmarshal(m.Payload, &p) != nil || p.empty() {
		return closeError{closeInvalid, "Invalid message received"}
	}
	s.waitForWrite()
	s.work.Go(func() {
		defer op.cancel()
		defer s.finish(m.ID, op)
		s.run(ctx, m.ID, op, p, len(m.Payload))
	})
	return nil
}

// empty distinguishes a payload that violates the protocol, which closes the socket,
// from one whose operation is refused.
func (p parameters) empty() bool {
	return p.Query == nil && p.DocumentID == nil && p.DocID == nil && p.ID == nil && len(p.Extensions) == 0
}

// waitForWrite waits for a message being written. It may belong to an operation that
// the client has completed, whose id the new operation reuses: written later, it
// would be taken for the new one's.
func (s *socket) waitForWrite() {
	s.writing.Lock()
	defer s.writing.Unlock()
}

func (s *socket) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caller.RequestID
}

func (s *socket) run(ctx context.Context, id string, op *running, p parameters, size int) {
	next := func(body []byte) error { //nolint:contextcheck // see write
		return s.send(op, message{ID: id, Type: "next", Payload: body}, false)
	}
	err := s.answer(ctx, p, size, op, next)
	switch {
	case ctx.Err() != nil, errors.Is(err, execute.ErrStopped), errors.Is(err, context.Canceled):
		return // the client has completed it, or the socket ends
	case err == nil:
		_ = s.send(op, message{ID: id, Type: "complete"}, true) //nolint:contextcheck // see write; a failed write ends the read loop
	default:
		list := gqlerr.FromError(err)
		if list.Code() == gqlerr.Internal {
			s.handler.log.ErrorContext(ctx, "operation over websocket", "request_id", op.caller.RequestID, "err", err)
		}
		s.handler.graph.Refused(list.Code())
		_ = s.send(op, errorMessage(id, list, op.caller.RequestID), true) //nolint:contextcheck // see write
	}
}

func (s *socket) answer(ctx context.Context, p parameters, size int, running *running, next func([]byte) error) error {
	h := s.handler
	op, err := s.prepare(ctx, p, size, running.caller)
	if err != nil {
		return err
	}
	if op.Kind == plan.Subscription {
		by := subscriberOf(running.caller, s.network)
		if problem := h.subscriptions.enter(by); problem != nil {
			return problem
		}
		defer h.subscriptions.leave(by)
	}
	return h.admit(ctx, s.network, op, func() error { return h.perform(ctx, op, running.caller, s.request.Header, next) })
}

// prepare charges for an operation and plans it.
func (s *socket) prepare(ctx context.Context, p parameters, size int, caller auth.Caller) (*plan.Operation, error) {
	h := s.handler
	price, err := h.graph.Charge(ctx, caller, 1, size)
	if err != nil {
		return nil, err
	}
	req, _, problem := p.request()
	if problem != nil {
		return nil, h.chargeRefused(ctx, caller, price, problem)
	}
	req.Incremental = true
	op, err := h.graph.Prepare(ctx, caller, req)
	if err != nil {
		return nil, h.chargeRefused(ctx, caller, price, err)
	}
	_, err = h.graph.Admit(ctx, caller, price, op)
	return op, err
}

// errorMessage ends an operation: by the protocol no complete follows.
func errorMessage(id string, list gqlerr.List, requestID string) message {
	var body struct{ Errors json.RawMessage }
	if err := json.Unmarshal(list.Body(requestID), &body); err != nil {
		body.Errors = json.RawMessage("[]")
	}
	return message{ID: id, Type: "error", Payload: body.Errors}
}

// send writes a message of a running operation, unless the client has completed it.
// The last message frees the id before it is written: the client may reuse the id
// as soon as it has read it.
func (s *socket) send(op *running, m message, last bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	current := s.operations[m.ID] == op
	if current && last {
		delete(s.operations, m.ID)
	}
	s.mu.Unlock()
	if !current {
		return context.Canceled
	}
	return s.write(m)
}

// finish cancels the operation with this id; with only set, not a later one that
// reuses the id.
func (s *socket) finish(id string, only *running) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.operations[id]
	if op == nil || only != nil && only != op {
		return
	}
	op.cancel()
	delete(s.operations, id)
}

// begin registers an operation. Its id is in use until it ends.
func (s *socket) begin(id string) (*running, context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.acked:
		return nil, nil, closeError{closeUnauthorized, "Unauthorized"}
	case s.operations[id] != nil:
		const maxRunes = 60 // a close frame holds 123 bytes
		return nil, nil, closeError{closeDuplicate, fmt.Sprintf("Subscriber for %.*s already exists", maxRunes, id)}
	case len(s.operations) >= s.handler.options.Socket.Operations:
		return nil, nil, gqlerr.New(gqlerr.RateLimited, "This connection already runs %d operations.", len(s.operations)).
			With("limit", s.handler.options.Socket.Operations)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.started++
	op := &running{cancel: cancel, caller: s.caller}
	op.caller.RequestID = fmt.Sprintf("%s.%d", s.caller.RequestID, s.started)
	s.operations[id] = op
	return op, ctx, nil
}
