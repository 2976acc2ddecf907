package gatewaysim

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/id"
)

// event is the body of a webhook.
type event struct {
	ID      string    `json:"id"`
	Object  string    `json:"object"` // "event"
	Type    string    `json:"type"`
	Created time.Time `json:"created"`
	Data    struct {
		Object payment `json:"object"` // as it was then
	} `json:"data"`
}

// emit stores an event of a payment and schedules its deliveries. It returns the
// payment and the deliveries to make before the response.
func (g *Gateway) emit(ctx context.Context, tx pgx.Tx, kind string, p payment) (payment, []int64, error) {
	e := event{ID: id.New(eventPrefix), Object: "event", Type: kind, Created: time.Now().UTC()}
	e.Data.Object = p
	body, err := json.Marshal(e)
	if err != nil {
		return payment{}, nil, fmt.Errorf("encode %s: %w", kind, err)
	}
	var seq int64
	err = tx.QueryRow(ctx, `INSERT INTO webhook_events (id, type, payment_id, body) VALUES ($1, $2, $3, $4) RETURNING seq`,
		e.ID, kind, p.ID, body).Scan(&seq)
	if err != nil {
		return payment{}, nil, fmt.Errorf("insert %s: %w", kind, err)
	}
	early, err := planDeliveries(ctx, tx, e.ID, planFor(g.cfg.Chaos, g.cfg.Seed, uint64(seq)))
	return p, early, err
}

func planDeliveries(ctx context.Context, tx pgx.Tx, eventID string, p plan) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		INSERT INTO webhook_deliveries (event_id, due_at)
		SELECT $1, clock_timestamp() + delay FROM unnest($2::interval[]) WITH ORDINALITY AS d(delay, n) ORDER BY n
		RETURNING id`, eventID, p.delays)
	if err != nil {
		return nil, fmt.Errorf("plan deliveries of %s: %w", eventID, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("plan deliveries of %s: %w", eventID, err)
	}
	if !p.early {
		return nil, nil
	}
	return ids[:1], nil
}

// plan is when an event is sent, and whether the first delivery is made before the
// response to the request that caused it.
type plan struct {
	delays []time.Duration
	early  bool
}

// maxDelay is the longest scheduled delay of a delivery; retries come on top.
const maxDelay = 2 * time.Second

// planFor derives the plan of an event from the seed and its sequence number: the
// same two always give the same plan.
func planFor(chaos Chaos, seed, seq uint64) plan {
	if chaos == ChaosOff {
		return plan{delays: []time.Duration{0}}
	}
	dice := rand.New(rand.NewPCG(seed, seq))
	p := plan{delays: []time.Duration{0}}
	switch roll := dice.IntN(100); {
	case roll < 15:
		// After a crash before the response, Run delivers it at this time.
		p.early, p.delays[0] = true, sendTimeout
	case roll < 45: // late, so that a later event may overtake
		p.delays[0] = time.Duration(dice.Int64N(int64(maxDelay)))
	}
	if dice.IntN(100) < 20 {
		p.delays = append(p.delays, time.Duration(dice.Int64N(int64(maxDelay))))
	}
	return p
}

// signature is the Gateway-Signature header of a body sent at a moment.
func signature(secret string, body []byte, at time.Time) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
