// Package fault sorts errors by who can act on them.
//
// An *Error is for the customer or the client: its message may be shown. Every
// other error is ours to fix: it is logged, and replaced by INTERNAL before it
// leaves the service.
package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cartograph/internal/message"
)

// A Kind classifies errors by what the caller can do about them.
type Kind string

// The kinds.
const (
	Invalid         Kind = "INVALID_INPUT" // the caller must change the request
	NotFound        Kind = "NOT_FOUND"
	Conflict        Kind = "CONFLICT" // refetch, then retry
	Unauthenticated Kind = "UNAUTHENTICATED"
	Forbidden       Kind = "FORBIDDEN"
	RateLimited     Kind = "RATE_LIMITED" // retry later, unchanged
	Unavailable     Kind = "UNAVAILABLE"  // retry later, unchanged
	Unclassified    Kind = "INTERNAL"
)

// Error is an error that a customer may see.
type Error struct {
	Kind    Kind
	Code    string       // the schema's ErrorCode; the kind unless WithCode sets another
	Message string       // in English, for logs and for peers
	Key     message.Key  // of the sentence that the customer reads; empty: Message is for programs only
	Args    message.Args // of that sentence
	Path    []string     // into the mutation's arguments; may be empty

	RetryAfter time.Duration // of RateLimited and Unavailable: when it may succeed; 0: soon
}

func (e *Error) Error() string { return e.Message }

// Text is the sentence for the reader of ctx.
func (e *Error) Text(ctx context.Context) string {
	if e.Key == "" {
		return e.Message
	}
	return message.Text(ctx, e.Key, e.Args)
}

// Localized returns an *Error whose sentence comes from the catalogue.
func Localized(kind Kind, key message.Key, args ...message.Args) *Error {
	e := &Error{Kind: kind, Code: string(kind), Key: key, Message: message.In(message.Languages()[0], key, args...)}
	if len(args) > 0 {
		e.Args = args[0]
	}
	return e
}

// New returns an *Error with a formatted message.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: string(kind), Message: fmt.Sprintf(format, args...)}
}

// WithCode sets a more specific code of the schema.
func (e *Error) WithCode(code string) *Error {
	e.Code = code
	return e
}

// RetryIn sets when the caller may try again.
func (e *Error) RetryIn(d time.Duration) *Error {
	e.RetryAfter = d
	return e
}

// At sets the path of the argument that is wrong.
func (e *Error) At(path ...string) *Error {
	e.Path = path
	return e
}

// Of is the first *Error in err's chain, or nil.
func Of(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// KindOf is the kind of the first *Error in err's chain.
func KindOf(err error) Kind {
	if e := Of(err); e != nil {
		return e.Kind
	}
	return Unclassified
}

// CodeOf is the code of the first *Error in err's chain, or "".
func CodeOf(err error) string {
	if e := Of(err); e != nil {
		return e.Code
	}
	return ""
}
