DROP TABLE consumer_clients;
ALTER TABLE consumers DROP COLUMN previous_until;
ALTER TABLE consumers DROP COLUMN previous_digest;
