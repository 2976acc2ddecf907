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

// merge overlays a call's response on the data, and records what is wrong with
// it. A response that cannot be used leaves the data as it was.
func (r *run) merge(c *fetchCall) {
	if c.err != nil {
		r.failed = append(r.failed, c.fetch.ID)
		code, after := gqlerr.Internal, time.Duration(0)
		if failure, ok := errors.AsType[*upstream.Failure](c.err); ok {
			code, after = failure.Code, failure.RetryAfter
		}
		r.addUnavailable(c, code, after)
		return
	}
	parsed, err := r.values.Read(c.response)
	if err != nil {
		r.invalidResponse(c, "response is not JSON")
		return
	}
	list := r.values.Get(parsed, "errors")
	data := r.values.Get(parsed, "data")
	if len(c.fetch.Entities) == 0 {
		r.mergeRoot(c, data, r.addErrors(c, list))
		return
	}
	r.addErrors(c, list)
	for i := range c.fetch.Entities {
		if c.lists[i].sent > 0 {
			r.mergeEntities(c, i, data, r.hasErrorFor(c, i, list))
		}
	}
}

func (r *run) mergeRoot(c *fetchCall, data arena.ID, hasErrors bool) {
	switch {
	case r.values.Kind(data) == arena.Object:
		r.hasData = r.hasData || r.values.First(data) >= 0
		objects := []arena.ID{r.data}
		if c.fetch.At != nil {
			objects = c.objects
		}
		consistent := true
		for _, object := range objects {
			consistent = r.values.Overlay(object, data) && consistent
		}
		if !consistent {
			r.invalidResponse(c, "response contradicts another one")
		}
	case r.values.IsNull(data) && hasErrors:
	default:
		r.invalidResponse(c, "response has neither data nor errors")
	}
}

// mergeEntities overlays entities on the objects whose representations were sent.
// Entities come in the order of the representations (the federation contract),
// so that their number must match; null is an entity that does not exist.
// hasErrors reports that the response has errors for this batch, which then
// explain a missing list.
func (r *run) mergeEntities(c *fetchCall, i int, data arena.ID, hasErrors bool) {
	e, sent := &c.fetch.Entities[i], &c.lists[i]
	list := r.values.Get(data, e.Alias)
	if r.values.IsNull(list) {
		if !hasErrors {
			r.invalidResponseAt(c, e, "response has neither data nor errors")
		}
		return
	}
	n := r.values.Len(list)
	if r.values.Kind(list) == arena.List && n == 0 && e.Single {
		r.markAbsent(sent.objects, hasErrors)
		return
	}
	if r.values.Kind(list) != arena.List || n != sent.sent && (!e.Single || c.fetch.Merged) {
		r.invalidResponseAt(c, e, "response has "+strconv.Itoa(n)+" entities for "+strconv.Itoa(sent.sent)+" representations")
		return
	}
	r.found = r.found[:0]
	for x := r.values.First(list); x >= 0; x = r.values.Next(x) {
		r.found = append(r.found, x)
	}
	consistent := true
	for k, object := range sent.objects {
		switch entity := r.found[sent.index[k]]; r.values.Kind(entity) {
		case arena.Object:
			consistent = r.values.Overlay(object, entity) && consistent
		case arena.Null:
			r.markAbsent(sent.objects[k:k+1], hasErrors)
		default:
			consistent = false
		}
	}
	if !consistent {
		r.invalidResponseAt(c, e, "response contradicts another one")
	}
}

// markAbsent marks objects whose entity does not exist, and for which no error tells
// why: the object is then null, which is no error where it may be null.
func (r *run) markAbsent(objects []arena.ID, hasErrors bool) {
	if hasErrors {
		return
	}
	if r.absent == nil {
		r.absent = map[arena.ID]bool{}
	}
	for _, object := range objects {
		r.absent[object] = true
	}
}

// invalidResponse records a response that cannot be used. The client gets an
// internal error: it can do nothing about it.
func (r *run) invalidResponse(c *fetchCall, what string) {
	r.logInvalidResponse(c, what)
	r.addUnavailable(c, gqlerr.Internal, 0)
}

func (r *run) invalidResponseAt(c *fetchCall, e *program.Entities, what string) {
	r.logInvalidResponse(c, what)
	r.addUnavailableAt(c, e, gqlerr.Internal, 0)
}

func (r *run) logInvalidResponse(c *fetchCall, what string) {
	r.executor.Log.ErrorContext(r.ctx, "invalid subgraph response", "subgraph", c.fetch.Subgraph, "request_id", r.masker.requestID, "err", what)
}

// addUnavailable records an error for each place that lacks data because a fetch
// has no response.
func (r *run) addUnavailable(c *fetchCall, code gqlerr.Code, after time.Duration) {
	if len(c.fetch.Entities) == 0 {
		r.addUnavailableRoots(c, code, after)
	}
	for i := range c.fetch.Entities {
		if c.lists[i].sent > 0 {
			r.addUnavailableAt(c, &c.fetch.Entities[i], code, after)
		}
	}
}

func (r *run) addUnavailableAt(c *fetchCall, e *program.Entities, code gqlerr.Code, after time.Duration) {
	if len(e.Response) == 0 {
		r.addUnavailableRoots(c, code, after)
		return
	}
	r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), anyOf(e.Response))
}

func (r *run) addUnavailableRoots(c *fetchCall, code gqlerr.Code, after time.Duration) {
	for _, root := range c.fetch.Roots {
		r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), []any{root})
	}
	if len(c.fetch.Roots) == 0 {
		var at []any
		if c.fetch.At != nil {
			at = anyOf(c.fetch.Response)
		}
		r.masker.keep(upstream.Unavailable(c.fetch.Subgraph, code, after), at)
	}
}

// addErrors records the errors of a subgraph's response, with their paths
// translated to the client's, and reports whether there are any.
func (r *run) addErrors(c *fetchCall, list arena.ID) bool {
	if r.values.Kind(list) != arena.List {
		return false
	}
	found := false
	for x := r.values.First(list); x >= 0; x = r.values.Next(x) {
		found = true
		in := r.readError(x)
		in.Extensions.Service = c.fetch.Subgraph
		in.all = r.chosenExtensions(c.fetch.Subgraph, r.values.Get(x, "extensions"))
		for _, path := range r.responsePaths(c, in.Path) {
			in.Path = path
			r.masker.subgraphError(in)
		}
	}
	return found
}

// readError reads an entry of "errors". Subgraphs are not validated: fields of
// another type count as absent.
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
			default: // not a path element
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

// hasErrorFor reports whether one of the errors is about a batch of entities. If
// the request has only one batch, all errors are.
func (r *run) hasErrorFor(c *fetchCall, i int, list arena.ID) bool {
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

// responsePaths translates a path of a subgraph's response to paths of the
// client's. An entity may be at several places, since objects with equal
// representations share one; the error is reported at each.
func (r *run) responsePaths(c *fetchCall, path []any) [][]any {
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
		if paths := r.entityPaths(e, &c.lists[i], index, rest); ok && len(paths) > 0 {
			return paths
		}
		return [][]any{append(anyOf(e.Response), rest...)}
	}
	if c.fetch.At != nil {
		path = append(anyOf(c.fetch.Response), path...)
	}
	return [][]any{path}
}

// entityPaths returns the paths of the objects that one representation was sent
// for, each followed by rest, at most maxErrors of them.
func (r *run) entityPaths(e *program.Entities, sent *entityBatch, index int, rest []any) [][]any {
	required := map[arena.ID]bool{}
	for k, object := range sent.objects {
		if sent.index[k] == index {
			required[object] = true
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
				if required[from] && len(out) < maxErrors {
					out = append(out, append(append([]any{}, at...), rest...))
				}
				return
			}
			if r.matchesType(from, path[0]) {
				walk(r.values.Get(from, path[0].Name), path[1:], append(at, path[0].Name))
			}
		default: // a scalar or null has no objects below
		}
	}
	walk(r.data, e.Path, nil)
	return out
}
