-- name: LockReviewAuthor :exec
-- Excludes other submissions of the author until the end of the transaction, so
-- that the number of pending reviews is exact.
SELECT pg_advisory_xact_lock(hashtextextended('review author ' || @author_id::text, 0));

-- name: ReviewEligibility :many
-- What decides whether the author may review the product. There is no row when it
-- does not exist or was never published.
SELECT p.status, p.seller_id,
       EXISTS (SELECT 1 FROM verified_purchases v WHERE v.product_id = p.id AND v.buyer_id = @author_id) AS verified,
       (SELECT count(*) FROM reviews r WHERE r.author_id = @author_id AND r.status = 'PENDING') AS pending
FROM products p WHERE p.id = @product_id AND p.status <> 'DRAFT';

-- name: CreateReview :execrows
INSERT INTO reviews (id, product_id, author_id, rating, title, body, images, locale, status, reason, version, helpful_count, created_at, updated_at)
VALUES (@id, @product_id, @author_id, @rating, @title, @body, @images, @locale, 'PENDING', '', 1, 0, @now, @now)
ON CONFLICT (product_id, author_id) DO NOTHING;

-- name: LockReviewOfAuthor :many
SELECT * FROM reviews WHERE id = @id AND author_id = @author_id FOR UPDATE;

-- name: LockReview :many
SELECT * FROM reviews WHERE id = @id FOR UPDATE;

-- name: LockPublishedReview :many
SELECT * FROM reviews WHERE id = @id AND status = 'PUBLISHED' FOR UPDATE;

-- name: RewriteReview :exec
UPDATE reviews SET rating = @rating, title = @title, body = @body, images = @images, locale = @locale, status = 'PENDING', reason = '', version = version + 1, updated_at = @now
WHERE id = @id;

-- name: DeleteReview :exec
DELETE FROM reviews WHERE id = @id;

-- name: DecideReview :exec
UPDATE reviews SET status = @status, reason = @reason, updated_at = @now WHERE id = @id;

-- name: VoteOnReview :exec
-- The review is locked by an earlier statement, so that the vote that it replaces
-- is the last one.
WITH replaced AS (
    SELECT v.helpful FROM review_votes v WHERE v.review_id = @review_id AND v.voter_id = @voter_id
), stored AS (
    INSERT INTO review_votes (review_id, voter_id, helpful) VALUES (@review_id, @voter_id, @helpful::bool)
    ON CONFLICT (review_id, voter_id) DO UPDATE SET helpful = excluded.helpful
)
UPDATE reviews SET helpful_count = helpful_count + CASE WHEN @helpful::bool THEN 1 ELSE 0 END - (SELECT count(*) FROM replaced WHERE replaced.helpful)
WHERE reviews.id = @review_id;

-- name: CountRatings :exec
-- Adds to the number of published reviews with a rating. A product's first review
-- creates the row.
INSERT INTO product_ratings AS t (product_id, counts)
VALUES (@product_id, ARRAY(SELECT CASE WHEN stars = @rating::int THEN greatest(@change::int, 0) ELSE 0 END FROM generate_series(1, 5) AS stars))
ON CONFLICT (product_id) DO UPDATE
SET counts = ARRAY(SELECT t.counts[stars] + CASE WHEN stars = @rating::int THEN @change::int ELSE 0 END FROM generate_series(1, 5) AS stars);

-- name: CountReviewsOfAuthor :one
SELECT count(*) FROM reviews WHERE author_id = @author_id;

-- name: CountPendingReviews :one
SELECT count(*) FROM reviews WHERE status = 'PENDING';

-- name: StoreAuthor :exec
INSERT INTO authors AS a (id, display_name, sequence) VALUES (@id, @display_name, @sequence)
ON CONFLICT (id) DO UPDATE SET display_name = excluded.display_name, sequence = excluded.sequence
WHERE a.sequence < excluded.sequence;

-- name: StorePurchase :exec
-- Stores which products were bought, and how many units, unless the order is cancelled
-- already. Of a variant that was deleted since, nothing is known.
WITH bought AS (
    INSERT INTO purchases (order_id, product_id, owner_id, confirmed_at, quantity)
    SELECT @order_id::text, v.product_id, @owner_id::text, @confirmed_at::timestamptz, sum(line.quantity)::int
    FROM (SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@quantities::int[]) AS quantity) AS line
    JOIN variants v ON v.id = line.variant_id
    WHERE line.quantity > 0 AND NOT EXISTS (SELECT 1 FROM cancelled_orders c WHERE c.order_id = @order_id::text)
    GROUP BY v.product_id
    ON CONFLICT DO NOTHING
    RETURNING product_id, sale_weight(quantity, confirmed_at) AS weight
)
INSERT INTO product_popularity AS t (product_id, weight)
SELECT bought.product_id, bought.weight FROM bought ORDER BY bought.product_id
ON CONFLICT (product_id) DO UPDATE SET weight = t.weight + excluded.weight;

-- name: CancelPurchase :exec
-- What rounding leaves is no sale.
WITH cancelled AS (
    DELETE FROM purchases WHERE order_id = @order_id RETURNING product_id, sale_weight(quantity, confirmed_at) AS weight
), locked AS (
    SELECT t.product_id FROM product_popularity t JOIN cancelled USING (product_id) ORDER BY t.product_id FOR UPDATE OF t
)
UPDATE product_popularity t SET weight = CASE WHEN t.weight > cancelled.weight * 1.000001 THEN t.weight - cancelled.weight ELSE 0 END
FROM cancelled JOIN locked USING (product_id) WHERE t.product_id = cancelled.product_id;

-- name: StoreCancelledOrder :exec
INSERT INTO cancelled_orders (order_id) VALUES (@order_id) ON CONFLICT DO NOTHING;

-- name: StoreGuestClaim :exec
INSERT INTO guest_claims (guest_id, user_id) VALUES (@guest_id, @user_id) ON CONFLICT DO NOTHING;
