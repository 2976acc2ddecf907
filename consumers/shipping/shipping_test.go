package shipping_test

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/shipping"
	"cartograph/consumers/shipping/carrier"
	"cartograph/consumers/shipping/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
)

// watched is a carrier that counts its labels and cancellations, and runs a hook while
// a request is under way.
type watched struct {
	carrier.Carrier
	during            func()
	labels, cancelled atomic.Int32
}

func (c *watched) CreateLabel(ctx context.Context, key string, p carrier.Parcel) (carrier.Label, error) {
	label, err := c.Carrier.CreateLabel(ctx, key, p)
	if err == nil {
		c.labels.Add(1)
		c.hook()
	}
	return label, err
}

func (c *watched) Track(ctx context.Context, number string) ([]carrier.Report, error) {
	reports, err := c.Carrier.Track(ctx, number)
	if err == nil && len(reports) > 0 {
		c.hook()
	}
	return reports, err
}

func (c *watched) Cancel(ctx context.Context, key string) error {
	err := c.Carrier.Cancel(ctx, key)
	if err == nil {
		c.cancelled.Add(1)
	}
	return err
}

// hook runs once.
func (c *watched) hook() {
	if run := c.during; run != nil {
		c.during = nil
		run()
	}
}

type fixture struct {
	pool    *pgxpool.Pool
	worker  *shipping.Worker
	carrier *watched
	now     time.Time // the carrier's
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{pool: pgtest.New(t, db.Migrations()), now: time.Now()}
	f.carrier = &watched{Carrier: &carrier.Simulator{Seed: 7, Transit: time.Hour, Now: func() time.Time { return f.now }}}
	f.worker = f.newWorker()
	return f
}

// newWorker is a worker without memory, as after a crash.
func (f *fixture) newWorker() *shipping.Worker {
	cfg := shipping.Config{PollEvery: time.Second, Timeout: time.Second}
	return shipping.NewWorker(f.pool, outbox.New(f.pool), f.carrier, cfg, slog.New(slog.DiscardHandler))
}

func (f *fixture) request(t *testing.T) event.ShipmentDue {
	t.Helper()
	due := event.ShipmentDue{ShipmentID: id.New(id.Shipment), CheckoutID: "chk_1", OrderNumber: "CG-1", Carrier: "Northline", Recipient: event.Recipient{Name: "Ada"}}
	for range 2 { // events come more than once
		if err := f.worker.Handle(t.Context(), eventtest.Envelope(due)); err != nil {
			t.Fatal(err)
		}
	}
	return due
}

// expireLeases makes everything due, as after the lease of a worker that died.
func (f *fixture) expireLeases(t *testing.T) {
	t.Helper()
	if _, err := f.pool.Exec(context.WithoutCancel(t.Context()), "UPDATE parcels SET due_at = now() WHERE due_at IS NOT NULL"); err != nil {
		t.Error(err)
	}
}

// pass lets time pass: the carrier moves, and everything is due.
func (f *fixture) pass(t *testing.T, d time.Duration) {
	t.Helper()
	f.now = f.now.Add(d)
	f.expireLeases(t)
	if _, err := f.worker.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// published are the events of a type in the outbox.
func published[P event.Payload](t *testing.T, f *fixture) []P {
	t.Helper()
	rows, err := f.pool.Query(t.Context(), "SELECT type, data FROM outbox WHERE type = $1 ORDER BY id", event.Type[P]())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []P
	for rows.Next() {
		var e event.Envelope
		if err := rows.Scan(&e.Type, &e.Data); err != nil {
			t.Fatal(err)
		}
		p, err := event.Decode[P](e)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

func (f *fixture) status(t *testing.T, shipmentID string) (status string) {
	t.Helper()
	if err := f.pool.QueryRow(t.Context(), "SELECT status FROM parcels WHERE shipment_id = $1", shipmentID).Scan(&status); err != nil {
		t.Fatal(err)
	}
	return status
}

func TestAParcelIsFollowedToTheDoor(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due := f.request(t)
	for range 60 {
		f.pass(t, 7*time.Minute)
	}
	labels := published[event.ShipmentCreated](t, f)
	if len(labels) != 1 || labels[0].ShipmentID != due.ShipmentID || labels[0].TrackingNumber == "" {
		t.Errorf("labels: %+v", labels)
	}
	var last event.ShipmentMoved
	for _, m := range published[event.ShipmentMoved](t, f) {
		if m.At.After(last.At) {
			last = m
		}
	}
	if last.Status != "DELIVERED" && last.Status != "RETURNED_TO_SENDER" {
		t.Errorf("the last report is %+v", last)
	}
	if got := f.status(t, due.ShipmentID); got != "ARRIVED" {
		t.Errorf("the parcel is %s, want ARRIVED", got)
	}
	var open int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM parcels WHERE due_at IS NOT NULL OR recipient IS NOT NULL").Scan(&open); err != nil || open != 0 {
		t.Errorf("%d parcels that arrived are requested for ever, or keep their recipient: %v", open, err)
	}
}

// A worker that dies between the carrier's answer and its commit leaves a lease, after
// which another one makes the request again.
func TestACrashLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.request(t)
	other := f.newWorker()
	again := func() { // while the first worker has the answer, and has not stored it
		f.expireLeases(t)
		for range 20 { // some requests have no answer
			if _, err := other.Work(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
			if len(published[event.ShipmentCreated](t, f)) > 0 {
				return
			}
			f.now = f.now.Add(time.Second)
			f.expireLeases(t)
		}
	}
	f.carrier.during = again
	for len(published[event.ShipmentCreated](t, f)) == 0 {
		f.pass(t, time.Second)
	}
	if n := f.carrier.labels.Load(); n != 2 {
		t.Errorf("the carrier was requested for %d labels, want 2: the crash was not simulated", n)
	}
	if labels := published[event.ShipmentCreated](t, f); len(labels) != 1 {
		t.Errorf("labels: %+v, want one", labels)
	}
	f.now = f.now.Add(30 * time.Minute)
	f.carrier.during = func() {
		f.expireLeases(t)
		if _, err := other.Work(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	for range 40 {
		f.pass(t, 7*time.Minute)
	}
	var reported int
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM reports").Scan(&reported); err != nil {
		t.Fatal(err)
	}
	if moved := published[event.ShipmentMoved](t, f); len(moved) != reported || reported == 0 {
		t.Errorf("%d reports published, %d stored", len(moved), reported)
	}
}

func TestALabelThatIsCancelledWhileItIsRequestedIsCancelled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due := f.request(t)
	f.carrier.during = func() {
		if err := f.worker.Handle(context.WithoutCancel(t.Context()), eventtest.Envelope(event.ShipmentCancelled{ShipmentID: due.ShipmentID, CheckoutID: due.CheckoutID})); err != nil {
			t.Error(err)
		}
	}
	for range 30 {
		f.pass(t, time.Second)
	}
	if got := f.status(t, due.ShipmentID); got != "CANCELLED" || f.carrier.cancelled.Load() != 1 {
		t.Errorf("the parcel is %s and its label was cancelled %d times", got, f.carrier.cancelled.Load())
	}
	if labels := published[event.ShipmentCreated](t, f); len(labels) != 0 {
		t.Errorf("a label of a cancelled parcel was published: %+v", labels)
	}
	early := id.New(id.Shipment) // cancelled before its request arrives
	for _, p := range []event.Payload{
		event.ShipmentCancelled{ShipmentID: early, CheckoutID: "chk_2"}, event.ShipmentDue{ShipmentID: early, CheckoutID: "chk_2", Carrier: "Northline"},
	} {
		if err := f.worker.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.status(t, early); got != "CANCELLED" {
		t.Errorf("a parcel that was cancelled early is %s", got)
	}
}

func TestAReturnIsFollowedToTheShop(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	due := event.ReturnLabelDue{ReturnID: id.New(id.Return), CheckoutID: "chk_1", OrderNumber: "CG-1", Carrier: "Northline", Sender: event.Recipient{Name: "Ada"}}
	for range 2 { // events come more than once
		if err := f.worker.Handle(t.Context(), eventtest.Envelope(due)); err != nil {
			t.Fatal(err)
		}
	}
	for range 60 {
		f.pass(t, 7*time.Minute)
	}
	labels := published[event.ReturnLabelCreated](t, f)
	if len(labels) != 1 || labels[0].ReturnID != due.ReturnID || labels[0].TrackingNumber == "" || labels[0].LabelURL == "" {
		t.Errorf("labels: %+v", labels)
	}
	if moved := published[event.ReturnMoved](t, f); len(moved) < 3 || moved[0].ReturnID != due.ReturnID {
		t.Errorf("reports: %+v", moved)
	}
	if others := len(published[event.ShipmentCreated](t, f)) + len(published[event.ShipmentMoved](t, f)); others != 0 {
		t.Errorf("%d events of a shipment", others)
	}
}

func TestTheLabelOfAReturnThatEndsIsCancelled(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(event.ReturnFacts) event.Payload{
		"cancelled": func(f event.ReturnFacts) event.Payload { return event.ReturnCancelled{ReturnFacts: f} },
		"expired":   func(f event.ReturnFacts) event.Payload { return event.ReturnExpired{ReturnFacts: f} },
	} {
		f := newFixture(t)
		due := event.ReturnLabelDue{ReturnID: id.New(id.Return), CheckoutID: "chk_1", Carrier: "Northline"}
		if err := f.worker.Handle(t.Context(), eventtest.Envelope(due)); err != nil {
			t.Fatal(err)
		}
		for len(published[event.ReturnLabelCreated](t, f)) == 0 {
			f.pass(t, time.Second)
		}
		facts := event.ReturnFacts{ReturnID: due.ReturnID, OrderFacts: event.OrderFacts{CheckoutID: due.CheckoutID}}
		if err := f.worker.Handle(t.Context(), eventtest.Envelope(end(facts))); err != nil {
			t.Fatal(err)
		}
		for range 30 {
			f.pass(t, time.Second)
		}
		if got := f.status(t, due.ReturnID); got != "CANCELLED" || f.carrier.cancelled.Load() != 1 {
			t.Errorf("%s: the parcel is %s and its label was cancelled %d times", name, got, f.carrier.cancelled.Load())
		}
	}
}

func TestTheSimulatorIsDeterministicAndMisbehaves(t *testing.T) {
	t.Parallel()
	late, repeated, ends := 0, 0, map[string]int{}
	for range 120 {
		key := id.New(id.Shipment)
		issued := time.Now()
		histories := make([][]string, 2)
		for run := range histories {
			now := issued
			s := &carrier.Simulator{Seed: 3, Transit: time.Hour, Now: func() time.Time { return now }}
			seen := map[string]carrier.Report{}
			var newest time.Time
			for now.Before(issued.Add(6 * time.Hour)) {
				now = now.Add(3 * time.Minute)
				reports, err := s.Track(t.Context(), "SIM"+key[4:])
				if err != nil {
					continue
				}
				for _, r := range reports {
					if _, known := seen[r.ID]; known {
						continue
					}
					seen[r.ID] = r
					if r.At.Before(newest) && run == 0 {
						late++
					}
					if r.At.After(newest) {
						newest = r.At
					}
				}
			}
			statuses := map[time.Time]bool{}
			for rid, r := range seen {
				histories[run] = append(histories[run], rid+r.Status+r.At.UTC().String())
				if statuses[r.At] && run == 0 {
					repeated++
				}
				statuses[r.At] = true
				if r.Arrived() && run == 0 {
					ends[r.Status]++
				}
			}
			slices.Sort(histories[run])
		}
		if !slices.Equal(histories[0], histories[1]) {
			t.Fatalf("two histories of %s: %v, %v", key, histories[0], histories[1])
		}
	}
	if late == 0 || repeated == 0 || ends["DELIVERED"] == 0 || ends["RETURNED_TO_SENDER"] == 0 {
		t.Errorf("%d reports out of order, %d repeated, ends %v: the carrier is too good", late, repeated, ends)
	}
}
