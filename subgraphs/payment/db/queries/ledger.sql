-- name: InsertAttempt :exec
-- An outcome arrives by an answer and by a webhook; the first one is stored.
INSERT INTO attempts (payment_id, operation, number, outcome, amount_minor, currency, gateway_id, source, message)
VALUES (@payment_id, @operation, @number, @outcome, @amount_minor, @currency, @gateway_id, @source, @message)
ON CONFLICT ON CONSTRAINT attempts_decided_once DO NOTHING;

-- name: AttemptsByPayment :many
SELECT * FROM attempts WHERE payment_id = ANY(@payment_ids::text[]) ORDER BY payment_id, id;

-- name: InsertJournal :exec
-- One journal with all its postings, in one statement. That they add up to zero
-- is checked by triggers when the transaction commits.
WITH journal AS (
    INSERT INTO journals (payment_id, kind, number, refund_id, gift_card_id)
    VALUES (sqlc.narg(payment_id), @kind, @number, sqlc.narg(refund_id), sqlc.narg(gift_card_id)) RETURNING id
)
INSERT INTO postings (journal_id, account, amount_minor, currency)
SELECT journal.id, g.account, g.amount_minor, @currency::text
  FROM journal, (SELECT unnest(@accounts::text[]) AS account, unnest(@amounts::bigint[]) AS amount_minor) g;

-- name: LedgerDifferences :many
-- Payments whose amounts are not the sums of their journals. Each account is
-- compared with the amounts that it must equal; an empty result means that the
-- ledger and the payments agree.
SELECT p.id
  FROM payments p
  LEFT JOIN (SELECT j.payment_id,
                    sum(x.amount_minor) FILTER (WHERE x.account = 'customer_receivable') AS receivable,
                    sum(x.amount_minor) FILTER (WHERE x.account = 'gateway_clearing')    AS clearing,
                    sum(x.amount_minor) FILTER (WHERE x.account = 'refunds')             AS refunds,
                    sum(x.amount_minor) FILTER (WHERE x.account IN ('disputed_funds', 'chargebacks')) AS disputed,
                    sum(x.amount_minor) FILTER (WHERE x.account = 'gift_card_reserved')  AS reserved
               FROM journals j JOIN postings x ON x.journal_id = j.id GROUP BY j.payment_id) l ON l.payment_id = p.id
 CROSS JOIN LATERAL (SELECT CASE WHEN p.status IN ('CREATED', 'PROCESSING', 'REQUIRES_ACTION', 'AUTHORIZED') THEN p.gift_minor ELSE 0 END AS reserved,
                            CASE WHEN p.status = 'AUTHORIZED' THEN p.gift_minor ELSE 0 END AS authorized,
                            CASE WHEN p.captured_minor > 0 THEN p.gift_minor ELSE 0 END AS captured) gift
 WHERE p.updated_at >= @since
   AND (coalesce(l.receivable, 0) <> p.authorized_minor - p.captured_minor - p.voided_minor - gift.authorized
     OR coalesce(l.clearing, 0) <> p.captured_minor - p.refunded_minor - p.disputed_minor - (gift.captured - p.gift_refunded_minor)
     OR coalesce(l.reserved, 0) <> -gift.reserved
     OR coalesce(l.refunds, 0) <> p.refunded_minor
     OR coalesce(l.disputed, 0) <> p.disputed_minor)
 ORDER BY p.id LIMIT 100;
