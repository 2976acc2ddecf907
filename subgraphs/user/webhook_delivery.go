package user

import (
	"context"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/subgraph"
)

// WebhookHealth is how deliveries to an endpoint go.
type WebhookHealth struct {
	ConsecutiveFailures int
	PausedUntil         *time.Time
	Gone                bool
	LastError           *string
}

// WebhookStatus is the state of a delivery.
type WebhookStatus string

// The states.
const (
	WebhookPending   WebhookStatus = "PENDING"
	WebhookSucceeded WebhookStatus = "SUCCEEDED"
	WebhookRetrying  WebhookStatus = "RETRYING"
	WebhookFailed    WebhookStatus = "FAILED"
)

// WebhookDelivery is an event on its way to an endpoint.
type WebhookDelivery struct {
	ID             string
	position       int64
	EventID        string
	EventType      string
	SubjectID      string
	Sequence       int64
	Test           bool
	Status         WebhookStatus
	Attempts       int
	ResponseStatus *int
	LastError      *string
	NextAttemptAt  *time.Time
	CreatedAt      time.Time
	Log            []*WebhookAttempt
}

// WebhookAttempt is one request.
type WebhookAttempt struct {
	At             time.Time
	ResponseStatus *int
	Error          *string
	PayloadError   *string
	DurationMs     int
}

// WebhookDeliveryPage is a page of an endpoint's deliveries, the latest first.
type WebhookDeliveryPage struct {
	Nodes    []*WebhookDelivery
	Edges    []WebhookDeliveryEdge
	PageInfo subgraph.PageInfo
}

// WebhookDeliveryEdge is a delivery of a page and its cursor.
type WebhookDeliveryEdge struct {
	Cursor string
	Node   *WebhookDelivery
}

const sortWebhookDeliveries = "webhook-deliveries"

func (d *WebhookDelivery) cursor() string {
	return subgraph.EncodeCursor(sortWebhookDeliveries, d.position)
}

// Healths are how deliveries to endpoints of the caller go, in their order; nil while the
// webhook service does not answer, and for one that it does not have yet.
func (w *Webhooks) Healths(ctx context.Context, endpoints []*WebhookEndpoint) ([]*WebhookHealth, error) {
	healths, req := make([]*WebhookHealth, len(endpoints)), &rpcv1.ListWebhookStatesRequest{OwnerIds: []string{auth.From(ctx).ID}}
	for _, e := range endpoints {
		req.EndpointIds = append(req.EndpointIds, e.ID)
	}
	res, err := w.deliveries.ListWebhookStates(ctx, req)
	if fault.KindOf(err) == fault.Unavailable {
		w.log.WarnContext(ctx, "webhook service does not answer, endpoints are shown without their state", "err", err)
		return healths, nil
	}
	if err != nil {
		return nil, err
	}
	for i, e := range endpoints {
		for _, s := range res.GetStates() {
			if s.GetEndpointId() != e.ID {
				continue
			}
			h := &WebhookHealth{ConsecutiveFailures: int(s.GetConsecutiveFailures()), Gone: s.GetGone(), LastError: optional.Of(s.GetLastError())}
			if s.GetPausedUntil() != nil {
				h.PausedUntil = new(s.GetPausedUntil().AsTime())
			}
			healths[i] = h
		}
	}
	return healths, nil
}

// Failures are the numbers of attempts that failed since the last success, as Healths has
// them.
func (w *Webhooks) Failures(ctx context.Context, endpoints []*WebhookEndpoint) ([]*int, error) {
	failures := make([]*int, len(endpoints))
	healths, err := w.Healths(ctx, endpoints)
	for i, h := range healths {
		if h != nil {
			failures[i] = &h.ConsecutiveFailures
		}
	}
	return failures, err
}

// Log is a page of the deliveries to one of the caller's endpoints.
func (w *Webhooks) Log(ctx context.Context, e *WebhookEndpoint, first *int, after *string, status *WebhookStatus) (*WebhookDeliveryPage, error) {
	size, err := subgraph.First(first, defaultStaffPage)
	if err != nil {
		return nil, err
	}
	var last int64
	given, err := subgraph.DecodeCursor(after, sortWebhookDeliveries, &last)
	if err != nil {
		return nil, err
	}
	res, err := w.deliveries.ListWebhookDeliveries(ctx, &rpcv1.ListWebhookDeliveriesRequest{
		EndpointId: e.ID, OwnerIds: []string{auth.From(ctx).ID}, Status: string(optional.Value(status)), Before: last, Limit: int32(size + 1), //nolint:gosec // at most 101
	})
	if err != nil {
		return nil, err
	}
	found := make([]*WebhookDelivery, len(res.GetDeliveries()))
	for i, d := range res.GetDeliveries() {
		found[i] = webhookDeliveryOf(d)
	}
	page := &WebhookDeliveryPage{}
	page.Nodes, page.PageInfo = subgraph.Page(found, size, given, (*WebhookDelivery).cursor)
	for _, d := range page.Nodes {
		page.Edges = append(page.Edges, WebhookDeliveryEdge{Cursor: d.cursor(), Node: d})
	}
	return page, nil
}

func webhookDeliveryOf(d *rpcv1.WebhookDelivery) *WebhookDelivery {
	of := &WebhookDelivery{
		ID: d.GetId(), position: d.GetPosition(), EventID: d.GetEventId(), EventType: d.GetEventType(), SubjectID: d.GetSubjectId(),
		Sequence: d.GetSequence(), Test: d.GetTest(), Status: WebhookStatus(d.GetStatus()), Attempts: int(d.GetAttempts()),
		ResponseStatus: optional.Of(int(d.GetResponseStatus())), LastError: optional.Of(d.GetLastError()), CreatedAt: d.GetCreatedAt().AsTime(),
		Log: []*WebhookAttempt{},
	}
	if d.GetNextAttemptAt() != nil {
		of.NextAttemptAt = new(d.GetNextAttemptAt().AsTime())
	}
	for _, a := range d.GetLog() {
		of.Log = append(of.Log, &WebhookAttempt{
			At: a.GetAt().AsTime(), ResponseStatus: optional.Of(int(a.GetResponseStatus())), Error: optional.Of(a.GetError()),
			PayloadError: optional.Of(a.GetPayloadError()), DurationMs: int(a.GetDurationMs()),
		})
	}
	return of
}

// Replay delivers an event to one of the caller's endpoints again.
func (w *Webhooks) Replay(ctx context.Context, deliveryID string) (*WebhookEndpoint, error) {
	missing := fault.Localized(fault.NotFound, "webhook.delivery_not_found").At("deliveryId")
	if id.PrefixOf(deliveryID) != id.WebhookDelivery {
		return nil, missing
	}
	res, err := w.deliveries.ReplayWebhookDelivery(ctx, &rpcv1.ReplayWebhookDeliveryRequest{DeliveryId: deliveryID, OwnerIds: []string{auth.From(ctx).ID}})
	if fault.KindOf(err) == fault.NotFound {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	return w.endpoint(ctx, res.GetEndpointId(), "deliveryId")
}

// Test delivers a sample to one of the caller's endpoints.
func (w *Webhooks) Test(ctx context.Context, endpointID, eventType string) (*WebhookEndpoint, error) {
	e, err := w.endpoint(ctx, endpointID, "endpointId")
	if err != nil {
		return nil, err
	}
	if f := subscribable(auth.From(ctx), eventType); f != nil {
		return nil, f.At("eventType")
	}
	_, err = w.deliveries.TestWebhookEndpoint(ctx, &rpcv1.TestWebhookEndpointRequest{
		EndpointId: e.ID, OwnerIds: []string{auth.From(ctx).ID}, EventType: eventType,
	})
	if fault.KindOf(err) == fault.NotFound { // its definition is on the way
		return nil, fault.Localized(fault.Unavailable, "common.unavailable")
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}
