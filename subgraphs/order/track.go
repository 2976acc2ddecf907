package order

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

const (
	maxTrackingEvents  = 200 // of a shipment
	maxTrackingMessage = 300
	maxLocation        = 100
)

// TrackInput is the input of TrackShipment.
type TrackInput struct {
	ShipmentID string
	Status     ShipmentStatus
	Location   string
	Message    string
	At         *time.Time // nil: now
}

// clockSkew is how far a carrier's clock may be ahead of ours.
const clockSkew = 5 * time.Minute

func (in TrackInput) check(now time.Time) error {
	switch {
	case in.Status == ParcelPending:
		return fault.Localized(fault.Invalid, "order.parcel_is_pending").At("input", "status")
	case in.Message == "" || !printable(in.Message, maxTrackingMessage):
		return fault.Localized(fault.Invalid, "order.tracking_message_limit", message.Args{"limit": maxTrackingMessage}).At("input", "message")
	case !printable(in.Location, maxLocation):
		return fault.Localized(fault.Invalid, "order.location_limit", message.Args{"limit": maxLocation}).At("input", "location")
	case in.At != nil && in.At.After(now.Add(clockSkew)):
		return fault.Localized(fault.Invalid, "order.tracking_in_future").At("input", "at")
	default:
		return nil
	}
}

// TrackShipment adds a report of where a parcel is. Reports may come late, more than
// once and out of order: each is stored once, and the parcel moves only forward.
func (s *Service) TrackShipment(ctx context.Context, in TrackInput) (shipment *Shipment, replayed bool, err error) {
	if !mayShip(auth.From(ctx)) {
		return nil, false, fault.Localized(fault.Forbidden, "common.forbidden")
	}
	if err := in.check(s.now()); err != nil {
		return nil, false, err
	}
	found, err := s.shipment(ctx, in.ShipmentID)
	if err != nil {
		return nil, false, err
	}
	if found == nil {
		return nil, false, shipmentNotFound()
	}
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: found.CheckoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		added, err := s.track(ctx, l, in, Label{}, ByStaff)
		if err != nil || !added {
			replayed = err == nil
			return err
		}
		return audit.Write(ctx, tx, l.Checkout.ReadAt, audit.ShipmentTracked, found.OrderID, nil,
			audit.Values{"shipmentId": in.ShipmentID, "status": in.Status, "location": in.Location, "message": in.Message})
	})
	if err != nil {
		return nil, false, notFault(err, "track "+in.ShipmentID)
	}
	if !replayed {
		s.changed.Notify(found.CheckoutID)
	}
	shipment, err = s.shipment(ctx, in.ShipmentID)
	return shipment, replayed, err
}

// Label is what a carrier gives for a parcel.
type Label struct{ TrackingNumber, TrackingURL string }

// track applies a report about a parcel of a locked purchase, and the label that came
// with it; false if the same was reported before.
func (s *Service) track(ctx context.Context, l *locked, in TrackInput, label Label, actor string) (fresh bool, err error) {
	row, err := l.q.LockShipment(ctx, db.LockShipmentParams{ID: in.ShipmentID, OrderID: l.Order.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, shipmentNotFound()
	}
	if err != nil {
		return false, fmt.Errorf("lock shipment: %w", err)
	}
	if fresh, err := addTracking(ctx, l, in); err != nil || !fresh {
		return false, err
	}
	contents, err := contentsOf(ctx, l.q, []string{in.ShipmentID})
	if err != nil {
		return false, err
	}
	lines, err := linesToShip(ctx, l)
	if err != nil {
		return false, err
	}
	parcel := &Parcel{Shipment: *shipmentOf(row, l.Checkout.ID), Contents: contents[in.ShipmentID]}
	from := parcel.Status
	at := l.Checkout.ReadAt
	if in.At != nil {
		at = *in.At
	}
	parcel.move(in.Status, at)
	if label.TrackingNumber != "" {
		parcel.TrackingNumber, parcel.TrackingURL = &label.TrackingNumber, optional.Of(label.TrackingURL)
	}
	p := db.MoveShipmentParams{
		ID: parcel.ID, FromVersion: row.Version, Status: string(parcel.Status), MovedAt: parcel.MovedAt,
		TrackingNumber: label.TrackingNumber, TrackingURL: label.TrackingURL,
	}
	packed, shipped, delivered := added(from, parcel.Status)
	p.Packed, p.Shipped, p.Delivered = int32(packed), int32(shipped), int32(delivered) //nolint:gosec // -1, 0 or 1
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).MoveShipment(ctx, p) })
	return true, s.applyLocked(ctx, l, Fact{
		Kind: FactParcelMoved, Parcel: parcel, From: from, Progress: progressOf(lines).moved(parcel.Contents, from, parcel.Status), Actor: actor,
	})
}

// addTracking stores a report; false if it was stored before. One without a time that
// equals the newest one is its repetition.
func addTracking(ctx context.Context, l *locked, in TrackInput) (bool, error) {
	newest, err := l.q.NewestTrackingEvent(ctx, in.ShipmentID)
	if err != nil {
		return false, fmt.Errorf("read tracking events: %w", err)
	}
	at := l.Checkout.ReadAt
	if in.At != nil {
		at = *in.At
	}
	if len(newest) > 0 {
		e := newest[0].TrackingEvent
		if in.At == nil && e.Status == string(in.Status) && e.Location == in.Location && e.Message == in.Message {
			return false, nil
		}
		if newest[0].Events >= maxTrackingEvents {
			return false, fault.Localized(fault.Conflict, "order.too_many_tracking_events", message.Args{"limit": maxTrackingEvents}).At("input", "shipmentId")
		}
	}
	n, err := l.q.AddTrackingEvent(ctx, db.AddTrackingEventParams{
		ShipmentID: in.ShipmentID, At: at, Status: string(in.Status), Location: in.Location, Message: in.Message, ReceivedAt: l.Checkout.ReadAt,
	})
	if err != nil {
		return false, fmt.Errorf("add tracking event: %w", err)
	}
	return n == 1, nil
}

func shipmentNotFound() error {
	return fault.Localized(fault.NotFound, "order.shipment_not_found").At("input", "shipmentId")
}
