-- Parcels that customers send back. Their shipment_id is the id of the return.

-- +goose Up
ALTER TABLE parcels ADD COLUMN is_return boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN parcels.recipient IS 'the customer, who is the sender of a return; null once there is a label';
