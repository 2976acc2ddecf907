package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func claim(ctx context.Context, pool *pgxpool.Pool, actor, key, input, reference string) (earlier string, err error) {
	err = pg.InTx(ctx, pool, func(tx pgx.Tx) error {
		earlier, err = idempotency.Claim(ctx, tx, actor, "orderPlace", key, input, reference)
		return err
	})
	return earlier, err
}

func TestOnlyOneOfManyWithTheSameKeyActs(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	var mu sync.Mutex
	acted := 0
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			earlier, err := claim(t.Context(), pool, "usr_ada", "key", "input", "ord_1")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if earlier == "" {
				acted++
			}
		})
	}
	wg.Wait()
	if acted != 1 {
		t.Errorf("%d acted, want 1", acted)
	}
}

func TestAKeyBelongsToItsActorAndInput(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	if _, err := claim(t.Context(), pool, "usr_ada", "key", "input", "ord_1"); err != nil {
		t.Fatal(err)
	}
	if earlier, err := claim(t.Context(), pool, "usr_eve", "key", "other", "ord_2"); earlier != "" || err != nil {
		t.Errorf("another actor's same key = %q, %v, want it free", earlier, err)
	}
	if earlier, err := claim(t.Context(), pool, "usr_ada", "key", "input", "ord_3"); earlier != "ord_1" || err != nil {
		t.Errorf("the same again = %q, %v, want ord_1", earlier, err)
	}
	_, err := claim(t.Context(), pool, "usr_ada", "key", "other", "ord_4")
	if reused, ok := errors.AsType[*idempotency.KeyReusedError](err); !ok || reused.FirstUsedAt.IsZero() || fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("the same key with other input = %v, want it refused", err)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	for _, key := range []string{"", strings.Repeat("k", 201)} {
		if _, err := claim(t.Context(), pool, "usr_ada", key, "input", "ord_1"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a key of %d characters = %v, want it refused", len(key), err)
		}
	}
}
