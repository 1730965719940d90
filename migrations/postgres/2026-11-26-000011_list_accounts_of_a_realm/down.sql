DROP INDEX accounts_realm;
ALTER TABLE tokens RESET (fillfactor);
