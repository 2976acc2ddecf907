package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"cartograph/router/gqlerr"
)

// heartbeat is a comment of server-sent events.
var heartbeat = []byte(":\n\n")

// eventOf writes one event. Its data is on one line, since a line break would
// end it: JSON has none that means anything.
func eventOf(name string, data ...[]byte) []byte {
	out := append(append([]byte("event: "), name...), "\ndata:"...)
	for i, piece := range data {
		if i == 0 {
			out = append(out, ' ')
		}
		if bytes.ContainsAny(piece, "\r\n") {
			piece = bytes.Map(func(c rune) rune {
				if c == '\r' || c == '\n' {
					return ' '
				}
				return c
			}, piece)
		}
		out = append(out, piece...)
	}
	return append(out, "\n\n"...)
}

// eventStream carries one operation as graphql-sse does in its mode of distinct
// connections.
type eventStream struct {
	stream    *stream
	requestID string
}

func openEvents(a reply, cutOff context.CancelFunc) (carrier, *stream) {
	s := a.openStream(eventsType+"; charset=utf-8", heartbeat, heartbeat, cutOff)
	return eventStream{s, a.requestID}, s
}

func (e eventStream) next(body []byte) error { return e.stream.send(eventOf("next", body)) }

func (e eventStream) complete() error { return e.stream.send(eventOf("complete")) }

func (e eventStream) fail(list gqlerr.List) error {
	return e.stream.send(append(eventOf("next", list.Body(e.requestID)), eventOf("complete")...))
}

// interrupt says nothing: a stream that ends without complete is one to open
// again.
func (e eventStream) interrupt(error) {}

// writeEvents answers a client that takes only events with why its operation
// cannot run: the protocol's browsers see neither status nor body of a refusal.
func (a reply) writeEvents(list gqlerr.List) {
	_ = a.write(eventsType, http.StatusOK, append(eventOf("next", list.Body(a.requestID)), eventOf("complete")...))
}

// sharedEvents carries one operation of several over a single connection: each
// event names its operation.
type sharedEvents struct {
	send      func(event []byte) error
	id        []byte // as JSON
	requestID string
}

func newSharedEvents(id, requestID string, send func([]byte) error) sharedEvents {
	name, err := json.Marshal(id)
	if err != nil { // a string always has a form in JSON
		panic(err)
	}
	return sharedEvents{send, name, requestID}
}

func (e sharedEvents) next(body []byte) error {
	return e.send(eventOf("next", []byte(`{"id":`), e.id, []byte(`,"payload":`), body, []byte(`}`)))
}

func (e sharedEvents) complete() error {
	return e.send(eventOf("complete", []byte(`{"id":`), e.id, []byte(`}`)))
}

func (e sharedEvents) fail(list gqlerr.List) error {
	if err := e.next(list.Body(e.requestID)); err != nil {
		return err
	}
	return e.complete()
}

// interrupt is the whole connection's matter.
func (e sharedEvents) interrupt(error) {}
