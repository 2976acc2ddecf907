package execute

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"sync"
	"time"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
)

// events opens a subgraph's subscriptions: one POST each, answered by
// server-sent events ("distinct connections" of the GraphQL-over-SSE protocol).
type events struct {
	subgraph string
	client   *http.Client
	open     time.Duration // until the answer's header must be there
	largest  int           // bytes of one event
	log      *slog.Logger
	readers  *readers
}

// Subscribe opens the stream and returns; a reader hands its events on until
// the stream or ctx ends.
func (e *events) Subscribe(ctx *resolve.Context, options graphql_datasource.GraphQLSubscriptionOptions, updater resolve.SubscriptionUpdater) error {
	started := e.readers.start(func() {
		defer updater.Done()
		complete, err := e.read(ctx.Context(), options, updater.Update)
		switch {
		case ctx.Context().Err() != nil: // nobody listens
		case err != nil:
			e.log.Error("subgraph subscription", "subgraph", e.subgraph, "err", err)
			updater.Error(gqlerr.List{unavailable(e.subgraph, gqlerr.SubgraphUnavailable)}.Body(""))
		case complete:
			updater.Complete()
		}
	})
	if !started {
		updater.Done()
	}
	return nil
}

// readers counts the goroutines that read streams, so that they can be waited
// for; once closed it starts no more.
type readers struct {
	mu     sync.Mutex
	closed bool
	all    sync.WaitGroup
}

func (r *readers) start(read func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.all.Go(read)
	}
	return !r.closed
}

func (r *readers) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.all.Wait()
}

func (e *events) read(ctx context.Context, options graphql_datasource.GraphQLSubscriptionOptions, next func([]byte)) (complete bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(e.open, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()

	body, err := json.Marshal(options.Body)
	if err != nil {
		return false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, options.URL, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	if options.Header != nil {
		request.Header = options.Header.Clone()
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return false, err
	}
	late.Stop()
	defer func() { _ = response.Body.Close() }()
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); response.StatusCode != http.StatusOK || media != "text/event-stream" {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return false, fmt.Errorf("answered %s %s: %q", response.Status, media, text)
	}
	return e.stream(response.Body, next)
}

// stream reads events until one says complete.
func (e *events) stream(body io.Reader, next func([]byte)) (complete bool, err error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 4<<10), e.largest)
	var name string
	var data []byte
	for lines.Scan() {
		line := lines.Bytes()
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0: // the event ends
			if name == "complete" {
				return true, nil
			}
			if name == "next" && len(data) > 0 {
				next(data)
			}
			name, data = "", nil
		case string(field) == "event":
			name = string(value)
		case string(field) == "data":
			if data != nil {
				data = append(data, '\n')
			}
			data = append(data, value...)
			if len(data) > e.largest {
				return false, fmt.Errorf("event is larger than %d bytes", e.largest)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	if name == "complete" { // an end of stream ends the event too
		return true, nil
	}
	return false, errors.New("the stream broke off")
}
