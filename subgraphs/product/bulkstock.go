package product

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
)

const (
	// MaxStockChanges is how many variants can be adjusted at once.
	MaxStockChanges = 100
	// stockCalls is how many of them are adjusted at a time.
	stockCalls = 8
)

// StockResult is the result of one of several changes.
type StockResult struct {
	Variant  *Variant
	Replayed bool
	Err      error // why it was refused; the others are carried out
}

// AdjustStocks carries out changes of different variants under one idempotency key.
// Each takes effect or is refused by itself; an error is returned if one could not be
// decided, and then the same call carries out what is missing.
//
// The key is bound to the list of changes before the first is carried out. Each variant
// has a key of its own in Inventory, derived from the common one, so that a call that
// was interrupted can be repeated.
func (s *Service) AdjustStocks(ctx context.Context, key string, changes []StockChange) ([]StockResult, error) {
	if len(changes) == 0 || len(changes) > MaxStockChanges {
		return nil, fault.Localized(fault.Invalid, "product.stock_changes_limit", message.Args{"limit": MaxStockChanges}).At("input", "changes")
	}
	if err := checkIdempotencyKey(key); err != nil {
		return nil, err
	}
	var c checks
	seen := map[string]bool{}
	for i, change := range changes {
		if seen[change.VariantID] {
			c.add(fault.Localized(fault.Invalid, "product.variant_twice"), "input", "changes", strconv.Itoa(i), "variantId")
		}
		seen[change.VariantID] = true
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	if err := s.claimStockChanges(ctx, key, changes); err != nil {
		return nil, err
	}
	keyed := make([]StockChange, len(changes))
	for i, change := range changes {
		sum := sha256.Sum256([]byte(key + "\x00" + change.VariantID))
		change.IdempotencyKey = hex.EncodeToString(sum[:])
		keyed[i] = change
	}
	results, err := s.adjustStocks(ctx, keyed)
	for i := range results {
		if f := fault.Of(results[i].Err); f != nil {
			f.Path = bulkPath(f.Path, i)
		}
	}
	return results, err
}

// claimStockChanges binds a key to a list of changes. It is bound also if all of them
// are refused: some may have been carried out by a call that was interrupted.
func (s *Service) claimStockChanges(ctx context.Context, key string, changes []StockChange) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		_, err := idempotency.Claim(ctx, tx, auth.From(ctx).ID, "stockAdjustMany", key, changes, changes[0].VariantID)
		return err
	})
	return wrap("claim key of stock changes", err)
}

// bulkPath is the path of a fault of one change within the input of all: the key is
// that of the call.
func bulkPath(path []string, i int) []string {
	if name := path[len(path)-1]; name != "idempotencyKey" {
		return []string{"input", "changes", strconv.Itoa(i), name}
	}
	return []string{"input", "idempotencyKey"}
}
