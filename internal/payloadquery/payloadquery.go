// Package payloadquery runs the GraphQL queries by which partners choose the payload of
// their webhooks: through the router and as the partner, within its scopes and limits.
package payloadquery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

const (
	// MaxLength is how long a query may be, in bytes.
	MaxLength = 8000

	maxTokens = 2000
	maxAnswer = 256 << 10
	timeout   = 4 * time.Second // the lease of a delivery allows for it
	maxReason = 300
)

// Failure is why a query has no result: its owner can act on the reason.
type Failure struct{ Reason string }

func (f *Failure) Error() string { return f.Reason }

// Check returns a *Failure unless the text is one query with $id: ID! as its only
// variable. Whether its fields exist and are open is the router's to say.
func Check(query string) error {
	if len(query) > MaxLength {
		return &Failure{fmt.Sprintf("It is longer than %d bytes.", MaxLength)}
	}
	document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil {
		return &Failure{shortened(err.Error())}
	}
	if len(document.Operations) != 1 || document.Operations[0].Operation != ast.Query {
		return &Failure{"It must be one query."}
	}
	if variables := document.Operations[0].VariableDefinitions; len(variables) != 1 || variables[0].Variable != "id" || variables[0].Type.String() != "ID!" {
		return &Failure{"Its only variable must be $id: ID!"}
	}
	return nil
}

// Runner runs queries at a router.
type Runner struct {
	url  string
	http *http.Client
}

// New returns a Runner for a router at its base URL.
func New(routerURL string) *Runner {
	return &Runner{url: routerURL + "/graphql", http: &http.Client{Timeout: timeout}}
}

type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Path       []any  `json:"path"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

// Run returns the data of a query for an ID, as whoever the access token names. Any error
// in the answer is a *Failure, also beside data: a payload is whole or none. Other errors
// mean that the router did not answer.
func (r *Runner) Run(ctx context.Context, accessToken, query, id string) (json.RawMessage, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"id": id}})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json, application/json")
	req.Header.Set("Authorization", "Bearer "+accessToken)
	res, err := r.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("payload query: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("payload query: %w", err)
	}
	if len(text) > maxAnswer {
		return nil, &Failure{fmt.Sprintf("The result of the query is larger than %d bytes.", maxAnswer)}
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("payload query: status %d: %w", res.StatusCode, err)
	}
	if res.StatusCode >= http.StatusInternalServerError {
		return nil, fmt.Errorf("payload query: status %d", res.StatusCode)
	}
	if len(a.Errors) > 0 {
		first := a.Errors[0]
		reason := first.Extensions.Code + ": " + first.Message
		if len(first.Path) > 0 {
			path, _ := json.Marshal(first.Path) // it was JSON
			reason += " at " + string(path)
		}
		return nil, &Failure{shortened(reason)}
	}
	if res.StatusCode != http.StatusOK || len(a.Data) == 0 || string(a.Data) == "null" {
		return nil, errors.New("payload query: no data")
	}
	return a.Data, nil
}

func shortened(reason string) string {
	if len(reason) > maxReason {
		return fmt.Sprintf("%.*s…", maxReason, reason)
	}
	return reason
}
