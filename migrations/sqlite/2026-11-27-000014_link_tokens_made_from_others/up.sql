-- A token that took the place of another is of its line: the number of the first one. A token that its owner made from another has the
-- line of that one. Both are revoked with it. NULL: nothing was made from it, and it was made from nothing. The version before may
-- stay: it revokes only the token itself, and lets every token do all of self-service, so replace all nodes before you rely on it.
ALTER TABLE tokens ADD COLUMN line BIGINT;
ALTER TABLE tokens ADD COLUMN made_from BIGINT;

-- Only tokens that were made, and their makers, are in these.
CREATE INDEX tokens_line ON tokens (line, id) WHERE line IS NOT NULL;
CREATE INDEX tokens_made_from ON tokens (made_from) WHERE made_from IS NOT NULL;
