package execute

import (
	"context"
	"errors"
	"sync"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// programOf returns the plan's program, or nil if the plan is not supported and
// the engine's resolver has to run it. The program is compiled once and kept
// with the plan, for as long as that is cached.
func (e *Executor) programOf(op *plan.Operation, response *resolve.GraphQLResponse) *program.Program {
	if e.EngineOnly || op.Memo == nil {
		return nil
	}
	made, _ := op.Memo.Do(func() any {
		made, err := program.Compile(response)
		if err != nil {
			e.Log.Debug("plan not compiled, using the engine's resolver", "operation", op.Name, "reason", err)
			return (*program.Program)(nil)
		}
		return made
	}).(*program.Program)
	return made
}

// run is the execution of one operation: the responses of the subgraphs, the
// errors, and the buffers for writing. Runs are pooled, so that a request in
// steady state allocates next to nothing; release must clear everything that
// belongs to a request, or the next would see it.
//
// One goroutine owns a run. The goroutines of sendAll only write their own
// fetchCall and read what no one changes during a stage.
type run struct {
	executor *Executor
	session  *Session
	program  *program.Program
	ctx      context.Context
	shared   *sharedFetches // fetches shared with other operations; nil: none
	masker   errorMasker
	denials  []gqlerr.Code // by guard, "" where access is granted; nil: all is granted

	values          arena.Arena
	data, variables arena.ID
	remap           map[string]string
	hasData         bool              // at least one root fetch returned data
	explained       bool              // none did, and an error tells why: found before the response is written, which adds errors of fields that the caller may not read
	absent          map[arena.ID]bool // objects whose entity does not exist

	calls  []fetchCall // by Fetch.Index
	ready  []*fetchCall
	failed []int // ids of fetches without a response; their dependents are not made

	visited visitedSet

	representationSet
	writer
}

var runs = sync.Pool{New: func() any { return &run{} }}

// runProgram executes a query or mutation by its program.
func (e *Executor) runProgram(ctx context.Context, op *plan.Operation, session *Session, p *program.Program, response *resolve.GraphQLResponse) (Response, error) {
	ctx, rec := withFetchRecord(ctx)
	if err := e.limiter.Acquire(ctx); err != nil {
		return Response{}, e.runError(ctx, op, err)
	}
	defer e.limiter.Release()
	r := runs.Get().(*run)
	defer r.release()
	r.begin(ctx, e, op, session, p)
	r.masker = errorMasker{executor: e, response: response, rec: rec, requestID: session.caller.RequestID}
	if err := r.readVariables(op.Variables); err != nil {
		return Response{}, e.runError(ctx, op, err)
	}
	release := r.shareFetches(session)
	r.runStages()
	release()
	body, in, err := r.writeResponse()
	if err != nil {
		return Response{Fetches: rec.count()}, e.runError(ctx, op, err)
	}
	list := r.masker.out
	return Response{Body: body, Code: list.Code(), RetryAfter: list.RetryAfter(), Fetches: rec.count(), buffer: in}, nil
}

func (r *run) begin(ctx context.Context, e *Executor, op *plan.Operation, session *Session, p *program.Program) {
	r.executor, r.session, r.program, r.ctx, r.remap = e, session, p, ctx, op.Remap
	r.seed = e.seed
	r.data = r.values.NewObject()
	for len(r.calls) < p.Fetches {
		r.calls = append(r.calls, fetchCall{})
	}
	if e.Rules != nil && len(p.Guards) > 0 {
		r.denials = authorizer{e.Rules, session.caller.Actor, session.grantedPolicies()}.denials(p.Guards)
	}
}

// release clears the run and returns it to the pool. Only empty buffers of a
// bounded size stay with it.
func (r *run) release() {
	for i := range r.calls {
		r.calls[i].reset()
	}
	r.values.Reset()
	r.reset()
	r.visited.release()
	r.executor, r.session, r.program, r.ctx, r.shared, r.remap = nil, nil, nil, nil, nil, nil
	r.masker, r.denials, r.hasData, r.explained, r.absent = errorMasker{}, nil, false, false, nil
	r.ready, r.failed = r.ready[:0], r.failed[:0]
	runs.Put(r)
}

var errInvalidVariables = errors.New("variables are not a JSON object")

func (r *run) readVariables(text []byte) (err error) {
	r.variables = arena.None
	if len(text) <= len("{}") {
		return nil
	}
	r.variables, err = r.values.Read(text)
	if err != nil || r.values.Kind(r.variables) != arena.Object {
		return errInvalidVariables
	}
	return nil
}

// variable returns the value of one of the plan's variables, or None. Plans are
// shared by operations that differ in the names of their variables: remap
// leads from the plan's names to those of this request.
func (r *run) variable(path []string) arena.ID {
	name := path[0]
	if own, ok := r.remap[name]; ok {
		name = own
	}
	return r.values.At(r.values.Get(r.variables, name), path[1:])
}

// isDenied reports whether access to the fields of a guard is denied.
func (r *run) isDenied(guard int) bool {
	return r.denials != nil && r.denials[guard] != ""
}

// runStages makes the program's requests. A stage needs the merged responses of
// the stages before it, for its representations; within a stage, requests are
// independent. Responses are merged in the order of the plan and not of their
// arrival, so that the same responses always give the same result.
func (r *run) runStages() {
	for _, stage := range r.program.Stages {
		r.ready = r.ready[:0]
		for _, f := range stage {
			if c := r.prepare(f); c != nil {
				r.ready = append(r.ready, c)
			}
		}
		r.sendAll()
		for _, c := range r.ready {
			r.merge(c)
		}
	}
}

// sendAll sends the requests of a stage concurrently and waits for all
// responses. The first is sent on this goroutine: most stages have only one.
func (r *run) sendAll() {
	switch len(r.ready) {
	case 0:
		return
	case 1:
		r.send(r.ready[0])
		return
	}
	var others sync.WaitGroup
	for _, c := range r.ready[1:] {
		others.Go(func() { r.send(c) })
	}
	r.send(r.ready[0])
	others.Wait()
}
