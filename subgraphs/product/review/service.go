package review

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
)

// Service reads and changes reviews.
type Service struct {
	pool   *pgxpool.Pool
	outbox *outbox.Outbox
	now    func() time.Time
}

// NewService returns a service over the catalogue's migrated database.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, now func() time.Time) *Service {
	return &Service{pool: pool, outbox: o, now: now}
}

// author is the ID of the caller, who must be a user.
func author(ctx context.Context) (string, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return "", fault.Localized(fault.Forbidden, "review.users_only")
	}
	return caller.ID, nil
}

// moderator reports whether the caller sees reviews in every status.
func moderator(ctx context.Context) bool { return auth.From(ctx).Has("reviews:moderate") }

// unknown is returned for a review that does not exist or is not the caller's.
func unknown() error { return fault.Localized(fault.NotFound, "review.unknown").At("id") }

// storable reports whether Postgres can store the text: no ID contains a NUL
// character.
func storable(s string) bool { return !strings.ContainsRune(s, 0) }

// wrap adds the failed step to err; nil stays nil.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
