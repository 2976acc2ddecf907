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

// extrasOf reads what a client asks for: X-GraphQL-Cost is answered to
// everybody, X-GraphQL-Plan and X-GraphQL-Trace show how the graph is built and
// need Config.Explain. They are asked for as net/http keeps them.
func extrasOf(client http.Header, explain bool) execute.Extras {
	asked := func(name string) bool { return client.Get(name) == "1" }
	return execute.Extras{
		Cost:  asked("X-Graphql-Cost"),
		Plan:  explain && asked("X-Graphql-Plan"),
		Trace: explain && asked("X-Graphql-Trace"),
	}
}

// extensions are told beside an answer.
type extensions struct {
	Cost  *cost      `json:"cost,omitempty"`
	Plan  *plan.Node `json:"plan,omitempty"`
	Trace *timeline  `json:"trace,omitempty"`
}

// cost is what an operation may cost at most, and what its request may; no
// limit is 0.
type cost struct {
	Estimate int `json:"estimate"`
	Limit    int `json:"limit"`
}

// explainer collects what one operation's extensions will say.
type explainer struct {
	op     *plan.Operation
	extras execute.Extras
	limit  int       // of the caller's costs
	trace  *timeline // nil unless asked for
}

// explain begins to watch an operation. Its fetches must run under the context
// that it returns.
func (o *operations) explain(ctx context.Context, op *plan.Operation, session *execute.Session) (context.Context, explainer) {
	e := explainer{op: op, extras: session.Extras, limit: o.config.Cost.of(session.Caller())}
	if e.extras.Trace {
		e.trace = &timeline{begun: time.Now()}
		ctx = context.WithValue(ctx, timelineKey{}, e.trace)
	}
	return ctx, e
}

// beside adds to a response what was asked for. The response is a JSON object
// that has no extensions.
func (e explainer) beside(body []byte) ([]byte, error) {
	if e.extras == (execute.Extras{}) {
		return body, nil
	}
	told := extensions{Trace: e.trace.end()}
	if e.extras.Cost {
		told.Cost = &cost{Estimate: e.op.Cost, Limit: e.limit}
	}
	if e.extras.Plan {
		told.Plan = e.op.Tree()
	}
	text, err := json.Marshal(told)
	if err != nil {
		return nil, fmt.Errorf("extensions of operation %q: %w", e.op.Name, err)
	}
	object, ok := bytes.CutSuffix(body, []byte("}"))
	if !ok {
		return nil, fmt.Errorf("extensions of operation %q: the response is no object", e.op.Name)
	}
	return slices.Concat(object, []byte(`,"extensions":`), text, []byte("}")), nil
}

// parts is send for an operation that is answered in parts: the last one tells.
func (e explainer) parts(send func([]byte, bool) error) func([]byte, bool) error {
	if e.extras == (execute.Extras{}) {
		return send
	}
	return func(part []byte, more bool) error {
		if !more {
			var err error
			if part, err = e.beside(part); err != nil {
				return err
			}
		}
		return send(part, more)
	}
}

// timeline is what an operation asked of subgraphs. Times are in milliseconds.
type timeline struct {
	begun time.Time
	mu    sync.Mutex

	Duration float64      `json:"duration"`
	Fetches  []traceFetch `json:"fetches"`
}

type traceFetch struct {
	Subgraph string      `json:"subgraph"`
	Start    float64     `json:"start"` // after the operation's
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

// add notes a fetch; nobody looks at those of a nil timeline.
func (t *timeline) add(f execute.Fetch) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Fetches = append(t.Fetches, traceFetch{
		Subgraph: f.Subgraph, Start: millis(f.Start.Sub(t.begun)), Duration: millis(f.Duration), Bytes: f.ResponseBytes, Failure: f.Failure,
	})
}

// end is the timeline as it stands, in the order in which fetches began. What
// ends later, because nobody waits for it, is not in it.
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
	return &timeline{Duration: millis(time.Since(t.begun)), Fetches: append([]traceFetch{}, fetches...)}
}

func millis(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
