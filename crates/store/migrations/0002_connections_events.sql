CREATE TABLE connection (
    endpoint       TEXT NOT NULL PRIMARY KEY,
    is_on          INTEGER NOT NULL, -- whether an administrator wants it up
    auto_reconnect INTEGER NOT NULL,
    options        TEXT NOT NULL     -- JSON; holds secrets, as the connection needs them
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    id         INTEGER NOT NULL PRIMARY KEY,
    endpoint   TEXT NOT NULL REFERENCES connection (endpoint) ON DELETE CASCADE,
    at_ms      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    cause      TEXT,
    close_code INTEGER,
    attempt    INTEGER NOT NULL,
    text       TEXT NOT NULL
) STRICT;

CREATE INDEX event_of_endpoint ON event (endpoint, id);

-- Written to see whether the store can be written, and has room for a change.
CREATE TABLE last_check (
    room BLOB NOT NULL
) STRICT;

INSERT INTO last_check VALUES (x'');
