-- What an import from another system has brought. The version before reads none of it, and may stay.

-- Which account the user of another system became: its tokens name the user by the other system's number.
CREATE TABLE imported_accounts (
    realm      TEXT COLLATE "C" NOT NULL,
    -- As the other system has it.
    source_id  TEXT COLLATE "C" NOT NULL,
    account_id BIGINT NOT NULL,
    PRIMARY KEY (realm, source_id)
);

-- A token whose text another system made. A row stays when its token is gone: a second import of the same data must not bring
-- back what was revoked here.
CREATE TABLE imported_tokens (
    -- sha256$ or sha512$, and the digest of what its client presents in hexadecimal digits.
    digest    TEXT COLLATE "C" PRIMARY KEY,
    flavour   TEXT   NOT NULL,
    -- Its record in `tokens`, as long as that is kept.
    token_id  BIGINT NOT NULL,
    -- The number that stands before the secret in a token of Sanctum.
    number    BIGINT,
    -- For a signed token, recorded when it was first presented: when it has expired, and no one can present it again. Then the row
    -- goes too.
    forget_at BIGINT
);

-- To find those that may go.
CREATE INDEX imported_tokens_forget_at ON imported_tokens (forget_at) WHERE forget_at IS NOT NULL;
