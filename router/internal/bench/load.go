package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cartograph/router/internal/benchgraph"
)

// answered is a decoded answer.
type answered struct {
	bytes int
	data  any
}

// send executes an operation once. Any error in the answer is an error.
func send(ctx context.Context, address string, operation benchgraph.Operation, token string) (answered, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(bodyOf(operation)))
	if err != nil {
		return answered{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answered{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answered{}, err
	}
	var body struct {
		Data   any
		Errors []any
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return answered{}, err
	}
	if response.StatusCode != http.StatusOK || len(body.Errors) > 0 || body.Data == nil {
		return answered{}, fmt.Errorf("answered %s: %.300s", response.Status, text)
	}
	return answered{len(text), body.Data}, nil
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

func bodyOf(operation benchgraph.Operation) []byte {
	body, _ := json.Marshal(map[string]string{"query": operation.Query})
	return body
}

// measure loads a router with one operation and returns what that cost it.
func measure(ctx context.Context, r *router, operation benchgraph.Operation, token string, o options) (figures, error) {
	if _, err := load(ctx, r.url, operation, token, o.connections, o.duration/3); err != nil {
		return figures{}, err
	}
	before, err := r.cost(ctx)
	if err != nil {
		return figures{}, err
	}
	began := time.Now()
	took, err := load(ctx, r.url, operation, token, o.connections, o.duration)
	if err != nil {
		return figures{}, err
	}
	wall := time.Since(began)
	after, err := r.cost(ctx)
	if err != nil {
		return figures{}, err
	}
	slices.Sort(took)
	n := float64(len(took))
	return figures{
		processor:   time.Duration(float64(after.processor-before.processor) / n),
		allocations: (after.allocations - before.allocations) / n, allocated: (after.allocated - before.allocated) / n,
		fetches: (after.fetches - before.fetches) / n, perSecond: n / wall.Seconds(), resident: after.resident,
		half: took[len(took)/2], slow: took[len(took)*99/100],
	}, nil
}

// load sends the operation over so many connections, each again when it was
// answered, and returns how long each answer took.
func load(ctx context.Context, address string, operation benchgraph.Operation, token string, connections int, d time.Duration) ([]time.Duration, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	body := bodyOf(operation)
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		target.Path, target.Host, token, len(body), body)
	ends := time.Now().Add(d)
	results := make([][]time.Duration, connections)
	failures := make([]error, connections)
	var all sync.WaitGroup
	for i := range connections {
		all.Go(func() { results[i], failures[i] = client(ctx, target.Host, request, ends) })
	}
	all.Wait()
	took := slices.Concat(results...)
	for _, err := range failures {
		if err != nil {
			return nil, err // all have the same length
		}
	}
	if len(took) == 0 {
		return nil, errors.New("nothing was answered")
	}
	return took, nil
}

// client is one connection's requests, one after the other. It reads no more
// of an answer than it must.
func client(ctx context.Context, host string, request []byte, ends time.Time) (took []time.Duration, err error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	in := bufio.NewReaderSize(c, 64<<10)
	for began := time.Now(); began.Before(ends) && ctx.Err() == nil; began = time.Now() {
		if _, err := c.Write(request); err != nil {
			return nil, err
		}
		if err := skipAnswer(in); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

func skipAnswer(in *bufio.Reader) error {
	length := -1
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("answered %q", line)
		}
		if len(line) <= len("\r\n") {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); len(name) == len("Content-Length") && strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return skipChunks(in)
	}
	_, err := in.Discard(length)
	return err
}

// skipChunks reads past a body that is sent in chunks.
func skipChunks(in *bufio.Reader) error {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return err
		}
		if _, err := in.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}
