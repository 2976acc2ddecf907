package inventory_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/consumers/inventory/db"
	"cartograph/internal/pgtest"
)

const (
	benchBuyers = 500
	benchStock  = 1_000_000_000
)

// BenchmarkHold lets 500 buyers want the same variant. Both ways are measured
// in one run, on one database server: compare their holds/s, and "ratio".
//
// The plain way is what one would write first: a conditional UPDATE and the
// hold in one transaction for each buyer, and it publishes no events.
func BenchmarkHold(b *testing.B) {
	s := stocked(b, benchStock, "var_hot")
	grouped := benchHold(b, "group commit", func(ctx context.Context, checkout string) error {
		h, err := s.Hold(ctx, request(checkout, of("var_hot", 1)))
		if err == nil && h.Status != inventory.Held {
			return fmt.Errorf("%s is %s", checkout, h.Status)
		}
		return err
	}, 0)
	plain := pgtest.New(b, db.Migrations())
	if _, err := plain.Exec(b.Context(), "INSERT INTO stock (variant_id, available) VALUES ('var_hot', $1)", benchStock); err != nil {
		b.Fatal(err)
	}
	benchHold(b, "plain update", func(ctx context.Context, checkout string) error {
		_, err := plain.Exec(ctx, `
			WITH took AS (
			    UPDATE stock SET available = available - 1, reserved = reserved + 1, version = version + 1
			    WHERE variant_id = 'var_hot' AND available >= 1 RETURNING variant_id
			), held AS (
			    INSERT INTO holds (checkout_id, status, expires_at)
			    SELECT $1, 'HELD', now() + interval '10 min' FROM took RETURNING checkout_id
			)
			INSERT INTO reservations SELECT checkout_id, 'var_hot', 1 FROM held`, checkout)
		return err
	}, grouped)
}

// benchHold returns holds per second, and reports how many times that goes
// into faster, if it is given.
func benchHold(b *testing.B, name string, hold func(ctx context.Context, checkout string) error, faster float64) (rate float64) {
	b.Run(name, func(b *testing.B) {
		var next atomic.Int64
		began, run := time.Now(), time.Now().UnixNano()
		g, ctx := errgroup.WithContext(b.Context())
		for range benchBuyers {
			g.Go(func() error {
				for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
					if err := hold(ctx, fmt.Sprintf("chk_%d_%d", run, n)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		rate = float64(b.N) / time.Since(began).Seconds()
		b.ReportMetric(rate, "holds/s")
		if faster > 0 {
			b.ReportMetric(faster/rate, "ratio")
		}
	})
	return rate
}
