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
	sendTimeout = 5 * time.Second
	sendAtOnce  = 16
	// sendLease is how long a delivery is ours; after a crash it is due again.
	sendLease  = 2 * sendTimeout
	firstRetry = 100 * time.Millisecond
	// lastRetry is short, for a merchant who was away to be up to date soon.
	lastRetry = 10 * time.Second
	// longestNap finds deliveries that another process planned.
	longestNap = time.Second
)

// delivery is an event on its way.
type delivery struct {
	ID    int64
	Tries int
	Body  []byte
}

// Run delivers webhooks until ctx ends. Without a WebhookURL they wait in the
// store. Trouble with the store is waited out.
func (g *Gateway) Run(ctx context.Context) error {
	if g.cfg.WebhookURL == "" {
		g.log.InfoContext(ctx, "webhooks wait: no URL is configured")
		<-ctx.Done()
		return nil
	}
	for ctx.Err() == nil {
		nap, err := g.deliverDue(ctx)
		if err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "deliver webhooks", "err", err)
			nap = longestNap
		}
		g.sleep(ctx, nap)
	}
	return nil
}

// wake tells Run that there may be something to do.
func (g *Gateway) wake() {
	select {
	case g.kick <- struct{}{}:
	default:
	}
}

func (g *Gateway) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.kick:
	case <-ctx.Done():
	}
}

// deliverDue sends what is due and returns how long nothing else will be.
func (g *Gateway) deliverDue(ctx context.Context) (time.Duration, error) {
	batch, err := g.claim(ctx, `due_at <= clock_timestamp()`, sendAtOnce)
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
	var nap time.Duration
	err = g.pool.QueryRow(ctx, `
		SELECT GREATEST(LEAST(min(due_at) - clock_timestamp(), $1::interval), interval '0')
		  FROM webhook_deliveries WHERE delivered_at IS NULL`, longestNap).Scan(&nap)
	if err != nil {
		return 0, fmt.Errorf("look for the next delivery: %w", err)
	}
	return nap, nil
}

// deliverNow makes one delivery at once, unless somebody else is at it. It is
// made even if the merchant does not wait for our answer.
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

// claim takes deliveries for ourselves until the lease ends.
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
	batch, err := pgx.CollectRows(rows, pgx.RowToStructByPos[delivery])
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return batch, nil
}

// deliver sends once and writes down how it went. If that cannot be written
// the event comes again, as webhooks do.
func (g *Gateway) deliver(ctx context.Context, d delivery) {
	sent := g.send(ctx, d.Body)
	// What was sent is written down even if we are being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	var err error
	if sent == nil {
		_, err = g.pool.Exec(ctx, `UPDATE webhook_deliveries SET delivered_at = clock_timestamp(), last_error = '' WHERE id = $1`, d.ID)
	} else {
		g.log.WarnContext(ctx, "webhook was not taken", "delivery", d.ID, "tries", d.Tries, "err", sent)
		_, err = g.pool.Exec(ctx, `UPDATE webhook_deliveries SET due_at = clock_timestamp() + $2::interval, last_error = $3 WHERE id = $1`,
			d.ID, retryAfter(d.Tries), sent.Error())
	}
	if err != nil {
		g.log.ErrorContext(ctx, "write down a delivery", "delivery", d.ID, "err", err)
	}
}

// retryAfter doubles with every try.
func retryAfter(tries int) time.Duration {
	return min(firstRetry<<min(tries-1, 20), lastRetry)
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
		return fmt.Errorf("answered with %s", resp.Status)
	}
	return nil
}
