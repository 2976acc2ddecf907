package payment

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"

	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

const (
	maxWebhook = 64 << 10
	provider   = "simulator"
)

// Webhooks takes what the gateway sends, at POST /webhooks/gateway. What it
// has signed is stored and answered at once; what it means is found out by
// asking the gateway, so that no order and no repetition matters. What is no
// news, because we have stored what followed from that version of the payment
// or a later one, is only answered.
func (s *Service) Webhooks() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhooks/gateway", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(s.takeWebhook(http.MaxBytesReader(w, r.Body, maxWebhook), r))
	})
	return mux
}

// takeWebhook stores an event and returns the status to answer with.
func (s *Service) takeWebhook(body io.Reader, r *http.Request) int {
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
		s.log.WarnContext(ctx, "webhook refused", "err", err)
		return http.StatusBadRequest
	case err != nil:
		s.log.WarnContext(ctx, "webhook refused", "err", err)
		return http.StatusUnauthorized
	}
	if s.seen.knows(e.Payment.Reference, e.Payment.Version) {
		return http.StatusOK // it says nothing new
	}
	_, err = db.New(s.pool).InsertWebhook(ctx, db.InsertWebhookParams{
		Provider: provider, EventID: e.ID, Type: string(e.Type), PaymentID: e.Payment.Reference,
	})
	if err != nil {
		s.log.ErrorContext(ctx, "store a webhook", "event_id", e.ID, "err", err)
		return http.StatusServiceUnavailable // it comes again
	}
	s.webhooks.kick()
	return http.StatusOK
}

// leaseWebhooks takes events that wait.
func (s *Service) leaseWebhooks(ctx context.Context, most int) ([]work, error) {
	rows, err := db.New(s.pool).LeaseWebhooks(ctx, db.LeaseWebhooksParams{Lease: s.cfg.Lease, Most: int32(most)}) //nolint:gosec // as many as there are workers
	if err != nil {
		return nil, err
	}
	works := make([]work, len(rows))
	for i, row := range rows {
		works[i] = func(ctx context.Context) error { return s.followHint(ctx, row) }
	}
	return works, nil
}

// followHint asks the gateway about the payment that an event hints at.
func (s *Service) followHint(ctx context.Context, e db.WebhookEvent) error {
	err := s.lookAndApply(ctx, e)
	ctx, cancel := detached(ctx)
	defer cancel()
	if err != nil {
		s.log.WarnContext(ctx, "webhook: look again later", "event_id", e.EventID, "payment_id", e.PaymentID, "err", err)
		return db.New(s.pool).PostponeWebhook(ctx, db.PostponeWebhookParams{Provider: e.Provider, EventID: e.EventID, After: backoff(e.Tries)})
	}
	return db.New(s.pool).WebhookHandled(ctx, db.WebhookHandledParams{Provider: e.Provider, EventID: e.EventID})
}

// lookAndApply ignores a payment that is none of ours: a gateway may serve
// several shops.
func (s *Service) lookAndApply(ctx context.Context, e db.WebhookEvent) error {
	ours, err := s.PaymentsByID(ctx, Everyone, []string{e.PaymentID})
	if err != nil {
		return err
	}
	if ours[0] == nil {
		s.log.InfoContext(ctx, "webhook for a payment that is not ours", "event_id", e.EventID, "payment_id", e.PaymentID)
		return nil
	}
	seen, err := s.look(ctx, e.PaymentID)
	if err != nil {
		return err
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	_, err = s.apply(ctx, e.PaymentID, seen, SourceWebhook)
	return err
}

// memory is which version of each payment, as the gateway counts them, was
// last applied here. It is kept for a while only; who is not sure asks the
// gateway. The zero memory is ready to use.
type memory struct {
	mu         sync.Mutex
	young, old map[string]int64 // by payment id
}

const generation = 8192 // payments

func (m *memory) note(paymentID string, version int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young == nil || len(m.young) >= generation {
		m.young, m.old = map[string]int64{}, m.young
	}
	m.young[paymentID] = max(version, m.young[paymentID])
}

func (m *memory) knows(paymentID string, version int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return version > 0 && version <= max(m.young[paymentID], m.old[paymentID])
}
