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
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/id"
)

// The prefixes of the gateway's own identifiers.
const (
	paymentPrefix id.Prefix = "gpy"
	refundPrefix  id.Prefix = "grf"
	disputePrefix id.Prefix = "gdp"
	eventPrefix   id.Prefix = "evt"
)

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// columns of a row p of payments, as scanPayment reads them.
const columns = `
	       p.id, p.reference, p.order_id, p.metadata, p.token, p.status, p.currency, p.amount_minor, p.authorized_minor,
	       p.captured_minor, p.refunded_minor, p.failure_code, p.return_url, p.challenge_expires_at, p.version, p.created_at, p.updated_at,
	       COALESCE((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'amount', r.amount_minor,
	                        'status', 'succeeded', 'created', r.created_at) ORDER BY r.created_at, r.id)
	                   FROM refunds r WHERE r.payment_id = p.id), '[]'),` + disputeColumn

// paymentsByID returns the payments that exist.
func (g *Gateway) paymentsByID(ctx context.Context, db querier, baseURL string, ids ...string) ([]payment, error) {
	for _, one := range ids {
		if !isText(one) {
			return nil, nil
		}
	}
	return selectPayments(ctx, db, baseURL, `WHERE id = ANY($1) ORDER BY id`, ids)
}

// lockPayment locks and reads a payment.
func (g *Gateway) lockPayment(ctx context.Context, tx pgx.Tx, paymentID, baseURL string) (payment, error) {
	if !isText(paymentID) {
		return payment{}, pgx.ErrNoRows
	}
	// A statement of its own: a locking read would return the refunds of its
	// snapshot, taken before it waited for the lock.
	var locked string
	err := tx.QueryRow(ctx, `SELECT id FROM payments WHERE id = $1 FOR UPDATE`, paymentID).Scan(&locked)
	if err != nil {
		return payment{}, fmt.Errorf("lock %s: %w", paymentID, err)
	}
	found, err := g.paymentsByID(ctx, tx, baseURL, locked)
	if err != nil {
		return payment{}, err
	}
	return found[0], nil
}

var errCursor = errors.New("unknown cursor")

// paymentsAfter lists payments, oldest first, from the cursor on.
func (g *Gateway) paymentsAfter(ctx context.Context, baseURL, reference string, since time.Time, cursor string, limit int) ([]payment, error) {
	if !isText(reference) {
		return []payment{}, nil
	}
	if cursor != "" {
		at, err := g.paymentsByID(ctx, g.pool, baseURL, cursor)
		if err != nil {
			return nil, err
		}
		if len(at) == 0 {
			return nil, errCursor
		}
	}
	which, args := `created_at >= $1`, []any{since}
	if reference != "" {
		which, args = `created_at >= $1 AND reference = $2`, append(args, reference)
	}
	if cursor != "" {
		args = append(args, cursor)
		which += fmt.Sprintf(` AND (created_at, id) > (SELECT c.created_at, c.id FROM payments c WHERE c.id = $%d)`, len(args))
	}
	args = append(args, limit)
	return selectPayments(ctx, g.pool, baseURL, `WHERE `+which+fmt.Sprintf(` ORDER BY created_at, id LIMIT $%d`, len(args)), args...)
}

func selectPayments(ctx context.Context, db querier, baseURL, where string, args ...any) ([]payment, error) {
	return readPayments(ctx, db, baseURL, `SELECT `+columns+` FROM payments p `+where, args...)
}

// readPayments runs a statement whose results are columns.
func readPayments(ctx context.Context, db querier, baseURL, statement string, args ...any) ([]payment, error) {
	rows, err := db.Query(ctx, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (payment, error) {
		return scanPayment(row, baseURL)
	})
	if err != nil {
		return nil, fmt.Errorf("read payments: %w", err)
	}
	return found, nil
}

func scanPayment(row pgx.CollectableRow, baseURL string) (payment, error) {
	var (
		failureCode      *string
		challengeExpires *time.Time
	)
	p := payment{Object: "payment", baseURL: baseURL}
	err := row.Scan(&p.ID, &p.Reference, &p.OrderID, &p.Metadata, &p.token, &p.Status, &p.Currency, &p.Amount, &p.AmountAuthorized,
		&p.AmountCaptured, &p.AmountRefunded, &failureCode, &p.returnURL, &challengeExpires,
		&p.Version, &p.Created, &p.Updated, &p.Refunds, &p.Dispute)
	if err != nil {
		return payment{}, err
	}
	p.Created, p.Updated = p.Created.UTC(), p.Updated.UTC()
	for i := range p.Refunds {
		p.Refunds[i].Created = p.Refunds[i].Created.UTC()
	}
	p.Card = tokens[p.token].card
	if failureCode != nil {
		why := failures[*failureCode]
		p.Failure = &why
	}
	if p.Status == statusRequiresAction {
		p.NextAction = &nextAction{"redirect", baseURL + "/3ds/" + p.ID, challengeExpires.UTC()}
	}
	if d := p.Dispute; d != nil {
		d.Opened, d.EvidenceDueBy = d.Opened.UTC(), d.EvidenceDueBy.UTC()
	}
	return p, nil
}

// insertPayment stores a payment with the outcome that its token selects.
func (g *Gateway) insertPayment(ctx context.Context, tx pgx.Tx, q authorizeParameters, t token, baseURL string) (payment, []int64, error) {
	status, event, authorized := statusAuthorized, eventAuthorized, q.Amount
	switch {
	case t.decline != "":
		status, event, authorized = statusDeclined, eventDeclined, 0
	case t.challenge:
		status, event, authorized = statusRequiresAction, eventActionRequired, 0
	}
	metadata := q.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	made, err := readPayments(ctx, tx, baseURL, `
		INSERT INTO payments AS p (id, reference, order_id, metadata, token, status, currency, amount_minor,
		                      authorized_minor, failure_code, return_url, challenge_expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULLIF($10, ''), $11,
		        CASE WHEN $6 = 'requires_action' THEN now() + $12::interval END) RETURNING `+columns,
		id.New(paymentPrefix), q.Reference, q.OrderID, metadata, q.Token, status, q.Currency, q.Amount,
		authorized, t.decline, q.ReturnURL, challengeLife)
	if err != nil {
		return payment{}, nil, fmt.Errorf("insert the payment: %w", err)
	}
	return g.emit(ctx, tx, event, made[0])
}

// move changes a payment and emits an event. set and where are parts of the
// statement; $1 in them is the payment's id.
func (g *Gateway) move(ctx context.Context, tx pgx.Tx, p payment, event, set, where string, args ...any) (response, error) {
	moved, early, err := g.moved(ctx, tx, p, event, set, where, args...)
	if err != nil {
		return response{}, err
	}
	a := encoded(http.StatusOK, moved)
	a.early = early
	return a, nil
}

func (g *Gateway) moved(ctx context.Context, tx pgx.Tx, p payment, event, set, where string, args ...any) (payment, []int64, error) {
	after, err := readPayments(ctx, tx, p.baseURL, `UPDATE payments p SET `+set+`, version = version + 1, updated_at = clock_timestamp()
		WHERE id = $1 AND `+where+` RETURNING `+columns, append([]any{p.ID}, args...)...)
	if err != nil {
		return payment{}, nil, fmt.Errorf("%s %s: %w", event, p.ID, err)
	}
	if len(after) == 0 {
		return payment{}, nil, fmt.Errorf("%s %s: the locked row does not match", event, p.ID)
	}
	return g.emit(ctx, tx, event, after[0])
}

// recordRefund stores a refund.
func (g *Gateway) recordRefund(ctx context.Context, tx pgx.Tx, p payment, amount int64) (response, error) {
	refundID := id.New(refundPrefix)
	_, err := tx.Exec(ctx, `INSERT INTO refunds (id, payment_id, amount_minor) VALUES ($1, $2, $3)`, refundID, p.ID, amount)
	if err != nil {
		return response{}, fmt.Errorf("insert the refund: %w", err)
	}
	after, early, err := g.moved(ctx, tx, p, eventRefunded,
		`refunded_minor = refunded_minor + $2,
		 status = CASE WHEN refunded_minor + $2 = captured_minor THEN 'refunded' ELSE 'partially_refunded' END`,
		`status IN ('captured', 'partially_refunded') AND refunded_minor + $2 <= captured_minor`, amount)
	if err != nil {
		return response{}, err
	}
	for _, made := range after.Refunds {
		if made.ID == refundID {
			a := encoded(http.StatusCreated, refundResponse{"refund", made, after})
			a.early = early
			return a, nil
		}
	}
	return response{}, fmt.Errorf("refund %s is not among those of %s", refundID, p.ID)
}

// isText reports whether Postgres accepts s as text.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}
