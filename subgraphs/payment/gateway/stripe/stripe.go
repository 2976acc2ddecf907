// Package stripe is the client of Stripe: a payment is a PaymentIntent that is
// confirmed when it is created and captured by a request of its own.
//
// A request is sent once: repetitions are the caller's, with the same key. Nothing is
// logged here, since errors of Stripe can name what they are about.
package stripe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	api "github.com/stripe/stripe-go/v85"

	"cartograph/internal/money"
	"cartograph/internal/telemetry"
	"cartograph/subgraphs/payment/gateway"
)

// The metadata of a PaymentIntent, by which a payment is found again.
const (
	metaReference = "reference"
	metaOrder     = "order_id"
)

// challengeLife is how long a customer may take to approve a payment. Stripe sets no
// limit, so that one that is not approved by then is cancelled.
const challengeLife = 30 * time.Minute

// Stripe is a client of Stripe.
type Stripe struct {
	cfg       gateway.Config
	transport *http.Transport
	client    *api.Client
	now       func() time.Time
}

var _ gateway.Gateway = (*Stripe)(nil)

// New returns a client. Close it to release its connections.
func New(cfg gateway.Config) *Stripe {
	transport := &http.Transport{MaxIdleConnsPerHost: 32, IdleConnTimeout: 30 * time.Second}
	once := int64(0)
	backends := api.NewBackendsWithConfig(&api.BackendConfig{
		URL: api.String(strings.TrimSuffix(cfg.URL, "/")),
		HTTPClient: &http.Client{
			Timeout: cfg.Timeout, Transport: telemetry.Transport{Next: transport},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse // the API key goes nowhere else
			},
		},
		LeveledLogger: &api.LeveledLogger{Level: api.LevelNull}, MaxNetworkRetries: &once, EnableTelemetry: new(false),
	})
	return &Stripe{cfg: cfg, transport: transport, client: api.NewClient(cfg.APIKey, api.WithBackends(backends)), now: time.Now}
}

// Close releases idle connections.
func (s *Stripe) Close() { s.transport.CloseIdleConnections() }

// Authorize implements gateway.Gateway. The token is the id of a PaymentMethod ("pm_") or
// of a ConfirmationToken ("ctoken_"), as Stripe's elements make them.
func (s *Stripe) Authorize(ctx context.Context, r gateway.AuthorizeRequest) (gateway.Payment, error) {
	amount, currency, err := toStripe(r.Amount)
	if err != nil {
		return gateway.Payment{}, fmt.Errorf("authorise %s: %w", r.Reference, err)
	}
	q := &api.PaymentIntentCreateParams{
		Amount: &amount, Currency: &currency, Confirm: new(true), CaptureMethod: api.String("manual"),
		PaymentMethodTypes: []*string{api.String("card")},
		Metadata:           map[string]string{metaReference: r.Reference, metaOrder: r.OrderID},
	}
	switch {
	case strings.HasPrefix(r.Token, "pm_"):
		q.PaymentMethod = &r.Token
	case strings.HasPrefix(r.Token, "ctoken_"):
		q.ConfirmationToken = &r.Token
	default:
		return gateway.Payment{}, &gateway.RefusedError{Code: gateway.RefusedToken, Message: "The token is of no payment method."}
	}
	if r.ReturnURL != "" {
		q.ReturnURL = &r.ReturnURL
	}
	q.SetIdempotencyKey(r.Key)
	q.AddExpand("latest_charge")
	p, err := s.result(ctx)(s.client.V1PaymentIntents.Create(ctx, q))
	if err == nil && (p.Reference != r.Reference || p.Amount != r.Amount) {
		err = fmt.Errorf("%w: requested %s of %s, response is about %s of %s", gateway.ErrUnknown, r.Amount, r.Reference, p.Amount, p.Reference)
	}
	if err != nil {
		return gateway.Payment{}, fmt.Errorf("authorise %s: %w", r.Reference, err)
	}
	return p, nil
}

// Confirm implements gateway.Gateway.
func (s *Stripe) Confirm(ctx context.Context, gatewayID, key string) (gateway.Payment, error) {
	p, err := s.retrieve(ctx, gatewayID)
	if err != nil || p.Status != gateway.RequiresAction || s.now().Before(p.Action.ExpiresAt) {
		return p, err
	}
	return s.Void(ctx, gatewayID, key)
}

// Capture implements gateway.Gateway.
func (s *Stripe) Capture(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Payment, error) {
	minor, _, err := toStripe(amount)
	if err != nil {
		return gateway.Payment{}, fmt.Errorf("capture %s: %w", gatewayID, err)
	}
	q := &api.PaymentIntentCaptureParams{AmountToCapture: &minor}
	q.SetIdempotencyKey(key)
	q.AddExpand("latest_charge")
	return about(gatewayID)(s.result(ctx)(s.client.V1PaymentIntents.Capture(ctx, gatewayID, q)))
}

// Void implements gateway.Gateway.
func (s *Stripe) Void(ctx context.Context, gatewayID, key string) (gateway.Payment, error) {
	q := &api.PaymentIntentCancelParams{}
	q.SetIdempotencyKey(key)
	q.AddExpand("latest_charge")
	return about(gatewayID)(s.result(ctx)(s.client.V1PaymentIntents.Cancel(ctx, gatewayID, q)))
}

// Refund implements gateway.Gateway. A refund that is pending counts as made: the
// customer's bank takes days for it.
func (s *Stripe) Refund(ctx context.Context, gatewayID string, amount money.Money, key string) (gateway.Refund, error) {
	minor, currency, err := toStripe(amount)
	if err != nil {
		return gateway.Refund{}, fmt.Errorf("refund %s of %s: %w", amount, gatewayID, err)
	}
	q := &api.RefundCreateParams{PaymentIntent: &gatewayID, Amount: &minor}
	q.SetIdempotencyKey(key)
	made, err := s.client.V1Refunds.Create(ctx, q)
	switch {
	case err != nil:
		err = failure(err)
	case made.ID == "" || made.Amount != minor || string(made.Currency) != currency:
		err = fmt.Errorf("%w: response is about refund %q of %d", gateway.ErrUnknown, made.ID, made.Amount)
	case made.Status == api.RefundStatusFailed, made.Status == api.RefundStatusCanceled:
		err = &gateway.RefusedError{Code: cmp.Or(string(made.FailureReason), "refund_failed"), Message: "The refund failed."}
	}
	if err != nil {
		return gateway.Refund{}, fmt.Errorf("refund %s of %s: %w", amount, gatewayID, err)
	}
	p, err := s.retrieve(ctx, gatewayID)
	if err != nil {
		return gateway.Refund{}, err
	}
	return gateway.Refund{
		RefundDetails: gateway.RefundDetails{GatewayID: made.ID, Amount: amount, CreatedAt: time.Unix(made.Created, 0)}, Payment: p,
	}, nil
}

// SubmitEvidence implements gateway.Gateway.
func (s *Stripe) SubmitEvidence(ctx context.Context, disputeID, text, key string) (gateway.Payment, error) {
	q := &api.DisputeUpdateParams{Evidence: &api.DisputeUpdateEvidenceParams{UncategorizedText: &text}, Submit: new(true)}
	q.SetIdempotencyKey(key)
	return s.disputed(ctx, disputeID)(s.client.V1Disputes.Update(ctx, disputeID, q))
}

// AcceptDispute implements gateway.Gateway.
func (s *Stripe) AcceptDispute(ctx context.Context, disputeID, key string) (gateway.Payment, error) {
	q := &api.DisputeCloseParams{}
	q.SetIdempotencyKey(key)
	return s.disputed(ctx, disputeID)(s.client.V1Disputes.Close(ctx, disputeID, q))
}

// disputed returns the payment of a dispute that was changed.
func (s *Stripe) disputed(ctx context.Context, disputeID string) func(*api.Dispute, error) (gateway.Payment, error) {
	return func(d *api.Dispute, err error) (gateway.Payment, error) {
		if err != nil {
			err = failure(err)
			if no, ok := errors.AsType[*gateway.RefusedError](err); ok && no.Code != gateway.RefusedKey {
				no.Code = gateway.RefusedDispute
			}
			return gateway.Payment{}, fmt.Errorf("dispute %s: %w", disputeID, err)
		}
		if d.PaymentIntent == nil || d.ID != disputeID {
			return gateway.Payment{}, fmt.Errorf("dispute %s: %w: response is about %q", disputeID, gateway.ErrUnknown, d.ID)
		}
		return s.retrieve(ctx, d.PaymentIntent.ID)
	}
}

// Find implements gateway.Gateway. Without an id, Stripe's search finds a payment, up
// to a minute after it was made.
func (s *Stripe) Find(ctx context.Context, reference, gatewayID string) (gateway.Payment, bool, error) {
	if gatewayID != "" {
		p, err := s.retrieve(ctx, gatewayID)
		return p, err == nil, err
	}
	q := &api.PaymentIntentSearchParams{SearchParams: api.SearchParams{
		Query: fmt.Sprintf("metadata['%s']:'%s'", metaReference, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(reference)),
	}}
	for found, err := range s.client.V1PaymentIntents.Search(ctx, q).All(ctx) {
		if err != nil {
			return gateway.Payment{}, false, fmt.Errorf("find %s: %w", reference, failure(err))
		}
		p, err := s.retrieve(ctx, found.ID)
		return p, err == nil, err
	}
	return gateway.Payment{}, false, nil
}

func (s *Stripe) retrieve(ctx context.Context, gatewayID string) (gateway.Payment, error) {
	q := &api.PaymentIntentRetrieveParams{}
	q.AddExpand("latest_charge")
	return about(gatewayID)(s.result(ctx)(s.client.V1PaymentIntents.Retrieve(ctx, gatewayID, q)))
}

// about checks that an answer is about the payment that was named.
func about(gatewayID string) func(gateway.Payment, error) (gateway.Payment, error) {
	return func(p gateway.Payment, err error) (gateway.Payment, error) {
		if err == nil && p.GatewayID != gatewayID {
			err = fmt.Errorf("%w: response is about %s", gateway.ErrUnknown, p.GatewayID)
		}
		if err != nil {
			return gateway.Payment{}, fmt.Errorf("payment %s: %w", gatewayID, err)
		}
		return p, nil
	}
}

// result returns the payment of an answer. A card that was declined is an error of
// Stripe's, which has the PaymentIntent with it.
func (s *Stripe) result(ctx context.Context) func(*api.PaymentIntent, error) (gateway.Payment, error) {
	return func(intent *api.PaymentIntent, err error) (gateway.Payment, error) {
		if declined, ok := errors.AsType[*api.Error](err); ok && declined.Type == api.ErrorTypeCard && declined.PaymentIntent != nil &&
			declined.PaymentIntent.Status == api.PaymentIntentStatusRequiresPaymentMethod {
			intent, err = declined.PaymentIntent, nil
		}
		if err != nil {
			return gateway.Payment{}, failure(err)
		}
		p, err := paymentOf(intent)
		if err != nil || intent.LatestCharge == nil || !intent.LatestCharge.Disputed {
			return p, err
		}
		p.Disputes, err = s.disputesOf(ctx, intent.ID)
		return p, err
	}
}
