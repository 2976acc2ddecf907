package product

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/outbox"
)

// audit publishes what staff did, with the transaction of the action.
func (s *Service) audit(ctx context.Context, tx pgx.Tx, action audit.Action, subjectID string, before, after audit.Values) error {
	entry, err := audit.Entry(ctx, s.now(), action, subjectID, before, after)
	if err != nil {
		return err
	}
	return outbox.Write(ctx, tx, entry)
}
