// Package trail collects what is recorded of one purchase: the rows of every service
// and of the gateway, the events of the log and who handled them, and log records, in
// the order of time. It only reads, and leaves out what names the customer.
package trail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// System is what is read.
type System struct {
	Databases map[string]*pgxpool.Pool // by role; what is missing is left out
	Brokers   []string                 // of the event log; none: it is left out
}

// Purchase is whose trail it is.
type Purchase struct {
	Number, OrderID, CheckoutID, CartID string

	PaymentIDs  []string
	ShipmentIDs []string
	BeganAt     time.Time
}

// Entry is something that was recorded.
type Entry struct {
	At     time.Time
	Source string // the role whose database has it, or the log
	Text   string
}

// Trail is everything that was found.
type Trail struct {
	Purchase Purchase
	Entries  []Entry  // by time
	Missing  []string // what could not be read, and why
}

// ErrNotFound is the error of a number that no order has.
var ErrNotFound = errors.New("there is no such order")

// Of reads the trail of the order with a number or an id.
func Of(ctx context.Context, s System, order string) (*Trail, error) {
	orders := s.Databases["order"]
	if orders == nil {
		return nil, errors.New("the database of the order role is needed, which has the order's number")
	}
	t := &Trail{}
	if err := t.Purchase.find(ctx, orders, order); err != nil {
		return nil, err
	}
	for _, r := range records {
		t.read(ctx, s.Databases[r.role], r)
	}
	events, err := t.readEvents(ctx, s.Brokers)
	if err != nil {
		t.missing("event log", err)
	}
	for role, pool := range s.Databases {
		t.readHandled(ctx, role, pool, events)
		t.readDeadLetters(ctx, role, pool)
	}
	t.readLogs(ctx, s.Databases["logging"])
	slices.SortStableFunc(t.Entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	slices.Sort(t.Missing)
	return t, nil
}

func (t *Trail) missing(what string, err error) {
	t.Missing = append(t.Missing, fmt.Sprintf("%s: %v", what, err))
}

func (p *Purchase) find(ctx context.Context, orders *pgxpool.Pool, order string) error {
	err := orders.QueryRow(ctx, `
		SELECT o.number, o.id, o.checkout_id, o.cart_id, o.payment_ids, c.created_at, ARRAY (SELECT id FROM shipments s WHERE s.order_id = o.id ORDER BY id)
		FROM orders o JOIN checkouts c ON c.id = o.checkout_id WHERE o.number = upper($1) OR o.id = $1`, order).
		Scan(&p.Number, &p.OrderID, &p.CheckoutID, &p.CartID, &p.PaymentIDs, &p.BeganAt, &p.ShipmentIDs)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%s: %w", order, ErrNotFound)
	}
	return err
}

// ids are those by which others refer to the purchase.
func (p *Purchase) ids() []string {
	return slices.Concat([]string{p.OrderID, p.CheckoutID}, p.PaymentIDs, p.ShipmentIDs)
}

// arguments of the queries of records.
func (p *Purchase) arguments() pgx.NamedArgs {
	return pgx.NamedArgs{
		"order": p.OrderID, "checkout": p.CheckoutID, "cart": p.CartID, "payments": p.PaymentIDs, "ids": p.ids(), "most": maxRows,
	}
}

// read adds the rows of a query.
func (t *Trail) read(ctx context.Context, pool *pgxpool.Pool, r record) {
	if pool == nil {
		t.missing(r.role+", "+r.what, errors.New("its database is not known"))
		return
	}
	rows, err := pool.Query(ctx, r.query+" LIMIT @most", t.Purchase.arguments())
	if err != nil {
		t.missing(r.role+", "+r.what, err)
		return
	}
	found := 0
	e := Entry{Source: r.role}
	_, err = pgx.ForEachRow(rows, []any{&e.At, &e.Text}, func() error {
		found++
		t.Entries = append(t.Entries, Entry{e.At, e.Source, r.what + " " + e.Text})
		return nil
	})
	switch {
	case err != nil:
		t.missing(r.role+", "+r.what, err)
	case found == maxRows:
		t.missing(r.role+", "+r.what, fmt.Errorf("more than %d rows", maxRows))
	}
}
