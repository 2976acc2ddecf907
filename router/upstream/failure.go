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
	"cartograph/router/upstream/bodyio"
	"cartograph/router/upstream/http1"
)

// Failure is why a fetch has no GraphQL response.
type Failure struct {
	Code       gqlerr.Code
	RetryAfter time.Duration // 0: unknown
	Err        error         // for the log; clients never see it

	notSent       bool // shed by the limiter or the breaker, which have logged or counted it
	subgraphFault bool // counts as a failure in the breaker
}

func (f *Failure) Error() string { return string(f.Code) + ": " + f.Err.Error() }

// Unwrap is the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Unavailable is the error that a client gets for a failure of a subgraph, with
// the seconds until a retry makes sense where they are known.
func Unavailable(subgraph string, code gqlerr.Code, retryAfter time.Duration) *gqlerr.Error {
	message := gqlerr.InternalMessage
	switch code {
	case gqlerr.SubgraphUnavailable:
		message = fmt.Sprintf("The %s service is not available at the moment.", subgraph)
	case gqlerr.Timeout:
		message = fmt.Sprintf("The %s service took too long.", subgraph)
	default: // internal: a client can do nothing about it
	}
	e := gqlerr.New(code, "%s", message).With("service", subgraph)
	if retryAfter > 0 {
		e = e.With("retryAfter", int(math.Ceil(retryAfter.Seconds())))
	}
	return e
}

// classify turns the error of the last attempt into a failure. ownDeadline
// decides whether the deadline that passed was the fetch's or an earlier one of
// the caller: a caller that allows 5 ms does not prove a subgraph slow.
func classify(ctx context.Context, deadline time.Time, ownDeadline bool, err error) *Failure {
	timedOut := errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
	switch {
	// Cancellation first: it makes reads fail by a deadline in the past.
	case errors.Is(ctx.Err(), context.Canceled):
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: ctx.Err()}
	case timedOut && (ctx.Err() != nil || !time.Now().Before(deadline)):
		return &Failure{Code: gqlerr.Timeout, Err: err, subgraphFault: ownDeadline}
	case errors.Is(err, bodyio.ErrTooLarge), errors.Is(err, bodyio.ErrEncoding), errors.Is(err, http1.ErrMalformed):
		// It is up, and wrong for this request only: opening the circuit would
		// take away the responses that are right.
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: err}
	default:
		return &Failure{Code: gqlerr.SubgraphUnavailable, Err: err, subgraphFault: true}
	}
}

// codeOfStatus is the code of a status that carries no GraphQL response, or "".
// 400 and 422 carry one: GraphQL over HTTP uses them for invalid documents.
func codeOfStatus(status int) gqlerr.Code {
	switch {
	case status >= 200 && status < 300, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return ""
	case status >= 500, status == http.StatusTooManyRequests:
		return gqlerr.SubgraphUnavailable
	default:
		return gqlerr.Internal
	}
}

// statusFailure is the failure of a response by its status. Its body starts at
// from.
func statusFailure(code gqlerr.Code, got response, from int) *Failure {
	return &Failure{
		Code: code, RetryAfter: retryAfter(got.retryAfter), subgraphFault: got.status >= http.StatusInternalServerError,
		Err: fmt.Errorf("status %d %s: %.200q", got.status, http.StatusText(got.status), got.body[from:]),
	}
}

// retryAfter parses the header's form in seconds, up to an hour; a date is
// ignored.
func retryAfter(value string) time.Duration {
	seconds, err := strconv.Atoi(value)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}

// failureOf returns err as a failure; one of another type is internal.
func failureOf(err error) *Failure {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure
	}
	return &Failure{Code: gqlerr.Internal, Err: err}
}
