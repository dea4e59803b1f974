BEGIN TRANSACTION;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    user TEXT NOT NULL,
    role TEXT NOT NULL,
    face TEXT NOT NULL,
    session TEXT NOT NULL,
    address TEXT NOT NULL,
    key TEXT NOT NULL,
    verb TEXT NOT NULL,
    path TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    result TEXT NOT NULL                      -- `done`, `begun`, `abandoned`, or the id of the refusal
) STRICT;
INSERT INTO "audit" VALUES(1,'2026-11-22T12:00:00Z','zs1','tanadmin','audit face','audit session','audit address','audit key','audit verb','audit path','audit object','{}','{}','audit result');
CREATE TABLE authorized_keys (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    type TEXT NOT NULL,
    blob TEXT NOT NULL,                       -- base64 of the SSH wire form
    fingerprint TEXT NOT NULL,                -- SHA256:…
    bits INTEGER NOT NULL,
    comment TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL,
    added_from TEXT NOT NULL, options TEXT NOT NULL DEFAULT '', expires TEXT NOT NULL DEFAULT '', last_used TEXT NOT NULL DEFAULT '', last_from TEXT NOT NULL DEFAULT '',
    UNIQUE (user, fingerprint)
) STRICT;
INSERT INTO "authorized_keys" VALUES(1,'zs1','authorized_keys type','AAAAC3NzaC1lZDI1NTE5AAAAIIFk+oljMzVNYrA2l2PAHmiuiJMdGNPJKiVX1i8fB9I8','authorized_keys fingerprint',1,'authorized_keys comment','authorized_keys added_by','2026-11-22T12:00:00Z','authorized_keys added_from','authorized_keys options','authorized_keys expires','authorized_keys last_used','authorized_keys last_from');
CREATE TABLE begun (
    audit INTEGER NOT NULL REFERENCES audit(id),
    kind TEXT NOT NULL,                       -- who can judge whether it happened
    place TEXT NOT NULL,                      -- what it changes outside the database
    mark TEXT NOT NULL                        -- what lies at that place once it happened
) STRICT;
INSERT INTO "begun" VALUES(1,'key','begun place','begun mark');
CREATE TABLE exchange_steps (
    exchange INTEGER NOT NULL REFERENCES exchanges(id),
    state TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
INSERT INTO "exchange_steps" VALUES(1,'sent','2026-11-22T12:00:00Z');
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL CHECK (side IN ('requester', 'issuer')),
    check_code TEXT NOT NULL,
    subject TEXT NOT NULL,
    peer TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN (
        'made', 'shown', 'sent', 'verified', 'issued', 'returned', 'installed', 'replaced')),
    since TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO "exchanges" VALUES(1,'requester','exchanges check_code','exchanges subject','zs1','sent','2026-11-22T12:00:00Z',1);
CREATE TABLE failed_passwords (
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    failures INTEGER NOT NULL,                -- within the window that began with the first of them
    since TEXT NOT NULL,
    locked_at TEXT                            -- NULL: the password still signs in
) STRICT;
INSERT INTO "failed_passwords" VALUES('zs1',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
CREATE TABLE former_passwords (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    replaced_at TEXT NOT NULL
) STRICT;
INSERT INTO "former_passwords" VALUES(1,'zs1','former_passwords password_hash','2026-11-22T12:00:00Z');
CREATE TABLE issued (
    serial TEXT PRIMARY KEY,                  -- hex; durable before the certificate is shown
    check_code TEXT NOT NULL,
    request_hash TEXT NOT NULL,               -- SHA-256 of the CSR's DER
    issuer_key TEXT NOT NULL,                 -- check code of the root
    subject TEXT NOT NULL,
    names TEXT NOT NULL,                      -- JSON list
    not_before TEXT NOT NULL,
    not_after TEXT NOT NULL,
    certificate TEXT NOT NULL,                -- PEM; empty between the serial and the signature
    issued_at TEXT NOT NULL
) STRICT;
INSERT INTO "issued" VALUES('issued serial','issued check_code','issued request_hash','issued issuer_key','issued subject','["zs1.lab.test"]','issued not_before','issued not_after','issued certificate','2026-11-22T12:00:00Z');
CREATE TABLE peers (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    host_key TEXT NOT NULL,                   -- `type base64`
    host_key_fingerprint TEXT NOT NULL,
    added_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO "peers" VALUES('zs1','peers host',1,'peers host_key','peers host_key_fingerprint','2026-11-22T12:00:00Z',1);
CREATE TABLE penalties (
    network TEXT PRIMARY KEY,                 -- an IPv4 address or an IPv6 /64
    passwords INTEGER NOT NULL,
    connections INTEGER NOT NULL,             -- with none but unknown keys
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    refused INTEGER NOT NULL,                 -- passwords that were not checked
    lifted INTEGER NOT NULL                   -- until the front door has seen it
) STRICT;
INSERT INTO "penalties" VALUES('penalties network',1,1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z',1,1);
CREATE TABLE penalty_exemptions (
    network TEXT PRIMARY KEY,
    added_at TEXT NOT NULL
) STRICT;
INSERT INTO "penalty_exemptions" VALUES('penalty_exemptions network','2026-11-22T12:00:00Z');
CREATE TABLE policies (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
INSERT INTO "policies" VALUES('policies name',1,'2026-11-22T12:00:00Z');
CREATE TABLE revoked_keys (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('key', 'serial', 'key-id')),
    value TEXT NOT NULL,                      -- SHA256:…, a number, or what the authority called it
    authority TEXT NOT NULL,                  -- SHA256:… of who signed; empty: of a key, or whoever signed
    reason TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL,
    added_from TEXT NOT NULL,
    UNIQUE (kind, value, authority)
) STRICT;
INSERT INTO "revoked_keys" VALUES(1,'key','revoked_keys value','revoked_keys authority','revoked_keys reason','revoked_keys added_by','2026-11-22T12:00:00Z','revoked_keys added_from');
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO "settings" VALUES('PostQuantumOnly','1','2026-11-22T12:00:00Z',1);
INSERT INTO "settings" VALUES('ReportingTLSMode','1','2026-11-22T12:00:00Z',1);
CREATE TABLE trials (
    number INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
    kind TEXT NOT NULL,                       -- who can put it back
    place TEXT NOT NULL,                      -- what was changed
    before TEXT NOT NULL,                     -- JSON; may hold what must not be shown
    after TEXT NOT NULL,
    user TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    deadline TEXT NOT NULL,
    UNIQUE (kind, place)
) STRICT;
INSERT INTO "trials" VALUES(1,'key','trials place','{}','{}','zs1','2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
CREATE TABLE trusted_root (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    check_code TEXT NOT NULL,
    subject TEXT NOT NULL,
    imported_at TEXT NOT NULL
) STRICT;
INSERT INTO "trusted_root" VALUES(1,'trusted_root check_code','trusted_root subject','2026-11-22T12:00:00Z');
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT,                       -- Argon2id; NULL: keys only
    password_changed_at TEXT,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
, must_change INTEGER NOT NULL DEFAULT 0, password_epoch INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "users" VALUES('zs1','tanadmin','users password_hash','2026-11-22T12:00:00Z',1,'2026-11-22T12:00:00Z',1,1,1);
CREATE UNIQUE INDEX one_exchange_a_key ON exchanges (side, check_code);
CREATE INDEX issued_by_key ON issued (check_code);
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE INDEX issued_by_request ON issued (request_hash);
CREATE INDEX former_passwords_of ON former_passwords (user, id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('trials',1);
COMMIT;
PRAGMA user_version = 7;
