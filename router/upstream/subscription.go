package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
)

// Protocol is how a subgraph sends the events of a subscription. Each
// subscription has a connection of its own, so that a broken connection ends
// one stream only.
type Protocol string

const (
	// ServerSentEvents are the response to a POST, in the "distinct connections"
	// mode of GraphQL over SSE. For a subgraph that rejects it with a status such
	// as 405 or 415, WebSocket is used from then on.
	ServerSentEvents Protocol = "sse"
	WebSocket        Protocol = "ws" // graphql-transport-ws
)

// stream is a subscription that the subgraph has accepted.
type stream interface {
	// read passes each event on until the stream is complete. An event is valid
	// only during the call.
	read(next func(event []byte)) error
	close()
}

// Stream subscribes and passes events on until the subscription completes, when
// it returns nil, or ctx ends. Errors are *Failure. Only opening the stream
// counts in the circuit breaker: a stream that breaks after an hour is no evidence
// about the next fetch.
func (s *Subgraph) Stream(ctx context.Context, r Request, next func(event []byte)) error {
	var opened stream
	_, err := s.breaker.run(func() ([]byte, error) {
		var err error
		opened, err = s.open(ctx, r)
		return nil, err
	})
	if err != nil {
		return failureOf(err)
	}
	defer opened.close()
	if err := opened.read(next); err != nil {
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: err}
	}
	return nil
}

// open starts a stream by the protocol that the subgraph supports.
func (s *Subgraph) open(ctx context.Context, r Request) (stream, error) {
	var sseErr error
	if s.options.Subscriptions != WebSocket && !s.streams.useWebSocket.Load() {
		opened, err := s.openEventStream(ctx, r)
		if err == nil {
			return opened, nil
		}
		if !errors.Is(err, errNoEventStream) {
			return nil, openFailure(ctx, err)
		}
		sseErr = err
	}
	opened, err := s.openWebSocket(ctx, r)
	if err != nil {
		failure := openFailure(ctx, err)
		if sseErr != nil {
			failure.Err = fmt.Errorf("%w; by WebSocket: %w", sseErr, failure.Err)
		}
		return nil, failure
	}
	s.streams.useWebSocket.Store(true)
	return opened, nil
}

// openFailure returns err, of opening a stream, as a failure.
func openFailure(ctx context.Context, err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	failure := &Failure{Code: gqlerr.SubgraphUnavailable, Err: err, subgraphFault: ctx.Err() == nil}
	if errors.Is(err, context.DeadlineExceeded) {
		failure.Code = gqlerr.Timeout
	}
	return failure
}

// streams tracks the goroutines that read streams, so that Close can wait for
// them. Once closed it starts no more.
type streams struct {
	useWebSocket atomic.Bool // the subgraph rejected server-sent events

	mu      sync.Mutex
	closed  bool
	readers sync.WaitGroup
	ctx     context.Context //nolint:containedctx // of all streams
	cancel  context.CancelFunc
}

// start runs read in a goroutine, and reports false once closed. The lock makes
// Go and Wait exclusive: a WaitGroup must not grow from zero during Wait.
func (s *streams) start(read func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.readers.Go(read)
	}
	return !s.closed
}

// close ends the streams and waits for their readers.
func (s *streams) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.readers.Wait()
}

// Subscriptions returns the client through which the engine opens streams.
func (s *Subgraph) Subscriptions() graphql_datasource.GraphQLSubscriptionClient {
	return subscriptions{s}
}

type subscriptions struct{ subgraph *Subgraph }

// Subscribe starts a reader and returns. The reader passes events on until the
// stream ends, the subscription is cancelled or the subgraph is closed.
func (c subscriptions) Subscribe(ctx *resolve.Context, options graphql_datasource.GraphQLSubscriptionOptions, updater resolve.SubscriptionUpdater) error {
	s := c.subgraph
	body, err := json.Marshal(options.Body)
	if err != nil {
		return err
	}
	request := Request{Header: NewHeader(options.Header), Body: body, Mutation: true}
	started := s.streams.start(func() {
		defer updater.Done()
		streamCtx, cancel := context.WithCancel(ctx.Context())
		defer cancel()
		defer context.AfterFunc(s.streams.ctx, cancel)()
		err := s.Stream(streamCtx, request, updater.Update)
		switch {
		case streamCtx.Err() != nil: // the subscriber is gone
		case err != nil:
			failure := failureOf(err)
			s.options.Log.ErrorContext(streamCtx, "subgraph subscription failed", "subgraph", s.name, "request_id", request.Header.requestID(), "err", failure.Err)
			updater.Error(gqlerr.List{Unavailable(s.name, gqlerr.SubgraphUnavailable, failure.RetryAfter)}.Body(""))
		default:
			updater.Complete()
		}
	})
	if !started {
		updater.Done()
	}
	return nil
}

// suggestsWebSocket reports a status that rejects the POST or the media type, and
// not the operation.
func suggestsWebSocket(status int) bool {
	switch status {
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusUpgradeRequired:
		return true
	}
	return false
}
