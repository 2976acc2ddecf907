package inventory_test

import (
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"cartograph/consumers/inventory"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/rpc"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/rpc/v1/rpcv1connect"
)

// served is a shop that is called by RPC.
func served(t *testing.T, quantity int, variants ...string) (shop, rpcv1connect.InventoryClient) {
	s := stocked(t, quantity, variants...)
	internal, err := auth.NewInternal("a secret that the services have in common")
	if err != nil {
		t.Fatal(err)
	}
	_, handler := rpcv1connect.NewInventoryHandler(inventory.NewServer(s.Worker), rpc.HandlerOptions(internal)...)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return s, rpcv1connect.NewInventoryClient(&http.Client{Transport: rpc.NewTransport()}, server.URL, rpc.ClientOptions(internal, "order")...)
}

func TestRPCFollowsTheContract(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := t.Context()

	held, err := client.Hold(ctx, &rpcv1.HoldRequest{
		CheckoutId: "chk_a", TtlSeconds: 60, Lines: []*rpcv1.HoldLine{{VariantId: "var_mug", Quantity: 3}},
	})
	if err != nil || held.GetStatus() != "HELD" || held.GetExtensionsLeft() != 2 || time.Until(held.GetExpiresAt().AsTime()) > time.Minute {
		t.Errorf("hold = %v, %v, want it held for a minute", held, err)
	}
	lines := slices.Repeat([]*rpcv1.HoldLine{{VariantId: "var_mug", Quantity: math.MaxInt32}}, 3)
	short, err := client.Hold(ctx, &rpcv1.HoldRequest{CheckoutId: "chk_b", TtlSeconds: 60, Lines: lines})
	if err != nil || short.GetStatus() != "REJECTED" || short.GetExpiresAt() != nil || len(short.GetShortages()) != 1 ||
		short.GetShortages()[0].GetRequested() != math.MaxInt32 || short.GetShortages()[0].GetAvailable() != 2 {
		t.Errorf("hold = %v, %v, want it rejected because 2 are left", short, err)
	}
	if _, err := client.Hold(ctx, &rpcv1.HoldRequest{CheckoutId: "chk_c", TtlSeconds: 60}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("hold of nothing: %v, want it invalid", err)
	}
	for _, step := range []struct {
		name, want string
		call       func() (*rpcv1.HoldResponse, error)
	}{
		{"extend", "HELD", func() (*rpcv1.HoldResponse, error) {
			return client.Extend(ctx, &rpcv1.ExtendRequest{CheckoutId: "chk_a", Seconds: 300})
		}},
		{"commit", "COMMITTED", func() (*rpcv1.HoldResponse, error) {
			return client.Commit(ctx, &rpcv1.CommitRequest{CheckoutId: "chk_a"})
		}},
		{"return", "RETURNED", func() (*rpcv1.HoldResponse, error) {
			return client.ReturnStock(ctx, &rpcv1.ReturnStockRequest{CheckoutId: "chk_a"})
		}},
		{"release", "RELEASED", func() (*rpcv1.HoldResponse, error) {
			return client.Release(ctx, &rpcv1.ReleaseRequest{CheckoutId: "chk_d"})
		}},
		{"commit of nothing", "UNKNOWN", func() (*rpcv1.HoldResponse, error) {
			return client.Commit(ctx, &rpcv1.CommitRequest{CheckoutId: "chk_e"})
		}},
	} {
		if got, err := step.call(); err != nil || got.GetStatus() != step.want {
			t.Errorf("%s = %v, %v, want %s", step.name, got, err, step.want)
		}
	}
	if _, err := client.Extend(ctx, &rpcv1.ExtendRequest{CheckoutId: "chk_a", Seconds: 300}); fault.CodeOf(err) != "RESERVATION_EXPIRED" {
		t.Errorf("extending what was returned: %v, want RESERVATION_EXPIRED", err)
	}
	var actors string
	if err := s.pool.QueryRow(ctx, "SELECT string_agg(reason || ' by ' || actor, ', ' ORDER BY id) FROM stock_ledger WHERE key = 'chk_a'").Scan(&actors); err != nil ||
		actors != "SALE by order, SALE_UNDONE by order" {
		t.Errorf("the ledger has %q, %v, want a sale and its end by order", actors, err)
	}
	s.wantEquation(t)
}

func TestAdjustByRPC(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_1"}})
	req := &rpcv1.AdjustRequest{
		VariantId: "var_mug", Delta: -2, ChangeFrom: new(int32(5)), Reason: "DAMAGED", IdempotencyKey: "k1",
	}
	for _, replayed := range []bool{false, true} {
		got, err := client.Adjust(ctx, req)
		if err != nil || got.GetReplayed() != replayed || got.GetLevel().GetOnHand() != 3 || got.GetLevel().GetVersion() != 2 {
			t.Errorf("adjust = %v, %v, want 3 on hand, replayed %t", got, err, replayed)
		}
	}
	req.IdempotencyKey = "k2"
	if got, err := client.Adjust(ctx, req); err != nil || !got.GetVersionMismatch() {
		t.Errorf("adjust from what is no longer true = %v, %v, want a mismatch", got, err)
	}
	req.ChangeFrom, req.Delta = nil, -4
	if got, err := client.Adjust(ctx, req); err != nil || !got.GetNotEnough() {
		t.Errorf("adjust by more than there is = %v, %v, want not enough", got, err)
	}
	levels, err := client.Levels(t.Context(), &rpcv1.LevelsRequest{VariantIds: []string{"var_mug", "var_none"}})
	if err != nil || len(levels.GetLevels()) != 1 || levels.GetLevels()[0].GetAvailable() != 3 {
		t.Errorf("levels = %v, %v, want 3 available", levels, err)
	}
	s.wantEquation(t)
}

func TestAKeyIsComparedForAVariantThatTheCatalogueLacks(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_1"}})
	req := &rpcv1.AdjustRequest{VariantId: "var_mug", Delta: 1, Reason: "RECEIVED", IdempotencyKey: "k1"}
	if _, err := client.Adjust(ctx, req); err != nil {
		t.Fatal(err)
	}
	req.VariantId, req.CompareKeyOnly = "var_nosuch", true
	if got, err := client.Adjust(ctx, req); err != nil || got.GetKeyFirstUsedAt() == nil {
		t.Errorf("a used key = %v, %v, want the time of its first use", got, err)
	}
	req.IdempotencyKey = "k2"
	if got, err := client.Adjust(ctx, req); err != nil || got.GetKeyFirstUsedAt() != nil {
		t.Errorf("an unused key = %v, %v, want nothing", got, err)
	}
	if levels, err := s.Levels(ctx, []string{"var_nosuch"}); err != nil || len(levels) > 0 {
		t.Errorf("levels of the unknown variant = %v, %v, want none", levels, err)
	}
}
