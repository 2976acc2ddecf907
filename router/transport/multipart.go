package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// partOf writes one part and the boundary behind it: clients take a part when
// they see its end.
func partOf(boundary string, pieces ...[]byte) []byte {
	out := []byte("\r\nContent-Type: application/json; charset=utf-8\r\n\r\n")
	for _, piece := range pieces {
		out = append(out, piece...)
	}
	return append(append(out, "\r\n--"...), boundary...)
}

// lastBoundary follows the boundary behind the last part.
var lastBoundary = []byte("--\r\n")

// payloadStream carries a subscription by Apollo's multipart protocol: each
// event is wrapped as the payload of a part, and an empty part is a heartbeat.
type payloadStream struct {
	stream    *stream
	requestID string
}

const payloadBoundary = "graphql"

func openPayloads(a reply, cutOff context.CancelFunc) (carrier, *stream) {
	contentType := fmt.Sprintf("%s;boundary=%q;subscriptionSpec=%s", mixedType, payloadBoundary, subscriptionSpec)
	s := a.openStream(contentType, []byte("\r\n--"+payloadBoundary), partOf(payloadBoundary, []byte("{}")), cutOff)
	return payloadStream{s, a.requestID}, s
}

func (p payloadStream) next(body []byte) error {
	return p.stream.send(partOf(payloadBoundary, []byte(`{"payload":`), body, []byte(`}`)))
}

func (p payloadStream) complete() error { return p.stream.send(lastBoundary) }

// fail ends the stream with what its client takes for an error of the operation.
func (p payloadStream) fail(list gqlerr.List) error {
	if err := p.next(list.Body(p.requestID)); err != nil {
		return err
	}
	return p.complete()
}

// interrupt ends the stream with what its client takes for an error of the
// transport, and may answer by coming back.
func (p payloadStream) interrupt(why error) {
	list := gqlerr.List{gqlerr.New(gqlerr.SubgraphUnavailable, "%s", why).With("retryAfter", retryAfter)}
	body := list.Body(p.requestID)
	if p.stream.send(partOf(payloadBoundary, []byte(`{"payload":null,`), body[1:])) == nil {
		_ = p.complete()
	}
}

const deferBoundary = "-"

// serveDeferred carries an answer in parts. Until the first of them there is
// nothing that a plain refusal could not say.
func (h *Handler) serveDeferred(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, end context.CancelFunc) {
	var s *stream
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	bounded, cancel := context.WithTimeout(ctx, h.options.Request)
	defer cancel()
	err := h.deferred(bounded, a, op, caller, func(part []byte, more bool) error {
		if s == nil {
			contentType := fmt.Sprintf("%s;boundary=%q;deferSpec=%s", mixedType, deferBoundary, deferSpec)
			s = a.openStream(contentType, []byte("\r\n--"+deferBoundary), nil, end)
		}
		piece := partOf(deferBoundary, part)
		if !more {
			piece = append(piece, lastBoundary...)
		}
		return s.send(piece)
	})
	if err == nil || ctx.Err() != nil {
		return
	}
	list := h.failed(ctx, op, a.requestID, err)
	if s == nil {
		a.refuse(jsonType, http.StatusInternalServerError, list...)
		return
	}
	h.graph.Refused(list.Code())
	_ = s.send(append(partOf(deferBoundary, brokenOff(list, a.requestID)), lastBoundary...))
}

func (h *Handler) deferred(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, send func([]byte, bool) error) (err error) {
	defer recovered(&err)
	return h.graph.Stream(ctx, op, h.graph.Begin(caller, a.r.Header), send)
}

// brokenOff is the last part of an answer whose rest cannot come.
func brokenOff(list gqlerr.List, requestID string) []byte {
	body, err := json.Marshal(map[string]any{
		"hasNext":     false,
		"incremental": []any{json.RawMessage(`{"data":null,"path":[],` + string(list.Body(requestID)[1:]))},
	})
	if err != nil { // its parts are JSON already
		panic(err)
	}
	return body
}
