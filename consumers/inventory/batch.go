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
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
)

// Lock order of the whole package, which rules out deadlocks: holds by checkout id,
// then stock by variant id, then the outbox.
const (
	// A cached plan that was made while a table was small may scan all of it: at 250
	// buyers that made holds ten times slower. Every statement here reads by key.
	disableSeqscan = `SET LOCAL enable_seqscan = off`

	lockHoldsShared = `
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

	// The rows are locked by lockStock: the order in which this visits them cannot
	// deadlock.
	updateStock = `
UPDATE stock AS s SET available = g.available, reserved = g.reserved, version = g.version, updated_at = now()
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS g (variant_id, available, reserved, version)
WHERE s.variant_id = g.variant_id`
)

// errConcurrentHold reports that another transaction stored a hold of the same
// checkout meanwhile. As a serialisation failure it makes InTx run the transaction
// again, which then reads that hold.
func errConcurrentHold() error {
	return &pgconn.PgError{Code: "40001", Message: "another transaction decided about the same hold"}
}

// decideBatch decides requests in their order, first come first served, and returns
// the holds in the same order. A checkout that has a hold keeps it: its outcome is
// published again, for a sender that has lost it. Requests are normalised.
func decideBatch(ctx context.Context, tx pgx.Tx, requests []Request) ([]Hold, error) {
	b, err := lockBatch(ctx, tx, requests)
	if err != nil {
		return nil, fmt.Errorf("lock %d holds: %w", len(requests), err)
	}
	holds, events := make([]Hold, len(requests)), make([]event.Payload, 0, 2*len(requests))
	published := make(map[string]bool, len(requests))
	for i, request := range requests {
		holds[i] = b.decide(request)
		if id := request.CheckoutID; !published[id] {
			published[id] = true
			events = append(events, holds[i].outcome())
		}
	}
	if err := b.write(ctx, tx); err != nil {
		return nil, fmt.Errorf("write %d holds: %w", len(b.decided), err)
	}
	// One event for each variant, however many holds changed it.
	for _, s := range b.changed {
		events = append(events, levelChanged(*s))
	}
	return holds, outbox.Write(ctx, tx, events...)
}

// batch is the state of one transaction of the group commit. All rows are locked, so
// that requests are decided in memory and written by three statements at the end.
type batch struct {
	now     time.Time // of Postgres: no clock of this process decides about expiry
	stock   stockRows
	holds   map[string]Hold // by checkout: stored before, or decided in this batch
	decided []Hold          // in this batch
	changed map[string]*db.Stock
}

// decide returns the hold of a checkout, and decides it if there is none.
func (b *batch) decide(r Request) Hold {
	if h, ok := b.holds[r.CheckoutID]; ok {
		return h
	}
	h := Hold{CheckoutID: r.CheckoutID, Status: Held, Lines: r.Lines, ExpiresAt: b.now.Add(r.TTL), ExtensionsLeft: limits.MaxHoldExtensions}
	if short := b.stock.reserve(r.Lines); short != nil {
		h = Hold{CheckoutID: r.CheckoutID, Status: Rejected, Shortages: short}
	} else {
		b.markChanged(r.Lines)
	}
	b.holds[r.CheckoutID] = h
	b.decided = append(b.decided, h)
	return h
}

// markChanged gives each variant of the lines its next version, once in a batch:
// the version counts committed changes.
func (b *batch) markChanged(lines []event.Line) {
	for _, l := range lines {
		if s := b.stock[l.VariantID]; b.changed[l.VariantID] == nil {
			s.Version++
			s.UpdatedAt = b.now
			b.changed[l.VariantID] = s
		}
	}
}

// lockBatch locks and reads the holds and stock of all requests, in one round trip.
func lockBatch(ctx context.Context, tx pgx.Tx, requests []Request) (*batch, error) {
	var checkouts, variants []string
	for _, r := range requests {
		checkouts = append(checkouts, r.CheckoutID)
		for _, l := range r.Lines {
			variants = append(variants, l.VariantID)
		}
	}
	checkouts, variants = sorted(checkouts), sorted(variants)

	b := &batch{stock: stockRows{}, holds: map[string]Hold{}, changed: map[string]*db.Stock{}}
	var present int
	var statements pgx.Batch
	statements.Queue(disableSeqscan)
	statements.Queue(lockHoldsShared, checkouts).Query(b.readHolds)
	statements.Queue(lockStock, variants).Query(b.readStock)
	statements.Queue(countHolds, checkouts).QueryRow(func(row pgx.Row) error { return row.Scan(&present, &b.now) })
	if err := tx.SendBatch(ctx, &statements).Close(); err != nil {
		return nil, err
	}
	// Rows that do not exist cannot be locked. While this transaction waited for the
	// stock, another one may have stored a hold of the same checkout.
	if present != len(b.holds) {
		return nil, errConcurrentHold()
	}
	return b, b.readLines(ctx, tx)
}

func (b *batch) readHolds(rows pgx.Rows) error {
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
		b.holds[h.CheckoutID] = h
	}
	return err
}

func (b *batch) readStock(rows pgx.Rows) error {
	found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[db.Stock])
	for _, s := range found {
		b.stock[s.VariantID] = s
	}
	return err
}

// readLines reads the lines of stored holds that are held: their outcome names them.
func (b *batch) readLines(ctx context.Context, tx pgx.Tx) error {
	var held []string
	for id, h := range b.holds {
		if h.Status == Held {
			held = append(held, id)
		}
	}
	if held == nil {
		return nil
	}
	lines, err := linesOf(ctx, tx, held...)
	for _, id := range held {
		h := b.holds[id]
		h.Lines = lines[id]
		b.holds[id] = h
	}
	return err
}

// write stores what was decided: three statements, however many holds.
func (b *batch) write(ctx context.Context, tx pgx.Tx) error {
	if len(b.decided) == 0 {
		return nil
	}
	var statements pgx.Batch
	var inserted int64
	queueHolds(&statements, b.decided, &inserted)
	queueReservations(&statements, b.decided)
	queueStock(&statements, b.changed)
	if err := tx.SendBatch(ctx, &statements).Close(); err != nil {
		return err
	}
	if inserted != int64(len(b.decided)) {
		return errConcurrentHold()
	}
	return nil
}

func queueHolds(b *pgx.Batch, holds []Hold, inserted *int64) {
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
		*inserted = tag.RowsAffected()
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
		b.Queue(updateStock, variants, available, reserved, versions)
	}
}

// sorted sorts s, without duplicates: the order in which rows are locked.
func sorted(s []string) []string {
	slices.Sort(s)
	return slices.Compact(s)
}

// linesOf reads the lines of holds, whatever their status.
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
