"""The migrations of `appliance.db`, in order; a released one is never edited, only followed by another."""

from tanos.store.audit_tables import AUDIT_ARCHIVES
from tanos.store.console_tables import CONSOLE_USERS, CONSOLE_WAYS, SIGNING_KEYS
from tanos.store.exchange_tables import COMPLETE_EXCHANGES
from tanos.store.host_key_tables import NEXT_HOST_KEYS
from tanos.store.issued_tables import PROOFS, REVOCATIONS, REVOKED_ELSEWHERE
from tanos.store.message_tables import SIGNED_MESSAGES
from tanos.store.root_tables import ROOT_KEYS
from tanos.store.service_tables import COMPONENT_SETTINGS, OTHER_SERVER, SERVICES, TRUSTED_CERTIFICATES
from tanos.store.subordinate_tables import SUBORDINATE_KEYS
from tanos.store.synchronising_tables import SYNCHRONISING
from tanos.store.trust_tables import COUNTED_HISTORY, OTHER_TANIUM_SERVERS

FIRST = """
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    password_hash TEXT,                       -- Argon2id; NULL: keys only
    password_changed_at TEXT,
    disabled INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
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
    added_from TEXT NOT NULL,
    UNIQUE (user, fingerprint)
) STRICT;
CREATE TABLE peers (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    host_key TEXT NOT NULL,                   -- `type base64`
    host_key_fingerprint TEXT NOT NULL,
    added_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
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
CREATE UNIQUE INDEX one_exchange_a_key ON exchanges (side, check_code);
CREATE TABLE exchange_steps (
    exchange INTEGER NOT NULL REFERENCES exchanges(id),
    state TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
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
CREATE INDEX issued_by_key ON issued (check_code);
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
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
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
"""

SECOND = """
CREATE INDEX issued_by_request ON issued (request_hash);
CREATE TABLE begun (
    audit INTEGER NOT NULL REFERENCES audit(id),
    kind TEXT NOT NULL,                       -- who can judge whether it happened
    place TEXT NOT NULL,                      -- what it changes outside the database
    mark TEXT NOT NULL                        -- what lies at that place once it happened
) STRICT;
CREATE TABLE trusted_root (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    check_code TEXT NOT NULL,
    subject TEXT NOT NULL,
    imported_at TEXT NOT NULL
) STRICT;
"""

POLICIES = """
CREATE TABLE policies (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
"""

TRIALS = """
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
"""

ACCOUNTS = """
-- whoever signs in by that password has to choose another one
ALTER TABLE users ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
-- grows with each new password: sessions that an earlier one opened end
ALTER TABLE users ADD COLUMN password_epoch INTEGER NOT NULL DEFAULT 0;
CREATE TABLE former_passwords (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users(name) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,
    replaced_at TEXT NOT NULL
) STRICT;
CREATE INDEX former_passwords_of ON former_passwords (user, id);
CREATE TABLE failed_passwords (
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    failures INTEGER NOT NULL,                -- within the window that began with the first of them
    since TEXT NOT NULL,
    locked_at TEXT                            -- NULL: the password still signs in
) STRICT;
"""

KEY_LIMITS = """
-- as in authorized_keys, canonical
ALTER TABLE authorized_keys ADD COLUMN options TEXT NOT NULL DEFAULT '';
-- the moment that they say, UTC, or empty
ALTER TABLE authorized_keys ADD COLUMN expires TEXT NOT NULL DEFAULT '';
-- when and from where a sign-in by it was last completed
ALTER TABLE authorized_keys ADD COLUMN last_used TEXT NOT NULL DEFAULT '';
ALTER TABLE authorized_keys ADD COLUMN last_from TEXT NOT NULL DEFAULT '';
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
"""

PENALTIES = """
CREATE TABLE penalties (
    network TEXT PRIMARY KEY,                 -- an IPv4 address or an IPv6 /64
    passwords INTEGER NOT NULL,
    connections INTEGER NOT NULL,             -- with none but unknown keys
    since TEXT NOT NULL,
    until TEXT NOT NULL,
    refused INTEGER NOT NULL,                 -- passwords that were not checked
    lifted INTEGER NOT NULL                   -- until the front door has seen it
) STRICT;
CREATE TABLE penalty_exemptions (
    network TEXT PRIMARY KEY,
    added_at TEXT NOT NULL
) STRICT;
"""

DOOR = """
CREATE TABLE ssh_rules (
    network TEXT PRIMARY KEY,                 -- from where users sign in; no row: from everywhere
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
CREATE TABLE banner (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    text TEXT NOT NULL,                       -- inert
    set_at TEXT NOT NULL
) STRICT;
INSERT INTO policies (name, value, changed_at)
    SELECT 'post-quantum-only', 1, changed_at FROM settings WHERE name = 'PostQuantumOnly' AND value = '1';
DELETE FROM settings WHERE name = 'PostQuantumOnly';
"""

PAIRINGS = """
-- SHA256:… of the key that it was paired by, or empty
ALTER TABLE peers ADD COLUMN key TEXT NOT NULL DEFAULT '';
CREATE TABLE arrows (
    peer TEXT NOT NULL REFERENCES peers(name) ON DELETE CASCADE,
    way TEXT NOT NULL CHECK (way IN ('put', 'get')),
    result TEXT NOT NULL,                     -- `works`, or the id of what stood in the way
    at TEXT NOT NULL,
    tried TEXT NOT NULL,                      -- the address and the keys that it was tried with
    PRIMARY KEY (peer, way)
) STRICT;
-- what the key of a peer did last in the drop box
CREATE INDEX audit_of_files ON audit (key, verb, id) WHERE face = 'files';
"""

CODES = """
-- of the device that shows codes; NULL: none is enrolled
ALTER TABLE users ADD COLUMN totp_secret BLOB;
-- shown, and waiting for its first code
ALTER TABLE users ADD COLUMN totp_pending BLOB;
-- the newest half minute whose code was taken
ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp_exempt INTEGER NOT NULL DEFAULT 0;
"""

EMPTYINGS = """
CREATE TABLE emptyings (
    place TEXT PRIMARY KEY,
    kept TEXT NOT NULL                        -- the last hour that it was emptied for, or was not to be
) STRICT;
"""

FAILED_CODES = """
CREATE TABLE failed_codes (                   -- as failed_passwords, of codes behind a key
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    since TEXT NOT NULL,
    locked_at TEXT                            -- NULL: they are still checked
) STRICT;
"""

AUDIT_OF_SIGN_INS = """
CREATE INDEX audit_of_sign_ins ON audit (time, user, key) WHERE verb = 'sign-in' AND result = 'done';
"""

MIGRATIONS = (
    FIRST,
    SECOND,
    POLICIES,
    TRIALS,
    ACCOUNTS,
    KEY_LIMITS,
    PENALTIES,
    DOOR,
    PAIRINGS,
    CODES,
    EMPTYINGS,
    NEXT_HOST_KEYS,
    FAILED_CODES,
    SERVICES,
    COMPONENT_SETTINGS,
    AUDIT_ARCHIVES,
    CONSOLE_USERS,
    COMPLETE_EXCHANGES,
    TRUSTED_CERTIFICATES,
    AUDIT_OF_SIGN_INS,
    OTHER_SERVER,
    SIGNING_KEYS,
    REVOCATIONS,
    ROOT_KEYS,
    CONSOLE_WAYS,
    OTHER_TANIUM_SERVERS,
    SIGNED_MESSAGES,
    SYNCHRONISING,
    SUBORDINATE_KEYS,
    PROOFS,
    COUNTED_HISTORY,
    REVOKED_ELSEWHERE,
)
