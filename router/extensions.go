package router

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// extrasOf reads which extensions a client requests. X-GraphQL-Cost is open to
// every caller; X-GraphQL-Plan and X-GraphQL-Trace reveal how the graph is built and
// require Config.Explain.
func extrasOf(client http.Header, explain bool) execute.Extras {
	// The names are in net/http's canonical form, which saves a conversion.
	requested := func(name string) bool { return client.Get(name) == "1" }
	return execute.Extras{
		Cost:  requested("X-Graphql-Cost"),
		Plan:  explain && requested("X-Graphql-Plan"),
		Trace: explain && requested("X-Graphql-Trace"),
	}
}

// extensions of a response.
type extensions struct {
	Cost  *cost      `json:"cost,omitempty"`
	Plan  *plan.Node `json:"plan,omitempty"`
	Trace *timeline  `json:"trace,omitempty"`
}

// cost is the estimated maximum of an operation, and the limit of its request; 0
// is no limit. The error of a refused request also has its dearest paths.
type cost struct {
	Estimate int             `json:"estimate"`
	Limit    int             `json:"limit"`
	Paths    []plan.PathCost `json:"paths,omitempty"`
}

// explainer collects the extensions of one operation.
type explainer struct {
	op     *plan.Operation
	extras execute.Extras
	limit  int       // of the caller's costs
	trace  *timeline // nil unless requested
}

// explain starts an operation's explainer. Its fetches must run with the returned
// context.
func (o *operations) explain(ctx context.Context, op *plan.Operation, session *execute.Session) (context.Context, explainer) {
	e := explainer{op: op, extras: session.Extras, limit: o.config.Cost.of(session.Caller())}
	if e.extras.Trace {
		e.trace = &timeline{started: time.Now()}
		ctx = context.WithValue(ctx, timelineKey{}, e.trace)
	}
	return ctx, e
}

// extend adds the requested extensions to a response, which is a JSON object
// without any.
func (e explainer) extend(body []byte) ([]byte, error) {
	if e.extras == (execute.Extras{}) {
		return body, nil
	}
	extra := extensions{Trace: e.trace.end()}
	if e.extras.Cost {
		extra.Cost = &cost{Estimate: e.op.Cost, Limit: e.limit}
	}
	if e.extras.Plan {
		extra.Plan = e.op.Tree()
	}
	text, err := json.Marshal(extra)
	if err != nil {
		return nil, fmt.Errorf("extensions of operation %q: %w", e.op.Name, err)
	}
	object, ok := bytes.CutSuffix(body, []byte("}"))
	if !ok {
		return nil, fmt.Errorf("extensions of operation %q: the response is not an object", e.op.Name)
	}
	return slices.Concat(object, []byte(`,"extensions":`), text, []byte("}")), nil
}

// parts wraps send for an answer in parts: the last part gets the extensions, when
// every fetch is known.
func (e explainer) parts(send func([]byte, bool) error) func([]byte, bool) error {
	if e.extras == (execute.Extras{}) {
		return send
	}
	return func(part []byte, more bool) error {
		if !more {
			var err error
			if part, err = e.extend(part); err != nil {
				return err
			}
		}
		return send(part, more)
	}
}

// timeline of an operation's requests to subgraphs, in milliseconds. Fetches run
// concurrently and add themselves.
type timeline struct {
	started time.Time
	mu      sync.Mutex

	Duration float64      `json:"duration"`
	Fetches  []traceFetch `json:"fetches"`
}

type traceFetch struct {
	Subgraph string      `json:"subgraph"`
	Start    float64     `json:"start"` // after that of the operation
	Duration float64     `json:"duration"`
	Bytes    int         `json:"bytes"`
	Failure  gqlerr.Code `json:"failure,omitempty"`
}

type timelineKey struct{}

// timelineOf is the timeline that ctx's fetches belong to, or nil.
func timelineOf(ctx context.Context) *timeline {
	t, _ := ctx.Value(timelineKey{}).(*timeline)
	return t
}

// add records a fetch; a nil timeline records none.
func (t *timeline) add(f execute.Fetch) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Fetches = append(t.Fetches, traceFetch{
		Subgraph: f.Subgraph, Start: millis(f.Start.Sub(t.started)), Duration: millis(f.Duration), Bytes: f.ResponseBytes, Failure: f.Failure,
	})
}

// end returns a copy of the timeline, ordered by start. Fetches that are still
// running, because the answer does not need them, are not in it.
func (t *timeline) end() *timeline {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	fetches := slices.Clone(t.Fetches)
	slices.SortStableFunc(fetches, func(a, b traceFetch) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		}
		return 0
	})
	return &timeline{Duration: millis(time.Since(t.started)), Fetches: append([]traceFetch{}, fetches...)}
}

func millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
