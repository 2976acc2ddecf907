package execute

import (
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// take lays a call's answer over the data, and says what is wrong with it.
func (r *run) take(c *call) {
	if c.err != nil {
		r.failed = append(r.failed, c.fetch.ID)
		code, after := gqlerr.Internal, time.Duration(0)
		if failure, ok := errors.AsType[*upstream.Failure](c.err); ok {
			code, after = failure.Code, failure.RetryAfter
		}
		r.unanswered(c, code, after)
		return
	}
	answer, err := r.values.Read(c.answer)
	if err != nil {
		r.nonsense(c, "the answer is no JSON")
		return
	}
	list := r.values.Get(answer, "errors")
	data := r.values.Get(answer, "data")
	if len(c.fetch.Entities) == 0 {
		r.takeRoot(c, data, r.takeErrors(c, list))
		return
	}
	r.takeErrors(c, list)
	for i := range c.fetch.Entities {
		if c.lists[i].count > 0 {
			r.takeEntities(c, i, data, r.concerns(c, i, list))
		}
	}
}

func (r *run) takeRoot(c *call, data arena.ID, explained bool) {
	switch {
	case r.values.Kind(data) == arena.Object:
		r.answered = r.answered || r.values.First(data) >= 0
		if !r.values.Lay(r.data, data) {
			r.nonsense(c, "the answer contradicts another's")
		}
	case r.values.IsNull(data) && explained:
	default:
		r.nonsense(c, "the answer has neither data nor errors")
	}
}

// takeEntities lays entities over the objects whose representations were sent.
// explained says that errors tell why there might be none.
func (r *run) takeEntities(c *call, i int, data arena.ID, explained bool) {
	e, sent := &c.fetch.Entities[i], &c.lists[i]
	list := r.values.Get(data, e.Alias)
	if r.values.IsNull(list) {
		if !explained {
			r.nonsenseAt(c, e, "the answer has neither data nor errors")
		}
		return
	}
	n := r.values.Len(list)
	if r.values.Kind(list) == arena.List && n == 0 && e.Single {
		return // the one entity is not known
	}
	if r.values.Kind(list) != arena.List || n != sent.count && (!e.Single || c.fetch.Merged) {
		r.nonsenseAt(c, e, "the answer has "+strconv.Itoa(n)+" entities for "+strconv.Itoa(sent.count))
		return
	}
	r.found = r.found[:0]
	for x := r.values.First(list); x >= 0; x = r.values.Next(x) {
		r.found = append(r.found, x)
	}
	sound := true
	for k, object := range sent.objects {
		switch entity := r.found[sent.index[k]]; r.values.Kind(entity) {
		case arena.Object:
			sound = r.values.Lay(object, entity) && sound
		case arena.Null:
		default:
			sound = false
		}
	}
	if !sound {
		r.nonsenseAt(c, e, "the answer contradicts another's")
	}
}

// nonsense is an answer that cannot be used. Nobody can do anything about it
// but us.
func (r *run) nonsense(c *call, what string) {
	r.logNonsense(c, what)
	r.unanswered(c, gqlerr.Internal, 0)
}

func (r *run) nonsenseAt(c *call, e *program.Entities, what string) {
	r.logNonsense(c, what)
	r.unansweredAt(c, e, gqlerr.Internal, 0)
}

func (r *run) logNonsense(c *call, what string) {
	r.executor.Log.ErrorContext(r.ctx, "subgraph answer", "subgraph", c.fetch.Subgraph, "request_id", r.masker.requestID, "err", what)
}

// unanswered says what a subgraph's silence left out.
func (r *run) unanswered(c *call, code gqlerr.Code, after time.Duration) {
	if len(c.fetch.Entities) == 0 {
		r.unansweredRoots(c, code, after)
	}
	for i := range c.fetch.Entities {
		if c.lists[i].count > 0 {
			r.unansweredAt(c, &c.fetch.Entities[i], code, after)
		}
	}
}

func (r *run) unansweredAt(c *call, e *program.Entities, code gqlerr.Code, after time.Duration) {
	if len(e.Response) == 0 {
		r.unansweredRoots(c, code, after)
		return
	}
	r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), anyOf(e.Response))
}

func (r *run) unansweredRoots(c *call, code gqlerr.Code, after time.Duration) {
	for _, root := range c.fetch.Roots {
		r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), []any{root})
	}
	if len(c.fetch.Roots) == 0 {
		r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), nil)
	}
}

// takeErrors passes on what a subgraph says of its failures, and reports
// whether it says anything.
func (r *run) takeErrors(c *call, list arena.ID) bool {
	if r.values.Kind(list) != arena.List {
		return false
	}
	said := false
	for x := r.values.First(list); x >= 0; x = r.values.Next(x) {
		said = true
		in := r.readError(x)
		in.Extensions.Service = c.fetch.Subgraph
		for _, path := range r.pathsOf(c, in.Path) {
			in.Path = path
			r.masker.subgraphError(in)
		}
	}
	return said
}

// readError reads an entry of "errors", be it what it may.
func (r *run) readError(x arena.ID) engineError {
	var in engineError
	in.Message = string(r.values.Text(r.values.Get(x, "message")))
	path := r.values.Get(x, "path")
	if r.values.Kind(path) == arena.List {
		for p := r.values.First(path); p >= 0; p = r.values.Next(p) {
			switch r.values.Kind(p) {
			case arena.String:
				in.Path = append(in.Path, string(r.values.Text(p)))
			case arena.Number:
				if n, err := strconv.Atoi(string(r.values.Raw(p))); err == nil {
					in.Path = append(in.Path, n)
				}
			default: // not a part of a path
			}
		}
	}
	extensions := r.values.Get(x, "extensions")
	in.Extensions.Code = string(r.values.Text(r.values.Get(extensions, "code")))
	if after := r.values.Get(extensions, "retryAfter"); !r.values.IsNull(after) {
		in.Extensions.RetryAfter = append(json.RawMessage{}, r.values.Raw(after)...)
	}
	return in
}

// concerns reports whether one of the errors is about a list of entities. Where
// there is but one list, all are.
func (r *run) concerns(c *call, i int, list arena.ID) bool {
	if r.values.Kind(list) != arena.List {
		return false
	}
	for x := r.values.First(list); x >= 0; x = r.values.Next(x) {
		first := r.values.First(r.values.Get(x, "path"))
		if !c.fetch.Merged || string(r.values.Text(first)) == c.fetch.Entities[i].Alias {
			return true
		}
	}
	return false
}

// pathsOf are the places of the answer that a subgraph's path means. An entity
// may stand in several.
func (r *run) pathsOf(c *call, path []any) [][]any {
	for i := range c.fetch.Entities {
		e := &c.fetch.Entities[i]
		if len(path) == 0 || path[0] != e.Alias {
			continue
		}
		index, rest, ok := 0, path[1:], false
		if len(rest) > 0 {
			if index, ok = rest[0].(int); ok {
				rest = rest[1:]
			}
		}
		if paths := r.placesOf(e, &c.lists[i], index, rest); ok && len(paths) > 0 {
			return paths
		}
		return [][]any{append(anyOf(e.Response), rest...)}
	}
	return [][]any{path}
}

// placesOf are where the objects stand that one representation was sent for,
// each followed by rest.
func (r *run) placesOf(e *program.Entities, sent *sentList, index int, rest []any) [][]any {
	wanted := map[arena.ID]bool{}
	for k, object := range sent.objects {
		if sent.index[k] == index {
			wanted[object] = true
		}
	}
	var out [][]any
	var walk func(from arena.ID, path []program.Step, at []any)
	walk = func(from arena.ID, path []program.Step, at []any) {
		switch r.values.Kind(from) {
		case arena.List:
			i := 0
			for x := r.values.First(from); x >= 0; x = r.values.Next(x) {
				walk(x, path, append(at, i))
				i++
			}
		case arena.Object:
			if len(path) == 0 {
				if wanted[from] && len(out) < mostErrors {
					out = append(out, append(append([]any{}, at...), rest...))
				}
				return
			}
			if r.startsFrom(from, path[0]) {
				walk(r.values.Get(from, path[0].Name), path[1:], append(at, path[0].Name))
			}
		default: // no object is below
		}
	}
	walk(r.data, e.Path, nil)
	return out
}
