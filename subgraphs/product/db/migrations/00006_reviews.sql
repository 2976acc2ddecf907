-- +goose Up
-- Public names of users, from User's events: a page of reviews needs no call to User.
CREATE TABLE authors (
    id           text COLLATE "C" PRIMARY KEY, -- usr_…
    display_name text   NOT NULL,
    sequence     bigint NOT NULL -- of the event; only a newer one is stored
);

-- What was bought, from Order's events. A guest's purchase keeps the guest as its
-- owner: the claim may arrive before it or after it.
CREATE TABLE purchases (
    order_id     text COLLATE "C" NOT NULL,
    product_id   text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    owner_id     text COLLATE "C" NOT NULL, -- usr_… or gst_…
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
CREATE INDEX purchases_by_product ON purchases (product_id, owner_id);

-- A cancellation may arrive before the confirmation that it takes back.
CREATE TABLE cancelled_orders (
    order_id text COLLATE "C" PRIMARY KEY
);

CREATE TABLE guest_claims (
    guest_id text COLLATE "C" PRIMARY KEY,
    user_id  text COLLATE "C" NOT NULL
);
CREATE INDEX guest_claims_by_user ON guest_claims (user_id);

CREATE TABLE reviews (
    id            text COLLATE "C" PRIMARY KEY,
    product_id    text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    author_id     text COLLATE "C" NOT NULL,
    rating        smallint    NOT NULL,
    title         text        NOT NULL, -- empty: none
    body          text        NOT NULL,
    locale        text        NOT NULL,
    status        text        NOT NULL,
    reason        text        NOT NULL, -- of the decision; empty: none
    version       int         NOT NULL, -- of what the author wrote
    helpful_count int         NOT NULL, -- of review_votes, in the same transaction
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT reviews_one_per_product_and_author UNIQUE (product_id, author_id),
    CONSTRAINT reviews_rating_is_1_to_5 CHECK (rating BETWEEN 1 AND 5),
    CONSTRAINT reviews_status_is_known CHECK (status IN ('PENDING', 'PUBLISHED', 'REJECTED')),
    CONSTRAINT reviews_rejection_has_a_reason CHECK (status <> 'REJECTED' OR reason <> ''),
    CONSTRAINT reviews_helpful_count_is_never_negative CHECK (helpful_count >= 0)
);
CREATE INDEX reviews_by_helpfulness ON reviews (product_id, helpful_count, id) WHERE status = 'PUBLISHED';
CREATE INDEX reviews_by_age ON reviews (product_id, created_at, id) WHERE status = 'PUBLISHED';
CREATE INDEX reviews_by_rating ON reviews (product_id, rating, id) WHERE status = 'PUBLISHED';
CREATE INDEX reviews_by_author ON reviews (author_id, created_at, id);
CREATE INDEX reviews_pending ON reviews (updated_at, id) WHERE status = 'PENDING';

CREATE TABLE review_votes (
    review_id text COLLATE "C" NOT NULL REFERENCES reviews ON DELETE CASCADE,
    voter_id  text COLLATE "C" NOT NULL,
    helpful   boolean NOT NULL,
    CONSTRAINT review_votes_one_per_voter PRIMARY KEY (review_id, voter_id)
);

-- How many published reviews a product has with 1 to 5 stars, changed in the
-- transaction that publishes or withdraws a review.
CREATE TABLE product_ratings (
    product_id text COLLATE "C" PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    counts     int[] NOT NULL,
    CONSTRAINT product_ratings_have_five_counts CHECK (cardinality(counts) = 5),
    CONSTRAINT product_ratings_are_never_negative CHECK (0 <= ALL (counts))
) WITH (fillfactor = 70);

-- Who bought what. A guest's purchases are also those of the user who claimed the
-- guest.
CREATE VIEW verified_purchases AS
SELECT product_id, owner_id AS buyer_id FROM purchases
UNION ALL
SELECT p.product_id, c.user_id FROM purchases p JOIN guest_claims c ON c.guest_id = p.owner_id;
