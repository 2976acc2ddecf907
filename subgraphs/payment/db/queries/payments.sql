-- name: InsertPayment :exec
-- With a lease, whoever inserts it asks the gateway at once.
INSERT INTO payments (id, order_id, status, want, amount_minor, currency, token, return_url,
                      failure_code, failure_message, failure_retryable, tries, leased_until, due_at)
VALUES (@id, @order_id, @status, @want, @amount_minor, @currency, @token, @return_url,
        @failure_code, @failure_message, @failure_retryable,
        @tries, now() + nullif(@lease::interval, interval '0'), now() + @lease::interval);

-- name: LockPayment :one
-- Locks the order and then its payment.
SELECT sqlc.embed(o), sqlc.embed(p)
  FROM payable_orders o JOIN payments p USING (order_id)
 WHERE p.id = @id FOR UPDATE OF o, p;

-- name: LockPaymentsOfOrder :many
SELECT * FROM payments WHERE order_id = @order_id ORDER BY id FOR UPDATE;

-- name: PaymentsByID :many
-- Those of the payments that the caller may see.
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
 LIMIT @most;

-- name: CountListed :one
SELECT count(*)::int FROM payments p
 WHERE (cardinality(@statuses::text[]) = 0 OR p.status = ANY(@statuses::text[]))
   AND (@order_id::text = '' OR p.order_id = @order_id)
   AND p.created_at >= @created_after AND p.created_at < @created_before;

-- name: AbandonPayment :exec
-- Ends a payment that the gateway was never asked about. It is locked.
UPDATE payments SET status = 'VOIDED', want = 'NONE', tries = 0, leased_until = NULL, due_at = now(), last_error = '', updated_at = clock_timestamp()
 WHERE id = @id AND status = 'CREATED';

-- name: TakeStep :exec
-- Stores a step of a payment with the attempt that it came of; whoever hears
-- of an outcome first writes it down. A payment that is no longer where the
-- step starts gives the attempt no id, which fails.
WITH moved AS (
    UPDATE payments
       SET status = @status, want = @want, tries = 0, leased_until = NULL, due_at = now(), last_error = '',
           authorized_minor = @authorized_minor, captured_minor = @captured_minor, voided_minor = @voided_minor,
           disputed_minor = @disputed_minor, gateway_id = @gateway_id,
           card_brand = @card_brand, card_last4 = @card_last4, card_expiry = @card_expiry,
           action_url = @action_url, action_expires_at = sqlc.narg(action_expires_at),
           failure_code = @failure_code, failure_message = @failure_message, failure_retryable = @failure_retryable,
           updated_at = clock_timestamp()
     WHERE payments.id = @id AND payments.status = @from_status
    RETURNING payments.id
)
INSERT INTO attempts (payment_id, operation, number, outcome, amount_minor, currency, gateway_id, source, message)
VALUES ((SELECT moved.id FROM moved), @operation, 1, @outcome, @amount_minor, @currency, @gateway_id, @source, @message)
ON CONFLICT ON CONSTRAINT attempts_decided_once DO NOTHING;

-- name: SetWant :exec
-- Stores what to ask the gateway for next. The payment is locked, and wants
-- what it did. With a lease, whoever stores it asks at once.
UPDATE payments SET want = @want, tries = @tries, leased_until = now() + nullif(@lease::interval, interval '0'),
       due_at = now() + @lease::interval, last_error = '', updated_at = clock_timestamp()
 WHERE id = @id AND status = @from_status AND want = @from_want;

-- name: LeasePayments :many
-- Takes wants that are due. They are due again when the lease ends, should
-- this process die.
UPDATE payments p
   SET leased_until = now() + @lease::interval, due_at = now() + @lease::interval, tries = tries + 1,
       status = CASE WHEN status = 'CREATED' THEN 'PROCESSING' ELSE status END
 WHERE p.id IN (SELECT w.id FROM payments w WHERE w.want <> 'NONE' AND w.due_at <= now()
                 ORDER BY w.due_at LIMIT @most FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: PostponePayment :exec
-- Gives up the lease after an unknown outcome: the same want, the same key,
-- later.
UPDATE payments
   SET due_at = now() + @after::interval, leased_until = NULL, last_error = @last_error
 WHERE id = @id AND want = @want AND status = @status;

-- name: DropWant :exec
-- The gateway had nothing new to say.
UPDATE payments SET want = 'NONE', tries = 0, leased_until = NULL, last_error = '' WHERE id = @id AND want = @want AND status = @status;

-- name: ConfirmOverdue :execrows
-- The customer did not come back in time: have the gateway decide.
UPDATE payments SET want = 'CONFIRM', tries = 0, due_at = now()
 WHERE status = 'REQUIRES_ACTION' AND want = 'NONE' AND action_expires_at < now() - interval '1 second';

-- name: VoidLeftovers :execrows
-- Authorisations whose order has ended, or that no order came for in six days.
UPDATE payments p SET want = 'VOID', tries = 0, due_at = now()
  FROM payable_orders o
 WHERE o.order_id = p.order_id AND p.status = 'AUTHORIZED' AND p.want = 'NONE'
   AND (o.status = 'CLOSED' OR p.updated_at < now() - interval '6 days');

-- name: OldestWant :one
-- For how many seconds the oldest want has waited.
SELECT coalesce(extract(epoch FROM now() - min(updated_at)), 0)::float8 FROM payments WHERE want <> 'NONE';
