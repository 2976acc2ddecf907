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

// running is one operation of a socket; its address tells it from a later one
// of the same id.
type running struct {
	cancel context.CancelFunc
	caller auth.Caller // with a request id of its own
}

// subscribe starts an operation of any kind.
func (s *socket) subscribe(m message) error {
	if m.ID == "" {
		return hangUp{closeInvalid, "Invalid message received"}
	}
	op, ctx, err := s.begin(m.ID)
	if problem, ok := errors.AsType[*gqlerr.Error](err); ok {
		return s.write(errorMessage(m.ID, gqlerr.List{problem}, s.requestID()))
	}
	if err != nil {
		return err
	}
	var p parameters
	if json.Unmarshal(m.Payload, &p) != nil || p.asksNothing() {
		return hangUp{closeInvalid, "Invalid message received"}
	}
	s.settle()
	s.work.Go(func() {
		defer op.cancel()
		defer s.finish(m.ID, op)
		s.run(ctx, m.ID, op, p)
	})
	return nil
}

// asksNothing tells a payload that breaks the protocol from one whose document
// cannot run.
func (p parameters) asksNothing() bool {
	return p.Query == nil && p.DocumentID == nil && p.DocID == nil && p.ID == nil && len(p.Extensions) == 0
}

// settle waits for a message that is leaving: it may be of an operation that the
// client has ended, whose id the next one has.
func (s *socket) settle() {
	s.writing.Lock()
	defer s.writing.Unlock()
}

func (s *socket) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caller.RequestID
}

func (s *socket) run(ctx context.Context, id string, op *running, p parameters) {
	next := func(body []byte) error { //nolint:contextcheck // see write
		return s.say(op, message{ID: id, Type: "next", Payload: body}, false)
	}
	err := s.answer(ctx, p, op, next)
	switch {
	case ctx.Err() != nil, errors.Is(err, execute.ErrStopped), errors.Is(err, context.Canceled):
		return // nobody waits for an end
	case err == nil:
		_ = s.say(op, message{ID: id, Type: "complete"}, true) //nolint:contextcheck // see write; a socket that fails is found by its reader
	default:
		list := gqlerr.FromError(err)
		if list.Code() == gqlerr.Internal {
			s.handler.log.ErrorContext(ctx, "operation over websocket", "request_id", op.caller.RequestID, "err", err)
		}
		s.handler.graph.Refused(list.Code())
		_ = s.say(op, errorMessage(id, list, op.caller.RequestID), true) //nolint:contextcheck // see write
	}
}

func (s *socket) answer(ctx context.Context, p parameters, running *running, next func([]byte) error) error {
	h := s.handler
	req, _, problem := p.request()
	if problem != nil {
		return problem
	}
	req.Incremental = true
	op, err := h.graph.Prepare(ctx, req)
	if err != nil {
		return err
	}
	if _, err := h.graph.Admit(ctx, running.caller, op); err != nil {
		return err
	}
	if op.Kind == plan.Subscription {
		client := h.clientOf(running.caller, s.request)
		if !h.subscriptions.enter(client) {
			return h.tooManySubscriptions()
		}
		defer h.subscriptions.leave(client)
	}
	return h.inPlace(ctx, op, func() error { return h.perform(ctx, op, running.caller, s.request.Header, next) })
}

// errorMessage ends an operation; no complete follows it.
func errorMessage(id string, list gqlerr.List, requestID string) message {
	var body struct{ Errors json.RawMessage }
	if err := json.Unmarshal(list.Body(requestID), &body); err != nil {
		body.Errors = json.RawMessage("[]")
	}
	return message{ID: id, Type: "error", Payload: body.Errors}
}

// say writes a message of a running operation, unless the client has ended it.
// With the last one its id is free: the client may use it again as soon as it
// has read that.
func (s *socket) say(op *running, m message, last bool) error {
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

// finish ends the operation of that id, or only that one if it is named.
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

// begin registers an operation; ids are taken until their operation ends.
func (s *socket) begin(id string) (*running, context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.acked:
		return nil, nil, hangUp{closeUnauthorized, "Unauthorized"}
	case s.operations[id] != nil:
		const longest = 60 // characters; a close frame holds 123 bytes
		return nil, nil, hangUp{closeDuplicate, fmt.Sprintf("Subscriber for %.*s already exists", longest, id)}
	case len(s.operations) >= s.handler.options.Socket.Operations:
		return nil, nil, gqlerr.New(gqlerr.RateLimited, "This socket runs %d operations already.", len(s.operations)).
			With("limit", s.handler.options.Socket.Operations)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.started++
	op := &running{cancel: cancel, caller: s.caller}
	op.caller.RequestID = fmt.Sprintf("%s.%d", s.caller.RequestID, s.started)
	s.operations[id] = op
	return op, ctx, nil
}
