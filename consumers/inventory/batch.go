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
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
)

// Lock order of the whole package, which rules out deadlocks: holders and networks
// by their hash, then holds by checkout id, then stock by variant id, then the
// outbox. Places in lines and items of flash sales are read and written under the
// lock of their variant's stock.
const (
	// A cached plan that was made while a table was small may scan all of it: at 250
	// buyers that made holds ten times slower. Every statement here reads by key.
	disableSeqscan = `SET LOCAL enable_seqscan = off`

	// As disableSeqscan, and locks keys of holders and networks.
	lockHolders = `
SELECT set_config('enable_seqscan', 'off', true), (
    SELECT count(pg_advisory_xact_lock(1751084132, hash)::text)
    FROM (SELECT DISTINCT hashtext(key) AS hash FROM unnest($1::text[]) AS key ORDER BY hash) AS keys)`

	lockHoldsShared = `
SELECT checkout_id, status, expires_at, extensions_left, shortages FROM holds
WHERE checkout_id = ANY ($1) ORDER BY checkout_id FOR SHARE`

	lockStock = `
SELECT variant_id, available, reserved, sold, version, updated_at, guest_reserved FROM stock
WHERE variant_id = ANY ($1) ORDER BY variant_id FOR UPDATE`

	// OFFSET 0 makes the planner read the lines of each hold by key: a join could
	// read all reservations that were ever made.
	countHolds = `
SELECT count(*), now(), (
    SELECT coalesce(jsonb_agg(u), '[]') FROM (
        SELECT h.holder, h.network, r.variant_id, sum(r.quantity) AS units, min(h.expires_at) AS until
        FROM holds h, LATERAL (SELECT variant_id, quantity FROM reservations WHERE checkout_id = h.checkout_id OFFSET 0) r
        WHERE h.status = 'HELD' AND (h.holder = ANY ($2) OR h.network = ANY ($3))
        GROUP BY h.holder, h.network, r.variant_id) AS u)
FROM holds WHERE checkout_id = ANY ($1)`

	insertHolds = `
INSERT INTO holds (checkout_id, status, expires_at, extensions_left, shortages, holder, network, guest)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::int[], $5::jsonb[], $6::text[], $7::text[], $8::bool[]) AS g (id)
ORDER BY id
ON CONFLICT DO NOTHING`

	insertReservations = `
INSERT INTO reservations (checkout_id, variant_id, quantity, flash_sale_id)
SELECT checkout_id, variant_id, quantity, nullif(sale, '')
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) AS g (checkout_id, variant_id, quantity, sale)`

	// The rows are locked by lockStock: the order in which this visits them cannot
	// deadlock.
	updateStock = `
UPDATE stock AS s
SET available = g.available, reserved = g.reserved, guest_reserved = g.guest_reserved, version = g.version, updated_at = now()
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS g (variant_id, available, reserved, guest_reserved, version)
WHERE s.variant_id = g.variant_id`
)

// errConcurrentHold reports that another transaction stored a hold of the same
// checkout meanwhile. As a serialisation failure it makes InTx run the transaction
// again, which then reads that hold.
func errConcurrentHold() error {
	return &pgconn.PgError{Code: "40001", Message: "another transaction decided about the same hold"}
}

// decideBatch decides requests, those of customers before those of guests and else
// first come first served, and returns the holds in the order of the requests. A
// checkout that has a hold keeps it: its outcome is
// published again, for a sender that has lost it. Requests are normalised.
func decideBatch(ctx context.Context, tx pgx.Tx, limits holdLimits, requests []Request) ([]Hold, error) {
	b, err := lockBatch(ctx, tx, requests)
	if err != nil {
		return nil, fmt.Errorf("lock %d holds: %w", len(requests), err)
	}
	holds, events := make([]Hold, len(requests)), make([]event.Payload, 0, 2*len(requests))
	order := customersFirst(requests)
	for _, i := range order {
		holds[i] = b.decide(requests[i], limits)
	}
	if err := b.settle(ctx, tx); err != nil {
		return nil, err
	}
	published := make(map[string]bool, len(requests))
	for _, i := range order {
		if id := requests[i].CheckoutID; !published[id] {
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
	for _, i := range b.sales.changed {
		events = append(events, i.claimed(b.now))
	}
	return holds, outbox.Write(ctx, tx, events...)
}

// batch is the state of one transaction of the group commit. All rows are locked, so
// that requests are decided in memory and written by three statements at the end.
type batch struct {
	now     time.Time // of Postgres: no clock of this process decides about expiry
	stock   stockRows
	usage   *usage
	lines   *lines
	sales   *sales
	waiting []waiting       // shortages whose times are not set yet
	holds   map[string]Hold // by checkout: stored before, or decided in this batch
	decided []decision      // in this batch
	changed map[string]*db.Stock
}

// decision is a hold that is stored with its holder.
type decision struct {
	Hold
	holder holder
}

// decide returns the hold of a checkout, and decides it if there is none.
func (b *batch) decide(r Request, l holdLimits) Hold {
	if h, ok := b.holds[r.CheckoutID]; ok {
		return h
	}
	refused := b.sales.refused(r.holder, r.Lines)
	if refused == nil {
		refused = b.short(r.holder, r.holder.rank(), r.Lines)
	}
	if refused == nil {
		refused = l.limited(r, b.stock, b.usage)
	}
	h := Hold{CheckoutID: r.CheckoutID, Status: Rejected, Shortages: refused}
	if refused == nil {
		ttl, extensions := l.ttl(r, limits.MaxHoldExtensions)
		h.Status, h.Lines, h.ExpiresAt, h.ExtensionsLeft = Held, r.Lines, b.now.Add(ttl), extensions
		b.stock.reserve(r.Lines, r.holder.guest)
		b.sales.claim(r.holder, r.Lines)
		b.lines.leave(r.holder.id, r.Lines)
		b.markChanged(r.Lines)
		for _, line := range r.Lines {
			b.usage.add(r.holder, line.VariantID, int64(line.Quantity), h.ExpiresAt)
		}
	}
	b.holds[r.CheckoutID] = h
	b.decided = append(b.decided, decision{h, r.holder})
	return h
}

// short returns the lines that are short, or whose units are kept for others who are
// ahead, and gives the holder places in their lines.
func (b *batch) short(h holder, r rank, lines []event.Line) []event.Shortage {
	stock := b.sales.within(lines, b.stock)
	short := stock.short(lines)
	if short == nil {
		short = b.lines.kept(h, r, lines, stock)
	}
	b.waitFor(short, h, r, stock)
	return short
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
	holders, networks := []string{}, []string{} // not nil, which is NULL
	for _, r := range requests {
		checkouts = append(checkouts, r.CheckoutID)
		if r.holder.id != "" {
			holders = append(holders, r.holder.id)
		}
		if r.holder.network != "" {
			networks = append(networks, r.holder.network)
		}
		for _, l := range r.Lines {
			variants = append(variants, l.VariantID)
		}
	}
	checkouts, variants = sorted(checkouts), sorted(variants)

	b := &batch{stock: stockRows{}, lines: newLines(), sales: newSales(), holds: map[string]Hold{}, changed: map[string]*db.Stock{}}
	var present int
	var statements pgx.Batch
	statements.Queue(lockHolders, slices.Concat(holders, networks))
	statements.Queue(lockHoldsShared, checkouts).Query(b.readHolds)
	statements.Queue(lockStock, variants).Query(b.readStock)
	statements.Queue(readPlaces, variants).Query(b.readPlaces)
	if onSale(requests) {
		statements.Queue(readSaleItems, variants).Query(b.sales.readItems)
		statements.Queue(readSaleClaims, variants, holders).Query(b.sales.readClaims)
	}
	statements.Queue(countHolds, checkouts, holders, networks).QueryRow(func(row pgx.Row) error { return b.readUsage(row, &present) })
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

// readUsage reads the number of holds that exist, the time, and what holders hold.
func (b *batch) readUsage(row pgx.Row, present *int) error {
	var encoded []byte
	if err := row.Scan(present, &b.now, &encoded); err != nil {
		return err
	}
	var used []struct {
		Holder    string    `json:"holder"`
		Network   string    `json:"network"`
		VariantID string    `json:"variant_id"`
		Units     int64     `json:"units"`
		Until     time.Time `json:"until"`
	}
	if err := json.Unmarshal(encoded, &used); err != nil {
		return fmt.Errorf("read usage: %w", err)
	}
	b.usage = newUsage(b.now)
	for _, u := range used {
		b.usage.add(holder{id: u.Holder, network: u.Network}, u.VariantID, u.Units, u.Until)
	}
	return nil
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
	b.lines.queue(&statements)
	b.sales.queue(&statements)
	if err := tx.SendBatch(ctx, &statements).Close(); err != nil {
		return err
	}
	if inserted != int64(len(b.decided)) {
		return errConcurrentHold()
	}
	return nil
}

func queueHolds(b *pgx.Batch, holds []decision, inserted *int64) {
	n := len(holds)
	ids, statuses, expires := make([]string, n), make([]string, n), make([]*time.Time, n)
	extensions, shortages := make([]int32, n), make([]string, n)
	holders, networks, guests := make([]string, n), make([]string, n), make([]bool, n)
	for i, h := range holds {
		holders[i], networks[i], guests[i] = h.holder.id, h.holder.network, h.holder.guest
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
	b.Queue(insertHolds, ids, statuses, expires, extensions, shortages, holders, networks, guests).Exec(func(tag pgconn.CommandTag) error {
		*inserted = tag.RowsAffected()
		return nil
	})
}

func queueReservations(b *pgx.Batch, holds []decision) {
	var checkouts, variants, sales []string
	var quantities []int64
	for _, h := range holds {
		for _, l := range h.Lines {
			checkouts = append(checkouts, h.CheckoutID)
			variants, sales = append(variants, l.VariantID), append(sales, l.FlashSaleID)
			quantities = append(quantities, int64(l.Quantity))
		}
	}
	if checkouts != nil {
		b.Queue(insertReservations, checkouts, variants, quantities, sales)
	}
}

func queueStock(b *pgx.Batch, changed map[string]*db.Stock) {
	var variants []string
	var available, reserved, guests, versions []int64
	for id, s := range changed {
		variants = append(variants, id)
		available, reserved = append(available, s.Available), append(reserved, s.Reserved)
		guests, versions = append(guests, s.GuestReserved), append(versions, s.Version)
	}
	if variants != nil {
		b.Queue(updateStock, variants, available, reserved, guests, versions)
	}
}

// customersFirst returns the positions of requests in the order in which they are
// decided: whoever has an account is preferred where both come at once.
func customersFirst(requests []Request) []int {
	order := make([]int, 0, len(requests))
	for _, guest := range []bool{false, true} {
		for i, r := range requests {
			if r.holder.guest == guest {
				order = append(order, i)
			}
		}
	}
	return order
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
		lines[r.CheckoutID] = append(lines[r.CheckoutID], event.Line{
			VariantID: r.VariantID, Quantity: int(r.Quantity), FlashSaleID: optional.Value(r.FlashSaleID),
		})
	}
	return lines, nil
}
