DROP TABLE feed;
DROP TABLE tokens;
