package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
)

// ReviewRow is a review with its author's name, and what the caller may see of it.
type ReviewRow struct {
	ID, ProductID, AuthorID, AuthorName string
	Rating                              int
	Title, Body, Locale, Status, Reason string
	Images                              []catalogue.Image
	Version, HelpfulCount               int
	Verified                            bool  // its author bought the product
	Vote                                *bool // the caller's; null without one
	CreatedAt, UpdatedAt                time.Time
}

// reviewColumns are those of ReviewRow, of reviews r; $1 is the caller.
const reviewColumns = `
SELECT r.id, r.product_id, r.author_id, coalesce(a.display_name, '') AS author_name, r.rating, r.title, r.body, r.images, r.locale, r.status, r.reason,
       r.version, r.helpful_count, r.created_at, r.updated_at,
       EXISTS (SELECT FROM verified_purchases v WHERE v.product_id = r.product_id AND v.buyer_id = r.author_id) AS verified,
       (SELECT v.helpful FROM review_votes v WHERE v.review_id = r.id AND v.voter_id = $1) AS vote`

func (q *Queries) reviews(ctx context.Context, sql string, args ...any) ([]ReviewRow, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[ReviewRow])
}

// ReviewsByID finds reviews that the caller may see: published ones, the caller's
// own, and all for a moderator.
func (q *Queries) ReviewsByID(ctx context.Context, callerID string, ids []string, moderator bool) ([]ReviewRow, error) {
	return q.reviews(ctx, reviewColumns+`
		FROM reviews r LEFT JOIN authors a ON a.id = r.author_id
		WHERE r.id = ANY ($2) AND (r.status = 'PUBLISHED' OR $3 OR r.author_id = $1)`, callerID, ids, moderator)
}

// OwnReviews finds the author's reviews of the products.
func (q *Queries) OwnReviews(ctx context.Context, authorID string, productIDs []string) ([]ReviewRow, error) {
	return q.reviews(ctx, reviewColumns+`
		FROM reviews r LEFT JOIN authors a ON a.id = r.author_id
		WHERE r.product_id = ANY ($2) AND r.author_id = $1`, authorID, productIDs)
}

// ReviewsAfter is where a page begins: after the review with this key in its order
// and this ID. The first page has no ID.
type ReviewsAfter struct {
	Key int64 // microseconds since 1970 where the order is by time
	ID  string
}

const sinceEpoch = `'epoch'::timestamptz + $4 * interval '1 microsecond'`

// ReviewsOfAuthor is a page of an author's reviews in every status, the newest first.
func (q *Queries) ReviewsOfAuthor(ctx context.Context, callerID, authorID string, after ReviewsAfter, limit int) ([]ReviewRow, error) {
	return q.reviews(ctx, reviewColumns+`
		FROM reviews r LEFT JOIN authors a ON a.id = r.author_id
		WHERE r.author_id = $2 AND ($5 = '' OR (r.created_at, r.id) < (`+sinceEpoch+`, $5))
		ORDER BY r.created_at DESC, r.id DESC LIMIT $3`, callerID, authorID, limit, after.Key, after.ID)
}

// PendingReviews is a page of the reviews that await moderation, the one that waits
// longest first.
func (q *Queries) PendingReviews(ctx context.Context, callerID string, after ReviewsAfter, limit int) ([]ReviewRow, error) {
	return q.reviews(ctx, reviewColumns+`
		FROM reviews r LEFT JOIN authors a ON a.id = r.author_id
		WHERE r.status = 'PENDING' AND ($4 = '' OR (r.updated_at, r.id) > ('epoch'::timestamptz + $3 * interval '1 microsecond', $4))
		ORDER BY r.updated_at, r.id LIMIT $2`, callerID, limit, after.Key, after.ID)
}

// ReviewOrder is an order of a product's reviews.
type ReviewOrder struct{ key, after, direction, compare string }

// The orders. Each has an index that begins with the product.
var (
	MostHelpful = ReviewOrder{"helpful_count", "$4", "DESC", "<"}
	Newest      = ReviewOrder{"created_at", sinceEpoch, "DESC", "<"}
	RatingHigh  = ReviewOrder{"rating", "$4", "DESC", "<"}
	RatingLow   = ReviewOrder{"rating", "$4", "ASC", ">"}
)

// ReviewsOfProducts is a page of the published reviews of each product, in one
// statement; with a rating, of those with that rating.
func (q *Queries) ReviewsOfProducts(ctx context.Context, callerID string, productIDs []string, order ReviewOrder, rating *int, after ReviewsAfter, limit int) ([]ReviewRow, error) {
	by := order.key + " " + order.direction + ", r.id " + order.direction
	return q.reviews(ctx, reviewColumns+`
		FROM unnest($2::text[]) WITH ORDINALITY AS given (id, n)
		CROSS JOIN LATERAL (
		    SELECT * FROM reviews r
		    WHERE r.product_id = given.id AND r.status = 'PUBLISHED' AND ($6::int IS NULL OR r.rating = $6)
		      AND ($5 = '' OR (r.`+order.key+`, r.id) `+order.compare+` (`+order.after+`, $5))
		    ORDER BY r.`+by+` LIMIT $3) AS r
		LEFT JOIN authors a ON a.id = r.author_id
		ORDER BY given.n, r.`+by, callerID, productIDs, limit, after.Key, after.ID, rating)
}
