package user

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

// Bounds of API clients.
const (
	maxAPIClients     = 500 // not revoked
	maxRatePerMinute  = 1_000_000
	defaultRate       = 60_000
	apiKeyPrefix      = "ck_live_"
	lastUsedPrecision = time.Hour
	maxKeyOverlap     = 7 * 24 // hours
)

// APIClient is a program of a partner with a key of its own. The key is returned
// once, at creation or rotation, and stored as a hash.
type APIClient struct {
	ID                 string
	Name               string
	Scopes             []string
	RateLimitPerMinute int // of cost
	CreatedAt          time.Time
	LastUsedAt         *time.Time // to the hour
	previousUntil      *time.Time
}

// PreviousSecretUntil is when the key before the present one stops working; nil if it
// does not work.
func (c *APIClient) PreviousSecretUntil() *time.Time {
	if c.previousUntil == nil || !c.previousUntil.After(time.Now()) {
		return nil
	}
	return c.previousUntil
}

// APIClientInput is the input of CreateAPIClient.
type APIClientInput struct {
	Name               string
	Scopes             []string
	RateLimitPerMinute *int // nil: 60,000
}

// grantableScopes are those that an API client may have: the scopes that open a
// field, by @requiresScopes in the schema or by a check in a service. Managing
// accounts and granting rights are reserved for people. customers:read reveals who
// the customers of visible orders and carts are; without it they are anonymous.
func grantableScopes() []string {
	return []string{
		"cart:read", "carts:read", "catalog:manage", "catalog:write", "customers:read", "inventory:read", "inventory:write",
		"orders:fulfill", "orders:read", "orders:read:own", "payments:read", "pricing:write", "webhooks:manage",
	}
}

// checked converts the input to a row without ID and secret. A caller cannot grant
// a scope that they do not have themselves.
func (d APIClientInput) checked(caller auth.Caller) (db.APIClient, error) {
	var c checks
	row := db.APIClient{Name: c.line(d.Name, "name", 1, "input", "name"), RatePerMinute: defaultRate}
	if rate := d.RateLimitPerMinute; rate != nil {
		if *rate < 1 || *rate > maxRatePerMinute {
			c.add(fault.Localized(fault.Invalid, "user.api_client_rate", message.Args{"limit": maxRatePerMinute}), "input", "rateLimitPerMinute")
		} else {
			row.RatePerMinute = int32(*rate)
		}
	}
	for i, scope := range d.Scopes {
		if !caller.Has(scope) && slices.Contains(grantableScopes(), scope) {
			c.add(fault.Localized(fault.Invalid, "user.scope_not_held", message.Args{"scope": scope}), "input", "scopes", strconv.Itoa(i))
		}
	}
	row.Scopes = c.scopes(d.Scopes)
	return row, c.err()
}

// scopes checks that scopes can be granted and returns each once; never nil, which is
// NULL.
func (c *checks) scopes(given []string) []string {
	known := grantableScopes()
	for i, scope := range given {
		if !slices.Contains(known, scope) {
			c.add(fault.Localized(fault.Invalid, "user.unknown_scope", message.Args{"scope": fmt.Sprintf("%.60q", scope)}), "input", "scopes", strconv.Itoa(i))
		}
	}
	return slices.Compact(append([]string{}, slices.Sorted(slices.Values(given))...))
}

func apiClientRecord(row db.APIClient) audit.Values {
	return audit.Values{"name": row.Name, "scopes": row.Scopes, "rateLimitPerMinute": row.RatePerMinute}
}

// newAPIKey returns a key of 256 random bits and its hash. A plain SHA-256 is
// enough: unlike a password, a random key cannot be guessed offline.
func newAPIKey() (key string, hash []byte) {
	secret := make([]byte, secretBytes)
	_, _ = rand.Read(secret) // never fails
	key = apiKeyPrefix + base64.RawURLEncoding.EncodeToString(secret)
	return key, hashOfAPIKey(key)
}

func hashOfAPIKey(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

// CreateAPIClient creates an API client and returns it with its key, which cannot
// be read again.
func (s *Service) CreateAPIClient(ctx context.Context, d APIClientInput) (*APIClient, string, error) {
	caller := auth.From(ctx)
	row, err := d.checked(caller)
	if err != nil {
		return nil, "", err
	}
	key, hash := newAPIKey()
	row.ID, row.CreatedAt = id.New(id.APIClient), s.Now()
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error { return s.createAPIClient(ctx, db.New(tx), row, hash) })
	if err != nil {
		return nil, "", fmt.Errorf("create API client: %w", err)
	}
	s.log.InfoContext(ctx, "API client created", "client_id", row.ID, "scopes", row.Scopes, "by", caller.ID)
	return apiClientOf(row), key, nil
}

func (s *Service) createAPIClient(ctx context.Context, q *db.Queries, row db.APIClient, hash []byte) error {
	if err := q.LockAPIClients(ctx); err != nil {
		return err
	}
	created, err := q.CreateAPIClient(ctx, db.CreateAPIClientParams{
		ID: row.ID, Name: row.Name, SecretHash: hash, Scopes: row.Scopes, RatePerMinute: row.RatePerMinute,
		Now: row.CreatedAt, Most: maxAPIClients,
	})
	if err == nil && created == 0 {
		return fault.Localized(fault.Invalid, "user.api_client_limit", message.Args{"limit": maxAPIClients})
	}
	if err != nil {
		return err
	}
	return s.audit(ctx, q, audit.APIClientCreated, row.ID, nil, apiClientRecord(row))
}

// RotateAPIClient replaces the key of an API client. The old key works beside the new one
// for some hours; without any it is rejected at once, and an even older one is in either
// case.
func (s *Service) RotateAPIClient(ctx context.Context, clientID string, overlapHours int) (*APIClient, string, error) {
	if id.PrefixOf(clientID) != id.APIClient {
		return nil, "", apiClientNotFound()
	}
	if overlapHours < 0 || overlapHours > maxKeyOverlap {
		return nil, "", fault.Localized(fault.Invalid, "user.key_overlap", message.Args{"limit": maxKeyOverlap}).At("overlapHours")
	}
	key, hash := newAPIKey()
	params := db.RotateAPIClientParams{ID: clientID, SecretHash: hash}
	if overlapHours > 0 {
		params.PreviousUntil = new(s.Now().Add(time.Duration(overlapHours) * time.Hour))
	}
	var row db.APIClient
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		q := db.New(tx)
		if row, err = q.RotateAPIClient(ctx, params); err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, event.APIClientKeysChanged{ClientID: clientID}); err != nil {
			return err
		}
		return s.audit(ctx, q, audit.APIClientRotated, clientID, apiClientRecord(row), apiClientRecord(row))
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", apiClientNotFound()
	}
	if err != nil {
		return nil, "", fmt.Errorf("rotate key of API client %s: %w", clientID, err)
	}
	s.log.InfoContext(ctx, "API client key rotated", "client_id", clientID, "by", auth.From(ctx).ID)
	return apiClientOf(row), key, nil
}

// RevokeAPIClient revokes the key of an API client for good and deletes its webhook
// endpoints.
func (s *Service) RevokeAPIClient(ctx context.Context, clientID string) (*APIClient, error) {
	if id.PrefixOf(clientID) != id.APIClient {
		return nil, apiClientNotFound()
	}
	now := s.Now()
	var row db.APIClient
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		q := db.New(tx)
		row, err = q.RevokeAPIClient(ctx, db.RevokeAPIClientParams{ID: clientID, Now: &now})
		if err != nil || !row.RevokedAt.Equal(now) { // revoked before
			return err
		}
		if err := deleteWebhooks(ctx, tx, clientID); err != nil {
			return err
		}
		if err := outbox.Write(ctx, tx, event.APIClientKeysChanged{ClientID: clientID, Revoked: true}); err != nil {
			return err
		}
		return s.audit(ctx, q, audit.APIClientRevoked, clientID, apiClientRecord(row), nil)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, apiClientNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("revoke API client %s: %w", clientID, err)
	}
	s.log.InfoContext(ctx, "API client revoked", "client_id", clientID, "by", auth.From(ctx).ID)
	return apiClientOf(row), nil
}

// APIClients returns all API clients that are not revoked, the newest first.
func (s *Service) APIClients(ctx context.Context) ([]*APIClient, error) {
	rows, err := db.New(s.pool).APIClients(ctx)
	if err != nil {
		return nil, fmt.Errorf("API clients: %w", err)
	}
	clients := make([]*APIClient, len(rows))
	for i, r := range rows {
		clients[i] = apiClientOf(r)
	}
	return clients, nil
}

// verifyAPIKey returns the API client whose key has the hash. The time of use is
// recorded once an hour, so that most verifications write nothing.
func (s *Service) verifyAPIKey(ctx context.Context, hash []byte) (db.APIClient, error) {
	q, now := db.New(s.pool), s.Now()
	row, err := q.APIClientBySecret(ctx, db.APIClientBySecretParams{SecretHash: hash, Now: &now})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, apiClientNotFound()
	}
	if err != nil {
		return row, fmt.Errorf("verify API key: %w", err)
	}
	old := now.Add(-lastUsedPrecision)
	if row.LastUsedAt != nil && !row.LastUsedAt.Before(old) {
		return row, nil
	}
	if err := q.RecordAPIClientUse(ctx, db.RecordAPIClientUseParams{ID: row.ID, Now: &now, RecordedBefore: &old}); err != nil {
		s.log.WarnContext(ctx, "record use of API client", "client_id", row.ID, "err", err)
	}
	return row, nil
}

// ImportedAPIClient is an API client with a given ID and key.
type ImportedAPIClient struct {
	ID                 string
	Name               string
	Key                string
	Scopes             []string
	RateLimitPerMinute int
}

// ImportAPIClient creates an API client unless its ID exists.
func (s *Service) ImportAPIClient(ctx context.Context, c ImportedAPIClient) error {
	err := db.New(s.pool).ImportAPIClient(ctx, db.ImportAPIClientParams{
		ID: c.ID, Name: c.Name, SecretHash: hashOfAPIKey(c.Key), Scopes: c.Scopes, RatePerMinute: int32(c.RateLimitPerMinute), //nolint:gosec // the table checks it
		Now: s.Now(),
	})
	if err != nil {
		return fmt.Errorf("import API client %s: %w", c.ID, err)
	}
	return nil
}

func apiClientOf(r db.APIClient) *APIClient {
	return &APIClient{
		ID: r.ID, Name: r.Name, Scopes: r.Scopes, RateLimitPerMinute: int(r.RatePerMinute),
		CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt, previousUntil: r.PreviousUntil,
	}
}

func apiClientNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "user.api_client_not_found").At("id")
}
