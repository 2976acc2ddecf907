package order

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
)

func TestALimitOfHoldsReportsWhichAndWhen(t *testing.T) {
	t.Parallel()
	german := auth.With(t.Context(), auth.Caller{Locale: "de-DE"})
	for limit, want := range map[event.HoldLimit][2]string{
		event.LimitOfHolder: {
			"Too much is reserved for you at once. Complete an open checkout, or try again in 5 minutes.",
			"Für Sie ist zu viel auf einmal reserviert. Schließen Sie einen offenen Kauf ab oder versuchen Sie es in 5 Minuten wieder.",
		},
		event.LimitOfNetwork: {
			"Too much is reserved for guests at your network address. Sign in, or try again in 5 minutes.",
			"Für Gäste an Ihrer Netzadresse ist zu viel reserviert. Melden Sie sich an oder versuchen Sie es in 5 Minuten wieder.",
		},
		event.LimitOfNetworkShare: {
			"Too much is reserved for guests at your network address. Sign in, or try again in 5 minutes.",
			"Für Gäste an Ihrer Netzadresse ist zu viel reserviert. Melden Sie sich an oder versuchen Sie es in 5 Minuten wieder.",
		},
		event.LimitOfGuestShare: {
			"The rest is kept for customers with an account. Sign in, or try again in 5 minutes.",
			"Der Rest ist für Kunden mit Konto vorgesehen. Melden Sie sich an oder versuchen Sie es in 5 Minuten wieder.",
		},
	} {
		f := holdFact(&rpcv1.HoldResponse{Status: "REJECTED", Shortages: []*rpcv1.Shortage{{
			VariantId: "var_1", Requested: 3, Available: 1, Limit: string(limit), RetryAt: timestamppb.New(time.Now().Add(290 * time.Second)),
		}}})
		if f.Kind != FactHoldRejected || len(f.Shortages) != 1 {
			t.Fatalf("the response is the fact %+v, want a rejection with one shortage", f)
		}
		if got := f.Shortages[0].Message(t.Context()); got != want[0] {
			t.Errorf("%s: %q, want %q", limit, got, want[0])
		}
		if got := f.Shortages[0].Message(german); got != want[1] {
			t.Errorf("%s: %q, want %q", limit, got, want[1])
		}
	}
	never := Shortage{VariantID: "var_1", Requested: 500, Available: 100, Limit: event.LimitOfHolder}
	if got, want := never.Message(t.Context()), "So many cannot be reserved at once; 100 can."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestARetriedHoldIsForTheOwner(t *testing.T) {
	t.Parallel()
	for owner, kind := range map[string]auth.Kind{"gst_01ARZ3NDEKTSV4RRFFQ69G5FAV": auth.Guest, "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV": auth.User} {
		if got := auth.From(forOwner(t.Context(), &Checkout{OwnerID: owner})); got.ID != owner || got.Kind != kind {
			t.Errorf("the hold of %s is requested for %+v", owner, got.Actor)
		}
	}
	ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada"}, Address: "192.0.2.1"})
	if got := auth.From(forOwner(ctx, &Checkout{OwnerID: "gst_1"})); got.ID != "usr_ada" || got.Address != "192.0.2.1" {
		t.Errorf("within a request the hold is for %+v, want the caller", got)
	}
}
