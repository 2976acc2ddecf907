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

// partOf writes one part and the boundary after it. Clients process a part when
// they read the boundary, so it must not wait for the next part.
func partOf(boundary string, pieces ...[]byte) []byte {
	out := []byte("\r\nContent-Type: application/json; charset=utf-8\r\n\r\n")
	for _, piece := range pieces {
		out = append(out, piece...)
	}
	return append(append(out, "\r\n--"...), boundary...)
}

// lastBoundary follows the boundary after the last part.
var lastBoundary = []byte("--\r\n")

// payloadStream sends a subscription by Apollo's multipart protocol: each event is
// the payload of a part, and an empty object is a heartbeat.
type payloadStream struct {
	stream    *stream
	requestID string
}

const payloadBoundary = "graphql"

func openPayloads(a reply, cancel context.CancelFunc) (carrier, *stream) {
	contentType := fmt.Sprintf("%s;boundary=%q;subscriptionSpec=%s", mixedType, payloadBoundary, subscriptionSpec)
	s := a.openStream(contentType, []byte("\r\n--"+payloadBoundary), partOf(payloadBoundary, []byte("{}")), cancel)
	return payloadStream{s, a.requestID}, s
}

func (p payloadStream) next(body []byte) error {
	return p.stream.send(partOf(payloadBoundary, []byte(`{"payload":`), body, []byte(`}`)))
}

func (p payloadStream) complete() error { return p.stream.send(lastBoundary) }

// fail ends the stream with an error of the operation.
func (p payloadStream) fail(list gqlerr.List) error {
	if err := p.next(list.Body(p.requestID)); err != nil {
		return err
	}
	return p.complete()
}

// interrupt ends the stream with an error of the transport: payload null. Clients
// may reconnect after it.
func (p payloadStream) interrupt(reason error) {
	list := gqlerr.List{gqlerr.New(gqlerr.SubgraphUnavailable, "%s", reason).With("retryAfter", retryAfterSeconds)}
	body := list.Body(p.requestID)
	if p.stream.send(partOf(payloadBoundary, []byte(`{"payload":null,`), body[1:])) == nil {
		_ = p.complete()
	}
}

const deferBoundary = "-"

// serveDeferred sends an answer in parts. The stream is opened with the first one:
// until then an error can still be answered with a status of its own.
func (h *Handler) serveDeferred(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, end context.CancelFunc) {
	var s *stream
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	limited, cancel := context.WithTimeout(ctx, h.options.Request)
	defer cancel()
	err := h.deferred(limited, a, op, caller, func(part []byte, more bool) error {
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
	_ = s.send(append(partOf(deferBoundary, failedPart(list, a.requestID)), lastBoundary...))
}

func (h *Handler) deferred(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, send func([]byte, bool) error) (err error) {
	defer recovered(&err)
	return h.graph.Stream(ctx, op, h.graph.Begin(caller, a.r.Header), send)
}

// failedPart is the last part of an answer whose remaining parts failed.
func failedPart(list gqlerr.List, requestID string) []byte {
	body, err := json.Marshal(map[string]any{
		"hasNext":     false,
		"incremental": []any{json.RawMessage(`{"data":null,"path":[],` + string(list.Body(requestID)[1:]))},
	})
	if err != nil { // its members are valid JSON
		panic(err)
	}
	return body
}
