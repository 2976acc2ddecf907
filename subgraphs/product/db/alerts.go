package db

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
)

// DueAlert is a subscription whose mail is due, with what the mail shows.
type DueAlert struct {
	ID, VariantID, Kind, Recipient, OwnerID, Locale string
	WasMinor                                        int64 // the price when the recipient subscribed
	PriceMinor                                      int64
	Currency                                        string
	ProductID, Slug                                 string
	ProductTitle, VariantTitle                      string
	Options                                         []catalogue.SelectedOption
	Translations                                    catalogue.Translations
}

// A row that another transaction has locked is skipped: it is deleted there, or renewed,
// which queues its variant again.
const takeDueAlerts = `
WITH due AS (
    SELECT a.id, a.variant_id, a.kind, a.recipient, a.owner_id, a.locale, a.price_minor AS was_minor,
           r.price_minor, r.currency, p.id AS product_id, p.slug, p.title AS product_title, v.title AS variant_title, v.options, p.translations
    FROM stock_alerts a
    JOIN variants v ON v.id = a.variant_id
    JOIN products p ON p.id = v.product_id AND p.status = 'PUBLISHED'
    JOIN LATERAL (SELECT r.price_minor, r.currency FROM variant_prices r
                  WHERE r.variant_id = a.variant_id AND (r.currency = a.currency OR a.kind = 'BACK_IN_STOCK' AND r.currency = $3)
                  ORDER BY r.currency = a.currency DESC LIMIT 1) AS r ON true
    LEFT JOIN availability s ON s.variant_id = a.variant_id
    WHERE a.variant_id = ANY ($1) AND a.expires_at > now()
      AND CASE a.kind WHEN 'BACK_IN_STOCK' THEN s.available > 0 ELSE r.price_minor < a.price_minor END
    ORDER BY a.id LIMIT $2 FOR UPDATE OF a SKIP LOCKED
), served AS (
    DELETE FROM stock_alerts a USING due WHERE a.id = due.id
)
SELECT * FROM due ORDER BY id`

// TakeDueAlerts ends those subscriptions of variants whose mails are due, and returns
// them, the earliest first. A variant without a price in the currency of the subscription
// is shown with that in the fallback currency.
func (q *Queries) TakeDueAlerts(ctx context.Context, variantIDs []string, limit int, fallbackCurrency string) ([]DueAlert, error) {
	rows, err := q.db.Query(ctx, takeDueAlerts, variantIDs, limit, fallbackCurrency)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[DueAlert])
}

// Also of the guests that the account claimed: they keep what they subscribed to.
const eraseAlertsOf = `
WITH owners AS (
    SELECT $1::text AS id UNION ALL SELECT guest_id FROM guest_claims WHERE user_id = $1
), mailed AS (
    DELETE FROM stock_alert_tokens WHERE recipient = $1 OR owner_id <> '' AND owner_id IN (SELECT id FROM owners)
), requested AS (
    DELETE FROM stock_alert_requests WHERE requester = $1
)
DELETE FROM stock_alerts WHERE recipient = $1 OR owner_id <> '' AND owner_id IN (SELECT id FROM owners)`

// EraseAlertsOf deletes what there is of an account that was deleted.
func (q *Queries) EraseAlertsOf(ctx context.Context, userID string) error {
	_, err := q.db.Exec(ctx, eraseAlertsOf, userID)
	return err
}
