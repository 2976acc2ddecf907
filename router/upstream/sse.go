package upstream

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"time"

	"cartograph/router/gqlerr"
)

var errNoEventStream = errors.New("subgraph does not support server-sent events")

// eventStream is a stream of server-sent events.
type eventStream struct {
	body     io.ReadCloser
	cancel   context.CancelCauseFunc
	maxBytes int // of one line and of one event
}

// openEventStream posts a subscription. The response's header must arrive within
// the timeout of a fetch; the stream behind it may last for ever, so that a
// timer cancels the request and not a deadline of its context.
func (s *Subgraph) openEventStream(ctx context.Context, r Request) (opened stream, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			cancel(nil)
		}
	}()
	timer := time.AfterFunc(s.options.Timeout, func() { cancel(context.DeadlineExceeded) })
	defer timer.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, r.Header.Fields())
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode == http.StatusOK && media == "text/event-stream" {
		return &eventStream{body: response.Body, cancel: cancel, maxBytes: s.options.MaxResponseBytes}, nil
	}
	defer func() { _ = response.Body.Close() }()
	if suggestsWebSocket(response.StatusCode) {
		return nil, fmt.Errorf("%w: status %s", errNoEventStream, response.Status)
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	code := cmp.Or(codeOfStatus(response.StatusCode), gqlerr.Internal)
	failure := &Failure{Code: code, RetryAfter: retryAfter(response.Header.Get("Retry-After"))}
	failure.subgraphFault = response.StatusCode >= http.StatusInternalServerError
	failure.Err = fmt.Errorf("status %s, content type %s: %q", response.Status, media, text)
	return nil, failure
}

func (e *eventStream) close() {
	e.cancel(nil)
	_ = e.body.Close()
}

// read reads events until "complete". The end of the body without it is an
// error: the client must not take a broken stream for a finished one.
func (e *eventStream) read(next func([]byte)) error {
	lines := bufio.NewScanner(e.body)
	lines.Buffer(make([]byte, 0, 4<<10), e.maxBytes)
	var name string
	var data []byte
	for lines.Scan() {
		line := lines.Bytes()
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0: // end of the event
			if name == "complete" {
				return nil
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
			if len(data) > e.maxBytes {
				return fmt.Errorf("event larger than %d bytes", e.maxBytes)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if name == "complete" { // without its empty line
		return nil
	}
	return errors.New("stream ended before complete")
}
