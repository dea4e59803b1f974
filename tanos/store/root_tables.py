"""The schema's script for root keys; as those of `schema`, never edited once it has landed."""

ROOT_KEYS = """
CREATE TABLE root_keys (                      -- public halves; the one in use as tanium.pub lies in its file alone
    check_code TEXT PRIMARY KEY,
    server_value TEXT NOT NULL,               -- `legacy-root`, or `<FQDN> Root <number>`
    pem TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    state TEXT NOT NULL,                      -- `active`; `replaced`: still trusted, signs no more; `revoked`
    ended_by TEXT NOT NULL DEFAULT '',
    ended_at TEXT NOT NULL DEFAULT ''
) STRICT;
"""
