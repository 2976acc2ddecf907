package notification_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/polltest"
)

// counter counts the log lines with a message.
type counter struct {
	slog.Handler
	message string
	seen    *atomic.Int32
}

func (counter) Enabled(context.Context, slog.Level) bool { return true }

func (c counter) Handle(_ context.Context, r slog.Record) error {
	if r.Message == c.message {
		c.seen.Add(1)
	}
	return nil
}

func (f fixture) ownPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.NewWithConfig(t.Context(), f.pool.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (f fixture) mustExec(t *testing.T, sql string) {
	t.Helper()
	if _, err := f.pool.Exec(t.Context(), sql); err != nil {
		t.Error(err)
	}
}

// The database refuses the update after the mail server has accepted the mail.
func TestAMailIsSentOnceWhileTheDatabaseRefusesTheResult(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmed("ord_a"))
	var refused atomic.Int32
	sender := f.on(t, f.ownPool(t), counter{slog.DiscardHandler, "record delivery, retrying", &refused})
	f.mail.after = func() { f.mustExec(t, "ALTER TABLE mails RENAME TO mails_away") }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- sender.RunSender(ctx) }()
	polltest.Eventually(t, "the result was refused", func() bool { return refused.Load() > 0 })
	f.mustExec(t, "UPDATE mails_away SET due_at = now()") // its lease has run out
	f.mustExec(t, "ALTER TABLE mails_away RENAME TO mails")
	polltest.Eventually(t, "the mail is marked as sent", func() bool {
		return slices.Equal(f.states(t, "ord_a"), []string{"ORDER_CONFIRMED SENT 1"})
	})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := f.mail.accepted(); len(got) != 1 {
		t.Errorf("the mail server accepted %q, want one mail", got)
	}
}

// The sender is killed between the acceptance of a mail and the update of its row.
func TestAMailOfAKilledSenderIsSentAgainUnderItsMessageID(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmed("ord_a"))
	pool := f.ownPool(t)
	ctx, kill := context.WithCancel(t.Context())
	killed := make(chan struct{})
	f.mail.after = func() {
		kill()
		go func() { pool.Close(); close(killed) }() // waits for connections in use
		f.mustExec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		<-killed
	}
	_, err := f.on(t, pool, slog.DiscardHandler).Send(ctx)
	if err == nil {
		t.Fatal("the killed sender recorded the delivery")
	}
	f.mail.after = nil
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED PENDING 1")
	var due float64
	if err := f.pool.QueryRow(t.Context(), "SELECT extract(epoch FROM due_at - now()) FROM mails").Scan(&due); err != nil || due > 25 {
		t.Errorf("the mail is due in %.0f s, %v, want less than 25", due, err)
	}
	f.makeDue(t)
	f.mustSend(t)
	ids := f.mail.accepted()
	if len(ids) != 2 || ids[0] != ids[1] || !strings.Contains(ids[0], "ord_a") {
		t.Errorf("Message-IDs are %q, want the same twice", ids)
	}
	f.wantStates(t, "ord_a", "ORDER_CONFIRMED SENT 2")
}

// A process that ends does not wait for a database that is away.
func TestTheSenderEndsWithinSecondsWhileResultsAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmed("ord_a"))
	ctx, stop := context.WithCancel(t.Context())
	var stopped time.Time
	f.mail.after = func() {
		f.mustExec(t, "ALTER TABLE mails RENAME TO mails_away")
		stopped = time.Now()
		stop()
	}
	err := f.on(t, f.ownPool(t), slog.DiscardHandler).RunSender(ctx)
	if took := time.Since(stopped); err != nil || took > 5*time.Second {
		t.Errorf("the sender ended after %v: %v, want less than 5 s", took, err)
	}
}

// Retrying it would keep the sender from every other mail until it gives up.
func TestAResultThatTheDatabaseNeverAcceptsIsNotRetried(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmed("ord_a"))
	f.mustExec(t, "ALTER TABLE mails ADD CONSTRAINT none_is_sent CHECK (status <> 'SENT')")
	var retried atomic.Int32
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := f.on(t, f.pool, counter{slog.DiscardHandler, "record delivery, retrying", &retried}).Send(ctx); err == nil {
		t.Error("the refusal is not reported")
	}
	if n := retried.Load(); n > 0 {
		t.Errorf("the update was retried after a refusal of its values")
	}
}
