-- From where an administrator signed in: strangers' failed logins do not keep these out.
CREATE TABLE known_address (
    administrator TEXT NOT NULL REFERENCES administrator (name) ON DELETE CASCADE,
    network       TEXT NOT NULL, -- an IPv4 address, or the /64 of an IPv6 address
    seen_ms       INTEGER NOT NULL,
    PRIMARY KEY (administrator, network)
) STRICT, WITHOUT ROWID;

-- Options' versions are hashed with it, so that a version says nothing of the secrets in them.
CREATE TABLE options_key (
    key BLOB NOT NULL
) STRICT;

INSERT INTO options_key VALUES (randomblob(32));
