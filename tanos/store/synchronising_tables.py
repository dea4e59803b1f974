"""The schema's script for what two Tanium Servers keep alike; as those of `schema`, never edited once landed."""

SYNCHRONISING = """
CREATE TABLE synchronised_settings (          -- since when which value stands, as far as it was told or heard
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT,                               -- NULL: nothing is written, the default holds
    number INTEGER NOT NULL,                  -- grows with each change
    server TEXT NOT NULL,                     -- FQDN of who made the latest
    PRIMARY KEY (component, name)
) STRICT;
CREATE TABLE registered_elsewhere (           -- as `registered`, at another Tanium Server
    server TEXT NOT NULL,                     -- its FQDN
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    release TEXT NOT NULL,
    protocol INTEGER NOT NULL,
    via TEXT NOT NULL,
    using_tls INTEGER NOT NULL,
    address TEXT NOT NULL,
    said TEXT NOT NULL,
    at TEXT NOT NULL,                         -- by its clock
    PRIMARY KEY (server, kind, id)
) STRICT;
CREATE INDEX registered_elsewhere_at ON registered_elsewhere (server, at, kind, id);
CREATE INDEX registered_at ON registered (at, kind, id);
CREATE TABLE revocation_lists_elsewhere (     -- of the roots of other Tanium Servers
    issuer_key TEXT PRIMARY KEY,              -- check code of the root that signed it
    number INTEGER NOT NULL,
    der BLOB NOT NULL
) STRICT;
"""
