-- What was learned of how long each feed is usually quiet, in the form in which the manager gives it.
CREATE TABLE silence (
    service  TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    learned  BLOB NOT NULL,
    PRIMARY KEY (service, endpoint),
    FOREIGN KEY (service, endpoint) REFERENCES connection (service, endpoint) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
