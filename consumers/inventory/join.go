package inventory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/pg"
)

const (
	readPlaces = `
SELECT variant_id, holder, network, rank, units, number, ends_at, turn_ends_at FROM line_places
WHERE variant_id = ANY ($1) AND ends_at > now() ORDER BY variant_id, rank, number`

	// A place that has ended is a new one: it is behind those that came meanwhile.
	writePlaces = `
INSERT INTO line_places AS p (variant_id, holder, network, rank, units, ends_at, turn_ends_at)
SELECT variant_id, holder, network, rank, units, ends_at, turn_ends_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
    WITH ORDINALITY AS g (variant_id, holder, network, rank, units, ends_at, turn_ends_at, n) ORDER BY n
ON CONFLICT (variant_id, holder) DO UPDATE
SET network = excluded.network, rank = excluded.rank, units = excluded.units, ends_at = excluded.ends_at, turn_ends_at = excluded.turn_ends_at,
    number = CASE WHEN p.ends_at > now() THEN p.number ELSE excluded.number END`

	deletePlaces = `
DELETE FROM line_places AS p USING unnest($1::text[], $2::text[]) AS g (variant_id, holder)
WHERE p.variant_id = g.variant_id AND p.holder = g.holder`

	// When the first hold of each variant ends; null if none is held. Only the next
	// thousand ends are read: where there are more, what is not among them ends after
	// the last of them.
	firstEnds = `
WITH next AS MATERIALIZED (
    SELECT checkout_id, expires_at FROM holds WHERE status = 'HELD' ORDER BY expires_at LIMIT 1000
)
SELECT v.variant_id, coalesce(min(n.expires_at), (SELECT max(expires_at) FROM next HAVING count(*) = 1000))
FROM unnest($1::text[]) AS v (variant_id)
LEFT JOIN (next CROSS JOIN LATERAL (
    SELECT variant_id FROM reservations WHERE checkout_id = next.checkout_id OFFSET 0) AS r) AS n USING (variant_id)
GROUP BY v.variant_id`
)

// maxEntries bounds one call of Join.
const maxEntries = 1000

// Entry is a customer who is about to buy.
type Entry struct {
	Holder, Network string
	Guest           bool
	Contact         bool // has given contact data, so that stock can be held
	Lines           []event.Line
	Currency        string // of the cart: of flash sales in it, the customer buys from the quota
}

func (e Entry) holder() holder { return holder{id: e.Holder, guest: e.Guest, network: e.Network} }

func (e Entry) rank() rank {
	switch {
	case !e.Guest:
		return rankAccount
	case e.Contact:
		return rankContact
	default:
		return rankNoContact
	}
}

// Join returns for each entry, in their order, why it is not its turn to buy; nothing
// if it is. See lines.
func (w *Worker) Join(ctx context.Context, entries []Entry) (shortages [][]event.Shortage, err error) {
	if len(entries) == 0 || len(entries) > maxEntries {
		return nil, fault.New(fault.Invalid, "1 to %d customers join a line at once, not %d.", maxEntries, len(entries)).At("entries")
	}
	var variants []string
	for i, e := range entries {
		r, err := Request{CheckoutID: e.Holder, Lines: e.Lines, TTL: limits.MinHold}.normalise()
		if err != nil {
			return nil, err
		}
		entries[i].Lines = r.Lines
		for _, l := range r.Lines {
			variants = append(variants, l.VariantID)
		}
	}
	variants = sorted(variants)
	err = pg.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		shortages, err = w.join(ctx, tx, variants, entries)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("join lines of %d variants: %w", len(variants), err)
	}
	return shortages, nil
}

func (w *Worker) join(ctx context.Context, tx pgx.Tx, variants []string, entries []Entry) ([][]event.Shortage, error) {
	b := &batch{stock: stockRows{}, lines: newLines(), sales: newSales()}
	holders := make([]string, len(entries))
	for i, e := range entries {
		holders[i] = e.Holder
	}
	var statements pgx.Batch
	// Nothing of a line survives a crash: no commit waits for the disk.
	statements.Queue("SELECT set_config('enable_seqscan', 'off', true), set_config('synchronous_commit', 'off', true)")
	statements.Queue(lockStock, variants).Query(b.readStock)
	statements.Queue(readPlaces, variants).Query(b.readPlaces)
	statements.Queue(readSaleItems, variants).Query(b.sales.readItems)
	statements.Queue(readSaleClaims, variants, sorted(holders)).Query(b.sales.readClaims)
	statements.Queue("SELECT now()").QueryRow(func(row pgx.Row) error { return row.Scan(&b.now) })
	if err := tx.SendBatch(ctx, &statements).Close(); err != nil {
		return nil, err
	}
	out := make([][]event.Shortage, len(entries))
	for i, e := range entries {
		lines := b.sales.current(e.Lines, e.Currency, b.now)
		if out[i] = b.sales.refused(e.holder(), lines); out[i] != nil {
			continue
		}
		out[i] = b.short(e.holder(), e.rank(), lines)
		switch {
		case out[i] != nil:
		case !e.Contact && e.Guest: // its turn, for as long as it may take to give contact data
			for _, line := range lines {
				b.lines.turn(e.holder(), e.rank(), line, b.now.Add(w.limits.guestTurn))
			}
		}
	}
	if err := b.settle(ctx, tx); err != nil {
		return nil, err
	}
	return out, b.lines.write(ctx, tx)
}

// waitFor gives a holder places for what is short.
func (b *batch) waitFor(short []event.Shortage, h holder, r rank, stock stockRows) {
	for i := range short {
		if w, ok := b.lines.wait(b.now, h, r, &short[i], stock[short[i].VariantID]); ok {
			b.waiting = append(b.waiting, w)
		}
	}
}

// settle sets the times of all shortages that may end.
func (b *batch) settle(ctx context.Context, tx pgx.Tx) error {
	if len(b.waiting) == 0 {
		return nil
	}
	var variants []string
	for _, w := range b.waiting {
		variants = append(variants, w.shortage.VariantID)
	}
	rows, err := tx.Query(ctx, firstEnds, sorted(variants))
	if err != nil {
		return err
	}
	ends := map[string]time.Time{}
	var variant string
	var end *time.Time
	if _, err := pgx.ForEachRow(rows, []any{&variant, &end}, func() error {
		if end != nil {
			ends[variant] = *end
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read ends of holds: %w", err)
	}
	for _, w := range b.waiting {
		w.settle(b.now, ends[w.shortage.VariantID])
	}
	return nil
}

func (b *batch) readPlaces(rows pgx.Rows) error {
	var p place
	_, err := pgx.ForEachRow(rows, []any{&p.variantID, &p.holder, &p.network, &p.rank, &p.units, &p.number, &p.endsAt, &p.turnEndsAt}, func() error {
		b.lines.places[p.variantID] = append(b.lines.places[p.variantID], new(p))
		return nil
	})
	return err
}

// write stores the places that were given, renewed and left.
func (l *lines) write(ctx context.Context, tx pgx.Tx) error {
	if len(l.joined)+len(l.left) == 0 {
		return nil
	}
	var statements pgx.Batch
	l.queue(&statements)
	return tx.SendBatch(ctx, &statements).Close()
}

func (l *lines) queue(statements *pgx.Batch) {
	if len(l.joined) > 0 {
		var variants, holders, networks []string
		var ranks []int16
		var units []int64
		var ends []time.Time
		var turnEnds []*time.Time
		for _, p := range slices.SortedFunc(maps.Keys(l.joined), func(a, b *place) int { return cmp.Compare(a.number, b.number) }) {
			variants, holders, networks = append(variants, p.variantID), append(holders, p.holder), append(networks, p.network)
			ranks, units, ends = append(ranks, int16(p.rank)), append(units, p.units), append(ends, p.endsAt)
			turnEnds = append(turnEnds, p.turnEndsAt)
		}
		statements.Queue(writePlaces, variants, holders, networks, ranks, units, ends, turnEnds)
	}
	if len(l.left) > 0 {
		var variants, holders []string
		for _, p := range l.left {
			variants, holders = append(variants, p.variantID), append(holders, p.holder)
		}
		statements.Queue(deletePlaces, variants, holders)
	}
}

// pruneLines deletes places that have ended.
func (w *Worker) pruneLines(ctx context.Context) error {
	return db.New(w.pool).PruneLines(ctx)
}
