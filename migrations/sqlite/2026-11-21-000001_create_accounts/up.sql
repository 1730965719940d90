-- Accounts and clients share one numbering, so that a number is enough to name the owner of a token. AUTOINCREMENT: a
-- number is never used again, because an old token could then name another owner.
CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    realm        TEXT    NOT NULL,
    login        TEXT    NOT NULL,
    -- The form in which names are compared; null for a name that cannot be signed in with.
    login_folded TEXT,
    alias        TEXT,
    alias_folded TEXT,
    role         TEXT,
    generation   BIGINT  NOT NULL DEFAULT 0,
    -- Times are milliseconds since 1970, here and everywhere.
    disabled_at  BIGINT,
    -- A JSON object.
    attributes   TEXT    NOT NULL DEFAULT '{}',
    created_at   BIGINT  NOT NULL
);

CREATE UNIQUE INDEX accounts_login ON accounts (realm, login_folded);
CREATE UNIQUE INDEX accounts_alias ON accounts (realm, alias_folded);

CREATE TABLE passwords (
    account_id INTEGER PRIMARY KEY NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    hash       TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);
