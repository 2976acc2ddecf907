-- name: InsertPayment :exec
-- With a lease, the inserting process calls the gateway itself, right after the
-- commit. A lease of zero leaves the payment to the queue: leased_until stays
-- null and it is due at once.
INSERT INTO payments (id, order_id, status, pending_operation, amount_minor, gift_minor, currency, token, return_url,
                      failure_code, failure_retryable, tries, leased_until, due_at)
VALUES (@id, @order_id, @status, @pending_operation, @amount_minor, @gift_minor, @currency, @token, @return_url,
        @failure_code, @failure_retryable,
        @tries, now() + nullif(@lease::interval, interval '0'), now() + @lease::interval);

-- name: LockPayment :one
-- Locks the order and then its payment.
SELECT sqlc.embed(o), sqlc.embed(p)
  FROM payable_orders o JOIN payments p USING (order_id)
 WHERE p.id = @id FOR UPDATE OF o, p;

-- name: LockPaymentsOfOrder :many
SELECT * FROM payments WHERE order_id = @order_id ORDER BY id FOR UPDATE;

-- name: PaymentsByID :many
-- Payments that the caller may not see are left out.
SELECT sqlc.embed(p), o.checkout_id, o.owner_id
  FROM payments p JOIN payable_orders o USING (order_id)
 WHERE p.id = ANY(@ids::text[]) AND (@all_owners::bool OR o.owner_id = ANY(@owners::text[]));

-- name: PaymentsByOrder :many
SELECT sqlc.embed(p), o.checkout_id, o.owner_id
  FROM payments p JOIN payable_orders o USING (order_id)
 WHERE p.order_id = ANY(@order_ids::text[]) AND (@all_owners::bool OR o.owner_id = ANY(@owners::text[]))
 ORDER BY p.id;

-- name: ListPayments :many
-- A page of all payments, newest first.
SELECT sqlc.embed(p), o.checkout_id, o.owner_id
  FROM payments p JOIN payable_orders o USING (order_id)
 WHERE (cardinality(@statuses::text[]) = 0 OR p.status = ANY(@statuses::text[]))
   AND (@order_id::text = '' OR p.order_id = @order_id)
   AND p.created_at >= @created_after AND p.created_at < @created_before
   AND (p.created_at, p.id) < (@after_created_at::timestamptz, @after_id::text)
 ORDER BY p.created_at DESC, p.id DESC
 LIMIT @max_rows;

-- name: CountPayments :one
SELECT count(*)::int FROM payments p
 WHERE (cardinality(@statuses::text[]) = 0 OR p.status = ANY(@statuses::text[]))
   AND (@order_id::text = '' OR p.order_id = @order_id)
   AND p.created_at >= @created_after AND p.created_at < @created_before;

-- name: VoidUnsentPayment :exec
-- Voids a payment of which nothing was sent to the gateway. The row is locked.
WITH updated AS (
    UPDATE payments
       SET status = 'VOIDED', pending_operation = 'NONE', tries = 0, leased_until = NULL, due_at = now(), last_error = '',
           updated_at = clock_timestamp()
     WHERE id = @id AND status = 'CREATED'
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: ApplyTransition :exec
-- Stores a transition of a payment together with the attempt that caused it. A
-- payment that is no longer in from_status fails the transaction. The attempt may
-- exist: an outcome arrives by an answer and by a webhook, and the first is kept.
WITH updated AS (
    UPDATE payments
       SET status = @status, pending_operation = @pending_operation, tries = 0, leased_until = NULL, due_at = now(), last_error = '',
           authorized_minor = @authorized_minor, captured_minor = @captured_minor, voided_minor = @voided_minor,
           disputed_minor = @disputed_minor, gateway_id = @gateway_id,
           card_brand = @card_brand, card_last4 = @card_last4, card_expiry = @card_expiry,
           action_url = @action_url, action_expires_at = sqlc.narg(action_expires_at),
           failure_code = @failure_code, failure_retryable = @failure_retryable,
           updated_at = clock_timestamp()
     WHERE payments.id = @id AND payments.status = @from_status
    RETURNING payments.id
), attempt AS (
    INSERT INTO attempts (payment_id, operation, number, outcome, amount_minor, currency, gateway_id, source, message)
    SELECT updated.id, @operation, @number, @outcome, @amount_minor, @currency, @gateway_id, @source, @message FROM updated
    ON CONFLICT ON CONSTRAINT attempts_decided_once DO NOTHING
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: SetPendingOperation :exec
-- Stores the operation to send to the gateway next. from_pending_operation makes
-- it a compare-and-set: the payment is locked, so that another value is a bug and
-- fails the transaction. With a lease, the storing process sends it itself.
WITH updated AS (
    UPDATE payments
       SET pending_operation = @pending_operation, tries = @tries, leased_until = now() + nullif(@lease::interval, interval '0'),
           due_at = now() + @lease::interval, last_error = '', updated_at = clock_timestamp()
     WHERE id = @id AND status = @from_status AND pending_operation = @from_pending_operation
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: LeasePayments :many
-- Leases operations that are due. due_at is set to the end of the lease, so that
-- they are due again if this process dies. SKIP LOCKED: replicas do not wait for
-- each other.
UPDATE payments p
   SET leased_until = now() + @lease::interval, due_at = now() + @lease::interval, tries = tries + 1,
       status = CASE WHEN status = 'CREATED' THEN 'PROCESSING' ELSE status END
 WHERE p.id IN (SELECT w.id FROM payments w WHERE w.pending_operation <> 'NONE' AND w.due_at <= now()
                 ORDER BY w.due_at LIMIT @max_rows FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: PostponePayment :exec
-- Ends the lease after an unknown outcome. The operation stays pending, so that
-- it is sent again with the same idempotency key.
UPDATE payments
   SET due_at = now() + @delay::interval, leased_until = NULL, last_error = @last_error
 WHERE id = @id AND pending_operation = @pending_operation AND status = @status;

-- name: ClearPendingOperation :exec
-- The gateway has no outcome yet.
UPDATE payments SET pending_operation = 'NONE', tries = 0, leased_until = NULL, last_error = '' WHERE id = @id AND pending_operation = @pending_operation AND status = @status;

-- name: ConfirmOverdueChallenges :execrows
-- Challenges that ran out. The gateway decides the outcome; one second allows
-- for a difference between the clocks.
UPDATE payments SET pending_operation = 'CONFIRM', tries = 0, due_at = now()
 WHERE status = 'REQUIRES_ACTION' AND pending_operation = 'NONE' AND action_expires_at < now() - interval '1 second';

-- name: VoidUnclaimedAuthorizations :execrows
-- Authorisations whose order has ended, and those older than six days: at the bank
-- an authorisation lapses after about seven.
UPDATE payments p SET pending_operation = 'VOID', tries = 0, due_at = now()
  FROM payable_orders o
 WHERE o.order_id = p.order_id AND p.status = 'AUTHORIZED' AND p.pending_operation = 'NONE'
   AND (o.status = 'CLOSED' OR p.updated_at < now() - interval '6 days');

-- name: OldestPendingOperation :one
-- The age in seconds of the oldest operation that has no outcome.
SELECT coalesce(extract(epoch FROM now() - min(updated_at)), 0)::float8 FROM payments WHERE pending_operation <> 'NONE';
