-- An endpoint is known by its service and its name there. What there was is of the service `default`.
CREATE TABLE new_connection (
    service        TEXT NOT NULL,
    endpoint       TEXT NOT NULL,
    is_on          INTEGER NOT NULL, -- whether an administrator wants it up
    auto_reconnect INTEGER NOT NULL,
    options        TEXT NOT NULL,    -- JSON; holds secrets, as the connection needs them
    PRIMARY KEY (service, endpoint)
) STRICT, WITHOUT ROWID;

INSERT INTO new_connection (service, endpoint, is_on, auto_reconnect, options)
SELECT 'default', endpoint, is_on, auto_reconnect, options FROM connection;

CREATE TABLE new_event (
    id         INTEGER NOT NULL PRIMARY KEY,
    service    TEXT NOT NULL,
    endpoint   TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    cause      TEXT,
    close_code INTEGER,
    attempt    INTEGER NOT NULL,
    text       TEXT NOT NULL,
    FOREIGN KEY (service, endpoint) REFERENCES new_connection (service, endpoint) ON DELETE CASCADE
) STRICT;

INSERT INTO new_event (id, service, endpoint, at_ms, kind, cause, close_code, attempt, text)
SELECT id, 'default', endpoint, at_ms, kind, cause, close_code, attempt, text FROM event;

-- In this order, as dropping a table deletes its rows, and with them those that refer to it.
DROP TABLE event;
DROP TABLE connection;
ALTER TABLE new_connection RENAME TO connection; -- also where new_event refers to it
ALTER TABLE new_event RENAME TO event;

CREATE INDEX event_of_endpoint ON event (service, endpoint, id);
