//go:build linux

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// client is a customer's program. It repeats what failed, with the same variables and
// so with the same idempotency key, until it is answered.
type client struct {
	http  *http.Client
	url   string
	token string
	tally *tally
}

// tally counts how requests were answered.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
	sample map[string]string // the first answer of each kind
}

func newTally() *tally { return &tally{counts: map[string]int{}, sample: map[string]string{}} }

func (t *tally) add(kind, answer string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[kind]++
	if t.counts[kind] == 1 {
		t.sample[kind] = answer
	}
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(t.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", kind, t.counts[kind]))
	}
	return strings.Join(parts, ", ")
}

const (
	requestTimeout = 20 * time.Second // longer than the router's own
	retryAfter     = 250 * time.Millisecond
)

type variables map[string]any

// do repeats an operation until it is answered without errors, and decodes its data.
func (c *client) do(ctx context.Context, operation string, v variables, data any) error {
	body, err := json.Marshal(map[string]any{"query": operation, "variables": v})
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(strings.TrimSpace(operation), "(")
	for {
		kind, answer := c.send(ctx, body, data)
		if ctx.Err() != nil {
			return fmt.Errorf("%s is not answered, at last %s: %s", name, kind, answer)
		}
		c.tally.add(kind, name+": "+answer)
		if kind == "answered" {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

// send posts a request and returns what kind of answer came, and its text.
func (c *client) send(ctx context.Context, body []byte, data any) (kind, answer string) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "refused", err.Error()
	}
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "disconnected", err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return "disconnected", err.Error()
	}
	var a struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Sprint("status ", res.StatusCode), string(text)
	}
	if len(a.Errors) > 0 {
		return a.Errors[0].Extensions.Code, string(text)
	}
	if err := json.Unmarshal(a.Data, data); err != nil {
		return "unreadable", string(text)
	}
	return "answered", string(text)
}

// post submits a form until it is accepted, as a person does at a bank's page.
func (c *client) post(ctx context.Context, url, form string) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := c.http.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode < http.StatusBadRequest {
				return nil
			}
			err = fmt.Errorf("status %s", res.Status)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", url, err)
		case <-time.After(retryAfter):
		}
	}
}

// newHTTP returns the transport of one customer, whose connections are its own.
func newHTTP() *http.Client {
	return &http.Client{Transport: &http.Transport{IdleConnTimeout: 5 * time.Second}}
}
