package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
)

// Everywhere in this package locks are taken in one order, so that nobody
// waits in a circle: holds by id, then stock by variant, then what the outbox
// numbers.
const (
	// A plan made while a table was small may scan it all, and is kept. Inside
	// our transactions every row is reached by its key.
	byKey = `SET LOCAL enable_seqscan = off`

	shareHolds = `
SELECT checkout_id, status, expires_at, extensions_left, shortages FROM holds
WHERE checkout_id = ANY ($1) ORDER BY checkout_id FOR SHARE`

	lockStock = `
SELECT variant_id, available, reserved, sold, version, updated_at FROM stock
WHERE variant_id = ANY ($1) ORDER BY variant_id FOR UPDATE`

	countHolds = `SELECT count(*), now() FROM holds WHERE checkout_id = ANY ($1)`

	insertHolds = `
INSERT INTO holds (checkout_id, status, expires_at, extensions_left, shortages)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::jsonb[]) AS g (id) ORDER BY id
ON CONFLICT DO NOTHING`

	insertReservations = `
INSERT INTO reservations (checkout_id, variant_id, quantity)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])`

	// The rows are locked, so it does not matter in which order this visits them.
	takeStock = `
UPDATE stock AS s SET available = g.available, reserved = g.reserved, version = g.version, updated_at = now()
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS g (variant_id, available, reserved, version)
WHERE s.variant_id = g.variant_id`
)

// errOvertaken says that someone else answered for a checkout in between. It
// is told as a conflict of serialisation, which runs the transaction again.
func errOvertaken() error {
	return &pgconn.PgError{Code: "40001", Message: "another transaction decided about the same hold"}
}

// place decides about many requests, first come first served, and returns the
// holds in the same order. A checkout that has an answer keeps it. Requests
// are normal.
func place(ctx context.Context, tx pgx.Tx, requests []Request) ([]Hold, error) {
	r, err := begin(ctx, tx, requests)
	if err != nil {
		return nil, fmt.Errorf("look up %d holds: %w", len(requests), err)
	}
	answers, events := make([]Hold, len(requests)), make([]event.Payload, 0, 2*len(requests))
	told := make(map[string]bool, len(requests))
	for i, request := range requests {
		answers[i] = r.answer(request)
		if id := request.CheckoutID; !told[id] {
			told[id] = true
			events = append(events, answers[i].outcome())
		}
	}
	if err := r.write(ctx, tx); err != nil {
		return nil, fmt.Errorf("write %d holds: %w", len(r.fresh), err)
	}
	// However many holds touched a variant, its level changed once.
	for _, s := range r.changed {
		events = append(events, levelChanged(*s))
	}
	return answers, outbox.Write(ctx, tx, events...)
}

// round is what place knows while the rows it read are locked.
type round struct {
	now     time.Time // Postgres'
	shelf   shelf
	holds   map[string]Hold // of every checkout that has an answer
	fresh   []Hold          // those decided in this round
	changed map[string]*db.Stock
}

// answer is the hold of a checkout; decided now if there was none.
func (r *round) answer(q Request) Hold {
	if h, known := r.holds[q.CheckoutID]; known {
		return h
	}
	h := Hold{CheckoutID: q.CheckoutID, Status: Held, Lines: q.Lines, ExpiresAt: r.now.Add(q.TTL), ExtensionsLeft: maxExtensions}
	if short := r.shelf.take(q.Lines); short != nil {
		h = Hold{CheckoutID: q.CheckoutID, Status: Rejected, Shortages: short}
	} else {
		r.note(q.Lines)
	}
	r.holds[q.CheckoutID] = h
	r.fresh = append(r.fresh, h)
	return h
}

// note gives each variant that changes its next version, once.
func (r *round) note(lines []event.Line) {
	for _, l := range lines {
		if s := r.shelf[l.VariantID]; r.changed[l.VariantID] == nil {
			s.Version++
			s.UpdatedAt = r.now
			r.changed[l.VariantID] = s
		}
	}
}

// begin locks, in one exchange with Postgres, all that the requests are about.
func begin(ctx context.Context, tx pgx.Tx, requests []Request) (*round, error) {
	var checkouts, variants []string
	for _, r := range requests {
		checkouts = append(checkouts, r.CheckoutID)
		for _, l := range r.Lines {
			variants = append(variants, l.VariantID)
		}
	}
	checkouts, variants = sorted(checkouts), sorted(variants)

	r := &round{shelf: shelf{}, holds: map[string]Hold{}, changed: map[string]*db.Stock{}}
	var present int
	var b pgx.Batch
	b.Queue(byKey)
	b.Queue(shareHolds, checkouts).Query(r.readHolds)
	b.Queue(lockStock, variants).Query(r.readStock)
	b.Queue(countHolds, checkouts).QueryRow(func(row pgx.Row) error { return row.Scan(&present, &r.now) })
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, err
	}
	// Who waited for the stock may find that a hold came to be meanwhile.
	if present != len(r.holds) {
		return nil, errOvertaken()
	}
	return r, r.readLines(ctx, tx)
}

func (r *round) readHolds(rows pgx.Rows) error {
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Hold, error) {
		var (
			h         Hold
			expires   *time.Time
			shortages []byte
		)
		if err := row.Scan(&h.CheckoutID, &h.Status, &expires, &h.ExtensionsLeft, &shortages); err != nil {
			return h, err
		}
		if expires != nil {
			h.ExpiresAt = expires.UTC()
		}
		return h, json.Unmarshal(shortages, &h.Shortages)
	})
	for _, h := range found {
		r.holds[h.CheckoutID] = h
	}
	return err
}

func (r *round) readStock(rows pgx.Rows) error {
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByPos[db.Stock])
	for _, s := range found {
		r.shelf[s.VariantID] = s
	}
	return err
}

// readLines completes the holds that were there and live: their outcome names
// what they hold.
func (r *round) readLines(ctx context.Context, tx pgx.Tx) error {
	var live []string
	for id, h := range r.holds {
		if h.Status == Held {
			live = append(live, id)
		}
	}
	if live == nil {
		return nil
	}
	lines, err := linesOf(ctx, tx, live...)
	for _, id := range live {
		h := r.holds[id]
		h.Lines = lines[id]
		r.holds[id] = h
	}
	return err
}

// write stores what was decided: three statements, however many holds.
func (r *round) write(ctx context.Context, tx pgx.Tx) error {
	if len(r.fresh) == 0 {
		return nil
	}
	var b pgx.Batch
	var written int64
	queueHolds(&b, r.fresh, &written)
	queueReservations(&b, r.fresh)
	queueStock(&b, r.changed)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return err
	}
	if written != int64(len(r.fresh)) {
		return errOvertaken()
	}
	return nil
}

func queueHolds(b *pgx.Batch, holds []Hold, written *int64) {
	n := len(holds)
	ids, statuses, expires := make([]string, n), make([]string, n), make([]*time.Time, n)
	extensions, shortages := make([]int32, n), make([]string, n)
	for i, h := range holds {
		ids[i], statuses[i], extensions[i], shortages[i] = h.CheckoutID, string(h.Status), int32(h.ExtensionsLeft), "[]"
		if h.Status == Held {
			expires[i] = &h.ExpiresAt
			continue
		}
		encoded, err := json.Marshal(h.Shortages)
		if err != nil {
			panic(err) // strings and numbers only
		}
		shortages[i] = string(encoded)
	}
	b.Queue(insertHolds, ids, statuses, expires, extensions, shortages).Exec(func(tag pgconn.CommandTag) error {
		*written = tag.RowsAffected()
		return nil
	})
}

func queueReservations(b *pgx.Batch, holds []Hold) {
	var checkouts, variants []string
	var quantities []int64
	for _, h := range holds {
		for _, l := range h.Lines {
			checkouts = append(checkouts, h.CheckoutID)
			variants = append(variants, l.VariantID)
			quantities = append(quantities, int64(l.Quantity))
		}
	}
	if checkouts != nil {
		b.Queue(insertReservations, checkouts, variants, quantities)
	}
}

func queueStock(b *pgx.Batch, changed map[string]*db.Stock) {
	var variants []string
	var available, reserved, versions []int64
	for id, s := range changed {
		variants = append(variants, id)
		available, reserved, versions = append(available, s.Available), append(reserved, s.Reserved), append(versions, s.Version)
	}
	if variants != nil {
		b.Queue(takeStock, variants, available, reserved, versions)
	}
}

// sorted sorts s and drops what it has twice.
func sorted(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// linesOf reads what checkouts hold or held.
func linesOf(ctx context.Context, tx pgx.Tx, checkouts ...string) (map[string][]event.Line, error) {
	reservations, err := db.New(tx).Reservations(ctx, checkouts)
	if err != nil {
		return nil, fmt.Errorf("read reservations: %w", err)
	}
	lines := make(map[string][]event.Line, len(checkouts))
	for _, r := range reservations {
		lines[r.CheckoutID] = append(lines[r.CheckoutID], event.Line{VariantID: r.VariantID, Quantity: int(r.Quantity)})
	}
	return lines, nil
}
