"""The schema's script for exchanges that are complete; as those of `schema`, not edited once it has landed.

A check of a column is not altered: both tables are made anew, and those that refer go first.
"""

COMPLETE_EXCHANGES = """
CREATE TABLE exchanges_now (
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL CHECK (side IN ('requester', 'issuer')),
    check_code TEXT NOT NULL,
    subject TEXT NOT NULL,
    peer TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN (
        'made', 'shown', 'sent', 'verified', 'issued', 'returned', 'installed', 'replaced', 'complete')),
    since TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO exchanges_now (id, side, check_code, subject, peer, state, since, revision)
    SELECT id, side, check_code, subject, peer, state, since, revision FROM exchanges;
CREATE TABLE exchange_steps_now (
    exchange INTEGER NOT NULL REFERENCES exchanges_now(id),
    state TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
INSERT INTO exchange_steps_now (exchange, state, at) SELECT exchange, state, at FROM exchange_steps ORDER BY rowid;
DROP TABLE exchange_steps;
DROP TABLE exchanges;
ALTER TABLE exchanges_now RENAME TO exchanges;
ALTER TABLE exchange_steps_now RENAME TO exchange_steps;
CREATE UNIQUE INDEX one_exchange_a_key ON exchanges (side, check_code);
"""
