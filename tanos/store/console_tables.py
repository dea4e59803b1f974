"""The schema's scripts for the console in the browser; as those of `schema`, none is edited once it has landed."""

CONSOLE_USERS = """
CREATE TABLE console_users (                  -- of console and API, not of this appliance's own menus
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,              -- Argon2id
    created_at TEXT NOT NULL,
    last_at TEXT NOT NULL DEFAULT '',         -- when and from where somebody last signed in
    last_from TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0,      -- within the window that began with the first of them
    since TEXT NOT NULL DEFAULT '',
    locked_at TEXT                            -- NULL: the password signs in
) STRICT;
CREATE TABLE published (
    kind TEXT PRIMARY KEY,                    -- of a pair whose certificate everybody may fetch by HTTPS
    at TEXT NOT NULL
) STRICT;
"""

SIGNING_KEYS = """
CREATE TABLE signing_keys (                   -- public keys by which content that was signed elsewhere is known
    check_code TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pem TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
"""

CONSOLE_WAYS = """
CREATE TABLE console_ways (                   -- networks from which somebody signed in to console or API before
    console_user TEXT NOT NULL REFERENCES console_users(name) ON DELETE CASCADE,
    network TEXT NOT NULL,
    last_at TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,      -- from there, apart from those of everybody else; as in console_users
    since TEXT NOT NULL DEFAULT '',
    locked_at TEXT,
    PRIMARY KEY (console_user, network)
) STRICT;
"""
