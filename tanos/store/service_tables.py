"""The schema's scripts for services and what they read; as those of `schema`, none is edited once it has landed."""

SERVICES = """
CREATE TABLE disabled_services (
    name TEXT PRIMARY KEY                     -- not started with the appliance
) STRICT;
CREATE TABLE registered (
    kind TEXT NOT NULL,                       -- `client`, `zone-server`
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    release TEXT NOT NULL,
    protocol INTEGER NOT NULL,
    via TEXT NOT NULL,                        -- the server that it came by; empty: this one
    using_tls INTEGER NOT NULL,
    address TEXT NOT NULL,
    said TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT;
"""

COMPONENT_SETTINGS = """
CREATE TABLE component_settings (
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- `number`, `string`, `protected`
    value TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (component, name)
) STRICT;
-- until now only an installation on a zone server wrote any
INSERT INTO component_settings (component, name, kind, value, changed_at, revision)
    SELECT 'zone-server', name, CASE WHEN name LIKE '%Path' THEN 'string' ELSE 'number' END,
        value, changed_at, revision
    FROM settings;
DROP TABLE settings;
"""

TRUSTED_CERTIFICATES = """
CREATE TABLE trusted_certificates (
    side TEXT NOT NULL,                       -- what it is of: `tanium-server`, `module-server`
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    pem TEXT NOT NULL,
    shown TEXT NOT NULL,                      -- SHA-256 of our own certificate, which is trusted there
    registered_at TEXT NOT NULL,
    PRIMARY KEY (side, name)
) STRICT;
CREATE TABLE registration_code (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    hash TEXT NOT NULL,                       -- SHA-256 of a hundred random bits
    until TEXT NOT NULL,
    wrong INTEGER NOT NULL                    -- how often another one was given
) STRICT;
"""

OTHER_SERVER = """
CREATE TABLE other_server (                   -- of an active-active pair
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    host TEXT NOT NULL,                       -- FQDN or address of its console
    port INTEGER NOT NULL,
    part TEXT NOT NULL,                       -- what this one is: `primary`, `secondary`
    shares INTEGER NOT NULL,                  -- both present one certificate
    shown TEXT NOT NULL,                      -- SHA-256 of what it presented when a pair was installed here
    at TEXT NOT NULL
) STRICT;
"""
