// Package idempotency makes commands safe to retry: the same key and input give
// the result of the first, the same key with other input is refused.
//
// A key belongs to an actor and an operation: two customers, or two mutations,
// may use the same key.
package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/message"
)

// KeyReusedError refuses a key that was used before with other input.
type KeyReusedError struct {
	FirstUsedAt time.Time
	fault       *fault.Error
}

func (e *KeyReusedError) Error() string { return e.fault.Error() }

// Unwrap makes it a fault.Error with code IDEMPOTENCY_KEY_REUSED.
func (e *KeyReusedError) Unwrap() error { return e.fault }

// Reused is the refusal of a key that was first used at a time.
func Reused(firstUsedAt time.Time) *KeyReusedError {
	return &KeyReusedError{firstUsedAt.UTC(), fault.Localized(fault.Conflict, "common.idempotency_key_reused").
		WithCode("IDEMPOTENCY_KEY_REUSED").At("input", "idempotencyKey")}
}

// Claim stores the key of the command that tx carries out, with the reference by
// which its result is found. If the key was stored before for the same input, it
// returns the reference of that command instead: the caller reads its result
// and changes nothing.
//
// The input is compared by its JSON. Fields that may differ between two sends
// of the same command, such as a token that expires, stay out of it.
//
// A concurrent command with the same key is waited for: after its commit its
// reference is returned, after its rollback this one is carried out.
func Claim(ctx context.Context, tx pgx.Tx, actor, operation, key string, input any, reference string) (earlier string, err error) {
	if key == "" || utf8.RuneCountInString(key) > limits.IdempotencyKeyLength {
		return "", fault.Localized(fault.Invalid, "common.idempotency_key", message.Args{"limit": limits.IdempotencyKeyLength}).At("input", "idempotencyKey")
	}
	hash, err := hashOf(input)
	if err != nil {
		return "", err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO idempotency_keys (actor, operation, key, input_hash, reference)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`, actor, operation, key, hash, reference)
	if err != nil {
		return "", fmt.Errorf("claim idempotency key: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return "", nil
	}
	return recall(ctx, tx, actor, operation, key, hash)
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Recall returns the reference of an earlier command with this key, or "" if
// there is none. With it a replay skips checks that the command itself has
// changed the result of: the cart of an order that was placed is empty. A
// command that does not find its object also calls it, before it reports that:
// the client changed the id under a used key.
func Recall(ctx context.Context, db querier, actor, operation, key string, input any) (earlier string, err error) {
	hash, err := hashOf(input)
	if err != nil {
		return "", err
	}
	earlier, err = recall(ctx, db, actor, operation, key, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return earlier, err
}

func recall(ctx context.Context, db querier, actor, operation, key string, hash []byte) (string, error) {
	var (
		reference string
		first     time.Time
		same      bool
	)
	err := db.QueryRow(ctx, `
		SELECT reference, first_used_at, input_hash = $4 FROM idempotency_keys
		WHERE actor = $1 AND operation = $2 AND key = $3`, actor, operation, key, hash).Scan(&reference, &first, &same)
	if err != nil {
		return "", fmt.Errorf("recall idempotency key: %w", err)
	}
	if !same {
		return "", Reused(first)
	}
	return reference, nil
}

func hashOf(input any) ([]byte, error) {
	encoded, err := json.Marshal(input)
	if err != nil {
		return nil, fmt.Errorf("hash input: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return sum[:], nil
}

// Prune deletes keys that can no longer be retried, by the database's clock, which
// stored them.
func Prune(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM idempotency_keys WHERE first_used_at < now() - $1::interval", limits.IdempotencyRetention)
	return err
}
