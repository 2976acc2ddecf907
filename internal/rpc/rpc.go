// Package rpc configures synchronous calls between services. The contracts are
// schema/rpc/*.proto, served by Connect, which gRPC clients can call too.
//
// Every call has a deadline and an internal token. A fault.Error that the callee
// returns is the same fault.Error at the caller.
package rpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/pg"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/telemetry"
)

const (
	deadline   = 2 * time.Second // of a call, unless the context has an earlier one
	maxMessage = 4 << 20
)

// NewTransport returns a transport that reuses connections to a few services.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
}

// audiences are the roles that answer the services of schema/rpc. Each call carries a
// token for its role.
var audiences = map[string]string{
	rpcv1connect.ApiClientsName: "user", rpcv1connect.ProfilesName: "user", rpcv1connect.CatalogueName: "product",
	rpcv1connect.CartsName: "cart", rpcv1connect.PaymentsName: "payment", rpcv1connect.InventoryName: "inventory",
	rpcv1connect.OrdersName: "order", rpcv1connect.WebhookEndpointsName: "user", rpcv1connect.WebhookDeliveriesName: "webhook",
}

// audienceOf is the role that answers a procedure: "/cartograph.rpc.v1.Carts/Read".
func audienceOf(procedure string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(procedure, "/"), "/")
	return audiences[service]
}

// ClientOptions sign each call by the named service on behalf of the context's
// caller. The rest of the caller stays as it is: the calling service has already
// authorised the request.
func ClientOptions(internal *auth.Internal, service string) []connect.ClientOption {
	return []connect.ClientOption{
		connect.WithReadMaxBytes(maxMessage),
		connect.WithSendGzip(),
		connect.WithCompressMinBytes(16 << 10),
		connect.WithInterceptors(connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
			return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
				ctx, cancel := context.WithTimeout(ctx, deadline)
				defer cancel()
				caller := auth.From(ctx).As(service)
				req.Header().Set("Authorization", "Bearer "+internal.Sign(caller, audienceOf(req.Spec().Procedure)))
				req.Header().Set(auth.RequestIDHeader, caller.RequestID)
				ctx, end := telemetry.Call(ctx, req.Spec().Procedure, req.Header())
				res, err := next(ctx, req)
				end(err)
				return res, faultOf(err)
			}
		})),
	}
}

// HandlerOptions accept calls of our own services only.
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
				ctx = auth.With(ctx, caller.WithRequestID(req.Header()))
				res, err := next(ctx, req)
				return res, errorOf(ctx, err)
			}
		})),
		// A panic is an internal error. Unrecovered it would close the connection,
		// which callers take for an unavailable service and retry.
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

// errorOf converts a service's error for the wire. A fault keeps its sentence, in
// the language of the request that the caller acts for, and, as a detail, its
// code. Other errors become internal with their text, for the caller's log;
// without a code detail it does not turn into a fault there, so that no client
// reads it.
func errorOf(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f == nil {
		if pg.IsUnstorable(err) {
			return errorOf(ctx, fault.Localized(fault.Invalid, "common.unstorable_character"))
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return connect.NewError(connect.CodeDeadlineExceeded, context.DeadlineExceeded)
		}
		if pg.Unavailable(err) {
			return connect.NewError(connect.CodeUnavailable, err)
		}
		return connect.NewError(connect.CodeInternal, err)
	}
	out := connect.NewError(codes[f.Kind], errors.New(f.Text(ctx)))
	if detail, err := connect.NewErrorDetail(wrapperspb.String(f.Code)); err == nil {
		out.AddDetail(detail)
	}
	return out
}

// faultOf is the inverse of errorOf. A service that cannot be reached or exceeds
// the deadline is Unavailable. Other transport errors are internal.
func faultOf(err error) error {
	e, ok := errors.AsType[*connect.Error](err)
	if !ok {
		return err
	}
	if code, ok := codeDetail(e); ok {
		for kind, c := range codes {
			if c == e.Code() {
				return fault.New(kind, "%s", e.Message()).WithCode(code)
			}
		}
	}
	switch e.Code() {
	case connect.CodeUnavailable, connect.CodeDeadlineExceeded, connect.CodeCanceled:
		return errors.Join(fault.Localized(fault.Unavailable, "common.unavailable"), err)
	default:
		return err
	}
}

// codeDetail returns the code of the fault in e; false if e is not a service's
// fault but the transport's.
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
