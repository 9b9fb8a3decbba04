-- From when on each endpoint is counted as up, down, off or unknown, in the order in which it happened.
CREATE TABLE transition (
    service  TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    number   INTEGER NOT NULL, -- one more than the one before it
    at_ms    INTEGER NOT NULL, -- by the clock, which may be wrong: the number tells the order
    kind     TEXT NOT NULL,
    why      TEXT,
    PRIMARY KEY (service, endpoint, number),
    FOREIGN KEY (service, endpoint) REFERENCES connection (service, endpoint) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Until when all transitions are there: what came after that is not known when the monitor starts again.
CREATE TABLE watched (
    until_ms INTEGER
) STRICT;

INSERT INTO watched VALUES (NULL);
