-- The server's signing keys, encrypted before they are stored.
CREATE TABLE vault (
    name         TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    purpose      TEXT COLLATE "C" NOT NULL,
    sealed       BYTEA  NOT NULL,
    created_at   BIGINT NOT NULL,
    activates_at BIGINT NOT NULL,
    retires_at   BIGINT
);

CREATE INDEX vault_purpose ON vault (purpose);

-- Values about this database itself, such as the check value of its master key.
CREATE TABLE meta (
    name  TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    value BYTEA NOT NULL
);
