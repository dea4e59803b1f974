"""The schema's script for host keys that are to come; as those of `schema`, never edited once it has landed."""

NEXT_HOST_KEYS = """
CREATE TABLE next_host_keys (
    kind TEXT PRIMARY KEY,                    -- `ed25519` or `rsa`
    line TEXT NOT NULL,                       -- the public half
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 0         -- shown to who connects, in the place of the present one
) STRICT;
CREATE TABLE host_key_proofs (
    fingerprint TEXT NOT NULL,                -- of a next host key
    user TEXT NOT NULL,
    key TEXT NOT NULL,                        -- by which he had signed in; empty: by password
    address TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (fingerprint, user, key)
) STRICT;
"""
