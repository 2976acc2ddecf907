package main

import (
	"errors"
	"fmt"
	"time"
)

// refusal is the answer of a system that does not do the work now.
type refusal struct {
	code       string
	took       time.Duration // until the answer
	retryAfter bool          // whether it has a Retry-After header or its extension
}

func (r *refusal) Error() string { return "refused: " + r.code }

// fault is an element of errors in a response.
type fault struct {
	Message    string
	Extensions struct {
		Code       string
		RetryAfter *float64
	}
}

// err is a *refusal for the codes that require the client to come back.
func (f fault) err(took time.Duration, header bool) error {
	switch code := f.Extensions.Code; code {
	case "RATE_LIMITED", "SUBGRAPH_UNAVAILABLE":
		return &refusal{code, took, header || f.Extensions.RetryAfter != nil}
	case "":
		return errors.New(f.Message)
	default:
		return fmt.Errorf("%s: %s", code, f.Message)
	}
}
