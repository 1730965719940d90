-- The token before, while it is accepted beside the new one.
ALTER TABLE consumers ADD COLUMN previous_digest BLOB;
ALTER TABLE consumers ADD COLUMN previous_until BIGINT;

-- Which consumer has vouched for which client, so that what a stolen token has obtained can be revoked.
CREATE TABLE consumer_clients (
    consumer_key TEXT   NOT NULL REFERENCES consumers (key) ON DELETE CASCADE,
    account_id   BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    -- When it did so first.
    since        BIGINT NOT NULL,
    PRIMARY KEY (consumer_key, account_id)
);

CREATE INDEX consumer_clients_account ON consumer_clients (account_id);

-- Until now it was not recorded: any consumer of the organisation may have.
INSERT INTO consumer_clients (consumer_key, account_id, since)
SELECT consumers.key, accounts.id, accounts.created_at
FROM consumers
JOIN accounts ON accounts.realm = 'org:' || CAST(consumers.organisation_id AS TEXT);
