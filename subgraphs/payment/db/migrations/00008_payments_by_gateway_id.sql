-- Some events of gateways name a payment by the gateway's id only.

-- +goose Up
CREATE INDEX payments_by_gateway_id ON payments (gateway_id) WHERE gateway_id <> '';

-- +goose Down
DROP INDEX payments_by_gateway_id;
