-- A digest cannot be turned back. An older program does not find these sessions: their owners sign in again.
SELECT 1;
