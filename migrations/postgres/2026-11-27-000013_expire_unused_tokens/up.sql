-- A token of a flavour with an idle time expires so long after its last use, and at its end. The version before may stay: it moves no
-- expiry, so set no idle time while it runs.
ALTER TABLE tokens ADD COLUMN idle_ms BIGINT;
ALTER TABLE tokens ADD COLUMN ends_at BIGINT;
