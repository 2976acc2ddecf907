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

// RunIncremental executes an operation that defers some of its fields: it sends
// first what is not deferred, then each deferred group when it is ready, in the
// parts of "multipart/mixed; deferSpec=20220824". more reports whether another
// part follows; an error of send ends the stream.
func (e *Executor) RunIncremental(ctx context.Context, op *plan.Operation, session *Session, send func(part []byte, more bool) error) error {
	parts, ok := op.Plan.(*engine.DeferResponsePlan)
	if !ok {
		response, err := e.Run(ctx, op, session)
		if err != nil {
			return err
		}
		return send(response.Body, false)
	}
	leave, err := e.enterSchema(ctx, op)
	if err != nil {
		return err
	}
	defer leave()
	ctx, rec := withFetchRecord(ctx)
	rc, err := e.engineContext(ctx, op, session)
	if err != nil {
		return err
	}
	w := &incrementalWriter{send: send, response: parts.Response, context: rc, reported: map[*resolve.GraphQLError]bool{}, masker: errorMasker{
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

// incrementalWriter turns the engine's frames into parts. The engine uses a later
// draft of the specification, which announces groups once and refers to them by
// number; clients of deferSpec=20220824 expect path and label in each part. The
// engine writes one frame at a time.
type incrementalWriter struct {
	send     func([]byte, bool) error
	response *resolve.GraphQLDeferResponse
	masker   errorMasker // copied for each list of errors
	context  *resolve.Context
	frame    bytes.Buffer
	started  bool
	reported map[*resolve.GraphQLError]bool // errors that were sent already
}

// frame is a message of the engine.
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

// part is a part for the client: data in the first, then increments.
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

// Write appends to the current frame.
func (w *incrementalWriter) Write(b []byte) (int, error) { return w.frame.Write(b) }

// Complete does nothing: the last part has hasNext false.
func (w *incrementalWriter) Complete() {}

// Flush sends the frame as a part.
func (w *incrementalWriter) Flush() error {
	var in frame
	decoder := json.NewDecoder(&w.frame)
	if err := decoder.Decode(&in); err != nil {
		return fmt.Errorf("read deferred frame: %w", err)
	}
	w.frame.Reset()
	out := part{HasNext: in.HasNext}
	if !w.started {
		w.started = true
		out.Data, out.Errors = in.Data, w.masked(in.Errors)
	}
	for _, item := range in.Incremental {
		group, prefix := w.descriptor(item.ID)
		path := slices.Concat(anyOf(group.Path[:prefix]), item.SubPath)
		if len(item.SubPath) == 0 {
			path = anyOf(group.Path)
		}
		out.Incremental = append(out.Incremental, increment{Data: item.Data, Path: clientPath(path), Label: group.Label, Errors: w.masked(item.Errors)})
	}
	errs := w.newErrors()
	for _, done := range in.Completed {
		group, prefix := w.descriptor(done.ID)
		if len(in.Incremental) == 0 && len(done.Errors) == 0 && prefix == len(group.Path) {
			done.Errors = errs
		}
		if len(done.Errors) > 0 { // a group without data
			out.Incremental = append(out.Incremental, increment{
				Data: json.RawMessage("null"), Path: clientPath(anyOf(group.Path)), Label: group.Label, Errors: w.masked(done.Errors),
			})
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return w.send(body, out.HasNext)
}

// newErrors returns the subgraph errors since the last frame. The engine drops
// the errors of a group that null propagation has removed, and the client would
// not see why its data is missing.
func (w *incrementalWriter) newErrors() []engineError {
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
		for _, downstream := range failure.DownstreamErrors {
			if w.reported[downstream] {
				continue
			}
			w.reported[downstream] = true
			e := engineError{Message: downstream.Message, Path: []any{}}
			if downstream.Extensions != nil {
				e.Extensions.Code = string(downstream.Extensions.GetStringBytes("code"))
			}
			e.Extensions.Service = failure.DataSourceInfo.Name
			out = append(out, e)
		}
	}
	collect(w.context.SubgraphErrors())
	return out
}

func (w *incrementalWriter) masked(errs []engineError) gqlerr.List {
	m := w.masker
	for _, raw := range errs {
		m.add(raw)
	}
	m.addNulls()
	return m.out
}

// descriptor returns the descriptor of a group, and the length of its path up to
// the first list: from there on the engine's subPath has it, with indexes.
func (w *incrementalWriter) descriptor(id json.Number) (group resolve.DeferDescriptor, prefix int) {
	n, err := id.Int64()
	if err != nil {
		return group, 0
	}
	group = w.response.DeferDescriptors[int(n)]
	object := w.response.Response.Data
	for prefix < len(group.Path) && object != nil {
		node := fieldOf(object, group.Path[prefix])
		prefix++
		if _, isList := node.(*resolve.Array); isList {
			return group, prefix
		}
		object, _ = node.(*resolve.Object)
	}
	return group, len(group.Path)
}

func fieldOf(o *resolve.Object, name string) resolve.Node {
	for _, f := range o.Fields {
		if string(f.Name) == plan.ClientName(name) {
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
