package idempotency

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/batch"
)

const (
	maxRecalls     = 64 // keys of one statement
	recallsTimeout = 2 * time.Second
)

// Recalls looks keys up for callers that come at the same time, by one statement for all
// of them: those of a crowd that is refused. It is safe for concurrent use.
type Recalls struct {
	calls batch.Calls[lookup, recalled]
}

type lookup struct {
	actor, operation, key string
	hash                  []byte
}

type recalled struct {
	reference string
	err       error // *KeyReusedError, of this key
}

// NewRecalls returns the keys of a database.
func NewRecalls(pool *pgxpool.Pool) *Recalls {
	return &Recalls{batch.Calls[lookup, recalled]{Max: maxRecalls, Timeout: recallsTimeout, Do: func(ctx context.Context, lookups []lookup) ([]recalled, error) {
		return recallAll(ctx, pool, lookups)
	}}}
}

// Recall is Recall for one of many callers.
func (r *Recalls) Recall(ctx context.Context, actor, operation, key string, input any) (earlier string, err error) {
	hash, err := hashOf(input)
	if err != nil {
		return "", err
	}
	found, err := r.calls.Call(ctx, lookup{actor, operation, key, hash})
	if err != nil {
		return "", err
	}
	return found.reference, found.err
}

func recallAll(ctx context.Context, pool *pgxpool.Pool, lookups []lookup) ([]recalled, error) {
	var actors, operations, keys []string
	var hashes [][]byte
	for _, l := range lookups {
		actors, operations = append(actors, l.actor), append(operations, l.operation)
		keys, hashes = append(keys, l.key), append(hashes, l.hash)
	}
	rows, err := pool.Query(ctx, `
		SELECT l.n, k.reference, k.first_used_at, k.input_hash = l.hash
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[]) WITH ORDINALITY AS l (actor, operation, key, hash, n)
		JOIN idempotency_keys k USING (actor, operation, key)`, actors, operations, keys, hashes)
	if err != nil {
		return nil, err
	}
	out := make([]recalled, len(lookups))
	var (
		n     int
		found string
		first time.Time
		same  bool
	)
	_, err = pgx.ForEachRow(rows, []any{&n, &found, &first, &same}, func() error {
		if out[n-1].reference = found; !same {
			out[n-1] = recalled{err: Reused(first)}
		}
		return nil
	})
	return out, err
}
