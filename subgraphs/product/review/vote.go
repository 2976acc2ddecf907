package review

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product/db"
)

// Vote stores whether the caller found a published review helpful, in place of an
// earlier vote of the caller.
func (s *Service) Vote(ctx context.Context, reviewID string, helpful bool) (*Review, error) {
	voterID, err := author(ctx)
	if err != nil {
		return nil, err
	}
	err = s.inTx(ctx, reviewID, func(tx pgx.Tx) error {
		rows, err := db.New(tx).LockPublishedReview(ctx, reviewID)
		switch {
		case err != nil || len(rows) == 0:
			return cmp.Or(err, unknown())
		case rows[0].AuthorID == voterID:
			return fault.Localized(fault.Conflict, "review.own_vote").WithCode("REVIEW_NOT_ELIGIBLE").At("id")
		}
		return db.New(tx).VoteOnReview(ctx, db.VoteOnReviewParams{ReviewID: reviewID, VoterID: voterID, Helpful: helpful})
	})
	if err != nil {
		return nil, wrap("vote on review "+reviewID, err)
	}
	return s.Review(ctx, reviewID)
}
