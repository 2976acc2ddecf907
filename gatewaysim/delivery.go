package gatewaysim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	sendTimeout        = 5 * time.Second
	maxConcurrentSends = 16
	// sendLease is how long a process owns a delivery; after a crash it is due again.
	sendLease     = 2 * sendTimeout
	minRetryDelay = 100 * time.Millisecond
	// maxRetryDelay is short: a merchant that was down catches up soon.
	maxRetryDelay = 10 * time.Second
	// maxPollInterval bounds the delay until a delivery of another process is found.
	maxPollInterval = time.Second
)

// delivery is one sending of an event.
type delivery struct {
	ID    int64
	Tries int
	Body  []byte
}

// Run delivers webhooks and decides overdue disputes until ctx ends. Without a
// WebhookURL, webhooks stay in the database. Errors of the database are retried.
func (g *Gateway) Run(ctx context.Context) error {
	var deciding sync.WaitGroup
	deciding.Go(func() { g.loseOverdue(ctx) })
	defer deciding.Wait()
	if g.cfg.WebhookURL == "" {
		g.log.InfoContext(ctx, "webhooks are not delivered: no URL is configured")
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		delay, err := g.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "deliver webhooks", "err", err)
			delay = maxPollInterval
		}
		g.queued.Wait(ctx, delay)
	}
	return nil
}

// deliverDue sends what is due and returns the time until the next delivery.
func (g *Gateway) deliverDue(ctx context.Context) (time.Duration, error) {
	batch, err := g.claim(ctx, `due_at <= clock_timestamp()`, maxConcurrentSends)
	if err != nil {
		return 0, err
	}
	var sending sync.WaitGroup
	for _, d := range batch {
		sending.Go(func() { g.deliver(ctx, d) })
	}
	sending.Wait()
	if len(batch) > 0 {
		return 0, nil
	}
	var delay time.Duration
	err = g.pool.QueryRow(ctx, `
		SELECT GREATEST(LEAST(min(due_at) - clock_timestamp(), $1::interval), interval '0')
		  FROM webhook_deliveries WHERE delivered_at IS NULL`, maxPollInterval).Scan(&delay)
	if err != nil {
		return 0, fmt.Errorf("look for the next delivery: %w", err)
	}
	return delay, nil
}

// deliverNow makes one delivery at once, unless another process has claimed it. It
// does not end with the request that caused it.
func (g *Gateway) deliverNow(ctx context.Context, deliveryID int64) {
	if g.cfg.WebhookURL == "" {
		return
	}
	ctx = context.WithoutCancel(ctx)
	batch, err := g.claim(ctx, `tries = 0 AND id = $3`, 1, deliveryID)
	if err != nil {
		g.log.ErrorContext(ctx, "deliver a webhook early", "err", err)
		return
	}
	for _, d := range batch {
		g.deliver(ctx, d)
	}
}

// claim leases deliveries.
func (g *Gateway) claim(ctx context.Context, which string, most int, args ...any) ([]delivery, error) {
	rows, err := g.pool.Query(ctx, `
		UPDATE webhook_deliveries d SET tries = tries + 1, due_at = clock_timestamp() + $2::interval
		  FROM webhook_events e
		 WHERE e.id = d.event_id AND d.id IN (
		       SELECT id FROM webhook_deliveries WHERE delivered_at IS NULL AND `+which+`
		        ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
		RETURNING d.id, d.tries, e.body`, append([]any{most, sendLease}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	batch, err := pgx.CollectRows(rows, pgx.RowToStructByName[delivery])
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return batch, nil
}

// deliver sends once and stores the outcome. If that fails, the event is sent again
// when the lease ends: webhooks may be repeated.
func (g *Gateway) deliver(ctx context.Context, d delivery) {
	sent := g.send(ctx, d.Body)
	// The outcome is stored even during shutdown.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	var err error
	if sent == nil {
		_, err = g.pool.Exec(ctx, `UPDATE webhook_deliveries SET delivered_at = clock_timestamp(), last_error = '' WHERE id = $1`, d.ID)
	} else {
		g.log.WarnContext(ctx, "webhook not accepted, retrying", "delivery_id", d.ID, "tries", d.Tries, "err", sent)
		_, err = g.pool.Exec(ctx, `UPDATE webhook_deliveries SET due_at = clock_timestamp() + $2::interval, last_error = $3 WHERE id = $1`,
			d.ID, retryDelay(d.Tries), sent.Error())
	}
	if err != nil {
		g.log.ErrorContext(ctx, "store a delivery", "delivery_id", d.ID, "err", err)
	}
}

// retryDelay doubles with every try.
func retryDelay(tries int) time.Duration {
	return min(minRetryDelay<<min(tries-1, 20), maxRetryDelay)
}

func (g *Gateway) send(ctx context.Context, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.cfg.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "gatewaysim/1")
	r.Header.Set("Gateway-Signature", signature(g.cfg.WebhookSecret, body, time.Now()))
	resp, err := g.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("status %s", resp.Status)
	}
	return nil
}
