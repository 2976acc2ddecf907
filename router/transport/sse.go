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

// eventOf writes one event. Line breaks in data, which would end it, become
// spaces: in JSON they are insignificant outside strings and escaped inside.
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

// eventStream sends one operation by graphql-sse in distinct connections mode.
type eventStream struct {
	stream    *stream
	requestID string
}

func openEvents(a reply, cancel context.CancelFunc) (carrier, *stream) {
	s := a.openStream(eventsType+"; charset=utf-8", heartbeat, heartbeat, cancel)
	return eventStream{s, a.requestID}, s
}

func (e eventStream) next(body []byte) error { return e.stream.send(eventOf("next", body)) }

func (e eventStream) complete() error { return e.stream.send(eventOf("complete")) }

func (e eventStream) fail(list gqlerr.List) error {
	return e.stream.send(append(eventOf("next", list.Body(e.requestID)), eventOf("complete")...))
}

// interrupt sends nothing: clients reconnect when a stream ends without complete.
func (e eventStream) interrupt(error) {}

// writeEvents answers a client that accepts only events with errors as an event: an
// EventSource exposes neither status nor body of an error response.
func (a reply) writeEvents(list gqlerr.List) {
	_ = a.write(eventsType, http.StatusOK, append(eventOf("next", list.Body(a.requestID)), eventOf("complete")...))
}

// sharedEvents sends one of several operations over a single connection: each event
// has the operation's id.
type sharedEvents struct {
	send      func(event []byte) error
	id        []byte // as JSON
	requestID string
}

func newSharedEvents(id, requestID string, send func([]byte) error) sharedEvents {
	name, err := json.Marshal(id)
	if err != nil { // strings always marshal
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

// interrupt sends nothing: the whole connection ends.
func (e sharedEvents) interrupt(error) {}
