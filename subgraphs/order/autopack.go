package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/id"
	"cartograph/subgraphs/order/db"
)

const packBatch = 50

// packAt is when an order is packed by itself; nil if only staff pack it. Once it was
// packed, it is not again: what comes back waits for a person.
func (s *Service) packAt(before, o *Order, at time.Time) *time.Time {
	switch {
	case o.Status != Confirmed:
		return nil
	case before.Status == PendingPayment && s.cfg.PackAfter > 0:
		due := at.Add(s.cfg.PackAfter)
		return &due
	default:
		return o.PackAt
	}
}

// RunPacker packs orders whose time to be cancelled is over, until ctx ends. Any number
// of replicas may run it: each skips rows that are locked.
func (s *Service) RunPacker(ctx context.Context) error {
	return s.runEvery(ctx, "pack", s.cfg.SweepEvery, s.packDue)
}

// packDue packs a batch of orders, all of each in one parcel, by the carrier of its
// shipping method.
func (s *Service) packDue(ctx context.Context) (more bool, err error) {
	var packed []string
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		packed = nil // the transaction may be retried
		rows, err := db.New(tx).CheckoutsToPack(ctx, packBatch)
		if err != nil {
			return fmt.Errorf("find orders to pack: %w", err)
		}
		all := make([]db.CheckoutsRow, len(rows))
		for i, row := range rows {
			all[i] = db.CheckoutsRow(row)
		}
		purchases, err := lockedPurchases(ctx, tx, all)
		if err != nil {
			return err
		}
		for _, l := range purchases {
			if l.Order.PackAt == nil { // cancelled or packed meanwhile
				continue
			}
			if err := s.packWhole(ctx, l); err != nil {
				return fmt.Errorf("pack %s: %w", l.Order.ID, err)
			}
			packed = append(packed, l.Checkout.ID)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.changed.Notify(packed...)
	return len(packed) == packBatch, nil
}

func (s *Service) packWhole(ctx context.Context, l *locked) error {
	lines, err := linesToShip(ctx, l)
	if err != nil {
		return err
	}
	parcel := newParcel(l, id.New(id.Shipment), l.Order.carrier(), nil)
	for _, line := range lines {
		if left := line.Quantity - line.Packed; left > 0 {
			parcel.Contents = append(parcel.Contents, ShipmentLine{line.ID, left})
		}
	}
	return s.packParcel(ctx, l, parcel, BySystem)
}

// carrier is that of the order's shipping method.
func (o *Order) carrier() string {
	if m := o.ShippingMethod(); m != nil {
		return m.Method.Carrier
	}
	return o.MethodID
}
