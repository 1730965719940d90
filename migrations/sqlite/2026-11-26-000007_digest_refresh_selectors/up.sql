-- The selector of a refresh family was stored as it stands in its tokens; now only its SHA-256 is. Sessions go on.
-- SQLite has no such function: the program brings it.
UPDATE tokens SET refresh_selector = sha256(refresh_selector) WHERE length(refresh_selector) = 16;
