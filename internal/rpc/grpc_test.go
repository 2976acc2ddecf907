package rpc_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
	"cartograph/internal/server"
)

func TestAnyGRPCClientCanCall(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewProfilesHandler(profiles{contact: func(_ context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		if req.GetUserId() == "usr_gone" {
			return nil, fault.New(fault.NotFound, "There is no such user.").WithCode("NO_SUCH_USER")
		}
		return &rpcv1.ContactResponse{Email: "ada@example.com"}, nil
	}}, rpc.HandlerOptions(newInternal(t, "s"))...))
	conn := dial(t, listen(t, mux))

	const method = "/" + rpcv1connect.ProfilesName + "/Contact"
	var res rpcv1.ContactResponse
	if err := conn.Invoke(t.Context(), method, &rpcv1.ContactRequest{UserId: "usr_ada"}, &res); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without a token: %v, want it unauthenticated", err)
	}
	token := newInternal(t, "s").Sign(auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: "grpcurl"}}, "test")
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
	if err := conn.Invoke(ctx, method, &rpcv1.ContactRequest{UserId: "usr_ada"}, &res); err != nil {
		t.Fatal(err)
	}
	if res.GetEmail() != "ada@example.com" {
		t.Errorf("email = %q, want ada@example.com", res.GetEmail())
	}

	err := conn.Invoke(ctx, method, &rpcv1.ContactRequest{UserId: "usr_gone"}, &res)
	received := status.Convert(err)
	if received.Code() != codes.NotFound || received.Message() != "There is no such user." {
		t.Errorf("a fault arrives as %v, want NotFound and its message", err)
	}
	if details := received.Details(); len(details) != 1 {
		t.Errorf("details = %v, want the fault's code", details)
	} else if code, ok := details[0].(*wrapperspb.StringValue); !ok || code.GetValue() != "NO_SUCH_USER" {
		t.Errorf("detail = %v, want NO_SUCH_USER", details[0])
	}
}

// listen serves as every role does, HTTP/2 without TLS included.
func listen(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Run(ctx, l, h, slog.New(slog.DiscardHandler)); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); wg.Wait() })
	return l.Addr().String()
}

func dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
