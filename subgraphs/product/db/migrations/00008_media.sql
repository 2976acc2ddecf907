-- +goose Up
-- Files that clients upload. One is settled once: it is a picture, or refused.
CREATE TABLE media_uploads (
    id           text COLLATE "C" PRIMARY KEY,
    owner_id     text COLLATE "C" NOT NULL, -- who may see and use it
    filename     text        NOT NULL,
    content_type text        NOT NULL, -- as declared
    size_bytes   bigint      NOT NULL, -- as declared
    status       text        NOT NULL,
    due_at       timestamptz,           -- when a worker looks at it next, while pending
    takes        int         NOT NULL,  -- by workers that have not finished
    image_name   text,                  -- of its renditions, also while they are made
    image        jsonb,                 -- {id, name, alt, width, height, thumbhash}
    rejected_for text,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,  -- of the address that it is uploaded to
    attached_at  timestamptz,           -- when it was used first; it is then kept
    CONSTRAINT media_uploads_status_is_known CHECK (status IN ('PENDING', 'READY', 'REJECTED')),
    CONSTRAINT media_uploads_are_due_while_pending CHECK ((status = 'PENDING') = (due_at IS NOT NULL)),
    CONSTRAINT media_uploads_ready_have_an_image CHECK ((status = 'READY') = (image IS NOT NULL)),
    CONSTRAINT media_uploads_rejected_have_a_reason CHECK ((status = 'REJECTED') = (rejected_for IS NOT NULL)),
    CONSTRAINT media_uploads_attached_are_ready CHECK (attached_at IS NULL OR status = 'READY')
);
CREATE INDEX media_uploads_due ON media_uploads (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX media_uploads_by_owner ON media_uploads (owner_id, created_at);
CREATE INDEX media_uploads_unused ON media_uploads (created_at) WHERE attached_at IS NULL;

-- Objects to be deleted, by the beginning of their keys. A row is removed after them.
CREATE TABLE media_deletions (
    prefix text COLLATE "C" PRIMARY KEY,
    due_at timestamptz NOT NULL
);
CREATE INDEX media_deletions_due ON media_deletions (due_at);
