-- Tokens and sessions. AUTOINCREMENT: the number of a deleted row is never used again, because a revocation could then
-- hit another token.
CREATE TABLE tokens (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    parent             BIGINT  REFERENCES tokens (id) ON DELETE CASCADE,
    flavour            TEXT    NOT NULL,
    realm              TEXT    NOT NULL,
    subject            BIGINT  NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- The owner's generation when the token was issued. The token is active only while the owner's is the same.
    generation         BIGINT  NOT NULL,
    -- A JSON array of names, in order.
    scopes             TEXT    NOT NULL,
    label              TEXT,
    digest             BLOB,
    salt               BLOB,
    key_digest         BLOB,
    shared             BOOLEAN NOT NULL DEFAULT FALSE,
    refresh_selector   BLOB,
    refresh_current    BLOB,
    refresh_previous   BLOB,
    refresh_sealed     BLOB,
    refresh_lineage    BLOB,
    refresh_rotations  BIGINT,
    refresh_rotated_at BIGINT,
    issued_at          BIGINT  NOT NULL,
    expires_at         BIGINT,
    last_used_at       BIGINT,
    revoked_at         BIGINT
);

CREATE UNIQUE INDEX tokens_refresh ON tokens (refresh_selector);
-- At most one active shared record for each flavour and subject, also under concurrency.
CREATE UNIQUE INDEX tokens_shared ON tokens (flavour, subject) WHERE shared AND revoked_at IS NULL;
-- To find an owner's tokens, those of one generation, and the latest end among them.
CREATE INDEX tokens_owner ON tokens (subject, generation, expires_at);
CREATE INDEX tokens_parent ON tokens (parent) WHERE parent IS NOT NULL;
-- For the purge.
CREATE INDEX tokens_expired ON tokens (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX tokens_revoked ON tokens (revoked_at) WHERE revoked_at IS NOT NULL;

-- The feed of changes that every node reads.
CREATE TABLE feed (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    -- ended, superseded, subject_rights, all_rights
    kind       TEXT    NOT NULL,
    token_id   BIGINT,
    subject    BIGINT,
    generation BIGINT,
    until      BIGINT  NOT NULL,
    at         BIGINT  NOT NULL
);

CREATE INDEX feed_until ON feed (until);
CREATE INDEX feed_superseded ON feed (at) WHERE kind = 'superseded';
