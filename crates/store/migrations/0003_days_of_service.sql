-- Days since 1970 on which something was kept, by the clock: what is kept for a time is kept for so many of them.
CREATE TABLE day_of_service (
    day INTEGER NOT NULL PRIMARY KEY
) STRICT;
