-- +goose Up
-- definition is the JSON of package promotion. What queries compare is a column beside it.
CREATE TABLE promotions (
    id          text        PRIMARY KEY,
    definition  jsonb       NOT NULL,
    code        text, -- in capitals; null: it applies without one
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz,
    archived_at timestamptz,
    used_count  int         NOT NULL DEFAULT 0, -- confirmed orders, less those cancelled since
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT promotions_code_is_in_capitals CHECK (code = upper(code)),
    CONSTRAINT promotions_end_after_their_start CHECK (ends_at > starts_at),
    CONSTRAINT promotions_used_count_is_not_negative CHECK (used_count >= 0)
);
CREATE UNIQUE INDEX promotions_code_names_one ON promotions (code) WHERE archived_at IS NULL;
CREATE INDEX promotions_without_code ON promotions (starts_at) WHERE code IS NULL AND archived_at IS NULL;

-- The confirmed orders that use a promotion: a copy of the order service's books, which
-- alone decide who gets the last use.
CREATE TABLE promotion_uses (
    promotion_id text NOT NULL REFERENCES promotions,
    order_id     text NOT NULL,
    owner_id     text NOT NULL,
    released     boolean NOT NULL DEFAULT false, -- the order was cancelled
    PRIMARY KEY (order_id, promotion_id)
);
CREATE INDEX promotion_uses_of_owner ON promotion_uses (owner_id, promotion_id) WHERE NOT released;

CREATE TABLE customer_groups (
    name    text NOT NULL,
    user_id text NOT NULL,
    PRIMARY KEY (user_id, name)
);
CREATE INDEX customer_groups_members ON customer_groups (name);

ALTER TABLE carts
    ADD COLUMN discount_codes text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT carts_have_few_discount_codes CHECK (cardinality(discount_codes) <= 5);
CREATE INDEX carts_converted_of_owner ON carts (owner_id) WHERE status = 'CONVERTED';

-- The promotions that may apply to a cart of an owner with codes, as JSON: those without
-- a code whose time it is, and those of the codes. With each, what its conditions are
-- compared with. A function, so that carts are read with them in one statement.
-- +goose StatementBegin
CREATE FUNCTION promotions_for(owner text, codes text[]) RETURNS jsonb STABLE LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'promotion', p.definition,
        'used', p.used_count,
        'usedByOwner', (SELECT count(*) FROM promotion_uses u WHERE u.promotion_id = p.id AND u.owner_id = owner AND NOT u.released),
        'hasOrdered', EXISTS (SELECT FROM carts c WHERE c.owner_id = owner AND c.status = 'CONVERTED')
            OR EXISTS (SELECT FROM carts c JOIN cart_conversions v ON v.cart_id = c.id WHERE c.owner_id = owner),
        'groups', (SELECT coalesce(jsonb_agg(g.name), '[]') FROM customer_groups g WHERE g.user_id = owner)
    ) ORDER BY p.id), '[]')
    FROM promotions p
    WHERE p.archived_at IS NULL
      AND (p.code = ANY (codes) OR p.code IS NULL AND p.starts_at <= now() AND (p.ends_at IS NULL OR p.ends_at > now()))
$$;
-- +goose StatementEnd
