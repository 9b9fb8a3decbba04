-- What was seen of a failure, as JSON. Sentences are made of it when it is read; `text` is what was kept instead before,
-- and empty since.
ALTER TABLE event ADD COLUMN evidence TEXT;
