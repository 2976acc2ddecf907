package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/user/db"
)

// purpose is what a link in a mail is for.
type purpose string

const (
	verifyEmail   purpose = "VERIFY_EMAIL"
	resetPassword purpose = "RESET_PASSWORD"
)

const (
	verificationTTL = 3 * 24 * time.Hour // as long as the delivery of a mail is retried
	resetTTL        = 30 * time.Minute

	maxVerifications  = 5 // of a user in verificationWindow
	maxOfAddress      = 10
	verificationLimit = 24 * time.Hour
	maxResets         = 3 // of an address in resetTTL: its owner has links that work then

	maxLinkTokens = 20 // deliveries of a mail whose tokens work
	linkRetention = 24 * time.Hour
)

// notificationService is the only caller that gets tokens of links.
const notificationService = "notification"

// createLinks creates links for users and returns those that were created: none for
// an address that had many in a window.
//
// The events of links have their IDs. Their tokens are created when the mail is
// delivered, so that the event log and the queue of mails hold nothing by which an
// account can be taken over.
func (s *Service) createLinks(ctx context.Context, q *db.Queries, p purpose, userIDs ...string) ([]db.CreateLinksRow, error) {
	now, params := s.Now(), db.CreateLinksParams{Purpose: string(p), UserIDs: userIDs}
	params.Now, params.ExpiresAt, params.Since, params.Most = now, now.Add(resetTTL), now.Add(-resetTTL), maxResets
	if p == verifyEmail {
		params.ExpiresAt, params.Since, params.Most = now.Add(verificationTTL), now.Add(-verificationLimit), maxOfAddress
	}
	for range userIDs {
		params.IDs = append(params.IDs, id.New(id.Link))
	}
	return q.CreateLinks(ctx, params)
}

// LinkToken returns a new token of a link, for the delivery of its mail. A delivery
// that was not recorded is repeated: the tokens of a link work until one is used.
func (s *Service) LinkToken(ctx context.Context, linkID string) (string, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.Service || caller.ID != notificationService || id.PrefixOf(linkID) != id.Link {
		return "", linkNotFound()
	}
	token, q := newSecret(), db.New(s.pool)
	n, err := q.CreateLinkToken(ctx, db.CreateLinkTokenParams{Hash: hashOf(token), LinkID: linkID, Now: s.Now()})
	if err != nil {
		return "", fmt.Errorf("token of link %s: %w", linkID, err)
	}
	if n == 0 {
		return "", linkNotFound()
	}
	if err := q.DeleteExcessLinkTokens(ctx, db.DeleteExcessLinkTokensParams{LinkID: linkID, Most: maxLinkTokens}); err != nil {
		return "", fmt.Errorf("tokens of link %s: %w", linkID, err)
	}
	return token, nil
}

// linkOf is the link of a token, used or not.
func (s *Service) linkOf(ctx context.Context, token string, p purpose) (db.AccountLink, error) {
	link, err := db.New(s.pool).LinkOfToken(ctx, db.LinkOfTokenParams{Hash: hashOf(token), Purpose: string(p)})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return link, linkInvalid()
	case err != nil:
		return link, fmt.Errorf("link of a token: %w", err)
	case link.UsedAt == nil && !link.ExpiresAt.After(s.Now()):
		return link, linkExpired()
	default:
		return link, nil
	}
}

func linkNotFound() *fault.Error { return fault.New(fault.NotFound, "Link not found.") }

func linkInvalid() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.link_invalid").WithCode("TOKEN_INVALID").At("token")
}

func linkExpired() *fault.Error {
	return fault.Localized(fault.Unauthenticated, "user.link_expired").WithCode("TOKEN_EXPIRED").At("token")
}
