// Package rpc is how our services ask each other for something and wait. The
// contracts are schema/rpc/*.proto; Connect carries them, so that any gRPC
// client can call too.
//
// Every call has a deadline and shows an internal token. What a service says
// about a caller's mistake comes back as the same fault.Error that it gave.
package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/pg"
)

const (
	deadline   = 2 * time.Second // of a call whose caller set none that is nearer
	maxMessage = 4 << 20
)

// NewHTTPClient returns a client that keeps connections to a few services.
func NewHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}}
}

// ClientOptions sign each call as from the named service on behalf of the
// context's caller.
func ClientOptions(internal *auth.Internal, service string) []connect.ClientOption {
	return []connect.ClientOption{
		connect.WithReadMaxBytes(maxMessage),
		connect.WithSendGzip(),
		connect.WithCompressMinBytes(16 << 10),
		connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
				ctx, cancel := context.WithTimeout(ctx, deadline)
				defer cancel()
				token := internal.Sign(asService(auth.From(ctx), service))
				req.Header().Set("Authorization", "Bearer "+token)
				res, err := next(ctx, req)
				return res, faultOf(err)
			}
		})),
	}
}

// asService keeps what the request is about but lets the service ask: what a
// buyer may see is the asking service's decision.
func asService(c auth.Caller, service string) auth.Caller {
	c.Actor = auth.Actor{Kind: auth.Service, ID: service}
	return c
}

// HandlerOptions admit our own services only.
func HandlerOptions(internal *auth.Internal) []connect.HandlerOption {
	return []connect.HandlerOption{
		connect.WithReadMaxBytes(maxMessage),
		connect.WithCompressMinBytes(16 << 10),
		connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
				caller, err := internal.Verify(auth.Bearer(req.Header().Get("Authorization")))
				if err != nil || caller.Kind != auth.Service {
					return nil, connect.NewError(connect.CodeUnauthenticated, errors.New("no internal token"))
				}
				res, err := next(auth.With(ctx, caller), req)
				return res, errorOf(err)
			}
		})),
		// A panic is internal too. Left alone it would break the connection and
		// pass for a service that may come back.
		connect.WithRecover(func(_ context.Context, s connect.Spec, _ http.Header, reason any) error {
			return fmt.Errorf("%s: panic: %v\n%s", s.Procedure, reason, debug.Stack())
		}),
	}
}

var codes = map[fault.Kind]connect.Code{
	fault.Invalid:         connect.CodeInvalidArgument,
	fault.NotFound:        connect.CodeNotFound,
	fault.Conflict:        connect.CodeFailedPrecondition,
	fault.Unauthenticated: connect.CodeUnauthenticated,
	fault.Forbidden:       connect.CodePermissionDenied,
	fault.RateLimited:     connect.CodeResourceExhausted,
	fault.Unavailable:     connect.CodeUnavailable,
	fault.Unclassified:    connect.CodeInternal,
}

// errorOf turns what a service answered into what travels. A fault keeps its
// message and, as a detail, its code. Anything else travels as internal, with
// its text: that is for the asking service's log, and no fault over there, so
// that no client sees it.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f == nil {
		if pg.IsUnstorable(err) {
			return errorOf(fault.New(fault.Invalid, "The request holds a character that no text may hold."))
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return connect.NewError(connect.CodeDeadlineExceeded, context.DeadlineExceeded)
		}
		return connect.NewError(connect.CodeInternal, err)
	}
	out := connect.NewError(codes[f.Kind], errors.New(f.Message))
	if detail, err := connect.NewErrorDetail(wrapperspb.String(f.Code)); err == nil {
		out.AddDetail(detail)
	}
	return out
}

// faultOf is errorOf's other side. A service that cannot be reached, or that
// did not answer in time, is Unavailable. What else goes wrong on the way is
// nobody's fault but ours.
func faultOf(err error) error {
	e, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return err
	}
	if code, said := codeDetail(e); said {
		for kind, c := range codes {
			if c == e.Code() {
				return fault.New(kind, "%s", e.Message()).WithCode(code)
			}
		}
	}
	switch e.Code() {
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeCanceled:
		return errors.Join(fault.New(fault.Unavailable, "This is not available right now. Please try again."), err)
	default:
		return err
	}
}

// codeDetail is the code of the fault that e carries; false if a service did
// not say e, but something on the way to it.
func codeDetail(e *connect.Error) (string, bool) {
	for _, d := range e.Details() {
		if value, err := d.Value(); err == nil {
			if s, ok := value.(*wrapperspb.StringValue); ok {
				return s.GetValue(), true
			}
		}
	}
	return "", false
}
