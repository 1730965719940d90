DROP TABLE passwords;
DROP TABLE accounts;
