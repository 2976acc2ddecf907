package execute

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// maxErrors bounds the errors of one response.
const maxErrors = 100

// engineErrorPatterns recognize the engine's own errors, which are text only. The
// engine's version is pinned, and a test provokes each.
type engineErrorPatterns struct{ fetch, access, null *regexp.Regexp }

func newEngineErrorPatterns() engineErrorPatterns {
	return engineErrorPatterns{
		fetch:  regexp.MustCompile(`^Failed to (?:fetch from|obtain field dependencies from) Subgraph '([^']*)'(?: at Path '([^']*)')?`),
		access: regexp.MustCompile(`^Unauthorized to load field '([^']*)', Reason: (UNAUTHENTICATED|FORBIDDEN)\.$`),
		null:   regexp.MustCompile(`^Cannot return null for non-nullable field `),
	}
}

// maskResponse rewrites the errors of an engine's response, so that each has a
// code of package gqlerr, the request's id and, where one subgraph failed, its
// name, and none has an internal message. A response without errors, the common
// case, is not parsed: the engine writes errors first.
func (e *Executor) maskResponse(body []byte, m errorMasker) ([]byte, gqlerr.List) {
	if !bytes.HasPrefix(body, []byte(`{"errors":`)) {
		return body, nil
	}
	var in struct {
		Errors []engineError   `json:"errors"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Errors) == 0 {
		e.Log.Error("parse engine response", "request_id", m.requestID, "err", err)
		list := gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}
		return list.Body(m.requestID), list
	}
	for _, raw := range in.Errors {
		m.add(raw)
	}
	m.addNulls()
	if len(in.Data) == 0 {
		in.Data = json.RawMessage("null")
	}
	out, err := json.Marshal(struct {
		Errors gqlerr.List     `json:"errors"`
		Data   json.RawMessage `json:"data"`
	}{m.out, in.Data})
	if err != nil {
		e.Log.Error("write response", "request_id", m.requestID, "err", err)
		list := gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}
		return list.Body(m.requestID), list
	}
	return out, m.out
}

// engineError is an error as written by the engine or by a subgraph.
type engineError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code       string `json:"code"`
		Service    string `json:"serviceName"` // the engine's name for it
		Ours       string `json:"service"`     // ours; the engine drops it from the errors of subgraphs
		RetryAfter any    `json:"retryAfter"`
	} `json:"extensions"`

	all map[string]json.RawMessage // extensions, as far as a policy may pass them on
}

// UnmarshalJSON reads the extensions twice: into the fields and as they are.
func (e *engineError) UnmarshalJSON(text []byte) error {
	type fields engineError
	if err := json.Unmarshal(text, (*fields)(e)); err != nil {
		return err
	}
	var raw struct {
		Extensions map[string]json.RawMessage `json:"extensions"`
	}
	err := json.Unmarshal(text, &raw)
	e.all = raw.Extensions
	return err
}

// errorMasker collects the errors of one response.
type errorMasker struct {
	executor  *Executor
	response  *resolve.GraphQLResponse
	rec       *fetchRecord
	requestID string
	source    string // the subgraph of a stream's events, whose errors lack it
	out       gqlerr.List
	nulls     []engineError
}

func (m *errorMasker) add(in engineError) {
	phrases := m.executor.engineErrors
	if found := phrases.fetch.FindStringSubmatch(in.Message); found != nil && in.Extensions.Service == "" {
		m.fetchFailed(found[1], found[2])
		return
	}
	if found := phrases.access.FindStringSubmatch(in.Message); found != nil && in.Extensions.Service == "" {
		if in.Path == nil {
			in.Path = m.onlyRoot()
		}
		m.keep(accessError(gqlerr.Code(found[2])), in.Path)
		return
	}
	if in.Extensions.Service == "" && phrases.null.MatchString(in.Message) {
		m.nulls = append(m.nulls, in)
		return
	}
	m.subgraphError(in)
}

func accessError(code gqlerr.Code) *gqlerr.Error {
	if code == gqlerr.Unauthenticated {
		return gqlerr.New(code, "Sign in to use this field.")
	}
	return gqlerr.New(code, "You are not allowed to use this field.")
}

// fetchFailed records an error for each place that lacks data because a fetch
// failed: the path of the fetch, or the subgraph's root fields.
func (m *errorMasker) fetchFailed(subgraph, path string) {
	if path != "" {
		m.keep(m.rec.unavailable(subgraph), responsePath(path))
		return
	}
	roots := m.rootsFrom(subgraph)
	if len(roots) == 0 {
		m.keep(m.rec.unavailable(subgraph), nil)
	}
	for _, root := range roots {
		m.keep(m.rec.unavailable(subgraph), []any{root})
	}
}

// subgraphError records an error of a subgraph. Its message reaches the client
// only with one of the codes for clients, or of the subgraph's policy; otherwise
// it is logged and replaced.
func (m *errorMasker) subgraphError(in engineError) {
	code := gqlerr.Code(in.Extensions.Code)
	service := cmp.Or(in.Extensions.Service, in.Extensions.Ours, m.source)
	policy := m.executor.Errors[service]
	masked := !policy.passes(code)
	if masked {
		m.executor.Log.Error("internal subgraph error", "subgraph", service, "request_id", m.requestID,
			"code", in.Extensions.Code, "path", in.Path, "message", in.Message)
		code, in.Message = gqlerr.Internal, gqlerr.InternalMessage
	}
	out := gqlerr.New(cmp.Or(code, gqlerr.Internal), "%s", in.Message)
	if service != "" {
		out = out.With("service", service)
	}
	if !masked {
		policy.extend(out, in.all)
	}
	if in.Extensions.RetryAfter != nil {
		out = out.With("retryAfter", in.Extensions.RetryAfter)
	}
	m.keep(out, in.Path)
}

// isClientCode reports a code whose messages a subgraph writes for clients. The
// validation codes are not among them: an invalid document sent to a subgraph is
// a fault of the router.
func isClientCode(code gqlerr.Code) bool {
	return slices.Contains([]gqlerr.Code{
		gqlerr.Unauthenticated, gqlerr.Forbidden, gqlerr.RateLimited, gqlerr.BadUserInput,
		gqlerr.SubgraphUnavailable, gqlerr.Timeout,
	}, code)
}

// addNulls records the non-null violations that no other error explains. Nearly
// all follow from a failed field or fetch below the same root field, and that
// error is the one that helps.
func (m *errorMasker) addNulls() {
	explained := slices.Clone(m.out)
	for _, in := range m.nulls {
		path := cleanPath(in.Path)
		if slices.ContainsFunc(explained, func(e *gqlerr.Error) bool {
			return len(e.Path) == 0 || len(path) == 0 || e.Path[0] == path[0]
		}) {
			continue
		}
		m.executor.Log.Error("null for a non-null field", "request_id", m.requestID, "path", path, "message", in.Message)
		m.keep(gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage), path)
	}
}

// keep records an error, once for each code, service and path, up to maxErrors.
func (m *errorMasker) keep(e *gqlerr.Error, path []any) {
	e.Path = cleanPath(path)
	e = e.With("requestId", m.requestID)
	same := slices.ContainsFunc(m.out, func(o *gqlerr.Error) bool {
		return o.Code() == e.Code() && o.Extensions["service"] == e.Extensions["service"] && slices.Equal(o.Path, e.Path)
	})
	if !same && len(m.out) < maxErrors {
		m.out = append(m.out, e)
	}
}

// cleanPath returns the names and indexes of a path, as the client named them. The engine writes "@" for
// all elements of a list; numbers are float64 if they come from JSON.
func cleanPath(path []any) []any {
	return slices.DeleteFunc(clientPath(path), func(v any) bool {
		switch v := v.(type) {
		case string:
			return v == "@"
		case float64, int:
			return false
		default:
			return true
		}
	})
}

// clientPath copies a path with the client's names for the plan's.
func clientPath(path []any) []any {
	out := slices.Clone(path)
	for i, step := range out {
		if name, ok := step.(string); ok {
			out[i] = plan.ClientName(name)
		}
	}
	return out
}

func responsePath(dotted string) []any {
	var path []any
	for part := range strings.SplitSeq(dotted, ".") {
		path = append(path, part)
	}
	return path
}

// rootsFrom returns the response names of the root fields of a subgraph.
func (m *errorMasker) rootsFrom(subgraph string) []string {
	var names []string
	for _, f := range m.response.Data.Fields {
		if f.Info != nil && slices.Contains(f.Info.Source.Names, subgraph) {
			names = append(names, string(f.Name))
		}
	}
	return names
}

func (m *errorMasker) onlyRoot() []any {
	if len(m.response.Data.Fields) != 1 {
		return nil
	}
	return []any{string(m.response.Data.Fields[0].Name)}
}
