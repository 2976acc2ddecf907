package execute

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// Stream answers an operation that defers some of its fields: first what was
// not deferred, then each group of what was, as it gets ready. The parts are
// those of "multipart/mixed; deferSpec=20220824". more tells whether another
// part follows; a failure of send ends the stream.
func (e *Executor) Stream(ctx context.Context, op *plan.Operation, session *Session, send func(part []byte, more bool) error) error {
	parts, ok := op.Plan.(*engine.DeferResponsePlan)
	if !ok {
		answer, err := e.Run(ctx, op, session)
		if err != nil {
			return err
		}
		return send(answer.Body, false)
	}
	ctx, rec := withRecord(ctx)
	rc, err := e.context(ctx, op, session)
	if err != nil {
		return err
	}
	w := &partWriter{send: send, response: parts.Response, context: rc, told: map[*resolve.GraphQLError]bool{}, masker: masker{
		executor: e, response: parts.Response.Response, rec: rec, requestID: session.caller.RequestID,
	}}
	if _, err := e.resolver.ResolveGraphQLDeferResponse(rc, parts.Response, w); err != nil {
		return e.runError(ctx, op, err)
	}
	if ctx.Err() != nil {
		return e.runError(ctx, op, ctx.Err())
	}
	return nil
}

// partWriter takes the engine's frames, which name what they announced before
// by numbers, and sends parts that stand by themselves. The engine writes one
// frame at a time.
type partWriter struct {
	send     func([]byte, bool) error
	response *resolve.GraphQLDeferResponse
	masker   masker // copied for each list of errors
	context  *resolve.Context
	frame    bytes.Buffer
	begun    bool
	told     map[*resolve.GraphQLError]bool // what subgraphs said until now
}

// frame is what the engine writes.
type frame struct {
	Errors      []engineError   `json:"errors"`
	Data        json.RawMessage `json:"data"`
	Incremental []struct {
		ID      json.Number     `json:"id"`
		SubPath []any           `json:"subPath"`
		Data    json.RawMessage `json:"data"`
		Errors  []engineError   `json:"errors"`
	} `json:"incremental"`
	Completed []struct {
		ID     json.Number   `json:"id"`
		Errors []engineError `json:"errors"`
	} `json:"completed"`
	HasNext bool `json:"hasNext"`
}

// part is what a client gets: data at first, then increments.
type part struct {
	Errors      gqlerr.List     `json:"errors,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
	Incremental []increment     `json:"incremental,omitempty"`
	HasNext     bool            `json:"hasNext"`
}

type increment struct {
	Data   json.RawMessage `json:"data"`
	Path   []any           `json:"path"`
	Label  string          `json:"label,omitempty"`
	Errors gqlerr.List     `json:"errors,omitempty"`
}

// Write collects a frame.
func (w *partWriter) Write(b []byte) (int, error) { return w.frame.Write(b) }

// Complete does nothing: the last part says that it is the last.
func (w *partWriter) Complete() {}

// Flush sends the frame as a part.
func (w *partWriter) Flush() error {
	var in frame
	decoder := json.NewDecoder(&w.frame)
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("part of a deferred answer: %w", err)
	}
	w.frame.Reset()
	out := part{HasNext: in.HasNext}
	if !w.begun {
		w.begun = true
		out.Data, out.Errors = in.Data, w.masked(in.Errors)
	}
	for _, item := range in.Incremental {
		about, first := w.about(item.ID)
		path := slices.Concat(anyOf(about.Path[:first]), item.SubPath)
		if len(item.SubPath) == 0 {
			path = anyOf(about.Path)
		}
		out.Incremental = append(out.Incremental, increment{Data: item.Data, Path: path, Label: about.Label, Errors: w.masked(item.Errors)})
	}
	news := w.news()
	for _, done := range in.Completed {
		about, first := w.about(done.ID)
		if len(in.Incremental) == 0 && len(done.Errors) == 0 && first == len(about.Path) {
			done.Errors = news
		}
		if len(done.Errors) > 0 { // of a group that came to nothing
			out.Incremental = append(out.Incremental, increment{
				Data: json.RawMessage("null"), Path: anyOf(about.Path), Label: about.Label, Errors: w.masked(done.Errors),
			})
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return w.send(body, out.HasNext)
}

// news is what subgraphs said since the last frame. Of a group that a null has
// taken away the engine forgets why.
func (w *partWriter) news() []engineError {
	var out []engineError
	var collect func(err error)
	collect = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, inner := range many.Unwrap() {
				collect(inner)
			}
			return
		}
		failure, ok := errors.AsType[*resolve.SubgraphError](err)
		if !ok {
			return
		}
		for _, said := range failure.DownstreamErrors {
			if w.told[said] {
				continue
			}
			w.told[said] = true
			e := engineError{Message: said.Message, Path: []any{}}
			if said.Extensions != nil {
				e.Extensions.Code = string(said.Extensions.GetStringBytes("code"))
			}
			e.Extensions.Service = failure.DataSourceInfo.Name
			out = append(out, e)
		}
	}
	collect(w.context.SubgraphErrors())
	return out
}

func (w *partWriter) masked(said []engineError) gqlerr.List {
	m := w.masker
	for _, raw := range said {
		m.add(raw)
	}
	m.addNulls()
	return m.out
}

// about describes a group, and how much of its path stands before the first
// list: from there on the engine writes the path anew, with indexes.
func (w *partWriter) about(id json.Number) (about resolve.DeferDescriptor, first int) {
	n, err := id.Int64()
	if err != nil {
		return about, 0
	}
	about = w.response.DeferDescriptors[int(n)]
	object := w.response.Response.Data
	for first < len(about.Path) && object != nil {
		node := fieldOf(object, about.Path[first])
		first++
		if _, isList := node.(*resolve.Array); isList {
			return about, first
		}
		object, _ = node.(*resolve.Object)
	}
	return about, len(about.Path)
}

func fieldOf(o *resolve.Object, name string) resolve.Node {
	for _, f := range o.Fields {
		if string(f.Name) == name {
			return f.Value
		}
	}
	return nil
}

func anyOf(names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out
}
