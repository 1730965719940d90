ALTER TABLE tokens DROP COLUMN ends_at;
ALTER TABLE tokens DROP COLUMN idle_ms;
