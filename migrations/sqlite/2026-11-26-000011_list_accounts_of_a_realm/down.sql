DROP INDEX accounts_realm;
