package transport

import (
	"context"
	"encoding/json"
	"errors"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

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
	if json.Unmarshal(m.Payload, &p) != nil || p.Query == nil {
		return hangUp{closeInvalid, "Invalid message received"}
	}
	s.work.Go(func() {
		defer s.finish(m.ID, op)
		s.run(ctx, m.ID, op, p)
	})
	return nil
}

func (s *socket) requestID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caller.RequestID
}

func (s *socket) run(ctx context.Context, id string, op *running, p parameters) {
	next := func(body []byte) error { //nolint:contextcheck // see write
		return s.say(op, message{ID: id, Type: "next", Payload: body})
	}
	err := s.answer(ctx, p, op.caller, next)
	switch {
	case ctx.Err() != nil, errors.Is(err, execute.ErrStopped), errors.Is(err, context.Canceled):
		return // nobody waits for an end
	case err == nil:
		_ = s.say(op, message{ID: id, Type: "complete"}) //nolint:contextcheck // see write; a socket that fails is found by its reader
	default:
		list := gqlerr.Of(err)
		if list.Code() == gqlerr.Internal {
			s.handler.log.ErrorContext(ctx, "operation over websocket", "request_id", op.caller.RequestID, "err", err)
		}
		s.handler.graph.Refused(list.Code())
		_ = s.say(op, errorMessage(id, list, op.caller.RequestID)) //nolint:contextcheck // see write
	}
}

func (s *socket) answer(ctx context.Context, p parameters, caller auth.Caller, next func([]byte) error) error {
	req, problem := p.request()
	if problem != nil {
		return problem
	}
	op, err := s.handler.graph.Prepare(ctx, req)
	if err != nil {
		return err
	}
	session := s.handler.graph.Begin(caller, s.request.Header)
	if op.Kind == plan.Subscription {
		return s.handler.graph.Watch(ctx, op, session, next)
	}
	ctx, cancel := context.WithTimeout(ctx, s.handler.options.Request)
	defer cancel()
	answer, err := s.handler.graph.Run(ctx, op, session)
	if err != nil {
		return err
	}
	return next(answer.Body)
}

// errorMessage ends an operation; no complete follows it.
func errorMessage(id string, list gqlerr.List, requestID string) message {
	var body struct{ Errors json.RawMessage }
	if err := json.Unmarshal(list.Body(requestID), &body); err != nil {
		body.Errors = json.RawMessage("[]")
	}
	return message{ID: id, Type: "error", Payload: body.Errors}
}
