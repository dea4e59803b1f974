"""The schema's script for the register of what is issued and revoked; as those of `schema`, never edited later."""

REVOCATIONS = """
ALTER TABLE issued ADD COLUMN kind TEXT NOT NULL DEFAULT 'reporting';   -- the pair that it is for
CREATE INDEX issued_by_time ON issued (issued_at, serial);
CREATE TABLE revoked_certificates (
    serial TEXT PRIMARY KEY,                  -- as in issued
    reason TEXT NOT NULL,                     -- a word of ours for one of RFC 5280 section 5.3.1
    revoked_by TEXT NOT NULL,
    revoked_at TEXT NOT NULL
) STRICT;
CREATE TABLE revocation_lists (               -- the last of each root, which replaces the one before
    issuer_key TEXT PRIMARY KEY,              -- check code of the root that signed it
    number INTEGER NOT NULL,                  -- grows with each
    issued_at TEXT NOT NULL,
    next_at TEXT NOT NULL,                    -- after which it is stale
    der BLOB NOT NULL
) STRICT;
"""

PROOFS = """
-- the first serial of the line in which each certificate had the next one signed; empty: it begins one
ALTER TABLE issued ADD COLUMN proved_by TEXT NOT NULL DEFAULT '';
UPDATE issued SET proved_by = earliest.serial
    FROM (SELECT lower(subject) AS name, serial, MIN(issued_at) FROM issued GROUP BY lower(subject)) AS earliest
    WHERE kind = 'server-tls' AND lower(subject) = earliest.name AND issued.serial != earliest.serial;
CREATE INDEX issued_by_proof ON issued (proved_by) WHERE proved_by != '';
CREATE TABLE revoked_clients (                -- whoever says that he is one of these is refused, for good
    id TEXT PRIMARY KEY,                      -- the identifier of a client's own key
    revoked_by TEXT NOT NULL,
    revoked_at TEXT NOT NULL
) STRICT;
CREATE INDEX revoked_clients_at ON revoked_clients (revoked_at);
"""

REVOKED_ELSEWHERE = """
CREATE TABLE revoked_clients_elsewhere (      -- by another Tanium Server; they count while it is trusted
    server TEXT NOT NULL,                     -- its FQDN
    id TEXT NOT NULL,
    PRIMARY KEY (server, id)
) STRICT;
"""
