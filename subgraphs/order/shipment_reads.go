package order

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/internal/pricing"
	"cartograph/subgraphs/order/db"
)

// Shipments returns shipments in the sequence of ids, nil for those that do not exist or
// whose order the caller may not read.
func (s *Service) Shipments(ctx context.Context, ids []string) ([]*Shipment, error) {
	everyones, owners := readScope(auth.From(ctx))
	rows, err := db.New(s.pool).Shipments(ctx, db.ShipmentsParams{IDs: ids, Everyones: everyones, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("read shipments: %w", err)
	}
	byID := make(map[string]*Shipment, len(rows))
	for _, row := range rows {
		byID[row.Shipment.ID] = shipmentOf(row.Shipment, row.CheckoutID)
	}
	return inSequence(ids, byID), nil
}

// FindShipment is a shipment by its id or its tracking number, of which exactly one is
// given; nil if there is none that the caller may read.
func (s *Service) FindShipment(ctx context.Context, id, trackingNumber *string) (*Shipment, error) {
	if (id == nil) == (trackingNumber == nil) {
		return nil, fault.Localized(fault.Invalid, "order.one_of_id_and_number")
	}
	if id != nil {
		return first(s.Shipments(ctx, []string{*id}))
	}
	everyones, owners := readScope(auth.From(ctx))
	rows, err := db.New(s.pool).ShipmentByTrackingNumber(ctx, db.ShipmentByTrackingNumberParams{
		TrackingNumber: pg.Storable(*trackingNumber), Everyones: everyones, Owners: owners,
	})
	if err != nil {
		return nil, fmt.Errorf("find shipment: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return shipmentOf(rows[0].Shipment, rows[0].CheckoutID), nil
}

// shipment is a shipment of any order, for those who may ship; nil if there is none.
func (s *Service) shipment(ctx context.Context, id string) (*Shipment, error) {
	rows, err := db.New(s.pool).Shipments(ctx, db.ShipmentsParams{IDs: []string{id}, Everyones: true})
	if err != nil {
		return nil, fmt.Errorf("read shipment: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return shipmentOf(rows[0].Shipment, rows[0].CheckoutID), nil
}

// ShipmentsOfOrders returns the shipments of orders that the caller was allowed to read.
func (s *Service) ShipmentsOfOrders(ctx context.Context, orders []*Order) ([][]*Shipment, error) {
	ids, byID := make([]string, len(orders)), make(map[string]*Order, len(orders))
	for i, o := range orders {
		ids[i], byID[o.ID] = o.ID, o
	}
	rows, err := db.New(s.pool).ShipmentsOfOrders(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read shipments of orders: %w", err)
	}
	byOrder := map[string][]*Shipment{}
	for _, row := range rows {
		shipment := shipmentOf(row.Shipment, row.CheckoutID)
		shipment.Order = byID[shipment.OrderID]
		byOrder[shipment.OrderID] = append(byOrder[shipment.OrderID], shipment)
	}
	out := make([][]*Shipment, len(orders))
	for i, id := range ids {
		out[i] = append([]*Shipment{}, byOrder[id]...)
	}
	return out, nil
}

// OrdersOfShipments returns the orders of shipments that the caller was allowed to read.
func (s *Service) OrdersOfShipments(ctx context.Context, shipments []*Shipment) ([]*Order, error) {
	out := make([]*Order, len(shipments))
	var missing []string
	for i, shipment := range shipments {
		if out[i] = shipment.Order; out[i] == nil {
			missing = append(missing, shipment.OrderID)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	rows, err := db.New(s.pool).Orders(ctx, db.OrdersParams{IDs: missing, Everyones: true})
	if err != nil {
		return nil, fmt.Errorf("read orders of shipments: %w", err)
	}
	byID, err := ordersBy(rows, func(o *Order) string { return o.ID })
	for i, shipment := range shipments {
		if out[i] == nil {
			out[i] = byID[shipment.OrderID]
		}
	}
	return out, err
}

// ShipmentContents returns what is in shipments, in the sequence of the ids.
func (s *Service) ShipmentContents(ctx context.Context, ids []string) ([][]ShipmentLine, error) {
	byShipment, err := contentsOf(ctx, db.New(s.pool), ids)
	out := make([][]ShipmentLine, len(ids))
	for i, id := range ids {
		out[i] = byShipment[id]
	}
	return out, err
}

func contentsOf(ctx context.Context, q *db.Queries, ids []string) (map[string][]ShipmentLine, error) {
	rows, err := q.ShipmentLines(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read shipment lines: %w", err)
	}
	out := map[string][]ShipmentLine{}
	for _, row := range rows {
		out[row.ShipmentID] = append(out[row.ShipmentID], ShipmentLine{row.OrderLineID, int(row.Quantity)})
	}
	return out, nil
}

// TrackingEvents returns what was reported of shipments, in the sequence of the ids and
// by the carrier's clock.
func (s *Service) TrackingEvents(ctx context.Context, ids []string) ([][]TrackingEvent, error) {
	rows, err := db.New(s.pool).TrackingEvents(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read tracking events: %w", err)
	}
	byShipment := map[string][]TrackingEvent{}
	for _, row := range rows {
		byShipment[row.ShipmentID] = append(byShipment[row.ShipmentID], TrackingEvent{
			At: row.At.UTC(), Status: ShipmentStatus(row.Status), Location: optional.Of(row.Location), Message: row.Message,
		})
	}
	out := make([][]TrackingEvent, len(ids))
	for i, id := range ids {
		out[i] = byShipment[id]
	}
	return out, nil
}

func shipmentOf(row db.Shipment, checkoutID string) *Shipment {
	s := &Shipment{
		ID: row.ID, OrderID: row.OrderID, CheckoutID: checkoutID, Status: ShipmentStatus(row.Status), Version: int(row.Version),
		Carrier: row.Carrier, TrackingNumber: row.TrackingNumber, TrackingURL: row.TrackingURL,
		MovedAt: row.MovedAt.UTC(), CreatedAt: row.CreatedAt.UTC(),
	}
	if row.ArrivesAfter != nil && row.ArrivesBefore != nil {
		s.EstimatedDelivery = &pricing.Window{Earliest: row.ArrivesAfter.UTC(), Latest: row.ArrivesBefore.UTC()}
	}
	return s
}

// windowFrom is when a parcel should arrive that is packed at a time; nil if the method
// of the order is no longer offered.
func (o *Order) windowFrom(at time.Time) *pricing.Window {
	if method := o.shippingMethod(at); method != nil {
		return &method.Window
	}
	return nil
}

// WatchShipments sends the shipments of an order of the caller at once, and each again
// after every change, until ctx ends.
func (s *Service) WatchShipments(ctx context.Context, orderID string) (<-chan *Shipment, error) {
	orders, err := s.WatchOrder(ctx, orderID)
	if err != nil {
		return nil, err
	}
	out := make(chan *Shipment)
	go func() {
		defer close(out)
		sent := map[string]int{}
		for o := range orders {
			shipments, err := s.ShipmentsOfOrders(ctx, []*Order{o})
			if err != nil {
				if ctx.Err() == nil {
					s.log.WarnContext(ctx, "subscription failed", "checkout_id", o.CheckoutID, "err", err)
				}
				return
			}
			for _, shipment := range shipments[0] {
				if sent[shipment.ID] == shipment.Version {
					continue
				}
				sent[shipment.ID] = shipment.Version
				select {
				case out <- shipment:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, nil
}
