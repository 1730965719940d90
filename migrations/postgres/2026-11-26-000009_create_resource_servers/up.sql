-- Services that may ask about tokens and revoke them.
CREATE TABLE resource_servers (
    id              TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    secret_digest   BYTEA   NOT NULL,
    -- The secret before, while it is accepted beside the new one.
    previous_digest BYTEA,
    previous_until  BIGINT,
    -- A JSON list of the flavours about whose tokens it may ask; NULL: all.
    flavours        TEXT,
    disabled        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT  NOT NULL
);
