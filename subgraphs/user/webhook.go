package user

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/fetch"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user/db"
)

const (
	maxWebhookEndpoints = 10 // of one owner
	maxWebhookURL       = 2000
	webhookScope        = "webhooks:manage"
	// webhookService is the only caller that gets the secrets of endpoints.
	webhookService = "webhook"
)

// WebhookEndpoint is where a partner wants events. Its owner is the API client or user
// that created it.
type WebhookEndpoint struct {
	ID        string
	URL       string
	Events    []string
	Active    bool
	CreatedAt time.Time

	PayloadQuery        *string
	PreviousSecretUntil *time.Time
}

// WebhookEndpointInput is the complete definition of an endpoint.
type WebhookEndpointInput struct {
	URL    string
	Events []string
	Active *bool // nil: true

	PayloadQuery *string // nil: events are delivered as they are
}

// PayloadQueries runs queries at the router.
type PayloadQueries interface {
	Run(ctx context.Context, accessToken, query, id string) (json.RawMessage, error)
}

// WebhookEventType is a type of event that the caller can subscribe to.
type WebhookEventType struct {
	Name        string
	Description string
	Scopes      []string // of which one is required; empty: the event is public
	Sample      any      // the CloudEvent as it is delivered to those who see customers
}

// Deliveries is what the webhook service offers.
type Deliveries interface {
	ListWebhookStates(ctx context.Context, req *rpcv1.ListWebhookStatesRequest) (*rpcv1.ListWebhookStatesResponse, error)
	ListWebhookDeliveries(ctx context.Context, req *rpcv1.ListWebhookDeliveriesRequest) (*rpcv1.ListWebhookDeliveriesResponse, error)
	ReplayWebhookDelivery(ctx context.Context, req *rpcv1.ReplayWebhookDeliveryRequest) (*rpcv1.ReplayWebhookDeliveryResponse, error)
	TestWebhookEndpoint(ctx context.Context, req *rpcv1.TestWebhookEndpointRequest) (*rpcv1.TestWebhookEndpointResponse, error)
}

// Webhooks implements the use cases of webhook endpoints.
type Webhooks struct {
	*Service
	deliveries   Deliveries
	queries      PayloadQueries
	allowPrivate bool
}

// NewWebhooks returns the use cases. Endpoints at private addresses, and without TLS, are
// for demos.
func NewWebhooks(s *Service, deliveries Deliveries, queries PayloadQueries, allowPrivate bool) *Webhooks {
	return &Webhooks{s, deliveries, queries, allowPrivate}
}

// checked converts the input to a row without ID and secret.
func (w *Webhooks) checked(ctx context.Context, in WebhookEndpointInput) (db.WebhookEndpoint, error) {
	caller := auth.From(ctx)
	var c checks
	if !w.reachable(in.URL) {
		c.add(fault.Localized(fault.Invalid, "webhook.url", message.Args{"limit": maxWebhookURL}), "input", "url")
	}
	if len(in.Events) == 0 {
		c.add(fault.Localized(fault.Invalid, "webhook.no_events"), "input", "events")
	}
	for i, name := range in.Events {
		c.add(subscribable(caller, name), "input", "events", strconv.Itoa(i))
	}
	query := optional.Of(strings.TrimSpace(optional.Value(in.PayloadQuery)))
	if err := c.err(); err != nil || query == nil {
		return definitionOf(in, query, caller), err
	}
	return definitionOf(in, query, caller), w.checkQuery(ctx, *query, caller.Actor)
}

func definitionOf(in WebhookEndpointInput, query *string, caller auth.Caller) db.WebhookEndpoint {
	return db.WebhookEndpoint{
		OwnerID: caller.ID, URL: in.URL, PayloadQuery: query, EventTypes: slices.Compact(slices.Sorted(slices.Values(in.Events))),
		Active: in.Active == nil || *in.Active,
	}
}

// subscribable returns why the caller cannot get events of a type.
func subscribable(caller auth.Caller, name string) *fault.Error {
	partner, known := event.PartnerEventOf(name)
	switch {
	case !known:
		return fault.Localized(fault.Invalid, "webhook.unknown_event_type")
	case !partner.Open(caller.Actor):
		return fault.Localized(fault.Invalid, "webhook.event_not_open", message.Args{"scope": partner.Scope})
	default:
		return nil
	}
}

// reachable refuses addresses to which no delivery is ever made. What a name leads to is
// checked at each connection.
func (w *Webhooks) reachable(address string) bool {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxWebhookURL || u.Fragment != "" || fetch.CheckURL(u, w.allowPrivate) != nil {
		return false
	}
	if w.allowPrivate {
		return true
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if ip, err := netip.ParseAddr(host); err == nil && !fetch.Public(ip) {
		return false
	}
	return u.Scheme == "https" && host != "localhost" && !strings.HasSuffix(host, ".localhost")
}

// newSigningSecret returns a secret in the form of the Standard Webhooks specification.
func newSigningSecret() string {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(secret)
}

// Create creates an endpoint of the caller and returns it with its signing secret, which
// cannot be read again.
func (w *Webhooks) Create(ctx context.Context, in WebhookEndpointInput) (*WebhookEndpoint, string, error) {
	caller := auth.From(ctx)
	row, err := w.checked(ctx, in)
	if err != nil {
		return nil, "", err
	}
	row.ID, row.Secret, row.CreatedAt = id.New(id.WebhookEndpoint), newSigningSecret(), w.Now()
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockWebhookEndpoints(ctx, row.OwnerID); err != nil {
			return err
		}
		created, err := q.CreateWebhookEndpoint(ctx, db.CreateWebhookEndpointParams{
			ID: row.ID, OwnerID: row.OwnerID, URL: row.URL, EventTypes: row.EventTypes, Active: row.Active, PayloadQuery: row.PayloadQuery, Secret: row.Secret,
			Now: row.CreatedAt, Most: maxWebhookEndpoints,
		})
		if err != nil {
			return err
		}
		if len(created) == 0 {
			return fault.Localized(fault.Invalid, "webhook.endpoint_limit", message.Args{"limit": maxWebhookEndpoints})
		}
		return w.saved(ctx, tx, created[0], caller)
	})
	if err != nil {
		return nil, "", fmt.Errorf("create webhook endpoint: %w", err)
	}
	return webhookEndpointOf(row), row.Secret, nil
}

// Update replaces the definition of one of the caller's endpoints, and ends a pause of
// its deliveries.
func (w *Webhooks) Update(ctx context.Context, endpointID string, in WebhookEndpointInput) (*WebhookEndpoint, error) {
	caller := auth.From(ctx)
	if id.PrefixOf(endpointID) != id.WebhookEndpoint {
		return nil, webhookEndpointNotFound("id")
	}
	row, err := w.checked(ctx, in)
	if err != nil {
		return nil, err
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		row, err = db.New(tx).UpdateWebhookEndpoint(ctx, db.UpdateWebhookEndpointParams{
			ID: endpointID, OwnerID: caller.ID, URL: row.URL, EventTypes: row.EventTypes, Active: row.Active, PayloadQuery: row.PayloadQuery,
		})
		if err != nil {
			return err
		}
		return w.saved(ctx, tx, row, caller)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, webhookEndpointNotFound("id")
	}
	if err != nil {
		return nil, fmt.Errorf("update webhook endpoint %s: %w", endpointID, err)
	}
	return webhookEndpointOf(row), nil
}

// saved publishes the definition. The address may have a secret: the log has its host.
func (w *Webhooks) saved(ctx context.Context, tx pgx.Tx, row db.WebhookEndpoint, owner auth.Caller) error {
	err := outbox.Write(ctx, tx, event.WebhookEndpointChanged{
		EndpointID: row.ID, OwnerID: row.OwnerID, Scopes: slices.Concat([]string{}, owner.Scopes), EventTypes: row.EventTypes,
		Active: row.Active, Version: row.Version,
	})
	if err != nil {
		return err
	}
	host := ""
	if u, err := url.Parse(row.URL); err == nil {
		host = u.Host
	}
	return w.audit(ctx, db.New(tx), audit.WebhookSaved, row.ID, nil, audit.Values{"host": host, "events": row.EventTypes, "active": row.Active})
}

// Delete deletes one of the caller's endpoints with the log of its deliveries.
func (w *Webhooks) Delete(ctx context.Context, endpointID string) error {
	if id.PrefixOf(endpointID) != id.WebhookEndpoint {
		return webhookEndpointNotFound("id")
	}
	err := w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		row, err := db.New(tx).DeleteWebhookEndpoint(ctx, db.DeleteWebhookEndpointParams{ID: endpointID, OwnerID: auth.From(ctx).ID})
		if err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, event.WebhookEndpointDeleted{EndpointID: row.ID}); err != nil {
			return err
		}
		return w.audit(ctx, db.New(tx), audit.WebhookDeleted, row.ID, audit.Values{"events": row.EventTypes}, nil)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return webhookEndpointNotFound("id")
	}
	if err != nil {
		return fmt.Errorf("delete webhook endpoint %s: %w", endpointID, err)
	}
	return nil
}

// deleteWebhooks deletes the endpoints of an owner that loses the right to have any.
func deleteWebhooks(ctx context.Context, tx pgx.Tx, ownerID string) error {
	deleted, err := db.New(tx).DeleteWebhookEndpointsOfOwner(ctx, ownerID)
	if err != nil {
		return err
	}
	for _, endpointID := range deleted {
		if err := outbox.Write(ctx, tx, event.WebhookEndpointDeleted{EndpointID: endpointID}); err != nil {
			return err
		}
	}
	return nil
}

// Endpoints are the caller's, the oldest first.
func (w *Webhooks) Endpoints(ctx context.Context) ([]*WebhookEndpoint, error) {
	rows, err := db.New(w.pool).WebhookEndpointsOfOwner(ctx, auth.From(ctx).ID)
	if err != nil {
		return nil, fmt.Errorf("webhook endpoints: %w", err)
	}
	endpoints := make([]*WebhookEndpoint, len(rows))
	for i, r := range rows {
		endpoints[i] = webhookEndpointOf(r)
	}
	return endpoints, nil
}

// endpoint is one of the caller's.
func (w *Webhooks) endpoint(ctx context.Context, endpointID, argument string) (*WebhookEndpoint, error) {
	if id.PrefixOf(endpointID) != id.WebhookEndpoint {
		return nil, webhookEndpointNotFound(argument)
	}
	row, err := db.New(w.pool).WebhookEndpointOfOwner(ctx, db.WebhookEndpointOfOwnerParams{ID: endpointID, OwnerID: auth.From(ctx).ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, webhookEndpointNotFound(argument)
	}
	if err != nil {
		return nil, fmt.Errorf("webhook endpoint %s: %w", endpointID, err)
	}
	return webhookEndpointOf(row), nil
}

// EventTypes are all types that webhooks deliver.
func (w *Webhooks) EventTypes(context.Context) ([]*WebhookEventType, error) {
	var types []*WebhookEventType
	for _, p := range event.PartnerEvents() {
		sample, err := event.Sample(p.Type())
		if err != nil {
			return nil, err
		}
		t := &WebhookEventType{Name: p.Type(), Description: p.Description, Scopes: []string{}}
		encoded, err := json.Marshal(sample.ForPartners())
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(encoded, &t.Sample); err != nil {
			return nil, err
		}
		for _, scope := range []string{p.Scope, p.OwnScope} {
			if scope != "" {
				t.Scopes = append(t.Scopes, scope)
			}
		}
		types = append(types, t)
	}
	return types, nil
}

func rolesOf(names []string) []Role {
	roles := make([]Role, len(names))
	for i, n := range names {
		roles[i] = Role(n)
	}
	return roles
}

func webhookEndpointOf(r db.WebhookEndpoint) *WebhookEndpoint {
	return &WebhookEndpoint{
		ID: r.ID, URL: r.URL, Events: r.EventTypes, Active: r.Active, CreatedAt: r.CreatedAt, PayloadQuery: r.PayloadQuery, PreviousSecretUntil: r.PreviousUntil,
	}
}

func webhookEndpointNotFound(argument string) *fault.Error {
	return fault.Localized(fault.NotFound, "webhook.endpoint_not_found").At(argument)
}
