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
	"net"
	"net/http"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
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
				token, err := internal.Sign(asService(auth.From(ctx), service))
				if err != nil {
					return nil, err
				}
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
}

// errorOf turns what a service answered into what travels. A fault keeps its
// message and code; anything else is internal and says nothing.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f == nil {
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
// did not answer in time, is Unavailable.
func faultOf(err error) error {
	e, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return err
	}
	switch e.Code() {
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeCanceled:
		return errors.Join(fault.New(fault.Unavailable, "This is not available right now. Please try again."), err)
	case connect.CodeInternal, connect.CodeUnknown, connect.CodeUnauthenticated:
		return err
	}
	for kind, code := range codes {
		if code == e.Code() {
			return fault.New(kind, "%s", e.Message()).WithCode(codeDetail(e, kind))
		}
	}
	return err
}

func codeDetail(e *connect.Error, kind fault.Kind) string {
	for _, d := range e.Details() {
		if value, err := d.Value(); err == nil {
			if s, ok := value.(*wrapperspb.StringValue); ok {
				return s.GetValue()
			}
		}
	}
	return string(kind)
}
