package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cartograph/internal/money"
	"cartograph/internal/telemetry"
)

// Simulator is a client of the gateway simulator.
type Simulator struct {
	cfg    Config
	client *http.Client
}

var _ Gateway = (*Simulator)(nil)

// NewSimulator returns a client. Close it to let go of its connections.
func NewSimulator(cfg Config) *Simulator {
	return &Simulator{
		cfg: cfg,
		client: &http.Client{
			Timeout:   cfg.Timeout,
			Transport: telemetry.Transport{Next: &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second}},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the API key goes nowhere else
			},
		},
	}
}

// Close lets go of idle connections.
func (s *Simulator) Close() { s.client.CloseIdleConnections() }

// Authorize implements Gateway.
func (s *Simulator) Authorize(ctx context.Context, r AuthorizeRequest) (Payment, error) {
	var w wirePayment
	err := s.post(ctx, "/v1/payments", r.Key, map[string]any{
		"amount":     r.Amount.Minor,
		"currency":   r.Amount.Currency,
		"token":      r.Token,
		"reference":  r.Reference,
		"order_id":   r.OrderID,
		"return_url": r.ReturnURL,
	}, &w)
	p, err := made(w, err)
	if err == nil && (p.Reference != r.Reference || p.Amount != r.Amount) {
		err = fmt.Errorf("%w: requested %s of %s, response is about %s of %s", ErrUnknown, r.Amount, r.Reference, p.Amount, p.Reference)
	}
	if err != nil {
		return Payment{}, fmt.Errorf("authorise %s: %w", r.Reference, err)
	}
	return p, nil
}

// Confirm implements Gateway.
func (s *Simulator) Confirm(ctx context.Context, gatewayID, key string) (Payment, error) {
	return s.change(ctx, "confirm", gatewayID, key, nil)
}

// Capture implements Gateway.
func (s *Simulator) Capture(ctx context.Context, gatewayID string, amount money.Money, key string) (Payment, error) {
	return s.change(ctx, "capture", gatewayID, key, wireAmount(amount))
}

// Void implements Gateway.
func (s *Simulator) Void(ctx context.Context, gatewayID, key string) (Payment, error) {
	return s.change(ctx, "void", gatewayID, key, nil)
}

func (s *Simulator) change(ctx context.Context, verb, gatewayID, key string, parameters map[string]any) (Payment, error) {
	var w wirePayment
	err := s.post(ctx, pathOf(gatewayID)+"/"+verb, key, parameters, &w)
	p, err := made(w, err)
	if err == nil && p.GatewayID != gatewayID {
		err = fmt.Errorf("%w: response is about %s", ErrUnknown, p.GatewayID)
	}
	if err != nil {
		return Payment{}, fmt.Errorf("%s %s: %w", verb, gatewayID, err)
	}
	return p, nil
}

// Refund implements Gateway.
func (s *Simulator) Refund(ctx context.Context, gatewayID string, amount money.Money, key string) (Refund, error) {
	var w wireRefundAnswer
	err := s.post(ctx, pathOf(gatewayID)+"/refunds", key, wireAmount(amount), &w)
	p, err := made(w.Payment, err)
	if err == nil && (p.GatewayID != gatewayID || w.ID == "" || w.Amount != amount.Minor || p.Amount.Currency != amount.Currency) {
		err = fmt.Errorf("%w: response is about refund %q of %d for %s", ErrUnknown, w.ID, w.Amount, p.GatewayID)
	}
	if err != nil {
		return Refund{}, fmt.Errorf("refund %s of %s: %w", amount, gatewayID, err)
	}
	return Refund{w.details(amount.Currency), p}, nil
}

// SubmitEvidence implements Gateway.
func (s *Simulator) SubmitEvidence(ctx context.Context, disputeID, text, key string) (Payment, error) {
	return s.changeDispute(ctx, "evidence", disputeID, key, map[string]any{"text": text})
}

// AcceptDispute implements Gateway.
func (s *Simulator) AcceptDispute(ctx context.Context, disputeID, key string) (Payment, error) {
	return s.changeDispute(ctx, "accept", disputeID, key, nil)
}

func (s *Simulator) changeDispute(ctx context.Context, verb, disputeID, key string, parameters map[string]any) (Payment, error) {
	var w wirePayment
	err := s.post(ctx, "/v1/disputes/"+url.PathEscape(disputeID)+"/"+verb, key, parameters, &w)
	p, err := made(w, err)
	if err == nil && (len(p.Disputes) == 0 || p.Disputes[0].ID != disputeID) {
		err = fmt.Errorf("%w: response is not about it", ErrUnknown)
	}
	if err != nil {
		return Payment{}, fmt.Errorf("%s of dispute %s: %w", verb, disputeID, err)
	}
	return p, nil
}

// Find implements Gateway.
func (s *Simulator) Find(ctx context.Context, reference, _ string) (Payment, bool, error) {
	var found Payment
	for cursor := ""; ; {
		page, err := s.list(ctx, url.Values{"reference": {reference}, "cursor": {cursor}})
		if err != nil {
			return Payment{}, false, fmt.Errorf("find %s: %w", reference, err)
		}
		for _, p := range page.Payments { // oldest first
			if found.GatewayID == "" || p.holdsMoney() || !found.holdsMoney() {
				found = p
			}
		}
		if cursor = page.Next; cursor == "" {
			return found, found.GatewayID != "", nil
		}
	}
}

// holdsMoney distinguishes a payment that still counts from one that came to nothing.
func (p Payment) holdsMoney() bool { return p.Status != Declined && p.Status != Voided }

// Page is a part of the list of all payments. Next is the cursor of the part
// that follows, empty at the end.
type Page struct {
	Payments []Payment
	Next     string
}

// List gives the payments created since a moment, oldest first, for those who
// compare them with ours. The first cursor is empty.
func (s *Simulator) List(ctx context.Context, since time.Time, cursor string) (Page, error) {
	page, err := s.list(ctx, url.Values{"created_after": {since.UTC().Format(time.RFC3339Nano)}, "cursor": {cursor}})
	if err != nil {
		return Page{}, fmt.Errorf("list payments: %w", err)
	}
	return page, nil
}

func (s *Simulator) list(ctx context.Context, query url.Values) (Page, error) {
	var w struct {
		Data       []wirePayment `json:"data"`
		NextCursor string        `json:"next_cursor"`
	}
	if err := s.do(ctx, http.MethodGet, "/v1/payments?"+query.Encode(), "", nil, &w); err != nil {
		return Page{}, err
	}
	page := Page{Next: w.NextCursor}
	for _, one := range w.Data {
		p, err := made(one, nil)
		if err != nil {
			return Page{}, err
		}
		page.Payments = append(page.Payments, p)
	}
	return page, nil
}

func pathOf(gatewayID string) string { return "/v1/payments/" + url.PathEscape(gatewayID) }

func wireAmount(m money.Money) map[string]any {
	return map[string]any{"amount": m.Minor, "currency": m.Currency}
}

func (s *Simulator) post(ctx context.Context, path, key string, parameters map[string]any, into any) error {
	body, err := json.Marshal(parameters)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	if parameters == nil {
		body = nil
	}
	return s.do(ctx, http.MethodPost, path, key, body, into)
}

// maxAnswer is more than a hundred payments take.
const maxAnswer = 4 << 20

// do sends once. Whatever is neither a readable success nor a final refusal is ErrUnknown.
func (s *Simulator) do(ctx context.Context, method, path, key string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.cfg.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.cfg.APIKey)
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(answer) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	if err != nil {
		return fmt.Errorf("%w: read the answer: %w", ErrUnknown, err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return refusal(resp.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%w: decode the answer: %w", ErrUnknown, err)
	}
	return nil
}

// refusal reads a refusal. Only one that names what it refuses is final, and only if
// it was decided about this request: not about our API key, the hour, or the
// same request being worked on.
func refusal(status int, body []byte) error {
	var w struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(body, &w); err != nil || w.Error.Code == "" {
		return fmt.Errorf("%w: status %d", ErrUnknown, status)
	}
	switch status {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return &RefusedError{w.Error.Code, w.Error.Message}
	case http.StatusNotFound:
		if w.Error.Code == RefusedPayment { // else the address is wrong, not the request
			return &RefusedError{w.Error.Code, w.Error.Message}
		}
	}
	return fmt.Errorf("%w: status %d, %s", ErrUnknown, status, w.Error.Code)
}
