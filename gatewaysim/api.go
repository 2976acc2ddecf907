package gatewaysim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

type authorizeParameters struct {
	Amount    int64             `json:"amount"`
	Currency  string            `json:"currency"`
	Token     string            `json:"token"`
	Reference string            `json:"reference"`
	OrderID   string            `json:"order_id"`
	ReturnURL string            `json:"return_url"`
	Metadata  map[string]string `json:"metadata"`
}

// authorize reserves an amount at the customer's bank.
func (g *Gateway) authorize(r *http.Request) (response, error) {
	var p authorizeParameters
	if a, ok := parse(r, &p); !ok {
		return a, nil
	}
	if wrong := p.check(); wrong != "" {
		return refusal(http.StatusBadRequest, "parameter_invalid", wrong), nil
	}
	card, ok := tokens[p.Token]
	if !ok {
		return refusal(http.StatusBadRequest, "token_invalid", "Unknown token."), nil
	}
	return g.idempotent(r, p, func(ctx context.Context, tx pgx.Tx, try int) (response, error) {
		var late time.Duration
		if try == 1 {
			switch card.first {
			case noFault:
			case internalError:
				a := refusal(http.StatusInternalServerError, "server_error", "Internal error. Repeat the request with the same key.")
				a.open = true
				return a, nil
			case losesRequest:
				a := refusal(http.StatusGatewayTimeout, "bank_timeout", "The bank did not answer. Repeat the request with the same key.")
				a.open, a.delay = true, g.cfg.Slow
				return a, nil
			case answersLate:
				late = g.cfg.Slow
			}
		}
		made, early, err := g.insertPayment(ctx, tx, p, card, g.baseURL(r))
		if err != nil {
			return response{}, fmt.Errorf("authorise %s: %w", p.Reference, err)
		}
		a := encoded(http.StatusCreated, made)
		a.delay, a.early = late, early
		return a, nil
	})
}

var threeLetters = regexp.MustCompile(`^[A-Z]{3}$`)

// check returns what is invalid; empty if nothing is.
func (p authorizeParameters) check() string {
	switch {
	case p.Amount <= 0 || p.Amount > maxAmount:
		return fmt.Sprintf("amount must be between 1 and %d minor units.", int64(maxAmount))
	case !threeLetters.MatchString(p.Currency):
		return "currency must be three capital letters."
	case p.Reference == "" || utf8.RuneCountInString(p.Reference) > 255:
		return "reference must have 1 to 255 characters."
	case utf8.RuneCountInString(p.OrderID) > 255:
		return "order_id must have at most 255 characters."
	case len(p.Metadata) > 50:
		return "metadata must have at most 50 entries."
	case p.ReturnURL != "" && !isWebAddress(p.ReturnURL):
		return "return_url must be an http or https address."
	case strings.ContainsRune(p.Reference+p.OrderID+p.ReturnURL, 0):
		return "texts must not hold the zero character."
	}
	for k, v := range p.Metadata {
		if utf8.RuneCountInString(k) > 40 || utf8.RuneCountInString(v) > 500 || strings.ContainsRune(k+v, 0) {
			return "metadata keys have at most 40 characters, values 500, and no zero character."
		}
	}
	return ""
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && utf8.RuneCountInString(s) <= 2000
}

// confirm returns the outcome of 3-D Secure. While there is none, the response stays
// open and the same key may be used again.
func (g *Gateway) confirm(r *http.Request) (response, error) {
	return g.change(r, &struct{}{}, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		switch {
		case p.Status == statusRequiresAction && p.NextAction.ExpiresAt.Before(time.Now()):
			return g.move(ctx, tx, p, eventDeclined,
				`status = 'declined', failure_code = 'authentication_expired'`, `status = 'requires_action'`)
		case p.Status == statusRequiresAction:
			a := encoded(http.StatusOK, p)
			a.open = true
			return a, nil
		case p.Status == statusVoided:
			return stateInvalid("A voided payment cannot be confirmed."), nil
		default:
			return encoded(http.StatusOK, p), nil
		}
	})
}

type amountParameters struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// capture captures what was authorised or a part of it, and voids the rest. It can be
// done once.
func (g *Gateway) capture(r *http.Request) (response, error) {
	var q amountParameters
	return g.change(r, &q, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		if a, ok := q.check(p); !ok {
			return a, nil
		}
		switch {
		case p.Status != statusAuthorized:
			return stateInvalid("Only an authorised payment can be captured, this one is " + p.Status + "."), nil
		case q.Amount > p.AmountAuthorized:
			return tooLarge("More would be captured than was authorised."), nil
		case tokens[p.token].captureFails:
			return refusal(http.StatusPaymentRequired, "capture_declined", "The bank refused the capture."), nil
		case tokens[p.token].disputes:
			return g.captureAndDispute(ctx, tx, p, q.Amount)
		}
		return g.move(ctx, tx, p, eventCaptured,
			`status = 'captured', captured_minor = $2`, `status = 'authorized' AND authorized_minor >= $2`, q.Amount)
	})
}

// void voids an authorisation.
func (g *Gateway) void(r *http.Request) (response, error) {
	return g.change(r, &struct{}{}, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		if p.Status != statusAuthorized && p.Status != statusRequiresAction {
			return stateInvalid("Only a payment before its capture can be voided, this one is " + p.Status + "."), nil
		}
		return g.move(ctx, tx, p, eventVoided, `status = 'voided'`, `status IN ('authorized', 'requires_action')`)
	})
}

// refund refunds a part of what was captured, until nothing is left.
func (g *Gateway) refund(r *http.Request) (response, error) {
	var q amountParameters
	return g.change(r, &q, func(ctx context.Context, tx pgx.Tx, p payment) (response, error) {
		if a, ok := q.check(p); !ok {
			return a, nil
		}
		switch {
		case p.Dispute != nil && p.Dispute.Status != disputeWon:
			return refusal(http.StatusUnprocessableEntity, "payment_disputed", "A disputed payment cannot be refunded."), nil
		case p.Status == statusRefunded || p.AmountCaptured > 0 && q.Amount > p.AmountCaptured-p.AmountRefunded:
			return tooLarge("More would be refunded than was captured."), nil
		case p.AmountCaptured == 0:
			return stateInvalid("Only a captured payment can be refunded, this one is " + p.Status + "."), nil
		}
		return g.recordRefund(ctx, tx, p, q.Amount)
	})
}

func (q amountParameters) check(p payment) (response, bool) {
	switch {
	case q.Amount <= 0:
		return refusal(http.StatusBadRequest, "parameter_invalid", "amount must be at least 1 minor unit."), false
	case q.Currency != p.Currency:
		return refusal(http.StatusUnprocessableEntity, "currency_mismatch", "The payment is in "+p.Currency+"."), false
	}
	return response{}, true
}

func stateInvalid(message string) response {
	return refusal(http.StatusUnprocessableEntity, "state_invalid", message)
}

func tooLarge(message string) response {
	return refusal(http.StatusUnprocessableEntity, "amount_too_large", message)
}

// change runs an effect on one payment. Its row is locked, so that two requests with
// different keys run one after the other.
func (g *Gateway) change(r *http.Request, parameters any, do func(context.Context, pgx.Tx, payment) (response, error)) (response, error) {
	if a, ok := parse(r, parameters); !ok {
		return a, nil
	}
	return g.idempotent(r, parameters, func(ctx context.Context, tx pgx.Tx, _ int) (response, error) {
		p, err := g.lockPayment(ctx, tx, r.PathValue("id"), g.baseURL(r))
		if errors.Is(err, pgx.ErrNoRows) {
			return paymentUnknown(), nil
		}
		if err != nil {
			return response{}, err
		}
		return do(ctx, tx, p)
	})
}

func paymentUnknown() response {
	return refusal(http.StatusNotFound, "payment_unknown", "There is no such payment.")
}

func (g *Gateway) show(r *http.Request) (response, error) {
	found, err := g.paymentsByID(r.Context(), g.pool, g.baseURL(r), r.PathValue("id"))
	if err != nil {
		return response{}, err
	}
	if len(found) == 0 {
		return paymentUnknown(), nil
	}
	return encoded(http.StatusOK, found[0]), nil
}

// page is a page of a list. NextCursor is set if there is another.
type page struct {
	Data       []payment `json:"data"`
	HasMore    bool      `json:"has_more"`
	NextCursor string    `json:"next_cursor,omitempty"`
}

const maxPage = 100

// list gives the payments of a reference, or those created after a moment,
// oldest first.
func (g *Gateway) list(r *http.Request) (response, error) {
	q := r.URL.Query()
	limit, ok := limitOf(q.Get("limit"))
	if !ok {
		return refusal(http.StatusBadRequest, "parameter_invalid", "limit must be between 1 and 100."), nil
	}
	since, ok := timeOf(q.Get("created_after"))
	if !ok {
		return refusal(http.StatusBadRequest, "parameter_invalid", "created_after must be a time as in RFC 3339."), nil
	}
	found, err := g.paymentsAfter(r.Context(), g.baseURL(r), q.Get("reference"), since, q.Get("cursor"), limit+1)
	if errors.Is(err, errCursor) {
		return refusal(http.StatusBadRequest, "parameter_invalid", "cursor is invalid."), nil
	}
	if err != nil {
		return response{}, fmt.Errorf("list payments: %w", err)
	}
	p := page{Data: found}
	if len(found) > limit {
		p.Data, p.HasMore, p.NextCursor = found[:limit], true, found[limit-1].ID
	}
	return encoded(http.StatusOK, p), nil
}

func limitOf(s string) (limit int, ok bool) {
	if s == "" {
		return maxPage, true
	}
	limit, err := strconv.Atoi(s)
	return limit, err == nil && limit >= 1 && limit <= maxPage
}

// timeOf parses a time; without one it is the beginning of time.
func timeOf(s string) (at time.Time, ok bool) {
	if s == "" {
		return time.Unix(0, 0), true
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	return at, err == nil
}

// baseURL is the URL that the customer's browser reaches this service by.
func (g *Gateway) baseURL(r *http.Request) string {
	if g.cfg.PublicURL != "" {
		return strings.TrimSuffix(g.cfg.PublicURL, "/")
	}
	return "http://" + r.Host
}
