// Package subgraph has the common parts of the five subgraphs' servers:
// authentication of the router, authorization, error codes, scalars and pages.
//
// A subgraph serves only the router: POST for queries and mutations, SSE for
// subscriptions. Other transports are the router's.
package subgraph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/pg"
)

const (
	maxBody    = 2 << 20 // bytes; entity batches are larger than a client's request may be
	maxTokens  = 15_000
	queryCache = 1_000
)

// Handler serves a schema to the router. Requests without a valid internal
// token are refused before the body is read.
func Handler(schema graphql.ExecutableSchema, internal *auth.Internal, log *slog.Logger) http.Handler {
	h := handler.New(schema)
	h.AddTransport(transport.SSE{})
	h.AddTransport(transport.POST{})
	h.SetQueryCache(lru.New[*ast.QueryDocument](queryCache))
	h.SetParserTokenLimit(maxTokens)
	h.Use(extension.Introspection{}) // needed for _service; only the router has access
	h.Use(newAuthorization(schema.Schema()))
	h.SetErrorPresenter(present(log))
	h.SetRecoverFunc(recovered(log))
	return authenticate(h, internal)
}

// leastTime is how much of a request's time must be left. Less is not enough for the
// way to the database and back, so the work would be for nobody.
const leastTime = 5 * time.Millisecond

// authenticate passes on requests with a valid internal token, with the caller and the
// router's deadline in their context: statements and calls of other services end with
// it. One that has no time left is refused at once.
func authenticate(h http.Handler, internal *auth.Internal) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := internal.Verify(auth.Bearer(r.Header.Get("Authorization")))
		if err != nil {
			refuse(w, http.StatusUnauthorized, "A valid internal token is required.", "UNAUTHENTICATED")
			return
		}
		if r.ContentLength > maxBody {
			refuse(w, http.StatusRequestEntityTooLarge, "The request is too large.", "BAD_USER_INPUT")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		ctx := auth.With(r.Context(), caller.WithRequestID(r.Header))
		if left, limited := auth.TimeoutOf(r.Header); limited {
			if left < leastTime {
				// As a field's error has it: the status of a failure would count
				// against this subgraph in the router's circuit breaker.
				refuse(w, http.StatusOK, message.Text(ctx, "common.timeout"), "TIMEOUT")
				return
			}
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, left)
			defer cancel()
		}
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// recovered converts a panic to an internal error. A number out of range in the
// query's text is the client's fault, although gqlgen panics on it.
func recovered(log *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, reason any) error {
		if err, ok := reason.(error); ok {
			if number, ok := errors.AsType[*strconv.NumError](err); ok {
				return malformed("common.number_too_large", number.Num)
			}
		}
		log.ErrorContext(ctx, "panic", "path", graphql.GetPath(ctx).String(), "reason", reason,
			"stack", string(debug.Stack()), "request_id", auth.From(ctx).RequestID)
		return errors.New("panic")
	}
}

func refuse(w http.ResponseWriter, status int, message, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"message":%q,"extensions":{"code":%q}}]}`, message, code)
}

// present sets the code of each error. The message of a fault is passed on;
// other errors are logged and masked.
func present(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		if g, ok := errors.AsType[*gqlerror.Error](err); ok && (g.Err == nil || g.Rule != "") {
			return withCode(g, "GRAPHQL_VALIDATION_FAILED") // gqlgen's own: the request does not match the schema
		}
		path := graphql.GetPath(ctx)
		if f := fault.Of(err); f != nil {
			return withRetry(withCode(&gqlerror.Error{Message: f.Text(ctx), Path: path}, codeOf(f.Kind)), f.RetryAfter)
		}
		if pg.IsUnstorable(err) {
			return withCode(&gqlerror.Error{Message: message.Text(ctx, "common.unstorable_character"), Path: path}, "BAD_USER_INPUT")
		}
		if errors.Is(err, context.Canceled) {
			return withCode(&gqlerror.Error{Message: "The request was cancelled.", Path: path}, "INTERNAL")
		}
		if ctx.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
			return withCode(&gqlerror.Error{Message: message.Text(ctx, "common.timeout"), Path: path}, "TIMEOUT")
		}
		if pg.Unavailable(err) {
			log.WarnContext(ctx, "database unavailable", "path", path.String(), "err", err, "request_id", auth.From(ctx).RequestID)
			return withRetry(withCode(&gqlerror.Error{Message: message.Text(ctx, "common.unavailable"), Path: path}, "SUBGRAPH_UNAVAILABLE"), 0)
		}
		log.ErrorContext(ctx, "field failed", "path", path.String(), "err", err, "request_id", auth.From(ctx).RequestID)
		return withCode(&gqlerror.Error{Message: message.Text(ctx, "common.internal"), Path: path}, "INTERNAL")
	}
}

// codeOf is the errors[].extensions.code of a fault that fails a field.
func codeOf(kind fault.Kind) string {
	switch kind {
	case fault.Invalid, fault.NotFound, fault.Conflict:
		return "BAD_USER_INPUT"
	case fault.Unavailable:
		return "SUBGRAPH_UNAVAILABLE"
	case fault.Unauthenticated, fault.Forbidden, fault.RateLimited:
		return string(kind)
	default:
		return "INTERNAL"
	}
}

// minRetry is when a client may come back if the fault has no better estimate.
const minRetry = time.Second

// withRetry adds when to come back to an error that asks for that.
func withRetry(e *gqlerror.Error, after time.Duration) *gqlerror.Error {
	if code := e.Extensions["code"]; code == string(fault.RateLimited) || code == "SUBGRAPH_UNAVAILABLE" {
		e.Extensions["retryAfter"] = int(math.Ceil(max(after, minRetry).Seconds()))
	}
	return e
}

func withCode(e *gqlerror.Error, code string) *gqlerror.Error {
	if e.Extensions == nil {
		e.Extensions = map[string]any{}
	}
	if _, given := e.Extensions["code"]; !given {
		e.Extensions["code"] = code
	}
	return e
}
