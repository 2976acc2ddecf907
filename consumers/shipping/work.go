package shipping

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/shipping/carrier"
	"cartograph/consumers/shipping/db"
	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

const (
	batchSize    = 16 // parcels at the same time
	pollInterval = time.Second
	leaseMargin  = 10 * time.Second // beyond the timeout of a request
	storeAfter   = 5 * time.Second  // for the answer when the process ends
	maxBackoff   = time.Hour
	idleAtEnd    = 6 // answers without a new report, after which a parcel that arrived is left alone
)

// Run makes the requests to the carrier that are due until ctx ends. Any number of
// workers may run at the same time: each leases its parcels.
func (w *Worker) Run(ctx context.Context) error {
	for {
		n, err := w.Work(ctx)
		if err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "lease parcels, retrying", "err", err)
		}
		if n == batchSize {
			continue
		}
		if !w.due.Wait(ctx, min(pollInterval, w.cfg.PollEvery)) {
			return nil
		}
	}
}

// Work makes the requests of a batch of parcels, each once, and returns how many there
// were.
func (w *Worker) Work(ctx context.Context) (int, error) {
	lease := w.cfg.Timeout + leaseMargin
	parcels, err := db.New(w.pool).Lease(ctx, db.LeaseParams{Batch: batchSize, Seconds: lease.Seconds()})
	if err != nil {
		return 0, fmt.Errorf("lease parcels: %w", err)
	}
	var running sync.WaitGroup
	for _, p := range parcels {
		running.Go(func() { w.serve(ctx, p) })
	}
	running.Wait()
	return len(parcels), nil
}

// serve makes the request that a leased parcel waits for and stores the answer. Without
// an answer in the database the lease ends, and the request is made again.
func (w *Worker) serve(ctx context.Context, p db.Parcel) {
	calling, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	store, err := w.request(calling, p)
	cancel()
	crashpoint.Reach("shipping", "answered")
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeAfter)
	defer cancel()
	if err != nil {
		if ctx.Err() == nil {
			w.log.WarnContext(ctx, "carrier request failed, retrying", "shipment_id", p.ShipmentID, "status", p.Status, "tries", p.Tries, "err", err)
		}
		pause := min(w.cfg.PollEvery<<min(p.Tries, 12), maxBackoff)
		err = db.New(w.pool).Postpone(storing, db.PostponeParams{ShipmentID: p.ShipmentID, Error: pg.Storable(err.Error()), Seconds: pause.Seconds()})
	} else {
		err = w.out.InTx(storing, func(tx pgx.Tx) error { return store(storing, tx) })
	}
	if err != nil {
		w.log.WarnContext(ctx, "answer of a carrier not stored, it is requested again", "shipment_id", p.ShipmentID, "err", err)
	}
}

// request makes the request and returns what stores the answer.
func (w *Worker) request(ctx context.Context, p db.Parcel) (store func(context.Context, pgx.Tx) error, err error) {
	switch p.Status {
	case "REQUESTED":
		parcel := carrier.Parcel{Carrier: p.Carrier, Reference: p.OrderNumber, Return: p.IsReturn}
		if err := json.Unmarshal(p.Recipient, &parcel.Customer); err != nil {
			return nil, fmt.Errorf("read customer: %w", err)
		}
		label, err := w.carrier.CreateLabel(ctx, p.ShipmentID, parcel)
		return func(ctx context.Context, tx pgx.Tx) error { return w.storeLabel(ctx, tx, p, label) }, err
	case "CANCELLING":
		err := w.carrier.Cancel(ctx, p.ShipmentID)
		return func(ctx context.Context, tx pgx.Tx) error { return db.New(tx).StoreCancellation(ctx, p.ShipmentID) }, err
	default:
		reports, err := w.carrier.Track(ctx, optional.Value(p.TrackingNumber))
		return func(ctx context.Context, tx pgx.Tx) error { return w.storeReports(ctx, tx, p, reports) }, err
	}
}

// storeLabel stores a label unless another worker did, or the parcel was cancelled.
func (w *Worker) storeLabel(ctx context.Context, tx pgx.Tx, p db.Parcel, label carrier.Label) error {
	stored, err := db.New(tx).StoreLabel(ctx, db.StoreLabelParams{
		ShipmentID: p.ShipmentID, TrackingNumber: label.TrackingNumber, Seconds: w.cfg.PollEvery.Seconds(),
	})
	if err != nil || stored == 0 {
		return err
	}
	return outbox.Write(ctx, tx, labelCreated(p, label, time.Now().UTC()))
}

func labelCreated(p db.Parcel, label carrier.Label, at time.Time) event.Payload {
	if p.IsReturn {
		return event.ReturnLabelCreated{
			ReturnID: p.ShipmentID, CheckoutID: p.CheckoutID, Carrier: p.Carrier, TrackingNumber: label.TrackingNumber, LabelURL: label.DocumentURL, At: at,
		}
	}
	return event.ShipmentCreated{
		ShipmentID: p.ShipmentID, CheckoutID: p.CheckoutID, Carrier: p.Carrier, TrackingNumber: label.TrackingNumber, TrackingURL: label.TrackingURL, At: at,
	}
}

func moved(p db.Parcel, r carrier.Report) event.Payload {
	if p.IsReturn {
		return event.ReturnMoved{ReturnID: p.ShipmentID, CheckoutID: p.CheckoutID, Status: r.Status, At: r.At.UTC()}
	}
	return event.ShipmentMoved{
		ShipmentID: p.ShipmentID, CheckoutID: p.CheckoutID, Status: r.Status, Location: r.Location, Message: r.Message, At: r.At.UTC(),
	}
}

// storeReports publishes the reports that are new. Those of a parcel that arrived may
// still come late, so it is followed for a while longer.
func (w *Worker) storeReports(ctx context.Context, tx pgx.Tx, p db.Parcel, reports []carrier.Report) error {
	ids, byID, arrived := make([]string, len(reports)), map[string]carrier.Report{}, p.Status == "ARRIVED"
	for i, r := range reports {
		ids[i], byID[r.ID] = r.ID, r
		arrived = arrived || r.Arrived()
	}
	fresh, err := db.New(tx).StoreReports(ctx, db.StoreReportsParams{ShipmentID: p.ShipmentID, ReportIDs: ids})
	if err != nil {
		return err
	}
	idle := p.Idle + 1
	if len(fresh) > 0 {
		idle = 0
	}
	pause := min(w.cfg.PollEvery<<min(idle, 10), maxBackoff)
	err = db.New(tx).StorePoll(ctx, db.StorePollParams{
		ShipmentID: p.ShipmentID, Arrived: arrived, Idle: idle, Ended: arrived && idle >= idleAtEnd, Seconds: pause.Seconds(),
	})
	if err != nil {
		return err
	}
	reported := make([]event.Payload, len(fresh))
	for i, id := range fresh {
		reported[i] = moved(p, byID[id])
	}
	return outbox.Write(ctx, tx, reported...)
}
