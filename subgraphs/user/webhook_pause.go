package user

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/user/db"
)

// webhookPaused requests the mail about a pause. An endpoint that was deleted, and one of
// an API client that staff created, has nobody to write to.
func (s *Service) webhookPaused(ctx context.Context, tx pgx.Tx, p event.WebhookEndpointPaused, _ event.Envelope) error {
	contact, err := db.New(tx).ContactOfWebhookEndpoint(ctx, p.EndpointID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("contact of webhook endpoint %s: %w", p.EndpointID, err)
	}
	return outbox.Write(ctx, tx, event.WebhookPauseNoticeDue{
		UserID: contact.ID, Email: contact.Email, DisplayName: contact.DisplayName, Locale: contact.Locale,
		EndpointID: p.EndpointID, URL: withoutQuery(contact.URL), Failures: p.Failures, Reason: p.Reason, Gone: p.Gone, PausedUntil: p.PausedUntil, At: p.At,
	})
}

// withoutQuery is the address of an endpoint as a mail shows it: a query, and what is
// before the host, may be a secret of the partner.
func withoutQuery(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
