package user

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/user/db"
)

// RotateSecret replaces the secret of one of the caller's endpoints and returns the new
// one, which cannot be read again. The one before signs as well for some hours.
func (w *Webhooks) RotateSecret(ctx context.Context, endpointID string, overlapHours int) (*WebhookEndpoint, string, error) {
	if overlapHours < 0 || overlapHours > maxKeyOverlap {
		return nil, "", fault.Localized(fault.Invalid, "webhook.secret_overlap", message.Args{"limit": maxKeyOverlap}).At("overlapHours")
	}
	if id.PrefixOf(endpointID) != id.WebhookEndpoint {
		return nil, "", webhookEndpointNotFound("id")
	}
	params := db.RotateWebhookSecretParams{ID: endpointID, OwnerID: auth.From(ctx).ID, Secret: newSigningSecret()}
	if overlapHours > 0 {
		params.PreviousUntil = new(w.Now().Add(time.Duration(overlapHours) * time.Hour))
	}
	var row db.WebhookEndpoint
	err := w.outbox.InTx(ctx, func(tx pgx.Tx) (err error) {
		if row, err = db.New(tx).RotateWebhookSecret(ctx, params); err != nil {
			return err
		}
		return w.audit(ctx, db.New(tx), audit.WebhookRotated, row.ID, nil, audit.Values{"previousUntil": row.PreviousUntil})
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, "", webhookEndpointNotFound("id")
	}
	if err != nil {
		return nil, "", fmt.Errorf("rotate secret of webhook endpoint %s: %w", endpointID, err)
	}
	return webhookEndpointOf(row), params.Secret, nil
}
