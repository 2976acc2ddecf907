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

// Protocol is how a subgraph sends the events of a subscription. Either way
// there is one connection a subscription: what breaks ends one stream.
type Protocol string

const (
	// ServerSentEvents are the answer to a POST, in the "distinct connections"
	// mode of GraphQL over SSE. A subgraph that refuses them is asked by
	// WebSocket from then on.
	ServerSentEvents Protocol = "sse"
	WebSocket        Protocol = "ws" // graphql-transport-ws
)

// stream is a subscription that the subgraph has taken.
type stream interface {
	// read hands on each event until the stream is complete. An event is valid
	// during the call.
	read(next func(event []byte)) error
	close()
}

// Stream subscribes and hands on events until the subscription is complete,
// which is nil, or ctx ends. Its errors are *Failure.
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

// open starts a stream by the protocol that the subgraph speaks.
func (s *Subgraph) open(ctx context.Context, r Request) (stream, error) {
	var refused error
	if s.options.Subscriptions != WebSocket && !s.streams.socket.Load() {
		opened, err := s.openEvents(ctx, r)
		if err == nil {
			return opened, nil
		}
		if !errors.Is(err, errNoEvents) {
			return nil, unopened(ctx, err)
		}
		refused = err
	}
	opened, err := s.openSocket(ctx, r)
	if err != nil {
		failure := unopened(ctx, err)
		if refused != nil {
			failure.Err = fmt.Errorf("%w; then by WebSocket: %w", refused, failure.Err)
		}
		return nil, failure
	}
	s.streams.socket.Store(true)
	return opened, nil
}

// unopened is the failure to open a stream.
func unopened(ctx context.Context, err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	failure := &Failure{Code: gqlerr.SubgraphUnavailable, Err: err, blame: ctx.Err() == nil}
	if errors.Is(err, context.DeadlineExceeded) {
		failure.Code = gqlerr.Timeout
	}
	return failure
}

// streams counts the goroutines that read streams, so that they can be waited
// for; once closed it starts no more.
type streams struct {
	socket atomic.Bool // the subgraph turned out to want a WebSocket

	mu     sync.Mutex
	closed bool
	all    sync.WaitGroup
	ends   context.CancelFunc
	life   context.Context //nolint:containedctx // of all streams
}

func (s *streams) start(read func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.all.Go(read)
	}
	return !s.closed
}

// close ends the streams and waits for their readers.
func (s *streams) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ends()
	s.all.Wait()
}

// Subscriptions opens streams for the engine.
func (s *Subgraph) Subscriptions() graphql_datasource.GraphQLSubscriptionClient {
	return subscriptions{s}
}

type subscriptions struct{ subgraph *Subgraph }

// Subscribe starts a reader and returns. The reader hands events on until the
// stream, the subscription or the subgraph's use ends.
func (c subscriptions) Subscribe(ctx *resolve.Context, options graphql_datasource.GraphQLSubscriptionOptions, updater resolve.SubscriptionUpdater) error {
	s := c.subgraph
	body, err := json.Marshal(options.Body)
	if err != nil {
		return err
	}
	request := Request{Header: NewHeader(options.Header), Body: body, Mutates: true}
	started := s.streams.start(func() {
		defer updater.Done()
		life, cancel := context.WithCancel(ctx.Context())
		defer cancel()
		defer context.AfterFunc(s.streams.life, cancel)()
		err := s.Stream(life, request, updater.Update)
		switch {
		case life.Err() != nil: // nobody listens
		case err != nil:
			failure := failureOf(err)
			s.options.Log.ErrorContext(life, "subgraph subscription", "subgraph", s.name, "request_id", request.Header.requestID(), "err", failure.Err)
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

// wantsSocket reports a status that says: not by a POST, or not as events.
func wantsSocket(status int) bool {
	switch status {
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusUpgradeRequired:
		return true
	}
	return false
}
