// Package idempotency lets a client send a command again without fear: the
// same key and input give the first answer, the same key and other input are
// refused.
package idempotency

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/fault"
)

// Keep is for how long a key is remembered.
const Keep = 7 * 24 * time.Hour

const maxKey = 200

// KeyReusedError answers a key that came before with other input.
type KeyReusedError struct {
	FirstUsedAt time.Time
	fault       *fault.Error
}

func (e *KeyReusedError) Error() string { return e.fault.Error() }

// Unwrap makes it a fault.Error with code IDEMPOTENCY_KEY_REUSED.
func (e *KeyReusedError) Unwrap() error { return e.fault }

// Claim takes the key for the command that tx carries out and whose answer can
// be found by reference. If the key was taken before for the same input, it
// returns that command's reference instead: read the answer again and change
// nothing.
//
// input is what the command means, and only that: fields that may differ
// between two sends of the same command stay out of it. A command of the same
// key that is still under way is waited for.
func Claim(ctx context.Context, tx pgx.Tx, actor, operation, key string, input any, reference string) (earlier string, err error) {
	if key == "" || len(key) > maxKey {
		return "", fault.New(fault.Invalid, "An idempotency key has 1 to %d characters.", maxKey).At("input", "idempotencyKey")
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
// there is none. It lets a replay skip checks that no longer hold.
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
		return "", &KeyReusedError{first.UTC(), fault.New(fault.Conflict,
			"This idempotency key was used before with other input.").WithCode("IDEMPOTENCY_KEY_REUSED").At("input", "idempotencyKey")}
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

// Prune forgets keys that are older than Keep.
func Prune(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM idempotency_keys WHERE first_used_at < $1", time.Now().Add(-Keep))
	return err
}
