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

var errNoEvents = errors.New("it sends no server-sent events")

// events is a stream of server-sent events.
type events struct {
	body    io.ReadCloser
	cancel  context.CancelCauseFunc
	largest int
}

// openEvents posts a subscription; the answer's header must be there within
// the time of a fetch.
func (s *Subgraph) openEvents(ctx context.Context, r Request) (opened stream, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer func() {
		if err != nil {
			cancel(nil)
		}
	}()
	late := time.AfterFunc(s.options.Timeout, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	maps.Copy(request.Header, r.Header.Fields())
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	response, err := s.standard.RoundTrip(request)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), err)
	}
	media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode == http.StatusOK && media == "text/event-stream" {
		return &events{body: response.Body, cancel: cancel, largest: s.options.Largest}, nil
	}
	defer func() { _ = response.Body.Close() }()
	if wantsSocket(response.StatusCode) {
		return nil, fmt.Errorf("%w: answered %s", errNoEvents, response.Status)
	}
	text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	code := cmp.Or(refusal(response.StatusCode), gqlerr.Internal)
	failure := &Failure{Code: code, RetryAfter: retryAfter(response.Header.Get("Retry-After"))}
	failure.blame = response.StatusCode >= http.StatusInternalServerError
	failure.Err = fmt.Errorf("answered %s %s: %q", response.Status, media, text)
	return nil, failure
}

func (e *events) close() {
	e.cancel(nil)
	_ = e.body.Close()
}

// read reads events until one says complete.
func (e *events) read(next func([]byte)) error {
	lines := bufio.NewScanner(e.body)
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
			if len(data) > e.largest {
				return fmt.Errorf("event is larger than %d bytes", e.largest)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if name == "complete" { // an end of stream ends the event too
		return nil
	}
	return errors.New("the stream broke off")
}
