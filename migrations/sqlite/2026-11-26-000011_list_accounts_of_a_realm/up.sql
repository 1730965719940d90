-- To list the accounts of one realm in the order of their numbers. The version before may stay.
CREATE INDEX accounts_realm ON accounts (realm, id);
