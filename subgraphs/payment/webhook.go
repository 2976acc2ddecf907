package payment

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/optional"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

const maxWebhook = 256 << 10 // an event may have the whole object

// Webhooks handles POST /webhooks/gateway.
//
// A webhook is a hint: it may be late, repeated, out of order, or older than what
// is stored. So its content is not applied. A signed event is stored and
// acknowledged at once, and a worker then reads the payment from the gateway and
// applies that; every event of a payment leads to the same state, in any order.
//
// An event whose payment version was applied already, by this process, is only
// acknowledged: most webhooks repeat what the answer to a request has shown.
func (s *Service) Webhooks() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/gateway", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(s.storeWebhook(http.MaxBytesReader(w, r.Body, maxWebhook), r))
	})
	return mux
}

// storeWebhook stores an event and returns the HTTP status of the answer. 503 makes
// the gateway send it again.
func (s *Service) storeWebhook(body io.Reader, r *http.Request) int {
	ctx := r.Context()
	raw, err := io.ReadAll(body)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return http.StatusBadRequest
	}
	e, err := s.gateway.ParseWebhook(r.Header, raw, s.now())
	switch {
	case errors.Is(err, gateway.ErrMalformed):
		s.log.WarnContext(ctx, "webhook rejected", "err", err)
		return http.StatusBadRequest
	case err != nil:
		s.log.WarnContext(ctx, "webhook rejected", "err", err)
		return http.StatusUnauthorized
	}
	if s.applied.covers(e.Payment.Reference, e.Payment.Version) {
		return http.StatusOK
	}
	paymentID, err := s.paymentOfEvent(ctx, e)
	if err == nil && paymentID == "" {
		return http.StatusOK // about no payment, or another shop's
	}
	if err == nil {
		_, err = db.New(s.pool).InsertWebhook(ctx, db.InsertWebhookParams{
			Provider: string(s.cfg.Provider), EventID: e.ID, Type: string(e.Type), PaymentID: paymentID,
		})
	}
	if err != nil {
		s.log.ErrorContext(ctx, "store webhook", "event_id", e.ID, "err", err)
		return http.StatusServiceUnavailable
	}
	s.webhooks.ready.Notify()
	return http.StatusOK
}

// paymentOfEvent is our id of the payment that an event is about: some events have only
// the gateway's. It is empty if there is none.
func (s *Service) paymentOfEvent(ctx context.Context, e gateway.Event) (string, error) {
	if e.Payment.Reference != "" || e.Payment.GatewayID == "" {
		return e.Payment.Reference, nil
	}
	paymentID, err := db.New(s.pool).PaymentByGatewayID(ctx, e.Payment.GatewayID)
	if errors.Is(err, pgx.ErrNoRows) {
		s.log.InfoContext(ctx, "webhook for unknown payment", "event_id", e.ID)
		return "", nil
	}
	return paymentID, err
}

// leaseWebhooks leases events that are due.
func (s *Service) leaseWebhooks(ctx context.Context, limit int) ([]task, error) {
	rows, err := db.New(s.pool).LeaseWebhooks(ctx, db.LeaseWebhooksParams{Lease: s.cfg.Lease, MaxRows: int32(limit)}) //nolint:gosec // bounded by Workers
	if err != nil {
		return nil, err
	}
	tasks := make([]task, len(rows))
	for i, row := range rows {
		tasks[i] = func(ctx context.Context) error { return s.handleWebhook(ctx, row) }
	}
	return tasks, nil
}

// handleWebhook refreshes the payment of an event and marks the event as handled,
// in this order: after a crash between the two it is handled again.
func (s *Service) handleWebhook(ctx context.Context, e db.WebhookEvent) error {
	err := s.refreshFromGateway(ctx, e)
	ctx, cancel := detached(ctx)
	defer cancel()
	if err != nil {
		s.log.WarnContext(ctx, "webhook not handled, retrying", "event_id", e.EventID, "payment_id", e.PaymentID, "err", err)
		return db.New(s.pool).PostponeWebhook(ctx, db.PostponeWebhookParams{Provider: e.Provider, EventID: e.EventID, Delay: backoff(e.Tries)})
	}
	return db.New(s.pool).MarkWebhookHandled(ctx, db.MarkWebhookHandledParams{Provider: e.Provider, EventID: e.EventID})
}

// refreshFromGateway applies a payment's state at the gateway. A payment that is not
// stored here is ignored: the gateway account may serve other shops.
func (s *Service) refreshFromGateway(ctx context.Context, e db.WebhookEvent) error {
	found, err := s.PaymentsByID(ctx, Everyone, []string{e.PaymentID})
	if err != nil {
		return err
	}
	if found[0] == nil {
		s.log.InfoContext(ctx, "webhook for unknown payment", "event_id", e.EventID, "payment_id", e.PaymentID)
		return nil
	}
	observed, err := s.findAtGateway(ctx, e.PaymentID, optional.Value(found[0].GatewayReference))
	if err != nil {
		return err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	transitions, err := s.apply(ctx, e.PaymentID, observed, SourceWebhook)
	if n := len(transitions); n > 0 {
		s.reportLater(ctx, transitions[n-1].After)
	}
	return err
}

// versionCache has the version of each payment, as counted by the gateway,
// that this process has applied last. It is bounded: a version that is not covered
// costs a call to the gateway, never correctness. The zero value is ready to use.
//
// It holds two generations. When the young one is full it becomes the old one,
// and the former old one is dropped: between one and two generations of payments
// are kept without a list in order of use.
type versionCache struct {
	mu         sync.Mutex
	young, old map[string]int64 // by payment id
}

const generation = 8192 // payments

// store records a version. A version older than the recorded one does not replace
// it: answers arrive out of order.
func (c *versionCache) store(paymentID string, version int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= generation {
		c.young, c.old = map[string]int64{}, c.young
	}
	c.young[paymentID] = max(version, c.young[paymentID])
}

// covers reports whether this version or a later one was applied.
func (c *versionCache) covers(paymentID string, version int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return version > 0 && version <= max(c.young[paymentID], c.old[paymentID])
}
