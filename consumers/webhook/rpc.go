package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/consumers/webhook/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/pg"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	maxPage        = 100
	testsPerMinute = 10 // of an endpoint
	attemptsShown  = 10
)

// Server implements the WebhookDeliveries RPC service.
type Server struct{ worker *Worker }

// NewServer returns the implementation for the Connect handlers.
func NewServer(w *Worker) *Server { return &Server{w} }

// ListWebhookStates returns how deliveries to endpoints of the owners go.
func (s *Server) ListWebhookStates(ctx context.Context, req *rpcv1.ListWebhookStatesRequest) (*rpcv1.ListWebhookStatesResponse, error) {
	rows, err := db.New(s.worker.pool).EndpointStates(ctx, db.EndpointStatesParams{EndpointIDs: req.GetEndpointIds(), OwnerIDs: req.GetOwnerIds()})
	if err != nil {
		return nil, fmt.Errorf("states of webhook endpoints: %w", err)
	}
	res := &rpcv1.ListWebhookStatesResponse{}
	for _, r := range rows {
		state := &rpcv1.WebhookState{EndpointId: r.ID, ConsecutiveFailures: r.ConsecutiveFailures, LastError: r.LastError, Gone: r.Gone}
		if r.PausedUntil != nil && r.PausedUntil.After(time.Now()) {
			state.PausedUntil = timestamppb.New(*r.PausedUntil)
		}
		res.States = append(res.States, state)
	}
	return res, nil
}

// ListWebhookDeliveries returns a page of an endpoint's deliveries, with their last
// attempts. Of another's endpoint it is empty.
func (s *Server) ListWebhookDeliveries(ctx context.Context, req *rpcv1.ListWebhookDeliveriesRequest) (*rpcv1.ListWebhookDeliveriesResponse, error) {
	q := db.New(s.worker.pool)
	rows, err := q.PageOfDeliveries(ctx, db.PageOfDeliveriesParams{
		EndpointID: req.GetEndpointId(), OwnerIDs: req.GetOwnerIds(), Status: req.GetStatus(), Before: req.GetBefore(), Most: min(max(req.GetLimit(), 1), maxPage+1),
	})
	if err != nil {
		return nil, fmt.Errorf("deliveries of %s: %w", req.GetEndpointId(), err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	attempts, err := q.AttemptsOf(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("attempts of deliveries: %w", err)
	}
	logs := map[string][]*rpcv1.WebhookAttempt{}
	for _, a := range attempts {
		if len(logs[a.DeliveryID]) < attemptsShown {
			logs[a.DeliveryID] = append(logs[a.DeliveryID], &rpcv1.WebhookAttempt{
				At: timestamppb.New(a.At), ResponseStatus: a.ResponseStatus, Error: a.Error, DurationMs: a.DurationMs, PayloadError: a.PayloadError,
			})
		}
	}
	res := &rpcv1.ListWebhookDeliveriesResponse{}
	for _, r := range rows {
		d := &rpcv1.WebhookDelivery{
			Id: r.ID, Position: r.Position, EventId: r.EventID, EventType: r.EventType, SubjectId: r.Subject, Sequence: r.Sequence,
			Status: r.Status, Attempts: r.Attempts, ResponseStatus: r.ResponseStatus, LastError: r.LastError,
			CreatedAt: timestamppb.New(r.CreatedAt), Test: r.Test, Log: logs[r.ID],
		}
		if r.EndedAt == nil {
			d.NextAttemptAt = timestamppb.New(r.DueAt)
		}
		res.Deliveries = append(res.Deliveries, d)
	}
	return res, nil
}

// ReplayWebhookDelivery makes a delivery that ended due again, for another 24 hours.
func (s *Server) ReplayWebhookDelivery(ctx context.Context, req *rpcv1.ReplayWebhookDeliveryRequest) (*rpcv1.ReplayWebhookDeliveryResponse, error) {
	endpoint, err := db.New(s.worker.pool).Replay(ctx, db.ReplayParams{
		ID: req.GetDeliveryId(), OwnerIDs: req.GetOwnerIds(), Seconds: int32(retention / time.Second),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.Localized(fault.NotFound, "webhook.delivery_not_found")
	}
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", req.GetDeliveryId(), err)
	}
	s.worker.due.Notify()
	return &rpcv1.ReplayWebhookDeliveryResponse{EndpointId: endpoint}, nil
}

// TestWebhookEndpoint stores the delivery of a sample, which is sent once. The sample has
// an ID and a subject of its own, so that it waits for no event.
func (s *Server) TestWebhookEndpoint(ctx context.Context, req *rpcv1.TestWebhookEndpointRequest) (*rpcv1.TestWebhookEndpointResponse, error) {
	e, err := event.Sample(req.GetEventType())
	if err != nil {
		return nil, fault.Localized(fault.Invalid, "webhook.unknown_event_type")
	}
	e.ID = id.New(id.Event)
	err = pg.InTx(ctx, s.worker.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		known, err := q.HasEndpoint(ctx, db.HasEndpointParams{EndpointID: req.GetEndpointId(), OwnerIDs: req.GetOwnerIds()})
		if err != nil {
			return err
		}
		if !known {
			return fault.Localized(fault.NotFound, "webhook.endpoint_not_found")
		}
		if err := storeEvent(ctx, tx, e, ""); err != nil {
			return err
		}
		created, err := q.CreateTest(ctx, db.CreateTestParams{
			ID: id.New(id.WebhookDelivery), EndpointID: req.GetEndpointId(), OwnerIDs: req.GetOwnerIds(), EventID: e.ID, EventType: e.Type,
			Subject: "test " + e.ID, Sequence: e.Sequence, Seconds: int32(retention / time.Second), Most: testsPerMinute,
		})
		if err == nil && created == 0 {
			return fault.Localized(fault.RateLimited, "webhook.too_many_tests")
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("test %s: %w", req.GetEndpointId(), err)
	}
	s.worker.due.Notify()
	return &rpcv1.TestWebhookEndpointResponse{}, nil
}
