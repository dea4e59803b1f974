"""The schema's script for other Tanium Servers; as those of `schema`, never edited once it has landed."""

OTHER_TANIUM_SERVERS = """
CREATE TABLE other_servers (
    key TEXT PRIMARY KEY,                     -- fingerprint of the root by which it is known
    own_keys TEXT NOT NULL,                   -- those of this server's by which it knows us, the present one first
    name TEXT NOT NULL,
    fqdn TEXT NOT NULL,
    release TEXT NOT NULL,
    address TEXT NOT NULL,
    said_at TEXT NOT NULL,                    -- by its own clock
    roots TEXT NOT NULL,                      -- PEM, its active ones
    ended TEXT NOT NULL,                      -- fingerprints of those that it revoked
    knows TEXT NOT NULL,                      -- fingerprints of ours that it knows
    my_round INTEGER NOT NULL,
    my_decision TEXT NOT NULL,
    its_round INTEGER NOT NULL,
    its_decision TEXT NOT NULL,
    nonce TEXT NOT NULL,
    its_commitment TEXT NOT NULL,
    its_nonce TEXT NOT NULL,
    expected INTEGER NOT NULL,                -- an operator here named its address
    first_heard_at TEXT NOT NULL,
    heard_at TEXT NOT NULL
) STRICT;
CREATE TABLE trust_history (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    key TEXT NOT NULL,
    fqdn TEXT NOT NULL,
    address TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    by TEXT NOT NULL                          -- a user; empty: the other server
) STRICT;
"""

COUNTED_HISTORY = """
-- what the other server did again and again stands in one line
ALTER TABLE trust_history ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
"""
