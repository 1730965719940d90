DROP TABLE imported_tokens;
DROP TABLE imported_accounts;
