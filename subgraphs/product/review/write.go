package review

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/db"
)

// maxPending bounds what one author adds to the moderators' queue.
const maxPending = 20

// Submit stores a review of the caller with pictures that the caller has uploaded, which
// then awaits moderation.
func (s *Service) Submit(ctx context.Context, productID string, text Text, uploadIDs ...string) (*Review, error) {
	authorID, err := author(ctx)
	if err != nil {
		return nil, err
	}
	if text, err = text.cleaned(); err != nil {
		return nil, err
	}
	if err := checkPictures(uploadIDs); err != nil {
		return nil, err
	}
	if !storable(productID) {
		return nil, unknownProduct()
	}
	reviewID := id.New(id.Review)
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error { return db.New(e).LockReviewAuthor(ctx, authorID) })
		rows, err := db.New(tx).ReviewEligibility(ctx, db.ReviewEligibilityParams{AuthorID: authorID, ProductID: productID})
		if err != nil {
			return err
		}
		if err := eligible(rows, authorID); err != nil {
			return err
		}
		images, err := attached(ctx, tx, authorID, uploadIDs)
		if err != nil {
			return err
		}
		created, err := db.New(tx).CreateReview(ctx, db.CreateReviewParams{
			ID: reviewID, ProductID: productID, AuthorID: authorID, Rating: int16(text.Rating), Title: text.Title, Body: text.Body,
			Images: images, Locale: auth.From(ctx).Locale, Now: s.now(),
		})
		if err == nil && created == 0 {
			return fault.Localized(fault.Conflict, "review.exists").WithCode("REVIEW_ALREADY_EXISTS").At("input", "productId")
		}
		return err
	})
	if err != nil {
		return nil, wrap("submit review of "+productID, err)
	}
	return s.Review(ctx, reviewID)
}

func unknownProduct() error {
	return fault.Localized(fault.NotFound, "review.unknown_product").At("input", "productId")
}

// eligible decides whether the author may submit a review. The product of no row
// is unknown to the author.
func eligible(rows []db.ReviewEligibilityRow, authorID string) error {
	if len(rows) == 0 {
		return unknownProduct()
	}
	switch p := rows[0]; {
	case p.SellerID == authorID:
		return fault.Localized(fault.Conflict, "review.own_product").WithCode("REVIEW_NOT_ELIGIBLE").At("input", "productId")
	case p.Status == "ARCHIVED" && !p.Verified:
		return fault.Localized(fault.Conflict, "review.no_longer_sold").WithCode("REVIEW_NOT_ELIGIBLE").At("input", "productId")
	case p.Pending >= maxPending:
		return fault.Localized(fault.RateLimited, "review.too_many_pending", message.Args{"limit": maxPending})
	default:
		return nil
	}
}

// Changes are those of Update. What is nil stays as it is.
type Changes struct {
	Rating *int
	Title  *string // empty removes it
	Body   *string
	// Uploads are those of all pictures.
	Uploads *[]string
}

// Update changes a review of the caller and returns it to the moderators' queue.
func (s *Service) Update(ctx context.Context, reviewID string, c Changes) (*Review, error) {
	authorID, err := author(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkPictures(optional.Value(c.Uploads)); err != nil {
		return nil, err
	}
	err = s.inTx(ctx, reviewID, func(tx pgx.Tx) error {
		row, err := lockOwn(ctx, tx, reviewID, authorID)
		if err != nil {
			return err
		}
		images := row.Images
		if c.Uploads != nil {
			if images, err = attached(ctx, tx, authorID, *c.Uploads); err != nil {
				return err
			}
		}
		before := Text{int(row.Rating), row.Title, row.Body}
		after, err := c.apply(before).cleaned()
		if err != nil || after == before && slices.Equal(images, row.Images) {
			return err
		}
		err = db.New(tx).RewriteReview(ctx, db.RewriteReviewParams{
			ID: reviewID, Rating: int16(after.Rating), Title: after.Title, Body: after.Body, Images: images, Locale: auth.From(ctx).Locale, Now: s.now(),
		})
		if err != nil {
			return err
		}
		if err := detach(ctx, tx, authorID, row.Images, images); err != nil {
			return err
		}
		return s.moved(ctx, tx, row, Pending)
	})
	if err != nil {
		return nil, wrap("update review "+reviewID, err)
	}
	return s.Review(ctx, reviewID)
}

func (c Changes) apply(t Text) Text {
	if c.Rating != nil {
		t.Rating = *c.Rating
	}
	if c.Title != nil {
		t.Title = *c.Title
	}
	if c.Body != nil {
		t.Body = *c.Body
	}
	return t
}

// Delete removes a review of the caller, with the votes on it. Decisions of
// moderators are kept.
func (s *Service) Delete(ctx context.Context, reviewID string) error {
	authorID, err := author(ctx)
	if err != nil {
		return err
	}
	return wrap("delete review "+reviewID, s.inTx(ctx, reviewID, func(tx pgx.Tx) error {
		row, err := lockOwn(ctx, tx, reviewID, authorID)
		if err != nil {
			return err
		}
		if err := db.New(tx).DeleteReview(ctx, reviewID); err != nil {
			return err
		}
		if err := detach(ctx, tx, authorID, row.Images, nil); err != nil {
			return err
		}
		return s.moved(ctx, tx, row, Pending)
	}))
}

// inTx runs fn in a transaction, unless no review can have the ID.
func (s *Service) inTx(ctx context.Context, reviewID string, fn func(pgx.Tx) error) error {
	if !storable(reviewID) {
		return unknown()
	}
	return s.outbox.InTx(ctx, fn)
}

func lockOwn(ctx context.Context, tx pgx.Tx, reviewID, authorID string) (db.Review, error) {
	rows, err := db.New(tx).LockReviewOfAuthor(ctx, db.LockReviewOfAuthorParams{ID: reviewID, AuthorID: authorID})
	if err != nil || len(rows) == 0 {
		return db.Review{}, cmp.Or(err, unknown())
	}
	return rows[0], nil
}

// moved keeps the counts of ratings and publishes what happened, after a review
// that is locked, as it was before, got another status or was deleted. A review is
// locked before the counts, and these before the product, in every transaction.
func (s *Service) moved(ctx context.Context, tx pgx.Tx, before db.Review, to Status) error {
	change := to.shown() - Status(before.Status).shown()
	if change == 0 {
		return nil
	}
	err := db.New(tx).CountRatings(ctx, db.CountRatingsParams{ProductID: before.ProductID, Rating: int32(before.Rating), Change: int32(change)})
	if err != nil {
		return err
	}
	if err := outbox.Write(ctx, tx, moveOf(before, change, s.now())); err != nil {
		return err
	}
	return product.Republish(ctx, tx, before.ProductID)
}

func moveOf(r db.Review, change int, now time.Time) event.Payload {
	facts := event.ReviewFacts{ReviewID: r.ID, ProductID: r.ProductID, AuthorID: r.AuthorID, Rating: int(r.Rating), At: now.UTC()}
	if change > 0 {
		return event.ReviewPublished{ReviewFacts: facts}
	}
	return event.ReviewWithdrawn{ReviewFacts: facts}
}
