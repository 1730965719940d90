DROP INDEX tokens_made_from;
DROP INDEX tokens_line;
ALTER TABLE tokens DROP COLUMN made_from;
ALTER TABLE tokens DROP COLUMN line;
