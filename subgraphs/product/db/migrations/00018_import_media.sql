-- +goose Up
-- Which upload the file at an address became: a catalogue that is imported again
-- fetches it no second time. Of the address there is only its SHA-256, because an
-- address may hold a secret.
CREATE TABLE media_sources (
    owner_id       text COLLATE "C" NOT NULL,
    address_sha256 bytea NOT NULL,
    upload_id      text COLLATE "C" NOT NULL REFERENCES media_uploads ON DELETE CASCADE,
    PRIMARY KEY (owner_id, address_sha256)
);
CREATE INDEX media_sources_by_upload ON media_sources (upload_id);

-- Pictures of a review, in their order: uploads of its author.
ALTER TABLE reviews ADD images jsonb NOT NULL DEFAULT '[]';
ALTER TABLE reviews ADD CONSTRAINT reviews_have_few_images CHECK (jsonb_array_length(images) <= 5);
