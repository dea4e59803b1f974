"""The schema's script for what is said to clients; as those of `schema`, never edited once it has landed."""

SIGNED_MESSAGES = """
CREATE TABLE signed_messages (                -- what is said to clients of 7.4, the last of each, as it is handed out
    root TEXT PRIMARY KEY,                    -- check code of the root whose letter it is; empty: the message
    number INTEGER NOT NULL,                  -- grows with each
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    certificate BLOB NOT NULL,                -- of the key that signed the message; empty for a letter
    signed_at TEXT NOT NULL
) STRICT;
"""
