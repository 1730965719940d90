-- To list the accounts of one realm in the order of their numbers. The version before may stay.
CREATE INDEX accounts_realm ON accounts (realm, id);

-- Room in each page, in which a refresh puts the session's new row: then no index changes. It concerns pages that are
-- filled from now on.
ALTER TABLE tokens SET (fillfactor = 90);
