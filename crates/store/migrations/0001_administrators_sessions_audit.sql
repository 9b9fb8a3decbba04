CREATE TABLE administrator (
    name          TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL, -- Argon2id, in PHC format
    created_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id_sha256     BLOB NOT NULL PRIMARY KEY, -- the id itself is only in the browser's cookie
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    started_ms    INTEGER NOT NULL,
    used_ms       INTEGER NOT NULL,
    address       TEXT NOT NULL,
    agent         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of_administrator ON session (administrator);

CREATE TABLE audit (
    id      INTEGER NOT NULL PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    who     TEXT NOT NULL,
    address TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail  TEXT NOT NULL
) STRICT;
