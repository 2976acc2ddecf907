// Package gqlerr holds what may be said to a client about a failure: the codes
// of errors[].extensions.code, and the errors that carry them.
package gqlerr

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

// Code is the machine's word for what went wrong. Clients switch on it, so a
// code never changes its meaning.
type Code string

// The codes a client may meet. There are no others.
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

// InternalMessage stands for every message that a client may not read.
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

// New is an error of the code.
func New(code Code, format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), Extensions: map[string]any{"code": string(code)}}
}

// With adds an entry to the extensions.
func (e *Error) With(key string, value any) *Error {
	e.Extensions[key] = value
	return e
}

// Code is the error's code.
func (e *Error) Code() Code {
	code, _ := e.Extensions["code"].(string)
	return Code(code)
}

func (e *Error) Error() string { return string(e.Code()) + ": " + e.Message }

// List is the "errors" of an answer.
type List []*Error

func (l List) Error() string {
	var texts []string
	for _, e := range l {
		texts = append(texts, e.Error())
	}
	return strings.Join(texts, "; ")
}

// Code is the first error's code, or "" of an empty list.
func (l List) Code() Code {
	if len(l) == 0 {
		return ""
	}
	return l[0].Code()
}

// Of turns any error into what a client may read: a List or an *Error stays as
// it is, everything else is masked.
func Of(err error) List {
	switch e := err.(type) { //nolint:errorlint // only an unwrapped error is meant for clients
	case List:
		return e
	case *Error:
		return List{e}
	default:
		return List{New(Internal, InternalMessage)}
	}
}

// Body is the answer to a request that was not run: it has no "data".
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
	if err != nil { // an extension of ours that JSON cannot write: a bug
		panic(err)
	}
	return body
}
