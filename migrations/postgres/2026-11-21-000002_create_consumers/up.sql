CREATE TABLE organisations (
    id                 BIGINT PRIMARY KEY NOT NULL,
    name               TEXT   NOT NULL,
    subdomain          TEXT   NOT NULL,
    utc_offset_seconds BIGINT NOT NULL
);

CREATE TABLE consumers (
    key             TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    organisation_id BIGINT  NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    token_digest    BYTEA   NOT NULL,
    disabled        BOOLEAN NOT NULL DEFAULT FALSE,
    created_at      BIGINT  NOT NULL
);

CREATE INDEX consumers_organisation ON consumers (organisation_id);
