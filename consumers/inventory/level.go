package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

const (
	maxLevels = 10_000        // read at once
	maxOnHand = 1_000_000_000 // of a variant; leaves room in 32 bits for what comes back
)

// Levels reads how much there is of variants, sorted by id. Variants that
// never had stock are left out.
func (w *Worker) Levels(ctx context.Context, variantIDs []string) ([]event.LevelChanged, error) {
	if len(variantIDs) > maxLevels {
		return nil, fault.New(fault.Invalid, "At most %d levels are read at once, not %d.", maxLevels, len(variantIDs)).At("variantIds")
	}
	rows, err := db.New(w.pool).Levels(ctx, variantIDs)
	if err != nil {
		return nil, fmt.Errorf("read %d levels: %w", len(variantIDs), err)
	}
	levels := make([]event.LevelChanged, len(rows))
	for i, s := range rows {
		levels[i] = levelChanged(s)
	}
	return levels, nil
}

// Adjustment changes what is on hand of a variant, for a person's reason.
type Adjustment struct {
	VariantID      string
	Delta          int
	ChangeFrom     *int // on hand as that person saw it; nil if it does not matter
	Reason         string
	ActorID        string
	IdempotencyKey string
}

// Adjusted is the answer to an Adjustment. Unless one of the three is true,
// Level is what the adjustment made it; if one is, nothing changed and Level
// is what is.
type Adjusted struct {
	Level           event.LevelChanged
	VersionMismatch bool // on hand is not what ChangeFrom says
	NotEnough       bool // it would take away what is held, or is not there
	Replayed        bool // it was done before, by the same key
}

// errUnchanged ends a transaction that must leave nothing behind, not even
// the idempotency key: the same adjustment may succeed later.
var errUnchanged = errors.New("nothing changed")

// Adjust changes what is on hand. What is held for customers is never taken
// away from them.
func (w *Worker) Adjust(ctx context.Context, a Adjustment) (answer Adjusted, err error) {
	if err := a.check(); err != nil {
		return Adjusted{}, err
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		answer, err = a.do(ctx, tx)
		return err
	})
	if errors.Is(err, errUnchanged) {
		return answer, nil
	}
	if err != nil {
		return Adjusted{}, fmt.Errorf("adjust %s: %w", a.VariantID, err)
	}
	return answer, nil
}

func (a Adjustment) check() error {
	reasons := []string{"RECEIVED", "RECOUNT", "DAMAGED", "RETURNED", "CORRECTION"}
	switch {
	case a.VariantID == "" || len(a.VariantID) > maxIDLength:
		return fault.New(fault.Invalid, "A variant's id has 1 to %d characters.", maxIDLength).At("variantId")
	case a.Delta == 0 || a.Delta > maxOnHand || a.Delta < -maxOnHand:
		return fault.New(fault.Invalid, "Stock cannot be adjusted by %d.", a.Delta).At("delta")
	case !slices.Contains(reasons, a.Reason):
		return fault.New(fault.Invalid, "%q is not a reason to adjust stock.", a.Reason).At("reason")
	case a.ActorID == "":
		return fault.New(fault.Invalid, "Somebody must answer for an adjustment.").At("actorId")
	}
	return nil
}

func (a Adjustment) do(ctx context.Context, tx pgx.Tx) (Adjusted, error) {
	q := db.New(tx)
	earlier, err := idempotency.Claim(ctx, tx, a.ActorID, "adjust", a.IdempotencyKey,
		[]any{a.VariantID, a.Delta, a.ChangeFrom, a.Reason}, a.VariantID)
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
	answer := Adjusted{Level: levelChanged(s)}
	switch onHand := s.Available + s.Reserved; {
	case earlier != "":
		answer.Replayed = true
	case a.ChangeFrom != nil && onHand != int64(*a.ChangeFrom):
		answer.VersionMismatch = true
	case s.Available+int64(a.Delta) < 0:
		answer.NotEnough = true
	case onHand+int64(a.Delta) > maxOnHand:
		return answer, fault.New(fault.Invalid, "At most %d of a variant can be on hand.", maxOnHand).At("delta")
	default:
		answer.Level, err = a.write(ctx, tx)
		return answer, err
	}
	return answer, errUnchanged
}

func (a Adjustment) write(ctx context.Context, tx pgx.Tx) (event.LevelChanged, error) {
	q := db.New(tx)
	s, err := q.ChangeAvailable(ctx, db.ChangeAvailableParams{VariantID: a.VariantID, Delta: int64(a.Delta)})
	if err != nil {
		return event.LevelChanged{}, err
	}
	err = q.WriteLedger(ctx, db.WriteLedgerParams{
		VariantIDs: []string{a.VariantID}, Deltas: []int64{int64(a.Delta)}, Reason: a.Reason, Actor: a.ActorID, Key: a.IdempotencyKey,
	})
	if pg.IsUnique(err, "stock_ledger_counts_each_reason_once") { // older than keys are remembered
		return event.LevelChanged{}, fault.New(fault.Conflict, "This idempotency key was used before.").
			WithCode("IDEMPOTENCY_KEY_REUSED").At("idempotencyKey")
	}
	if err != nil {
		return event.LevelChanged{}, err
	}
	level := levelChanged(s)
	return level, outbox.Write(ctx, tx, level)
}
