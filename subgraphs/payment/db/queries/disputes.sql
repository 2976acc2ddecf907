-- name: LockedDisputesOfPayment :many
-- The payment is locked, and with it its disputes.
SELECT * FROM disputes WHERE payment_id = @payment_id ORDER BY number;

-- name: InsertDispute :exec
INSERT INTO disputes (id, payment_id, number, gateway_id, status, amount_minor, reason, evidence_due_by, opened_at)
VALUES (@id, @payment_id, @number, @gateway_id, 'OPEN', @amount_minor, @reason, sqlc.narg(evidence_due_by), @opened_at);

-- name: MoveDispute :exec
-- Stores a dispute's next status. The payment is locked; another status than
-- from_status is a bug and fails the transaction. No operation is pending from here.
WITH updated AS (
    UPDATE disputes
       SET status = @status, pending_operation = 'NONE', tries = 0, leased_until = NULL,
           closed_at = CASE WHEN @closed::bool THEN clock_timestamp() END, updated_at = clock_timestamp()
     WHERE id = @id AND status = @from_status
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: PaymentOfDispute :one
SELECT payment_id FROM disputes WHERE id = @id;

-- name: SetDisputeOperation :exec
WITH updated AS (
    UPDATE disputes
       SET pending_operation = @pending_operation, submissions = submissions + 1, evidence = @evidence,
           tries = 0, leased_until = NULL, due_at = now(), updated_at = clock_timestamp()
     WHERE id = @id AND status = 'OPEN' AND pending_operation = 'NONE'
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: LeaseDisputes :many
UPDATE disputes d
   SET leased_until = now() + @lease::interval, due_at = now() + @lease::interval, tries = tries + 1
 WHERE d.id IN (SELECT w.id FROM disputes w WHERE w.pending_operation <> 'NONE' AND w.due_at <= now()
                 ORDER BY w.due_at LIMIT @max_rows FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: PostponeDispute :exec
UPDATE disputes SET due_at = now() + @delay::interval, leased_until = NULL
 WHERE id = @id AND pending_operation = @pending_operation AND submissions = @submissions;

-- name: ClearDisputeOperation :exec
-- The gateway refused the operation and the dispute is still open.
UPDATE disputes SET pending_operation = 'NONE', tries = 0, leased_until = NULL, updated_at = clock_timestamp()
 WHERE id = @id AND pending_operation = @pending_operation AND submissions = @submissions;

-- name: DisputesByID :many
SELECT sqlc.embed(d), p.order_id, p.currency
  FROM disputes d JOIN payments p ON p.id = d.payment_id JOIN payable_orders o USING (order_id)
 WHERE d.id = ANY(@ids::text[]) AND (@all_owners::bool OR o.owner_id = ANY(@owners::text[]));

-- name: DisputesByPayment :many
SELECT sqlc.embed(d), p.order_id, p.currency FROM disputes d JOIN payments p ON p.id = d.payment_id
 WHERE d.payment_id = ANY(@payment_ids::text[]) ORDER BY d.payment_id, d.number;

-- name: ListDisputes :many
-- A page of all disputes, newest first.
SELECT sqlc.embed(d), p.order_id, p.currency
  FROM disputes d JOIN payments p ON p.id = d.payment_id
 WHERE (cardinality(@statuses::text[]) = 0 OR d.status = ANY(@statuses::text[]))
   AND (d.opened_at, d.id) < (@after_opened_at::timestamptz, @after_id::text)
 ORDER BY d.opened_at DESC, d.id DESC
 LIMIT @max_rows;

-- name: CountDisputes :one
SELECT count(*)::int FROM disputes WHERE cardinality(@statuses::text[]) = 0 OR status = ANY(@statuses::text[]);
