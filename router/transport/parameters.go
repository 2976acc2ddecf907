package transport

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"

	"cartograph/internal/optional"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// parameters of a GraphQL request. The last three are names of a persisted
// document's id in different clients.
type parameters struct {
	Query         *string         `json:"query"`
	OperationName *string         `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
	DocumentID    *string         `json:"documentId"`
	DocID         *string         `json:"doc_id"`
	ID            *string         `json:"id"`
}

// extensions of a request that are used; others are ignored.
type extensions struct {
	PersistedQuery *struct {
		Version int    `json:"version"`
		Hash    string `json:"sha256Hash"`
	} `json:"persistedQuery"`
	OperationID string `json:"operationId"`
}

const notAnObject = "The request must be an object whose query and operationName are strings."

// decode reads one operation's JSON.
func decode(body []byte) (plan.Request, extensions, *gqlerr.Error) {
	var p parameters
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return plan.Request{}, extensions{}, gqlerr.New(gqlerr.BadUserInput, "The request has no body.")
	}
	err := json.Unmarshal(body, &p)
	if _, malformed := errors.AsType[*json.SyntaxError](err); malformed {
		return plan.Request{}, extensions{}, gqlerr.New(gqlerr.BadUserInput, "The request is not valid JSON.")
	}
	if err != nil || body[0] != '{' {
		return plan.Request{}, extensions{}, gqlerr.New(gqlerr.BadUserInput, notAnObject)
	}
	return p.request()
}

func (p parameters) request() (plan.Request, extensions, *gqlerr.Error) {
	var more extensions
	if !objectOrNothing(p.Variables) {
		return plan.Request{}, more, gqlerr.New(gqlerr.BadUserInput, "variables must be an object.")
	}
	if !objectOrNothing(p.Extensions) {
		return plan.Request{}, more, gqlerr.New(gqlerr.BadUserInput, "extensions must be an object.")
	}
	if len(p.Extensions) > 0 {
		if err := json.Unmarshal(p.Extensions, &more); err != nil {
			return plan.Request{}, more, gqlerr.New(gqlerr.BadUserInput, "extensions.persistedQuery and extensions.operationId are malformed.")
		}
	}
	req := plan.Request{
		Query: optional.Value(p.Query), OperationName: optional.Value(p.OperationName), Variables: p.Variables,
		DocumentID: cmp.Or(optional.Value(p.DocumentID), optional.Value(p.DocID), optional.Value(p.ID)),
	}
	if persisted := more.PersistedQuery; persisted != nil {
		if persisted.Version != 1 {
			return plan.Request{}, more, gqlerr.New(gqlerr.BadUserInput, "Version %d of persisted queries is not supported, only 1.", persisted.Version)
		}
		req.Hash = persisted.Hash
	}
	if req.Query == "" && req.DocumentID == "" && req.Hash == "" {
		return plan.Request{}, more, gqlerr.New(gqlerr.BadUserInput, "query is missing.")
	}
	return req, more, nil
}

func objectOrNothing(raw json.RawMessage) bool {
	return len(raw) == 0 || raw[0] == '{' || string(raw) == "null"
}
