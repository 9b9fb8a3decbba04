-- An entry that is kept with its change has the number of the operation that completes it; afterwards NULL.
ALTER TABLE audit ADD COLUMN operation INTEGER;

CREATE UNIQUE INDEX audit_of_operation ON audit (operation) WHERE operation IS NOT NULL;
