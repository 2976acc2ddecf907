package idempotency_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
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

func TestOneOfManyCommandsWithTheSameKeyIsCarriedOut(t *testing.T) {
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

func TestKeysOfAnotherLengthAreRefused(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	for key, want := range map[string]fault.Kind{
		"":                       fault.Invalid,
		strings.Repeat("ö", 201): fault.Invalid,
	} {
		if _, err := claim(t.Context(), pool, "usr_ada", key, "input", "ord_1"); fault.KindOf(err) != want {
			t.Errorf("a key of %d bytes = %v, want it refused", len(key), err)
		}
	}
	for _, key := range []string{"k", strings.Repeat("ö", 200)} {
		if _, err := claim(t.Context(), pool, "usr_ada", key, "input", "ord_1"); err != nil {
			t.Errorf("a key of %d bytes = %v, want it accepted", len(key), err)
		}
	}
}

func TestRecallFindsAnEarlierCommandAndStoresNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	recall := func(input string) (string, error) {
		return idempotency.Recall(t.Context(), pool, "usr_ada", "orderPlace", "key", input)
	}
	for range 2 {
		if earlier, err := recall("input"); earlier != "" || err != nil {
			t.Errorf("before the command Recall = %q, %v, want nothing", earlier, err)
		}
	}
	if _, err := claim(t.Context(), pool, "usr_ada", "key", "input", "ord_1"); err != nil {
		t.Fatal(err)
	}
	if earlier, err := recall("input"); earlier != "ord_1" || err != nil {
		t.Errorf("Recall = %q, %v, want ord_1", earlier, err)
	}
	if earlier, err := recall("other"); earlier != "" || fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("with other input Recall = %q, %v, want it refused", earlier, err)
	}
	if earlier, err := idempotency.Recall(t.Context(), pool, "usr_ada", "orderCancel", "key", "input"); earlier != "" || err != nil {
		t.Errorf("for another operation Recall = %q, %v, want nothing", earlier, err)
	}
}

// A command that fails leaves its key free: its retry is carried out.
func TestAFailedCommandLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	pool, boom := pgtest.New(t, fstest.MapFS{}), errors.New("boom")
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		if _, err := idempotency.Claim(t.Context(), tx, "usr_ada", "orderPlace", "key", "input", "ord_1"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("the command ended with %v, want %v", err, boom)
	}
	if earlier, err := claim(t.Context(), pool, "usr_ada", "key", "input", "ord_2"); earlier != "" || err != nil {
		t.Errorf("its retry = %q, %v, want it carried out", earlier, err)
	}
}

func TestKeysArePrunedAfterTheirRetention(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	for key, age := range map[string]time.Duration{
		"young": limits.IdempotencyRetention - time.Hour, "old": limits.IdempotencyRetention + time.Hour,
	} {
		if _, err := claim(t.Context(), pool, "usr_ada", key, "input", "ord_1"); err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Exec(t.Context(), "UPDATE idempotency_keys SET first_used_at = now() - $2::interval WHERE key = $1", key, age); err != nil {
			t.Fatal(err)
		}
	}
	if err := idempotency.Prune(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"young": "ord_1", "old": ""} {
		if earlier, err := claim(t.Context(), pool, "usr_ada", key, "input", "ord_2"); earlier != want || err != nil {
			t.Errorf("the %s key = %q, %v, want %q", key, earlier, err, want)
		}
	}
}

// Keys that are looked up at the same time are each the caller's own.
func TestKeysOfACrowdAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	ctx, pool := t.Context(), pgtest.New(t, fstest.MapFS{})
	for actor, reference := range map[string]string{"usr_1": "chk_1", "usr_2": "chk_2"} {
		if _, err := claim(ctx, pool, actor, "key", "input", reference); err != nil {
			t.Fatal(err)
		}
	}
	recalls := idempotency.NewRecalls(pool)
	var crowd sync.WaitGroup
	for range 20 {
		for _, want := range []struct {
			actor, key, input, reference string
			reused                       bool
		}{
			{"usr_1", "key", "input", "chk_1", false},
			{"usr_2", "key", "input", "chk_2", false},
			{"usr_2", "key", "other", "", true},
			{"usr_2", "another", "input", "", false},
			{"usr_3", "key", "input", "", false},
		} {
			crowd.Go(func() {
				got, err := recalls.Recall(ctx, want.actor, "orderPlace", want.key, want.input)
				if _, reused := errors.AsType[*idempotency.KeyReusedError](err); got != want.reference || reused != want.reused || err != nil && !reused {
					t.Errorf("key %s of %s for %s: %q, %v", want.key, want.actor, want.input, got, err)
				}
			})
		}
	}
	crowd.Wait()
}
