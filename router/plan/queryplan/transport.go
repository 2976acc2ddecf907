package queryplan

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/httpclient"
)

// Transport carries requests of the engine's resolver to a subgraph. Our executor
// has clients of its own.
type Transport struct{ Client *http.Client }

// Load sends a request and returns the response.
func (t *Transport) Load(ctx context.Context, headers http.Header, input []byte) ([]byte, error) {
	return httpclient.Do(t.Client, ctx, headers, withoutUndefined(input))
}

// LoadWithFiles does the same with files.
func (t *Transport) LoadWithFiles(ctx context.Context, headers http.Header, input []byte, files []*httpclient.FileUpload) ([]byte, error) {
	return httpclient.DoMultipartForm(t.Client, ctx, headers, withoutUndefined(input), files)
}

// withoutUndefined removes the variables that the client did not provide, which the
// resolver writes as null and lists: they take their defaults.
func withoutUndefined(input []byte) []byte {
	undefined := httpclient.UndefinedVariables(input)
	if len(undefined) == 0 {
		return input
	}
	var request map[string]json.RawMessage
	var body, variables map[string]json.RawMessage
	if json.Unmarshal(input, &request) != nil || json.Unmarshal(request["body"], &body) != nil || json.Unmarshal(body["variables"], &variables) != nil {
		return input
	}
	for name, value := range variables {
		if string(value) == "null" && slices.Contains(undefined, name) {
			delete(variables, name)
		}
	}
	var err error
	if body["variables"], err = json.Marshal(variables); err != nil {
		return input
	}
	if request["body"], err = json.Marshal(body); err != nil {
		return input
	}
	out, err := json.Marshal(request)
	if err != nil {
		return input
	}
	return out
}
