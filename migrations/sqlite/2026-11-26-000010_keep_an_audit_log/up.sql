-- The audit log: who did what, when, from where. Each entry is written in the transaction that it describes.
-- AUTOINCREMENT: a number is never used again. The version before knows nothing of these tables, and writes no entries.
CREATE TABLE audit_entries (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    -- Only PostgreSQL needs it: here entries become visible in the order of their numbers.
    written_by BIGINT  NOT NULL DEFAULT 0,
    at         BIGINT  NOT NULL,
    event      TEXT    NOT NULL,
    -- done, refused
    outcome    TEXT    NOT NULL,
    -- server, client, operator NAME, service NAME
    actor      TEXT    NOT NULL,
    command    TEXT,
    source     TEXT,
    request    TEXT,
    realm      TEXT,
    flavour    TEXT,
    subject    BIGINT,
    token      BIGINT,
    detail     TEXT
);

-- The chain over the entries: each seal lists those of a second or so, and continues the seal before it.
CREATE TABLE audit_seals (
    number   BIGINT PRIMARY KEY NOT NULL,
    at       BIGINT NOT NULL,
    -- How many entries the chain has up to here.
    entries  BIGINT NOT NULL,
    -- How far entries were read: every one with a lower number.
    settled  BIGINT NOT NULL,
    floor    BIGINT NOT NULL,
    highest  BIGINT NOT NULL,
    -- For each entry 8 bytes of its number and 16 of its link.
    links    BLOB   NOT NULL,
    previous BLOB   NOT NULL,
    mac      BLOB   NOT NULL
);

-- The two ends of the chain, signed: `start`, the last seal that was removed, and `end`, the last one.
CREATE TABLE audit_marks (
    name    TEXT   PRIMARY KEY NOT NULL,
    number  BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    settled BIGINT NOT NULL,
    floor   BIGINT NOT NULL,
    highest BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    mac     BLOB   NOT NULL,
    proof   BLOB   NOT NULL
);
