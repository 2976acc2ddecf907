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

// programOf is the plan's program, or nil where it was refused and the engine's
// resolver has to run it.
func (e *Executor) programOf(op *plan.Operation, response *resolve.GraphQLResponse) *program.Program {
	if e.Engine || op.Memo == nil {
		return nil
	}
	made, _ := op.Memo.Do(func() any {
		made, err := program.Compile(response)
		if err != nil {
			e.Log.Debug("plan is left to the engine", "operation", op.Name, "reason", err)
			return (*program.Program)(nil)
		}
		return made
	}).(*program.Program)
	return made
}

// run is one operation on its way: what subgraphs answered, what there is to
// say of it, and the buffers it is written in. It is used again.
type run struct {
	executor *Executor
	session  *Session
	program  *program.Program
	ctx      context.Context
	sharing  *sharing // nil: every fetch is made
	masker   masker
	denied   []gqlerr.Code // by guard, "" where the caller may; nil: nobody is denied

	values          arena.Arena
	data, variables arena.ID
	remap           map[string]string
	answered        bool // there is data, be it of one subgraph

	calls  []call // by the fetch's index
	ready  []*call
	failed []int // ids of fetches that had no answer

	been visits

	representations
	writer
}

var runs = sync.Pool{New: func() any { return &run{} }}

// runOwn answers a query or mutation by its program.
func (e *Executor) runOwn(ctx context.Context, op *plan.Operation, session *Session, p *program.Program, response *resolve.GraphQLResponse) (Answer, error) {
	ctx, rec := withRecord(ctx)
	if err := e.limiter.Acquire(ctx); err != nil {
		return Answer{}, e.runError(ctx, op, err)
	}
	defer e.limiter.Release()
	r := runs.Get().(*run)
	defer r.release()
	r.begin(ctx, e, op, session, p)
	r.masker = masker{executor: e, response: response, rec: rec, requestID: session.caller.RequestID}
	if err := r.readVariables(op.Variables); err != nil {
		return Answer{}, e.runError(ctx, op, err)
	}
	release := r.share(session)
	r.fetch()
	release()
	body, in, err := r.respond()
	if err != nil {
		return Answer{Fetches: rec.count()}, e.runError(ctx, op, err)
	}
	return Answer{Body: body, Code: r.masker.out.Code(), Fetches: rec.count(), room: in}, nil
}

func (r *run) begin(ctx context.Context, e *Executor, op *plan.Operation, session *Session, p *program.Program) {
	r.executor, r.session, r.program, r.ctx, r.remap = e, session, p, ctx, op.Remap
	r.seed = e.seed
	r.data = r.values.NewObject()
	for len(r.calls) < p.Fetches {
		r.calls = append(r.calls, call{})
	}
	if e.Rules != nil && len(p.Guards) > 0 {
		r.denied = guard{e.Rules, session.caller.Actor, session.policies()}.decide(p.Guards)
	}
}

// release gives the run back, with nothing of the request in it but room.
func (r *run) release() {
	for i := range r.calls {
		r.calls[i].reset()
	}
	r.values.Reset()
	r.reset()
	r.been.release()
	r.executor, r.session, r.program, r.ctx, r.sharing, r.remap = nil, nil, nil, nil, nil, nil
	r.masker, r.denied, r.answered = masker{}, nil, false
	r.ready, r.failed = r.ready[:0], r.failed[:0]
	runs.Put(r)
}

var errVariables = errors.New("the variables are no JSON object")

func (r *run) readVariables(text []byte) (err error) {
	r.variables = arena.None
	if len(text) <= len("{}") {
		return nil
	}
	r.variables, err = r.values.Read(text)
	if err != nil || r.values.Kind(r.variables) != arena.Object {
		return errVariables
	}
	return nil
}

// variable is the value of a variable of the plan, or None.
func (r *run) variable(path []string) arena.ID {
	name := path[0]
	if own, ok := r.remap[name]; ok {
		name = own
	}
	return r.values.At(r.values.Get(r.variables, name), path[1:])
}

// denies reports a guard that the caller does not pass.
func (r *run) denies(guard int) bool {
	return r.denied != nil && r.denied[guard] != ""
}

// fetch makes the program's requests, stage by stage.
func (r *run) fetch() {
	for _, stage := range r.program.Stages {
		r.ready = r.ready[:0]
		for _, f := range stage {
			if c := r.prepare(f); c != nil {
				r.ready = append(r.ready, c)
			}
		}
		r.load()
		for _, c := range r.ready {
			r.take(c)
		}
	}
}

// load sends what is ready, all at once, and waits for the answers.
func (r *run) load() {
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
