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
)

// mostErrors bounds the errors of one answer.
const mostErrors = 100

// The engine's own errors come as text only; the version is pinned and a test
// holds each of these.
type phrases struct{ fetch, access, null *regexp.Regexp }

func enginePhrases() phrases {
	return phrases{
		fetch:  regexp.MustCompile(`^Failed to (?:fetch from|obtain field dependencies from) Subgraph '([^']*)'(?: at Path '([^']*)')?`),
		access: regexp.MustCompile(`^Unauthorized to load field '([^']*)', Reason: (UNAUTHENTICATED|FORBIDDEN)\.$`),
		null:   regexp.MustCompile(`^Cannot return null for non-nullable field `),
	}
}

// mask rewrites the errors of a response so that each has a code of ours, the
// request's id and, where one subgraph is to blame, its name; and so that none
// tells what only we may know. A response without errors passes untouched.
func (e *Executor) mask(body []byte, m masker) ([]byte, gqlerr.Code) {
	if !bytes.HasPrefix(body, []byte(`{"errors":`)) {
		return body, ""
	}
	var in struct {
		Errors []engineError   `json:"errors"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil || len(in.Errors) == 0 {
		e.Log.Error("response cannot be read back", "request_id", m.requestID, "err", err)
		list := gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}
		return list.Body(m.requestID), gqlerr.Internal
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
		e.Log.Error("response cannot be written", "request_id", m.requestID, "err", err)
		return gqlerr.List{gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage)}.Body(m.requestID), gqlerr.Internal
	}
	return out, m.out.Code()
}

// engineError is an error as the engine or a subgraph wrote it.
type engineError struct {
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code       string `json:"code"`
		Service    string `json:"serviceName"` // as the engine names it
		Ours       string `json:"service"`     // as we do; the engine lets no subgraph say it
		RetryAfter any    `json:"retryAfter"`
	} `json:"extensions"`
}

// masker is one response's errors on their way out.
type masker struct {
	executor  *Executor
	response  *resolve.GraphQLResponse
	rec       *record
	requestID string
	source    string // of a stream's events, whose errors do not say it
	out       gqlerr.List
	nulls     []engineError
}

func (m *masker) add(in engineError) {
	phrases := m.executor.phrases
	if found := phrases.fetch.FindStringSubmatch(in.Message); found != nil && in.Extensions.Service == "" {
		m.fetchFailed(found[1], found[2])
		return
	}
	if found := phrases.access.FindStringSubmatch(in.Message); found != nil && in.Extensions.Service == "" {
		if in.Path == nil {
			in.Path = m.onlyRoot()
		}
		m.keep(refused(gqlerr.Code(found[2])), in.Path)
		return
	}
	if in.Extensions.Service == "" && phrases.null.MatchString(in.Message) {
		m.nulls = append(m.nulls, in)
		return
	}
	m.subgraphError(in)
}

func refused(code gqlerr.Code) *gqlerr.Error {
	if code == gqlerr.Unauthenticated {
		return gqlerr.New(code, "Sign in to use this field.")
	}
	return gqlerr.New(code, "You are not allowed to use this field.")
}

// fetchFailed says what a subgraph's silence left out: the place that needed
// it, or the root fields it should have answered.
func (m *masker) fetchFailed(subgraph, path string) {
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

// subgraphError passes what a subgraph says to the client, and masks the rest.
func (m *masker) subgraphError(in engineError) {
	code := gqlerr.Code(in.Extensions.Code)
	if !speaks(code) {
		m.executor.Log.Error("subgraph error", "subgraph", in.Extensions.Service, "request_id", m.requestID,
			"code", in.Extensions.Code, "path", in.Path, "message", in.Message)
		code, in.Message = gqlerr.Internal, gqlerr.InternalMessage
	}
	out := gqlerr.New(code, "%s", in.Message)
	if service := cmp.Or(in.Extensions.Service, in.Extensions.Ours, m.source); service != "" {
		out = out.With("service", service)
	}
	if in.Extensions.RetryAfter != nil {
		out = out.With("retryAfter", in.Extensions.RetryAfter)
	}
	m.keep(out, in.Path)
}

// speaks reports a code whose message a subgraph writes for the client. That
// its document was refused is the router's fault, not the client's.
func speaks(code gqlerr.Code) bool {
	return slices.Contains([]gqlerr.Code{
		gqlerr.Unauthenticated, gqlerr.Forbidden, gqlerr.RateLimited, gqlerr.BadUserInput,
		gqlerr.SubgraphUnavailable, gqlerr.Timeout,
	}, code)
}

// addNulls adds what the engine says of nulls where none may be, unless an
// error that is already there explains it.
func (m *masker) addNulls() {
	explained := slices.Clone(m.out)
	for _, in := range m.nulls {
		path := cleanPath(in.Path)
		if slices.ContainsFunc(explained, func(e *gqlerr.Error) bool {
			return len(e.Path) == 0 || len(path) == 0 || e.Path[0] == path[0]
		}) {
			continue
		}
		m.executor.Log.Error("null where none may be", "request_id", m.requestID, "path", path, "message", in.Message)
		m.keep(gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage), path)
	}
}

// keep adds an error once for each code, service and path.
func (m *masker) keep(e *gqlerr.Error, path []any) {
	e.Path = cleanPath(path)
	e = e.With("requestId", m.requestID)
	same := slices.ContainsFunc(m.out, func(o *gqlerr.Error) bool {
		return o.Code() == e.Code() && o.Extensions["service"] == e.Extensions["service"] && slices.Equal(o.Path, e.Path)
	})
	if !same && len(m.out) < mostErrors {
		m.out = append(m.out, e)
	}
}

// cleanPath keeps the names and indexes of a path. The engine writes "@" for
// every element of a list.
func cleanPath(path []any) []any {
	return slices.DeleteFunc(slices.Clone(path), func(v any) bool {
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

func responsePath(dotted string) []any {
	var path []any
	for part := range strings.SplitSeq(dotted, ".") {
		path = append(path, part)
	}
	return path
}

// rootsFrom lists the root fields that come from a subgraph.
func (m *masker) rootsFrom(subgraph string) []string {
	var names []string
	for _, f := range m.response.Data.Fields {
		if f.Info != nil && slices.Contains(f.Info.Source.Names, subgraph) {
			names = append(names, string(f.Name))
		}
	}
	return names
}

func (m *masker) onlyRoot() []any {
	if len(m.response.Data.Fields) != 1 {
		return nil
	}
	return []any{string(m.response.Data.Fields[0].Name)}
}
