package upstream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"time"

	"cartograph/router/gqlerr"
)

// Failure is why a subgraph gave no answer.
type Failure struct {
	Code       gqlerr.Code
	RetryAfter time.Duration // 0: nobody knows
	Err        error         // for us, not for a client

	shed  bool // it was not sent, and that is nothing new
	blame bool // it counts against the subgraph
}

func (f *Failure) Error() string { return string(f.Code) + ": " + f.Err.Error() }

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Unavailable says for a client that a subgraph gave no answer, and when to
// come back where that is known.
func Unavailable(subgraph string, code gqlerr.Code, after time.Duration) *gqlerr.Error {
	message := gqlerr.InternalMessage
	switch code {
	case gqlerr.SubgraphUnavailable:
		message = fmt.Sprintf("The %s service is not available at the moment.", subgraph)
	case gqlerr.Timeout:
		message = fmt.Sprintf("The %s service took too long.", subgraph)
	default: // nothing that anybody else could act on
	}
	e := gqlerr.New(code, "%s", message).With("service", subgraph)
	if after > 0 {
		e = e.With("retryAfter", int(math.Ceil(after.Seconds())))
	}
	return e
}

// attemptError is an attempt that brought no answer.
type attemptError struct {
	err     error
	unsent  bool // no connection came about: the subgraph knows nothing of it
	unheard bool // nothing of an answer was read
	reused  bool // on a connection that had been kept, and may have been stale
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// broken names what ended the last attempt. ours tells the fetch's own deadline
// from the caller's: who gives a subgraph no time cannot blame it.
func broken(ctx context.Context, deadline time.Time, ours bool, err error) *Failure {
	late := errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: ctx.Err()}
	case late && (ctx.Err() != nil || !time.Now().Before(deadline)):
		return &Failure{Code: gqlerr.Timeout, Err: err, blame: ours}
	case errors.Is(err, errTooLarge), errors.Is(err, errUnframed):
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: err} // it is there, and wrong
	default:
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: err, blame: true}
	}
}

// refusal names a status under which no GraphQL answer is to be expected. 400
// and 422 carry one: that of a document the subgraph did not take.
func refusal(status int) gqlerr.Code {
	switch {
	case status >= 200 && status < 300, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return ""
	case status >= 500, status == http.StatusTooManyRequests:
		return gqlerr.SubgraphUnavailable
	default:
		return gqlerr.Internal
	}
}

// refused is the failure of an answer that is none. The body starts at from.
func refused(code gqlerr.Code, got answer, from int) *Failure {
	return &Failure{
		Code: code, RetryAfter: retryAfter(got.retryAfter), blame: got.status >= http.StatusInternalServerError,
		Err: fmt.Errorf("answered %d %s: %.200q", got.status, http.StatusText(got.status), got.body[from:]),
	}
}

// retryAfter reads the header where it counts seconds, up to an hour.
func retryAfter(value string) time.Duration {
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

// failureOf is the failure that an error of Fetch is.
func failureOf(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Code: gqlerr.Internal, Err: err}
}
