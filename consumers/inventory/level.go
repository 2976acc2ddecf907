package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

const (
	maxLevels = 10_000        // of one request
	maxOnHand = 1_000_000_000 // of a variant; leaves room in 32 bits for returns
)

// Levels returns the levels of variants, sorted by id. Variants without a stock row
// are left out.
func (w *Worker) Levels(ctx context.Context, variantIDs []string) ([]event.LevelChanged, error) {
	if len(variantIDs) > maxLevels {
		return nil, fault.New(fault.Invalid, "At most %d levels can be read at once, not %d.", maxLevels, len(variantIDs)).At("variantIds")
	}
	rows, err := db.New(w.pool).Levels(ctx, variantIDs)
	if err != nil {
		return nil, fmt.Errorf("read %d levels: %w", len(variantIDs), err)
	}
	return levelsOf(rows), nil
}

// Adjustment is a manual change of what is on hand of a variant.
type Adjustment struct {
	VariantID      string
	Delta          int
	ChangeFrom     *int // on hand as the actor saw it; nil: not compared
	Reason         string
	IdempotencyKey string

	// CompareKeyOnly is for a variant that the catalogue lacks. A key that was used
	// with other input is refused; otherwise the result is empty.
	CompareKeyOnly bool
}

// Adjusted is the result of an Adjustment. If one of the three is true, nothing
// changed; Level is the present level in any case.
type Adjusted struct {
	Level           event.LevelChanged
	VersionMismatch bool // on hand differs from ChangeFrom
	NotEnough       bool // more than is available would be removed
	Replayed        bool // done before with the same key
}

// errUnchanged rolls back a transaction that changed nothing, and with it the
// idempotency key: the same adjustment may succeed later.
var errUnchanged = errors.New("nothing changed")

// Adjust changes what is on hand. It takes from what is available only: what is held
// for customers stays theirs.
func (w *Worker) Adjust(ctx context.Context, a Adjustment) (adjusted Adjusted, err error) {
	if err := a.check(); err != nil {
		return Adjusted{}, err
	}
	if a.CompareKeyOnly {
		return Adjusted{}, w.compareKey(ctx, a)
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		adjusted, err = a.do(ctx, tx)
		return err
	})
	if errors.Is(err, errUnchanged) {
		return adjusted, nil
	}
	if err != nil {
		return Adjusted{}, fmt.Errorf("adjust %s: %w", a.VariantID, err)
	}
	return adjusted, nil
}

func (w *Worker) compareKey(ctx context.Context, a Adjustment) error {
	actorID, err := accountable(ctx)
	if err != nil {
		return err
	}
	_, err = idempotency.Recall(ctx, w.pool, actorID, adjustOperation, a.IdempotencyKey, a.keyed())
	return err
}

const adjustOperation = "adjust"

// keyed is the input to which the idempotency key is bound.
func (a Adjustment) keyed() []any { return []any{a.VariantID, a.Delta, a.ChangeFrom, a.Reason} }

func (a Adjustment) check() error {
	reasons := []string{"RECEIVED", "RECOUNT", "DAMAGED", "RETURNED", "CORRECTION"}
	switch {
	case !a.CompareKeyOnly && (a.VariantID == "" || utf8.RuneCountInString(a.VariantID) > maxIDLength):
		return fault.New(fault.Invalid, "A variant id has 1 to %d characters.", maxIDLength).At("variantId")
	case a.Delta == 0 || a.Delta > maxOnHand || a.Delta < -maxOnHand:
		return fault.New(fault.Invalid, "Stock cannot be adjusted by %d.", a.Delta).At("delta")
	case !slices.Contains(reasons, a.Reason):
		return fault.New(fault.Invalid, "Unknown reason %q.", a.Reason).At("reason")
	}
	return nil
}

// accountable returns the id of the actor who adjusts stock. No service does it by
// itself: the ledger must name the person responsible for a count.
func accountable(ctx context.Context) (string, error) {
	who := auth.From(ctx).Accountable()
	if who.ID == "" || who.Kind == auth.Service {
		return "", fault.New(fault.Unauthenticated, "Stock is adjusted on behalf of an actor only.")
	}
	return who.ID, nil
}

func (a Adjustment) do(ctx context.Context, tx pgx.Tx) (Adjusted, error) {
	q := db.New(tx)
	actorID, err := accountable(ctx)
	if err != nil {
		return Adjusted{}, err
	}
	earlier, err := idempotency.Claim(ctx, tx, actorID, adjustOperation, a.IdempotencyKey, a.keyed(), a.VariantID)
	if err != nil {
		return Adjusted{}, err
	}
	if err := q.EnsureStock(ctx, a.VariantID); err != nil {
		return Adjusted{}, err
	}
	s, err := q.LockLevel(ctx, a.VariantID)
	if err != nil {
		return Adjusted{}, err
	}
	adjusted := Adjusted{Level: levelChanged(s)}
	switch onHand := s.Available + s.Reserved; {
	case earlier != "":
		adjusted.Replayed = true
	case a.ChangeFrom != nil && onHand != int64(*a.ChangeFrom):
		adjusted.VersionMismatch = true
	case s.Available+int64(a.Delta) < 0:
		adjusted.NotEnough = true
	case onHand+int64(a.Delta) > maxOnHand:
		return adjusted, fault.Localized(fault.Invalid, "inventory.on_hand_limit", message.Args{"limit": maxOnHand}).At("delta")
	default:
		adjusted.Level, err = a.write(ctx, tx, actorID)
		return adjusted, err
	}
	return adjusted, errUnchanged
}

func (a Adjustment) write(ctx context.Context, tx pgx.Tx, actorID string) (event.LevelChanged, error) {
	q := db.New(tx)
	s, err := q.ChangeAvailable(ctx, db.ChangeAvailableParams{VariantID: a.VariantID, Delta: int64(a.Delta)})
	if err != nil {
		return event.LevelChanged{}, err
	}
	err = q.WriteLedger(ctx, db.WriteLedgerParams{
		VariantIDs: []string{a.VariantID}, Deltas: []int64{int64(a.Delta)}, Reason: a.Reason, Actor: actorID, Key: a.IdempotencyKey,
	})
	if pg.IsUnique(err, "stock_ledger_counts_each_reason_once") { // the key is older than IdempotencyRetention
		return event.LevelChanged{}, fault.Localized(fault.Conflict, "inventory.key_reused").
			WithCode("IDEMPOTENCY_KEY_REUSED").At("idempotencyKey")
	}
	if err != nil {
		return event.LevelChanged{}, err
	}
	level := levelChanged(s)
	entry, err := audit.Entry(ctx, level.At, audit.StockAdjusted, a.VariantID,
		audit.Values{"onHand": level.OnHand - a.Delta}, audit.Values{"onHand": level.OnHand, "reason": a.Reason})
	if err != nil {
		return event.LevelChanged{}, err
	}
	return level, outbox.Write(ctx, tx, level, entry)
}
