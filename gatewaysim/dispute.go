package gatewaysim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/id"
	"cartograph/internal/pg"
	"cartograph/internal/wakeup"
)

// The statuses of a dispute.
const (
	disputeOpen        = "open"         // evidence is awaited
	disputeUnderReview = "under_review" // the bank decides
	disputeWon         = "won"          // by the merchant
	disputeLost        = "lost"
)

const (
	// evidenceLife is the time limit for evidence.
	evidenceLife = 7 * 24 * time.Hour
	// maxEvidence is in characters.
	maxEvidence = 10_000
	// overdueInterval is how often disputes without evidence are looked for.
	overdueInterval = time.Second
)

// Evidence that holds one of these words is decided at once; any other is decided
// by decideDispute.
const (
	winningEvidence = "winning_evidence"
	losingEvidence  = "losing_evidence"
)

// dispute is a customer's claim, made through the bank, to have a captured
// amount back.
type dispute struct {
	ID            string     `json:"id"`
	Reason        string     `json:"reason"`
	Status        string     `json:"status"`
	Amount        int64      `json:"amount"`
	Opened        time.Time  `json:"opened"`
	EvidenceDueBy time.Time  `json:"evidence_due_by"`
	Closed        *time.Time `json:"closed"`
}

// disputeColumn is the dispute of a row p of payments; null if it has none.
const disputeColumn = `
	       (SELECT jsonb_build_object('id', d.id, 'reason', d.reason, 'status', d.status, 'amount', d.amount_minor,
	               'opened', d.opened_at, 'evidence_due_by', d.evidence_due_by, 'closed', d.closed_at)
	          FROM disputes d WHERE d.payment_id = p.id)`

// captureAndDispute captures a payment and opens a dispute of it.
func (g *Gateway) captureAndDispute(ctx context.Context, tx pgx.Tx, p payment, amount int64) (response, error) {
	a, err := g.move(ctx, tx, p, eventCaptured,
		`status = 'captured', captured_minor = $2`, `status = 'authorized' AND authorized_minor >= $2`, amount)
	if err != nil {
		return response{}, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO disputes (id, payment_id, amount_minor, reason, evidence_due_by)
		VALUES ($1, $2, $3, 'product_not_received', clock_timestamp() + $4::interval)`, id.New(disputePrefix), p.ID, amount, evidenceLife)
	if err != nil {
		return response{}, fmt.Errorf("open a dispute of %s: %w", p.ID, err)
	}
	_, early, err := g.moved(ctx, tx, p, eventDisputeOpened, `status = status`, `true`)
	a.early = append(a.early, early...)
	return a, err
}

type evidenceParameters struct {
	Text string `json:"text"`
}

// submitEvidence gives the bank the merchant's evidence, once.
func (g *Gateway) submitEvidence(r *http.Request) (response, error) {
	var q evidenceParameters
	return g.changeDispute(r, &q, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		if n := utf8.RuneCountInString(q.Text); n == 0 || n > maxEvidence || !isText(q.Text) {
			return refusal(http.StatusBadRequest, "parameter_invalid", fmt.Sprintf("text must have 1 to %d characters.", maxEvidence)), nil
		}
		if p.Dispute.Status != disputeOpen || p.Dispute.EvidenceDueBy.Before(time.Now()) {
			return disputeClosed(p), nil
		}
		status, event := disputeUnderReview, eventDisputeUpdated
		switch {
		case strings.Contains(q.Text, winningEvidence):
			status, event = disputeWon, eventDisputeClosed
		case strings.Contains(q.Text, losingEvidence):
			status, event = disputeLost, eventDisputeClosed
		}
		if _, err := tx.Exec(ctx, `UPDATE disputes SET evidence = $2 WHERE id = $1`, p.Dispute.ID, q.Text); err != nil {
			return response{}, fmt.Errorf("store evidence: %w", err)
		}
		return g.moveDispute(ctx, tx, p, status, event)
	})
}

// acceptDispute ends a dispute in the customer's favour.
func (g *Gateway) acceptDispute(r *http.Request) (response, error) {
	return g.changeDispute(r, &struct{}{}, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		if p.Dispute.Status != disputeOpen {
			return disputeClosed(p), nil
		}
		return g.moveDispute(ctx, tx, p, disputeLost, eventDisputeClosed)
	})
}

type decisionParameters struct {
	Outcome string `json:"outcome"` // "won" or "lost"
}

// decideDispute is the bank's decision, which no real gateway lets a merchant make.
func (g *Gateway) decideDispute(r *http.Request) (response, error) {
	var q decisionParameters
	return g.changeDispute(r, &q, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		switch {
		case q.Outcome != disputeWon && q.Outcome != disputeLost:
			return refusal(http.StatusBadRequest, "parameter_invalid", "outcome must be won or lost."), nil
		case p.Dispute.Closed != nil:
			return disputeClosed(p), nil
		}
		return g.moveDispute(ctx, tx, p, q.Outcome, eventDisputeClosed)
	})
}

func disputeClosed(p payment) response {
	return refusal(http.StatusUnprocessableEntity, "dispute_closed", "The dispute is "+p.Dispute.Status+", or its time is over.")
}

func (g *Gateway) moveDispute(ctx context.Context, tx pgx.Tx, p payment, status, event string) (response, error) {
	_, err := tx.Exec(ctx, `
		UPDATE disputes SET status = $2, closed_at = CASE WHEN $2 IN ('won', 'lost') THEN clock_timestamp() END WHERE id = $1`, p.Dispute.ID, status)
	if err != nil {
		return response{}, fmt.Errorf("move dispute %s: %w", p.Dispute.ID, err)
	}
	return g.move(ctx, tx, p, event, `status = status`, `true`)
}

// changeDispute is change for the payment of a dispute.
func (g *Gateway) changeDispute(r *http.Request, parameters any, do func(context.Context, pgx.Tx, payment) (response, error)) (response, error) {
	if a, ok := parse(r, parameters); !ok {
		return a, nil
	}
	return g.idempotent(r, parameters, func(ctx context.Context, tx pgx.Tx, _ int) (response, error) {
		disputeID, paymentID := r.PathValue("id"), ""
		if !isText(disputeID) {
			return disputeUnknown(), nil
		}
		err := tx.QueryRow(ctx, `SELECT payment_id FROM disputes WHERE id = $1`, disputeID).Scan(&paymentID)
		if errors.Is(err, pgx.ErrNoRows) {
			return disputeUnknown(), nil
		}
		if err != nil {
			return response{}, fmt.Errorf("find dispute %s: %w", disputeID, err)
		}
		p, err := g.lockPayment(ctx, tx, paymentID, g.baseURL(r))
		if err != nil {
			return response{}, err
		}
		return do(ctx, tx, p)
	})
}

func disputeUnknown() response {
	return refusal(http.StatusNotFound, "dispute_unknown", "There is no such dispute.")
}

// loseOverdue decides disputes whose time for evidence has passed, until ctx ends.
func (g *Gateway) loseOverdue(ctx context.Context) {
	for wakeup.Sleep(ctx, overdueInterval) {
		if err := g.loseDue(ctx); err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "decide overdue disputes", "err", err)
		}
	}
}

// loseDue decides overdue disputes one by one: each is a transaction.
func (g *Gateway) loseDue(ctx context.Context) error {
	for {
		err := pg.InTx(ctx, g.pool, func(tx pgx.Tx) error {
			paymentID := ""
			err := tx.QueryRow(ctx, `SELECT p.id FROM disputes d JOIN payments p ON p.id = d.payment_id
				WHERE d.status = 'open' AND d.evidence_due_by < clock_timestamp() LIMIT 1 FOR UPDATE OF d, p SKIP LOCKED`).Scan(&paymentID)
			if err != nil {
				return err
			}
			p, err := g.lockPayment(ctx, tx, paymentID, g.cfg.PublicURL)
			if err != nil {
				return err
			}
			_, err = g.moveDispute(ctx, tx, p, disputeLost, eventDisputeClosed)
			return err
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lose overdue dispute: %w", err)
		}
		g.queued.Notify()
	}
}
