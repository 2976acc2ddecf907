// Package gqlerr defines the errors that clients may see, and the codes of
// errors[].extensions.code.
package gqlerr

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
)

// Code identifies the kind of an error. Clients switch on it, so that a code never
// changes its meaning.
type Code string

// The codes. There are no others.
const (
	Unauthenticated        Code = "UNAUTHENTICATED"
	Forbidden              Code = "FORBIDDEN"
	RateLimited            Code = "RATE_LIMITED"
	CostExceeded           Code = "COST_EXCEEDED"
	ParseFailed            Code = "GRAPHQL_PARSE_FAILED"
	ValidationFailed       Code = "GRAPHQL_VALIDATION_FAILED"
	PersistedQueryNotFound Code = "PERSISTED_QUERY_NOT_FOUND"
	PersistedQueryRequired Code = "PERSISTED_QUERY_REQUIRED"
	BadUserInput           Code = "BAD_USER_INPUT"
	SubgraphUnavailable    Code = "SUBGRAPH_UNAVAILABLE"
	Timeout                Code = "TIMEOUT"
	Internal               Code = "INTERNAL"
)

// InternalMessage replaces every message that is not for clients.
const InternalMessage = "Something went wrong on our side."

// Error is one entry of "errors".
type Error struct {
	Message    string         `json:"message"`
	Locations  []Location     `json:"locations,omitempty"`
	Path       []any          `json:"path,omitempty"` // of string and int
	Extensions map[string]any `json:"extensions"`
}

// Location is a place in the client's document, counted from 1.
type Location struct {
	Line   uint32 `json:"line"`
	Column uint32 `json:"column"`
}

// New returns an error with the code.
func New(code Code, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": string(code)}}
}

// With adds an entry to the extensions.
func (e *Error) With(key string, value any) *Error {
	e.Extensions[key] = value
	return e
}

// Code returns the error's code.
func (e *Error) Code() Code {
	code, _ := e.Extensions["code"].(string)
	return Code(code)
}

func (e *Error) Error() string { return string(e.Code()) + ": " + e.Message }

// List is the "errors" of a response.
type List []*Error

func (l List) Error() string {
	var texts []string
	for _, e := range l {
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "; ")
}

// Code returns the first error's code, or "" for an empty list.
func (l List) Code() Code {
	if len(l) == 0 {
		return ""
	}
	return l[0].Code()
}

// RetryAfter is the longest extensions.retryAfter, in whole seconds: by then, whatever
// was refused may be sent again. It is 0 without one.
func (l List) RetryAfter() int {
	longest := 0.0
	for _, e := range l {
		switch after := e.Extensions["retryAfter"].(type) {
		case int:
			longest = max(longest, float64(after))
		case float64:
			longest = max(longest, after)
		case json.RawMessage: // of a subgraph
			var seconds float64
			if json.Unmarshal(after, &seconds) == nil {
				longest = max(longest, seconds)
			}
		}
	}
	return int(math.Ceil(longest))
}

// FromError turns any error into one for clients: a List or an *Error is returned
// as it is, anything else is masked. A wrapped *Error is masked too, because the
// wrapping text is internal.
func FromError(err error) List {
	switch e := err.(type) { //nolint:errorlint // only an unwrapped error is meant for clients
	case List:
		return e
	case *Error:
		return List{e}
	default:
		return List{New(Internal, InternalMessage)}
	}
}

// Body returns the response to a request that was not executed: it has no "data".
func (l List) Body(requestID string) []byte {
	out := make(List, len(l))
	for i, e := range l {
		c := *e
		c.Extensions = map[string]any{"requestId": requestID}
		maps.Copy(c.Extensions, e.Extensions)
		out[i] = &c
	}
	body, err := json.Marshal(struct {
		Errors List `json:"errors"`
	}{out})
	if err != nil { // an extension that JSON cannot represent: a bug
		panic(err)
	}
	return body
}
