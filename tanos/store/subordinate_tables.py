"""The schema's script for subordinate keys; as those of `schema`, never edited once it has landed."""

SUBORDINATE_KEYS = """
CREATE TABLE root_letters (                   -- what a Tanium Server says of its roots, signed by them; the latest
    server TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    frames TEXT NOT NULL,                     -- JSON: the letters, each signed by another root
    pems TEXT NOT NULL,                       -- the roots that it has trusted here; empty at that server itself
    settings TEXT NOT NULL                    -- JSON: how long subordinate keys live, and when they are renewed
) STRICT;
CREATE TABLE subordinate_holders (            -- at a Tanium Server: what each zone server says that it has
    name TEXT NOT NULL,
    root TEXT NOT NULL,                       -- check code of a root that it trusts
    trusted_at TEXT NOT NULL,
    check_code TEXT NOT NULL,                 -- of its key below that root; empty: it has none yet
    not_after TEXT NOT NULL,
    held_at TEXT NOT NULL,
    PRIMARY KEY (name, root)
) STRICT;
CREATE TABLE subordinate_requests (           -- at a Tanium Server: of who shows nothing that proves who he is
    name TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    check_code TEXT NOT NULL,
    request BLOB NOT NULL,
    asked_at TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT NOT NULL DEFAULT ''
) STRICT;
"""
