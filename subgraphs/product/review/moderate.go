package review

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

// Decision is a moderator's.
type Decision struct {
	ReviewID        string
	Status          Status // Published or Rejected
	Reason          string // required to reject
	ExpectedVersion *int   // of the review that the moderator has read
}

func (d *Decision) check() error {
	if d.Status == Pending {
		return fault.Localized(fault.Invalid, "review.decision").At("decision")
	}
	least := 0
	if d.Status == Rejected {
		least = 1
	}
	d.Reason = clean(d.Reason)
	if err := check(d.Reason, least, maxReason, "reason"); err != nil {
		return err.At("reason")
	}
	return nil
}

// Moderate publishes or rejects a review, also one that was decided before. The
// same decision again has no effect. The audit log keeps every other one, also when
// the review is changed or deleted.
func (s *Service) Moderate(ctx context.Context, d Decision) (*Review, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	caller := auth.From(ctx)
	err := s.inTx(ctx, d.ReviewID, func(tx pgx.Tx) error {
		rows, err := db.New(tx).LockReview(ctx, d.ReviewID)
		if err != nil || len(rows) == 0 {
			return cmp.Or(err, unknown())
		}
		r := rows[0]
		switch {
		case r.AuthorID == caller.ID:
			return fault.Localized(fault.Conflict, "review.own_decision").WithCode("REVIEW_NOT_ELIGIBLE").At("id")
		case d.ExpectedVersion != nil && *d.ExpectedVersion != int(r.Version):
			return fault.Localized(fault.Conflict, "review.changed", message.Args{"version": r.Version}).At("expectedVersion")
		case Status(r.Status) == d.Status && r.Reason == d.Reason:
			return nil
		}
		if err := db.New(tx).DecideReview(ctx, db.DecideReviewParams{ID: r.ID, Status: string(d.Status), Reason: d.Reason, Now: s.now()}); err != nil {
			return err
		}
		err = audit.Write(ctx, tx, s.now(), audit.ReviewModerated, r.ID,
			audit.Values{"status": r.Status, "reason": r.Reason},
			audit.Values{"status": d.Status, "reason": d.Reason, "version": r.Version, "productId": r.ProductID})
		if err != nil {
			return err
		}
		return s.moved(ctx, tx, r, d.Status)
	})
	if err != nil {
		return nil, wrap("moderate review "+d.ReviewID, err)
	}
	return s.Review(ctx, d.ReviewID)
}
