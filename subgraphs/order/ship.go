package order

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// ShipInput is the input of CreateShipment.
type ShipInput struct {
	OrderID        string
	Lines          []ShipmentLine
	Carrier        string
	TrackingNumber string // empty: the parcel has no label yet
	TrackingURL    string
	Key            string // idempotency key
}

const (
	opShip            = "shipmentCreate"
	maxCarrier        = 50
	maxTrackingNumber = 60
	maxShipmentLines  = 100
	maxShipments      = 100 // of an order
)

func (in ShipInput) check() error {
	switch {
	case in.Carrier == "" || !printable(in.Carrier, maxCarrier):
		return fault.Localized(fault.Invalid, "order.carrier_limit", message.Args{"limit": maxCarrier}).At("input", "carrier")
	case !printable(in.TrackingNumber, maxTrackingNumber):
		return fault.Localized(fault.Invalid, "order.tracking_number_limit", message.Args{"limit": maxTrackingNumber}).At("input", "trackingNumber")
	default:
		return checkLines(in.Lines)
	}
}

// checkLines refuses contents that are empty or name a line twice.
func checkLines(lines []ShipmentLine) error {
	if len(lines) == 0 || len(lines) > maxShipmentLines {
		return fault.Localized(fault.Invalid, "order.shipment_lines", message.Args{"limit": maxShipmentLines}).At("input", "lines")
	}
	seen := map[string]bool{}
	for i, l := range lines {
		if l.Quantity < 1 {
			return fault.Localized(fault.Invalid, "order.units_at_least_one").At("input", "lines", index(i), "quantity")
		}
		if seen[l.OrderLineID] {
			return fault.Localized(fault.Invalid, "order.line_named_twice").At("input", "lines", index(i), "orderLineId")
		}
		seen[l.OrderLineID] = true
	}
	return nil
}

// index is a position in a list, for the path of an error.
func index(i int) string { return strconv.Itoa(i) }

// mayShip reports whether the caller may pack parcels and report where they are.
func mayShip(caller auth.Caller) bool { return caller.Has("orders:fulfill") }

// CreateShipment packs units of an order into a parcel.
func (s *Service) CreateShipment(ctx context.Context, in ShipInput) (shipment *Shipment, replayed bool, err error) {
	caller := auth.From(ctx)
	if !mayShip(caller) {
		return nil, false, fault.Localized(fault.Forbidden, "common.forbidden")
	}
	if err := in.check(); err != nil {
		return nil, false, err
	}
	input := in
	input.Key = ""
	o, err := s.anyOrder(ctx, in.OrderID)
	if fault.KindOf(err) == fault.NotFound { // a key that was used for another order is the older mistake
		if _, reused := idempotency.Recall(ctx, s.pool, caller.ID, opShip, in.Key, input); reused != nil {
			return nil, false, reused
		}
	}
	if err != nil {
		return nil, false, err
	}
	made := id.New(id.Shipment)
	shipmentID := made
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		shipmentID, replayed = made, false // fn may run again after a serialisation conflict
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: o.CheckoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, opShip, in.Key, input, made)
		if err != nil {
			return err
		}
		if earlier != "" {
			shipmentID, replayed = earlier, true
			return nil
		}
		parcel := newParcel(l, shipmentID, in.Carrier, in.Lines)
		parcel.TrackingNumber, parcel.TrackingURL = optional.Of(in.TrackingNumber), optional.Of(in.TrackingURL)
		if in.TrackingNumber != "" {
			parcel.Status = LabelCreated
		}
		if err := s.packParcel(ctx, l, parcel, ByStaff); err != nil {
			return err
		}
		return audit.Write(ctx, tx, l.Checkout.ReadAt, audit.ShipmentCreated, o.ID, nil,
			audit.Values{"shipmentId": shipmentID, "carrier": in.Carrier, "trackingNumber": in.TrackingNumber, "lines": in.Lines})
	})
	if err != nil {
		return nil, false, notFault(err, "ship "+in.OrderID)
	}
	if !replayed {
		s.changed.Notify(o.CheckoutID)
	}
	shipment, err = s.shipment(ctx, shipmentID)
	return shipment, replayed, err
}

// anyOrder is an order of any customer, for a command of staff.
func (s *Service) anyOrder(ctx context.Context, orderID string) (*Order, error) {
	rows, err := db.New(s.pool).Orders(ctx, db.OrdersParams{IDs: []string{orderID}, Everyones: true})
	if err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	if len(rows) == 0 {
		return nil, orderNotFound()
	}
	return orderOf(rows[0])
}

// notFault names the command of an error that is none of the caller's.
func notFault(err error, command string) error {
	if fault.Of(err) != nil {
		return err
	}
	return fmt.Errorf("%s: %w", command, err)
}

// newParcel is a parcel of a locked purchase, without a label.
func newParcel(l *locked, shipmentID, carrier string, contents []ShipmentLine) *Parcel {
	return &Parcel{
		Shipment: Shipment{
			ID: shipmentID, OrderID: l.Order.ID, CheckoutID: l.Order.CheckoutID, Status: ParcelPending, Version: 1, Carrier: carrier,
			MovedAt: l.Checkout.ReadAt, EstimatedDelivery: l.Order.windowFrom(l.Checkout.ReadAt), CreatedAt: l.Checkout.ReadAt,
		},
		Contents: contents,
	}
}

// packParcel stores a parcel of a locked purchase. The quantities are decided by the
// lines as they are under the lock; their constraint repeats the rule.
func (s *Service) packParcel(ctx context.Context, l *locked, parcel *Parcel, actor string) error {
	if !l.Order.sold() {
		return fault.Localized(fault.Conflict, "order.not_shippable").At("input", "orderId")
	}
	lines, err := linesToShip(ctx, l)
	if err != nil {
		return err
	}
	if err := pack(lines, parcel.Contents); err != nil {
		return err
	}
	n, err := l.q.CountShipments(ctx, l.Order.ID)
	if err != nil {
		return fmt.Errorf("count shipments: %w", err)
	}
	if n >= maxShipments {
		return fault.Localized(fault.Conflict, "order.too_many_shipments", message.Args{"limit": maxShipments}).At("input", "orderId")
	}
	p := db.CreateShipmentParams{
		ID: parcel.ID, OrderID: parcel.OrderID, Status: string(parcel.Status), Carrier: parcel.Carrier,
		TrackingNumber: optional.Value(parcel.TrackingNumber), TrackingURL: optional.Value(parcel.TrackingURL), At: parcel.CreatedAt,
	}
	if w := parcel.EstimatedDelivery; w != nil {
		p.ArrivesAfter, p.ArrivesBefore = &w.Earliest, &w.Latest
	}
	for _, c := range parcel.Contents {
		p.LineIDs, p.Quantities = append(p.LineIDs, c.OrderLineID), append(p.Quantities, int32(c.Quantity)) //nolint:gosec // within the line's quantity
	}
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).CreateShipment(ctx, p) })
	progress := progressOf(lines).moved(parcel.Contents, "", parcel.Status)
	return s.applyLocked(ctx, l, Fact{Kind: FactParcelMoved, Parcel: parcel, Progress: progress, Actor: actor})
}

// linesToShip reads the lines of a locked purchase with what is packed of them.
func linesToShip(ctx context.Context, l *locked) ([]Line, error) {
	rows, err := l.q.LinesToShip(ctx, l.Order.ID)
	if err != nil {
		return nil, fmt.Errorf("read lines to ship: %w", err)
	}
	lines := make([]Line, len(rows))
	for i, row := range rows {
		if lines[i], err = lineOf(row.OrderLine, row.Currency, row.TaxIncluded); err != nil {
			return nil, err
		}
	}
	l.lines = lines
	return lines, nil
}
