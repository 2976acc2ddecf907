package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

type contacts func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error)

// profiles answers one of its calls, as the function does.
type profiles struct {
	rpcv1connect.UnimplementedProfilesHandler
	contact contacts
}

func (p profiles) Contact(ctx context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
	return p.contact(ctx, req)
}

func newInternal(t *testing.T, secret string) *auth.Internal {
	t.Helper()
	internal, err := auth.NewInternal(strings.Repeat(secret, 32))
	if err != nil {
		t.Fatal(err)
	}
	return internal
}

func serve(t *testing.T, c contacts) (url string) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(rpcv1connect.NewProfilesHandler(profiles{contact: c}, rpc.HandlerOptions(newInternal(t, "s"))...))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func client(t *testing.T, url string) rpcv1connect.ProfilesClient {
	t.Helper()
	return rpcv1connect.NewProfilesClient(&http.Client{Transport: rpc.NewTransport()}, url, rpc.ClientOptions(newInternal(t, "s"), "order")...)
}

func TestTheCallerIsTheServiceOnBehalfOfTheRequest(t *testing.T) {
	t.Parallel()
	var got auth.Caller
	url := serve(t, func(ctx context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		got = auth.From(ctx)
		return &rpcv1.ContactResponse{Email: req.GetUserId() + "@example.com"}, nil
	})
	ctx := auth.With(t.Context(), auth.Caller{
		Actor:  auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: []string{"cart:read"}},
		Locale: "de-AT", Currency: "EUR", Country: "AT", RequestID: "req-1", Address: "192.0.2.1",
	})
	res, err := client(t, url).Contact(ctx, &rpcv1.ContactRequest{UserId: "usr_ada"})
	if err != nil {
		t.Fatal(err)
	}
	if res.GetEmail() != "usr_ada@example.com" {
		t.Errorf("email = %q, want usr_ada@example.com", res.GetEmail())
	}
	want := auth.Caller{
		Actor: auth.Actor{Kind: auth.Service, ID: "order"}, OnBehalfOf: auth.Actor{Kind: auth.User, ID: "usr_ada"},
		Locale: "de-AT", Currency: "EUR", Country: "AT", RequestID: "req-1", Address: "192.0.2.1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("caller (-want +got):\n%s", diff)
	}
}

func TestAFaultArrivesAsItWasGiven(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{
		fault.Invalid, fault.NotFound, fault.Conflict, fault.Unauthenticated,
		fault.Forbidden, fault.RateLimited, fault.Unavailable, fault.Unclassified,
	} {
		for _, given := range []*fault.Error{
			fault.New(kind, "Only 100%% of 3 left."),
			fault.New(kind, "Sold out.").WithCode("SOLD_OUT"),
		} {
			t.Run(string(kind)+"/"+given.Code, func(t *testing.T) {
				t.Parallel()
				url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
					return nil, errors.Join(errors.New("read contact"), given)
				})
				_, err := client(t, url).Contact(t.Context(), &rpcv1.ContactRequest{})
				if diff := cmp.Diff(given, fault.Of(err)); diff != "" {
					t.Errorf("fault (-given +received):\n%s\nin %v", diff, err)
				}
			})
		}
	}
}

// The text of an internal error reaches the calling service's log; that it is
// no fault keeps it from clients.
func TestAFaultArrivesInTheLanguageOfTheRequest(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		return nil, fault.Localized(fault.Conflict, "inventory.hold_expired").WithCode("RESERVATION_EXPIRED")
	})
	for locale, want := range map[string]string{
		"de-AT": "Ihre Reservierung ist abgelaufen.",
		"en-GB": "Your reservation has expired.",
		"fr-CH": "Your reservation has expired.",
	} {
		_, err := client(t, url).Contact(auth.With(t.Context(), auth.Caller{Locale: locale}), &rpcv1.ContactRequest{})
		if f := fault.Of(err); f == nil || f.Text(t.Context()) != want || f.Code != "RESERVATION_EXPIRED" {
			t.Errorf("%s: %v, want %q", locale, err, want)
		}
	}
}

func TestAnInternalErrorIsNoFault(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]contacts{
		"error": func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
			return nil, errors.New("relation accounts is gone")
		},
		"panic": func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
			panic("relation accounts is gone")
		},
	} {
		_, err := client(t, serve(t, answer)).Contact(t.Context(), &rpcv1.ContactRequest{})
		if err == nil || fault.Of(err) != nil {
			t.Errorf("%s: %v is the fault %+v, want an error that is none", name, err, fault.Of(err))
			continue
		}
		if !strings.Contains(err.Error(), "relation accounts is gone") {
			t.Errorf("%s: %v has no cause", name, err)
		}
	}
}

func TestTextThatCannotBeStoredIsInvalid(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		return nil, fmt.Errorf("read contact: %w", &pgconn.PgError{Code: "22021", Message: "invalid byte sequence"})
	})
	_, err := client(t, url).Contact(t.Context(), &rpcv1.ContactRequest{UserId: "usr_\x00"})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a zero byte in an id: %v, want it Invalid", err)
	}
}

func TestAServiceWhoseDatabaseIsReadOnlyIsUnavailable(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		return nil, fmt.Errorf("write contact: %w", &pgconn.PgError{Code: "25006", Message: "read-only"})
	})
	_, err := client(t, url).Contact(t.Context(), &rpcv1.ContactRequest{})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a read-only database: %v, want it Unavailable", err)
	}
}

func TestAProtocolErrorIsNoFaultOfTheCustomer(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		return &rpcv1.ContactResponse{Email: strings.Repeat("x", 5<<20)}, nil
	})
	_, err := client(t, url).Contact(t.Context(), &rpcv1.ContactRequest{})
	if connect.CodeOf(err) != connect.CodeResourceExhausted || fault.Of(err) != nil {
		t.Errorf("an answer of 5 MiB: %v, want it refused as too large and no fault", err)
	}
}

func TestAnUnreachableServiceIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	_, err = client(t, url).Contact(t.Context(), &rpcv1.ContactRequest{})
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("no listener: %v, want Unavailable", err)
	}
}

func TestASlowServiceIsUnavailable(t *testing.T) {
	t.Parallel()
	url := serve(t, func(ctx context.Context, _ *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		<-ctx.Done() // the caller's deadline travels
		return nil, ctx.Err()
	})
	for _, tt := range []struct {
		name  string
		own   time.Duration // the caller's deadline
		least time.Duration
		most  time.Duration
	}{
		{"the caller's deadline", 50 * time.Millisecond, 0, time.Second},
		{"the usual deadline", time.Hour, time.Second, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), tt.own)
			defer cancel()
			began := time.Now()
			_, err := client(t, url).Contact(ctx, &rpcv1.ContactRequest{})
			if fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%v, want Unavailable", err)
			}
			if took := time.Since(began); took < tt.least || took > tt.most {
				t.Errorf("gave up after %s, want %s to %s", took, tt.least, tt.most)
			}
		})
	}
}

func TestOnlyOurServicesMayCall(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
		t.Error("a caller with another secret was answered")
		return &rpcv1.ContactResponse{}, nil
	})
	sign := func(secret string, actor auth.Actor) string {
		token := newInternal(t, secret).Sign(auth.Caller{Actor: actor}, "test")
		return "Bearer " + token
	}
	for name, authorization := range map[string]string{
		"no token":         "",
		"no bearer":        "Basic b3JkZXI6",
		"garbage":          "Bearer garbage",
		"a client's actor": sign("s", auth.Actor{Kind: auth.User, ID: "usr_ada", Scopes: []string{"users:read"}}),
		"nobody":           sign("s", auth.Actor{Kind: auth.Anonymous}),
		"another secret":   sign("x", auth.Actor{Kind: auth.Service, ID: "order"}),
	} {
		foreign := rpcv1connect.NewProfilesClient(http.DefaultClient, url, connect.WithInterceptors(
			connect.UnaryInterceptorFunc(func(next connect.UnaryFunc) connect.UnaryFunc {
				return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
					req.Header().Set("Authorization", authorization)
					return next(ctx, req)
				}
			})))
		_, err := foreign.Contact(t.Context(), &rpcv1.ContactRequest{})
		if connect.CodeOf(err) != connect.CodeUnauthenticated {
			t.Errorf("%s: %v, want unauthenticated", name, err)
		}
	}
	foreign := rpcv1connect.NewProfilesClient(http.DefaultClient, url, rpc.ClientOptions(newInternal(t, "x"), "order")...)
	if _, err := foreign.Contact(t.Context(), &rpcv1.ContactRequest{}); err == nil || fault.Of(err) != nil {
		t.Errorf("services that disagree about the secret: %v, want an error that no customer sees", err)
	}
}
