package db

import (
	"context"
	"strings"
)

// evaluate writes which products meet the rules of collections, and queues the snapshots of
// those that came or went. Callers have locked them (LockCollections). A product's position is its
// rank among all that are featured.
const evaluate = `
WITH matching AS (
    SELECT c.id AS collection_id, p.id AS product_id, -p.featured AS position
    FROM collections c CROSS JOIN products p
    WHERE c.rule IS NOT NULL AND {p} AND meets_rule(p, c.rule)
), gone AS (
    DELETE FROM collection_products m USING collections c
    WHERE c.id = m.collection_id AND c.rule IS NOT NULL AND {m}
      AND NOT EXISTS (SELECT FROM matching x WHERE x.collection_id = m.collection_id AND x.product_id = m.product_id)
    RETURNING m.product_id
), placed AS (
    INSERT INTO collection_products AS m (collection_id, product_id, position)
    SELECT collection_id, product_id, position FROM matching ORDER BY collection_id, product_id
    ON CONFLICT (collection_id, product_id) DO UPDATE SET position = excluded.position WHERE m.position <> excluded.position
), moved AS (
    SELECT product_id FROM gone
    UNION SELECT x.product_id FROM matching x
    WHERE NOT EXISTS (SELECT FROM collection_products m WHERE m.collection_id = x.collection_id AND m.product_id = x.product_id)
)
INSERT INTO snapshot_queue (product_id)
SELECT p.id FROM moved JOIN products p ON p.id = moved.product_id AND p.status = 'PUBLISHED'
ORDER BY p.id
ON CONFLICT (product_id) DO UPDATE SET queued_at = snapshot_queue.queued_at`

var (
	evaluateProducts    = strings.NewReplacer("{p}", "p.id = ANY ($1)", "{m}", "m.product_id = ANY ($1)").Replace(evaluate)
	evaluateCollections = strings.NewReplacer("{p}", "c.id = ANY ($1)", "{m}", "c.id = ANY ($1)").Replace(evaluate)
)

// EvaluateProducts evaluates all rules for the products, in one statement.
func (q *Queries) EvaluateProducts(ctx context.Context, productIDs []string) error {
	_, err := q.db.Exec(ctx, evaluateProducts, productIDs)
	return err
}

// EvaluateCollections evaluates the rules of the collections for all products.
func (q *Queries) EvaluateCollections(ctx context.Context, collectionIDs []string) error {
	_, err := q.db.Exec(ctx, evaluateCollections, collectionIDs)
	return err
}
