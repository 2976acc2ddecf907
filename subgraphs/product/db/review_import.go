package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReviewImport is a published review with what it depends on.
type ReviewImport struct {
	ID         string    `json:"id"`
	ProductID  string    `json:"product_id"`
	AuthorID   string    `json:"author_id"`
	AuthorName string    `json:"author_name"`
	Rating     int       `json:"rating"`
	Title      string    `json:"title"`
	Body       string    `json:"body"`
	Locale     string    `json:"locale"`
	OrderID    string    `json:"order_id"` // empty: not bought
	HelpfulTo  []string  `json:"helpful_to"`
	CreatedAt  time.Time `json:"created_at"`
}

// importReviews inserts what is new, and adds it to the counts of ratings.
const importReviews = `
WITH given AS (
    SELECT * FROM jsonb_to_recordset($1) AS g (id text, product_id text, author_id text, author_name text, rating smallint, title text, body text,
                                               locale text, order_id text, helpful_to text[], created_at timestamptz)
), named AS (
    INSERT INTO authors (id, display_name, sequence) SELECT DISTINCT author_id, author_name, 0 FROM given ON CONFLICT DO NOTHING
), bought AS (
    INSERT INTO purchases (order_id, product_id, owner_id, confirmed_at)
    SELECT order_id, product_id, author_id, created_at FROM given WHERE order_id <> '' ON CONFLICT DO NOTHING
    RETURNING product_id, sale_weight(quantity, confirmed_at) AS weight
), sold AS (
    INSERT INTO product_popularity AS t (product_id, weight)
    SELECT product_id, sum(weight) FROM bought GROUP BY product_id ORDER BY product_id
    ON CONFLICT (product_id) DO UPDATE SET weight = t.weight + excluded.weight
), created AS (
    INSERT INTO reviews (id, product_id, author_id, rating, title, body, locale, status, reason, version, helpful_count, created_at, updated_at)
    SELECT id, product_id, author_id, rating, title, body, locale, 'PUBLISHED', '', 1, cardinality(helpful_to), created_at, created_at FROM given
    ON CONFLICT DO NOTHING
    RETURNING id, product_id, rating
), voted AS (
    INSERT INTO review_votes (review_id, voter_id, helpful)
    SELECT id, voter, true FROM given JOIN created USING (id), unnest(given.helpful_to) AS voter
), counted AS (
    INSERT INTO product_ratings AS t (product_id, counts)
    SELECT product_id, ARRAY[count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2), count(*) FILTER (WHERE rating = 3),
                             count(*) FILTER (WHERE rating = 4), count(*) FILTER (WHERE rating = 5)]
    FROM created GROUP BY created.product_id ORDER BY created.product_id
    ON CONFLICT (product_id) DO UPDATE SET counts = ARRAY(SELECT t.counts[stars] + excluded.counts[stars] FROM generate_series(1, 5) AS stars)
)
SELECT product_id FROM created`

// ImportReviews inserts reviews that are new, in one statement, and returns the
// products of which there are any.
func (q *Queries) ImportReviews(ctx context.Context, reviews []ReviewImport) ([]string, error) {
	rows, err := q.db.Query(ctx, importReviews, reviews)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
