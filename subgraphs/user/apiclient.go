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

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

// Bounds of partners' programs.
const (
	maxAPIClients    = 500 // whose keys work
	maxRatePerMinute = 1_000_000
	defaultRate      = 60_000
	apiKeyPrefix     = "ck_live_"
	useNotedEach     = time.Hour
)

// APIClient is a partner's program. Its key is told once and kept as a hash.
type APIClient struct {
	ID                 string
	Name               string
	Scopes             []string
	RateLimitPerMinute int // of cost
	CreatedAt          time.Time
	LastUsedAt         *time.Time // to the hour
}

// APIClientDraft is a program to be.
type APIClientDraft struct {
	Name               string
	Scopes             []string
	RateLimitPerMinute *int // nil: 60,000
}

// partnerScopes are those that a program may be given. Accounts, and what
// gives others their rights, are for people.
func partnerScopes() []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(guestScopes(), Seller.scopes(), []string{
		"orders:read", "orders:write", "orders:fulfill", "payments:read", "reviews:moderate", "carts:read", "promotions:read",
	}))))
}

// checked is the draft's row, but for its id and secret. Nobody gives what
// they do not have.
func (d APIClientDraft) checked(caller auth.Caller) (db.APIClient, error) {
	var c checks
	row := db.APIClient{Name: c.line(d.Name, "The name", 1, 60, "input", "name"), RatePerMinute: defaultRate}
	if rate := d.RateLimitPerMinute; rate != nil {
		if *rate < 1 || *rate > maxRatePerMinute {
			c.refuse(fault.New(fault.Invalid, "The rate must be 1 to %d a minute.", maxRatePerMinute), "input", "rateLimitPerMinute")
		} else {
			row.RatePerMinute = int32(*rate)
		}
	}
	known := partnerScopes()
	for i, scope := range d.Scopes {
		switch {
		case !slices.Contains(known, scope):
			c.refuse(fault.New(fault.Invalid, "%.60q is no scope that a program may have.", scope), "input", "scopes", strconv.Itoa(i))
		case !caller.Has(scope):
			c.refuse(fault.New(fault.Invalid, "You do not have %s, so you cannot give it.", scope), "input", "scopes", strconv.Itoa(i))
		}
	}
	row.Scopes = slices.Compact(slices.Sorted(slices.Values(d.Scopes)))
	if row.Scopes == nil {
		row.Scopes = []string{}
	}
	return row, c.err()
}

// newAPIKey is a key of 256 random bits, and its hash.
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

// CreateAPIClient makes a program known and returns its key, which nobody can
// read again.
func (s *Service) CreateAPIClient(ctx context.Context, d APIClientDraft) (*APIClient, string, error) {
	caller := auth.From(ctx)
	row, err := d.checked(caller)
	if err != nil {
		return nil, "", err
	}
	key, hash := newAPIKey()
	row.ID, row.CreatedAt = id.New(id.APIClient), s.Now()
	err = pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockAPIClients(ctx); err != nil {
			return err
		}
		created, err := q.CreateAPIClient(ctx, db.CreateAPIClientParams{
			ID: row.ID, Name: row.Name, SecretHash: hash, Scopes: row.Scopes, RatePerMinute: row.RatePerMinute,
			Now: row.CreatedAt, Most: maxAPIClients,
		})
		if err == nil && created == 0 {
			return fault.New(fault.Invalid, "There are %d programs already. Revoke one first.", maxAPIClients)
		}
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("create API client: %w", err)
	}
	s.log.InfoContext(ctx, "API client created", "client_id", row.ID, "scopes", row.Scopes, "by", caller.ID)
	return apiClientOf(row), key, nil
}

// RotateAPIClient gives a program a new key. The old one ends at once here,
// and within a minute where it was verified before.
func (s *Service) RotateAPIClient(ctx context.Context, clientID string) (*APIClient, string, error) {
	if id.PrefixOf(clientID) != id.APIClient {
		return nil, "", noSuchAPIClient()
	}
	key, hash := newAPIKey()
	row, err := db.New(s.pool).RotateAPIClient(ctx, db.RotateAPIClientParams{ID: clientID, SecretHash: hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", noSuchAPIClient()
	}
	if err != nil {
		return nil, "", fmt.Errorf("rotate key of API client %s: %w", clientID, err)
	}
	s.log.InfoContext(ctx, "API client got a new key", "client_id", clientID, "by", auth.From(ctx).ID)
	return apiClientOf(row), key, nil
}

// RevokeAPIClient takes a program's key back for good.
func (s *Service) RevokeAPIClient(ctx context.Context, clientID string) (*APIClient, error) {
	if id.PrefixOf(clientID) != id.APIClient {
		return nil, noSuchAPIClient()
	}
	now := s.Now()
	row, err := db.New(s.pool).RevokeAPIClient(ctx, db.RevokeAPIClientParams{ID: clientID, Now: &now})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noSuchAPIClient()
	}
	if err != nil {
		return nil, fmt.Errorf("revoke API client %s: %w", clientID, err)
	}
	s.log.InfoContext(ctx, "API client revoked", "client_id", clientID, "by", auth.From(ctx).ID)
	return apiClientOf(row), nil
}

// APIClients are all programs whose keys work, the newest first.
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

// verifyAPIKey is the program whose key has the hash. Its use is noted by the
// hour: who reads must not write each time.
func (s *Service) verifyAPIKey(ctx context.Context, hash []byte) (db.APIClient, error) {
	q, now := db.New(s.pool), s.Now()
	row, err := q.APIClientBySecret(ctx, hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, noSuchAPIClient()
	}
	if err != nil {
		return row, fmt.Errorf("verify API key: %w", err)
	}
	old := now.Add(-useNotedEach)
	if row.LastUsedAt != nil && !row.LastUsedAt.Before(old) {
		return row, nil
	}
	if err := q.NoteAPIClientUse(ctx, db.NoteAPIClientUseParams{ID: row.ID, Now: &now, NotedBefore: &old}); err != nil {
		s.log.WarnContext(ctx, "note use of API client", "client_id", row.ID, "err", err)
	}
	return row, nil
}

// KnownAPIClient is a program with an id and a key that are given.
type KnownAPIClient struct {
	ID                 string
	Name               string
	Key                string
	Scopes             []string
	RateLimitPerMinute int
}

// ImportAPIClient makes a program known, unless one of that id is.
func (s *Service) ImportAPIClient(ctx context.Context, c KnownAPIClient) error {
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
		CreatedAt: r.CreatedAt, LastUsedAt: r.LastUsedAt,
	}
}

func noSuchAPIClient() *fault.Error {
	return fault.New(fault.NotFound, "There is no such program.").At("id")
}
