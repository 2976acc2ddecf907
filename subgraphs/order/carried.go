package order

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/inbox"
	"cartograph/subgraphs/order/db"
)

// onCarried registers what the shipping service reports of parcels.
func (s *Service) onCarried(m *inbox.Mux) {
	onReport(s, m, func(p event.ShipmentCreated) (TrackInput, Label) {
		return TrackInput{ShipmentID: p.ShipmentID, Status: LabelCreated, Message: "The label was created.", At: &p.At}, Label{p.TrackingNumber, p.TrackingURL}
	})
	onReport(s, m, func(p event.ShipmentMoved) (TrackInput, Label) {
		return TrackInput{ShipmentID: p.ShipmentID, Status: ShipmentStatus(p.Status), Location: p.Location, Message: p.Message, At: &p.At}, Label{}
	})
}

func onReport[P event.Payload](s *Service, m *inbox.Mux, reportOf func(P) (TrackInput, Label)) {
	inbox.OnDirect(m, func(ctx context.Context, payload P, e event.Envelope) error {
		report, label := reportOf(payload)
		err := m.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error { return s.carried(ctx, tx, e.Subject, report, label) })
		if err != nil {
			return err
		}
		s.changed.Notify(e.Subject)
		return nil
	})
}

// carried applies a report of the shipping service. What refuses it would refuse a
// repetition too, so it is logged and dropped.
func (s *Service) carried(ctx context.Context, tx pgx.Tx, checkoutID string, report TrackInput, label Label) error {
	l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true}, true)
	if err != nil {
		return err
	}
	if l == nil || l.Order == nil {
		s.log.WarnContext(ctx, "report of a parcel dropped", "shipment_id", report.ShipmentID, "err", "no order")
		return nil
	}
	_, err = s.track(ctx, l, report, label, BySystem)
	if f := fault.Of(err); f != nil {
		s.log.WarnContext(ctx, "report of a parcel dropped", "shipment_id", report.ShipmentID, "err", f)
		err = nil
	}
	return err
}
