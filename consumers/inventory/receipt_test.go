package inventory_test

import (
	"context"
	"fmt"
	"testing"

	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
)

func delivery(reference, key string, units map[string]int32) *rpcv1.ReceiveRequest {
	r := &rpcv1.ReceiveRequest{SellerId: "usr_sam", Reference: reference, IdempotencyKey: key}
	for _, v := range []string{"var_mug", "var_new"} {
		if n := units[v]; n > 0 {
			r.Lines = append(r.Lines, &rpcv1.HoldLine{VariantId: v, Quantity: n})
		}
	}
	return r
}

func warehouse(t *testing.T) context.Context {
	return auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_1"}})
}

func TestADeliveryIsReceivedOnceWithItsLedger(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := warehouse(t)
	first := delivery("DN-1", "k1", map[string]int32{"var_mug": 20, "var_new": 3})
	var receiptID string
	for _, replayed := range []bool{false, true} {
		got, err := client.Receive(ctx, first)
		if err != nil || got.GetReplayed() != replayed || len(got.GetLevels()) != 2 || got.GetLevels()[0].GetOnHand() != 25 || got.GetLevels()[1].GetOnHand() != 3 ||
			got.GetReceipt().GetReference() != "DN-1" || got.GetReceipt().GetActor() != "usr_1" || receiptID != "" && got.GetReceipt().GetId() != receiptID {
			t.Fatalf("receive = %v, %v, want 25 and 3 on hand, replayed %t", got, err, replayed)
		}
		receiptID = got.GetReceipt().GetId()
	}
	if _, err := client.Receive(ctx, delivery("DN-1", "k2", map[string]int32{"var_mug": 1})); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the same delivery note again: %v, want a conflict", err)
	}
	if got, err := client.Receive(ctx, delivery("DN-2", "k1", map[string]int32{"var_mug": 1})); err != nil || got.GetKeyFirstUsedAt() == nil {
		t.Errorf("the key of another delivery = %v, %v, want it reused", got, err)
	}
	other := delivery("DN-1", "k3", map[string]int32{"var_mug": 1})
	other.SellerId = "usr_other"
	if got, err := client.Receive(ctx, other); err != nil || got.GetLevels()[0].GetOnHand() != 26 {
		t.Errorf("another seller's delivery note of the same number = %v, %v, want it received", got, err)
	}
	var ledger string
	if err := s.pool.QueryRow(ctx, "SELECT string_agg(variant_id || ' ' || delta || ' ' || reason || ' by ' || actor, ', ' ORDER BY variant_id) FROM stock_ledger WHERE key = $1", receiptID).Scan(&ledger); err != nil ||
		ledger != "var_mug 20 RECEIVED by usr_1, var_new 3 RECEIVED by usr_1" {
		t.Errorf("the ledger has %q, %v", ledger, err)
	}
	audited := 0
	for _, envelope := range s.published(t, receiptID) {
		e, err := event.Decode[event.StaffActed](envelope)
		if err != nil || e.Action != "stock.received" || e.SubjectID != receiptID || e.ActorID != "usr_1" {
			t.Errorf("the audit log has %+v, %v", e, err)
		}
		audited++
	}
	if audited != 1 {
		t.Errorf("%d entries in the audit log, want one", audited)
	}
	s.wantEquation(t)
}

func TestADeliveryIsReceivedAsAWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := warehouse(t)
	for name, d := range map[string]*rpcv1.ReceiveRequest{
		"too much of one": delivery("DN-1", "k1", map[string]int32{"var_new": 3, "var_mug": 999_999_999}),
		"none of one":     {Reference: "DN-1", IdempotencyKey: "k1", Lines: []*rpcv1.HoldLine{{VariantId: "var_new", Quantity: 3}, {VariantId: "var_mug"}}},
		"one twice":       {Reference: "DN-1", IdempotencyKey: "k1", Lines: []*rpcv1.HoldLine{{VariantId: "var_mug", Quantity: 3}, {VariantId: "var_mug", Quantity: 1}}},
		"no lines":        {Reference: "DN-1", IdempotencyKey: "k1"},
		"no reference":    delivery("", "k1", map[string]int32{"var_mug": 1}),
		"no key":          delivery("DN-1", "", map[string]int32{"var_mug": 1}),
	} {
		if _, err := client.Receive(ctx, d); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it invalid", name, err)
		}
	}
	if _, err := client.Receive(t.Context(), delivery("DN-1", "k1", map[string]int32{"var_mug": 1})); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("on behalf of nobody: %v, want it refused", err)
	}
	levels, err := client.Levels(ctx, &rpcv1.LevelsRequest{VariantIds: []string{"var_mug", "var_new"}})
	if err != nil || len(levels.GetLevels()) != 1 || levels.GetLevels()[0].GetOnHand() != 5 {
		t.Errorf("levels = %v, %v, want 5 of one variant", levels, err)
	}
	if got, err := client.Receive(ctx, delivery("DN-1", "k1", map[string]int32{"var_mug": 1})); err != nil || got.GetReplayed() {
		t.Errorf("the key and the reference of what was refused = %v, %v, want them usable", got, err)
	}
	s.wantEquation(t)
}

func TestOneOfManyReceivesADelivery(t *testing.T) {
	t.Parallel()
	s, client := served(t, 5, "var_mug")
	ctx := warehouse(t)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			_, err := client.Receive(ctx, delivery("DN-1", "k1", map[string]int32{"var_mug": 10}))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 8 { // with keys of their own, which loses to the reference
		g.Go(func() error {
			if _, err := client.Receive(ctx, delivery("DN-2", fmt.Sprint("key ", i), map[string]int32{"var_mug": 10})); err != nil && fault.KindOf(err) != fault.Conflict {
				return err
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	levels, err := client.Levels(ctx, &rpcv1.LevelsRequest{VariantIds: []string{"var_mug"}})
	if err != nil || levels.GetLevels()[0].GetOnHand() != 25 {
		t.Errorf("levels = %v, %v, want both deliveries once", levels, err)
	}
	s.wantEquation(t)
}

func TestReceiptsComeInPagesTheLatestFirst(t *testing.T) {
	t.Parallel()
	_, client := served(t, 1, "var_mug")
	ctx := warehouse(t)
	for i := range 5 {
		d := delivery(fmt.Sprint("DN-", i), fmt.Sprint("k", i), map[string]int32{"var_mug": 1})
		if i == 2 {
			d.SellerId = "usr_other"
		}
		if _, err := client.Receive(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		request *rpcv1.ReceiptsRequest
		want    string
	}{
		{&rpcv1.ReceiptsRequest{SellerId: "usr_sam", Limit: 2}, "DN-4 DN-3 DN-1 DN-0 "},
		{&rpcv1.ReceiptsRequest{SellerId: "usr_other", Limit: 2}, "DN-2 "},
		{&rpcv1.ReceiptsRequest{SellerId: "", Limit: 2}, ""},
		{&rpcv1.ReceiptsRequest{OfAllSellers: true, Limit: 2}, "DN-4 DN-3 DN-2 DN-1 DN-0 "},
	} {
		got := ""
		for more := true; more; {
			page, err := client.Receipts(ctx, tt.request)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.GetReceipts() {
				got, tt.request.After = got+r.GetReference()+" ", r.GetId()
			}
			more = len(page.GetReceipts()) == 2
		}
		if got != tt.want {
			t.Errorf("%v = %q, want %q", tt.request, got, tt.want)
		}
	}
}

func TestAPageOfASellersReceiptsReadsNoOthers(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, db.Migrations())
	for _, sql := range []string{
		`INSERT INTO stock_receipts (id, seller_id, reference, actor, lines)
		SELECT 'rcp_' || lpad(n::text, 6, '0'), 'usr_' || n % 200, 'DN-' || n, 'usr_sam', '[{}]' FROM generate_series(1, 20000) AS n`,
		"ANALYZE stock_receipts",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "SET LOCAL plan_cache_mode = force_generic_plan"); err != nil {
		t.Fatal(err)
	}
	const limit = 10
	page, err := db.New(tx).ReceiptsOfSeller(t.Context(), db.ReceiptsOfSellerParams{SellerID: "usr_7", Before: "~", Limit: limit})
	if err != nil || len(page) != limit {
		t.Fatalf("%d receipts, %v, want %d", len(page), err, limit)
	}
	var read int
	if err := tx.QueryRow(t.Context(), "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'stock_receipts'").Scan(&read); err != nil || read > limit {
		t.Errorf("%d rows were read for %d, %v", read, limit, err)
	}
}
