-- +goose Up

-- The column holds the operation that is to be sent to the gateway next.
ALTER TABLE payments RENAME COLUMN want TO pending_operation;
ALTER TABLE payments RENAME CONSTRAINT payments_want_known TO payments_pending_operation_known;
ALTER TABLE payments RENAME CONSTRAINT payments_final_want_nothing TO payments_final_has_no_pending_operation;
ALTER INDEX payments_wanted RENAME TO payments_pending;
ALTER INDEX refunds_wanted RENAME TO refunds_pending;

-- +goose Down
ALTER INDEX refunds_pending RENAME TO refunds_wanted;
ALTER INDEX payments_pending RENAME TO payments_wanted;
ALTER TABLE payments RENAME CONSTRAINT payments_final_has_no_pending_operation TO payments_final_want_nothing;
ALTER TABLE payments RENAME CONSTRAINT payments_pending_operation_known TO payments_want_known;
ALTER TABLE payments RENAME COLUMN pending_operation TO want;
