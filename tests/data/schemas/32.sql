BEGIN TRANSACTION;
CREATE TABLE arrows (
    peer TEXT NOT NULL REFERENCES peers(name) ON DELETE CASCADE,
    way TEXT NOT NULL CHECK (way IN ('put', 'get')),
    result TEXT NOT NULL,                     -- `works`, or the id of what stood in the way
    at TEXT NOT NULL,
    tried TEXT NOT NULL,                      -- the address and the keys that it was tried with
    PRIMARY KEY (peer, way)
) STRICT;
INSERT INTO "arrows" VALUES('zs1','put','arrows result','2026-11-22T12:00:00Z','arrows tried');
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
INSERT INTO "audit" VALUES(2,'2026-11-22T12:00:00Z','zs1','tanadmin','audit face','audit session','audit address','audit key','audit verb','audit path','audit object','{}','{}','audit result');
CREATE TABLE audit_archives (
    first INTEGER PRIMARY KEY,                -- the numbers of its records
    last INTEGER NOT NULL CHECK (last >= first),
    file TEXT NOT NULL UNIQUE,                -- in backups
    sha256 TEXT NOT NULL,                     -- of the file, hex
    chain TEXT NOT NULL,                      -- the hash of its last record
    archived_at TEXT NOT NULL
) STRICT;
INSERT INTO "audit_archives" VALUES(1,1,'audit_archives file','audit_archives sha256','audit_archives chain','2026-11-22T12:00:00Z');
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
CREATE TABLE banner (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    text TEXT NOT NULL,                       -- inert
    set_at TEXT NOT NULL
) STRICT;
INSERT INTO "banner" VALUES(1,'banner text','2026-11-22T12:00:00Z');
CREATE TABLE begun (
    audit INTEGER NOT NULL REFERENCES audit(id),
    kind TEXT NOT NULL,                       -- who can judge whether it happened
    place TEXT NOT NULL,                      -- what it changes outside the database
    mark TEXT NOT NULL                        -- what lies at that place once it happened
) STRICT;
INSERT INTO "begun" VALUES(1,'key','begun place','begun mark');
CREATE TABLE component_settings (
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                       -- `number`, `string`, `protected`
    value TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (component, name)
) STRICT;
INSERT INTO "component_settings" VALUES('component_settings component','component_settings name','key','component_settings value','2026-11-22T12:00:00Z',1);
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
INSERT INTO "console_users" VALUES('console_users name','tanadmin','console_users password_hash','2026-11-22T12:00:00Z','2026-11-22T12:00:00Z','console_users last_from',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
CREATE TABLE console_ways (                   -- networks from which somebody signed in to console or API before
    console_user TEXT NOT NULL REFERENCES console_users(name) ON DELETE CASCADE,
    network TEXT NOT NULL,
    last_at TEXT NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,      -- from there, apart from those of everybody else; as in console_users
    since TEXT NOT NULL DEFAULT '',
    locked_at TEXT,
    PRIMARY KEY (console_user, network)
) STRICT;
INSERT INTO "console_ways" VALUES('console_users name','console_ways network','2026-11-22T12:00:00Z',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
CREATE TABLE disabled_services (
    name TEXT PRIMARY KEY                     -- not started with the appliance
) STRICT;
INSERT INTO "disabled_services" VALUES('disabled_services name');
CREATE TABLE emptyings (
    place TEXT PRIMARY KEY,
    kept TEXT NOT NULL                        -- the last hour that it was emptied for, or was not to be
) STRICT;
INSERT INTO "emptyings" VALUES('emptyings place','2026-11-22T12:00:00Z');
CREATE TABLE "exchange_steps" (
    exchange INTEGER NOT NULL REFERENCES "exchanges"(id),
    state TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;
INSERT INTO "exchange_steps" VALUES(1,'sent','2026-11-22T12:00:00Z');
CREATE TABLE "exchanges" (
    id INTEGER PRIMARY KEY,
    side TEXT NOT NULL CHECK (side IN ('requester', 'issuer')),
    check_code TEXT NOT NULL,
    subject TEXT NOT NULL,
    peer TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL CHECK (state IN (
        'made', 'shown', 'sent', 'verified', 'issued', 'returned', 'installed', 'replaced', 'complete')),
    since TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;
INSERT INTO "exchanges" VALUES(1,'requester','exchanges check_code','exchanges subject','zs1','sent','2026-11-22T12:00:00Z',1);
CREATE TABLE failed_codes (                   -- as failed_passwords, of codes behind a key
    user TEXT PRIMARY KEY REFERENCES users(name) ON DELETE CASCADE,
    failures INTEGER NOT NULL,
    since TEXT NOT NULL,
    locked_at TEXT                            -- NULL: they are still checked
) STRICT;
INSERT INTO "failed_codes" VALUES('zs1',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
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
CREATE TABLE host_key_proofs (
    fingerprint TEXT NOT NULL,                -- of a next host key
    user TEXT NOT NULL,
    key TEXT NOT NULL,                        -- by which he had signed in; empty: by password
    address TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (fingerprint, user, key)
) STRICT;
INSERT INTO "host_key_proofs" VALUES('host_key_proofs fingerprint','zs1','host_key_proofs key','host_key_proofs address','2026-11-22T12:00:00Z');
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
, kind TEXT NOT NULL DEFAULT 'reporting', proved_by TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "issued" VALUES('issued serial','issued check_code','issued request_hash','issued issuer_key','issued subject','["zs1.lab.test"]','issued not_before','issued not_after','issued certificate','2026-11-22T12:00:00Z','key','issued proved_by');
CREATE TABLE next_host_keys (
    kind TEXT PRIMARY KEY,                    -- `ed25519` or `rsa`
    line TEXT NOT NULL,                       -- the public half
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 0         -- shown to who connects, in the place of the present one
) STRICT;
INSERT INTO "next_host_keys" VALUES('key','ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIFk+oljMzVNYrA2l2PAHmiuiJMdGNPJKiVX1i8fB9I8','next_host_keys made_by','2026-11-22T12:00:00Z',1);
CREATE TABLE other_server (                   -- of an active-active pair
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    host TEXT NOT NULL,                       -- FQDN or address of its console
    port INTEGER NOT NULL,
    part TEXT NOT NULL,                       -- what this one is: `primary`, `secondary`
    shares INTEGER NOT NULL,                  -- both present one certificate
    shown TEXT NOT NULL,                      -- SHA-256 of what it presented when a pair was installed here
    at TEXT NOT NULL
) STRICT;
INSERT INTO "other_server" VALUES(1,'other_server host',1,'other_server part',1,'other_server shown','2026-11-22T12:00:00Z');
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
INSERT INTO "other_servers" VALUES('other_servers key','other_servers own_keys','other_servers name','other_servers fqdn','other_servers release','other_servers address','2026-11-22T12:00:00Z','other_servers roots','other_servers ended','other_servers knows',1,'other_servers my_decision',1,'other_servers its_decision','other_servers nonce','other_servers its_commitment','other_servers its_nonce',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z');
CREATE TABLE peers (
    name TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    host_key TEXT NOT NULL,                   -- `type base64`
    host_key_fingerprint TEXT NOT NULL,
    added_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
, key TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "peers" VALUES('zs1','peers host',1,'peers host_key','peers host_key_fingerprint','2026-11-22T12:00:00Z',1,'peers key');
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
CREATE TABLE published (
    kind TEXT PRIMARY KEY,                    -- of a pair whose certificate everybody may fetch by HTTPS
    at TEXT NOT NULL
) STRICT;
INSERT INTO "published" VALUES('key','2026-11-22T12:00:00Z');
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
INSERT INTO "registered" VALUES('key','registered id','registered name','registered release',1,'registered via',1,'registered address','registered said','2026-11-22T12:00:00Z');
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
INSERT INTO "registered_elsewhere" VALUES('registered_elsewhere server','key','registered_elsewhere id','registered_elsewhere name','registered_elsewhere release',1,'registered_elsewhere via',1,'registered_elsewhere address','registered_elsewhere said','2026-11-22T12:00:00Z');
CREATE TABLE registration_code (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    hash TEXT NOT NULL,                       -- SHA-256 of a hundred random bits
    until TEXT NOT NULL,
    wrong INTEGER NOT NULL                    -- how often another one was given
) STRICT;
INSERT INTO "registration_code" VALUES(1,'registration_code hash','2026-11-22T12:00:00Z',1);
CREATE TABLE revocation_lists (               -- the last of each root, which replaces the one before
    issuer_key TEXT PRIMARY KEY,              -- check code of the root that signed it
    number INTEGER NOT NULL,                  -- grows with each
    issued_at TEXT NOT NULL,
    next_at TEXT NOT NULL,                    -- after which it is stale
    der BLOB NOT NULL
) STRICT;
INSERT INTO "revocation_lists" VALUES('revocation_lists issuer_key',1,'2026-11-22T12:00:00Z','2026-11-22T12:00:00Z',X'7477656E7479206279746573206F662069742E2E');
CREATE TABLE revocation_lists_elsewhere (     -- of the roots of other Tanium Servers
    issuer_key TEXT PRIMARY KEY,              -- check code of the root that signed it
    number INTEGER NOT NULL,
    der BLOB NOT NULL
) STRICT;
INSERT INTO "revocation_lists_elsewhere" VALUES('revocation_lists_elsewhere issuer_key',1,X'7477656E7479206279746573206F662069742E2E');
CREATE TABLE revoked_certificates (
    serial TEXT PRIMARY KEY,                  -- as in issued
    reason TEXT NOT NULL,                     -- a word of ours for one of RFC 5280 section 5.3.1
    revoked_by TEXT NOT NULL,
    revoked_at TEXT NOT NULL
) STRICT;
INSERT INTO "revoked_certificates" VALUES('revoked_certificates serial','revoked_certificates reason','revoked_certificates revoked_by','2026-11-22T12:00:00Z');
CREATE TABLE revoked_clients (                -- whoever says that he is one of these is refused, for good
    id TEXT PRIMARY KEY,                      -- the identifier of a client's own key
    revoked_by TEXT NOT NULL,
    revoked_at TEXT NOT NULL
) STRICT;
INSERT INTO "revoked_clients" VALUES('revoked_clients id','revoked_clients revoked_by','2026-11-22T12:00:00Z');
CREATE TABLE revoked_clients_elsewhere (      -- by another Tanium Server; they count while it is trusted
    server TEXT NOT NULL,                     -- its FQDN
    id TEXT NOT NULL,
    PRIMARY KEY (server, id)
) STRICT;
INSERT INTO "revoked_clients_elsewhere" VALUES('revoked_clients_elsewhere server','revoked_clients_elsewhere id');
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
INSERT INTO "root_keys" VALUES('root_keys check_code','root_keys server_value','root_keys pem','root_keys made_by','2026-11-22T12:00:00Z','sent','root_keys ended_by','2026-11-22T12:00:00Z');
CREATE TABLE root_letters (                   -- what a Tanium Server says of its roots, signed by them; the latest
    server TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    frames TEXT NOT NULL,                     -- JSON: the letters, each signed by another root
    pems TEXT NOT NULL,                       -- the roots that it has trusted here; empty at that server itself
    settings TEXT NOT NULL                    -- JSON: how long subordinate keys live, and when they are renewed
) STRICT;
INSERT INTO "root_letters" VALUES('root_letters server',1,'root_letters frames','root_letters pems','root_letters settings');
CREATE TABLE signed_messages (                -- what is said to clients of 7.4, the last of each, as it is handed out
    root TEXT PRIMARY KEY,                    -- check code of the root whose letter it is; empty: the message
    number INTEGER NOT NULL,                  -- grows with each
    body BLOB NOT NULL,
    signature BLOB NOT NULL,
    certificate BLOB NOT NULL,                -- of the key that signed the message; empty for a letter
    signed_at TEXT NOT NULL
) STRICT;
INSERT INTO "signed_messages" VALUES('signed_messages root',1,X'7477656E7479206279746573206F662069742E2E',X'7477656E7479206279746573206F662069742E2E',X'7477656E7479206279746573206F662069742E2E','2026-11-22T12:00:00Z');
CREATE TABLE signing_keys (                   -- public keys by which content that was signed elsewhere is known
    check_code TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pem TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
INSERT INTO "signing_keys" VALUES('signing_keys check_code','signing_keys name','signing_keys pem','signing_keys added_by','2026-11-22T12:00:00Z');
CREATE TABLE ssh_rules (
    network TEXT PRIMARY KEY,                 -- from where users sign in; no row: from everywhere
    added_by TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
INSERT INTO "ssh_rules" VALUES('ssh_rules network','ssh_rules added_by','2026-11-22T12:00:00Z');
CREATE TABLE subordinate_holders (            -- at a Tanium Server: what each zone server says that it has
    name TEXT NOT NULL,
    root TEXT NOT NULL,                       -- check code of a root that it trusts
    trusted_at TEXT NOT NULL,
    check_code TEXT NOT NULL,                 -- of its key below that root; empty: it has none yet
    not_after TEXT NOT NULL,
    held_at TEXT NOT NULL,
    PRIMARY KEY (name, root)
) STRICT;
INSERT INTO "subordinate_holders" VALUES('subordinate_holders name','subordinate_holders root','2026-11-22T12:00:00Z','subordinate_holders check_code','subordinate_holders not_after','2026-11-22T12:00:00Z');
CREATE TABLE subordinate_requests (           -- at a Tanium Server: of who shows nothing that proves who he is
    name TEXT PRIMARY KEY,
    root TEXT NOT NULL,
    check_code TEXT NOT NULL,
    request BLOB NOT NULL,
    asked_at TEXT NOT NULL,
    approved_by TEXT NOT NULL DEFAULT '',
    approved_at TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "subordinate_requests" VALUES('subordinate_requests name','subordinate_requests root','subordinate_requests check_code',X'7477656E7479206279746573206F662069742E2E','2026-11-22T12:00:00Z','subordinate_requests approved_by','2026-11-22T12:00:00Z');
CREATE TABLE synchronised_settings (          -- since when which value stands, as far as it was told or heard
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT,                               -- NULL: nothing is written, the default holds
    number INTEGER NOT NULL,                  -- grows with each change
    server TEXT NOT NULL,                     -- FQDN of who made the latest
    PRIMARY KEY (component, name)
) STRICT;
INSERT INTO "synchronised_settings" VALUES('synchronised_settings component','synchronised_settings name','key','synchronised_settings value',1,'synchronised_settings server');
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
CREATE TABLE trust_history (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    key TEXT NOT NULL,
    fqdn TEXT NOT NULL,
    address TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    by TEXT NOT NULL                          -- a user; empty: the other server
, times INTEGER NOT NULL DEFAULT 1) STRICT;
INSERT INTO "trust_history" VALUES(1,'2026-11-22T12:00:00Z','trust_history key','trust_history fqdn','trust_history address','{}','{}','trust_history by',1);
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
INSERT INTO "trusted_certificates" VALUES('requester','trusted_certificates name','trusted_certificates host',1,'trusted_certificates pem','trusted_certificates shown','2026-11-22T12:00:00Z');
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
, must_change INTEGER NOT NULL DEFAULT 0, password_epoch INTEGER NOT NULL DEFAULT 0, totp_secret BLOB, totp_pending BLOB, totp_step INTEGER NOT NULL DEFAULT 0, totp_exempt INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "users" VALUES('zs1','tanadmin','users password_hash','2026-11-22T12:00:00Z',1,'2026-11-22T12:00:00Z',1,1,1,X'7477656E7479206279746573206F662069742E2E',X'7477656E7479206279746573206F662069742E2E',1,1);
CREATE INDEX issued_by_key ON issued (check_code);
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE INDEX issued_by_request ON issued (request_hash);
CREATE INDEX former_passwords_of ON former_passwords (user, id);
CREATE INDEX audit_of_files ON audit (key, verb, id) WHERE face = 'files';
CREATE TRIGGER archives_follow_one_another BEFORE INSERT ON audit_archives
    WHEN NEW.first <= (SELECT max(last) FROM audit_archives) OR NEW.last >= (SELECT max(id) FROM audit)
    BEGIN SELECT RAISE(ABORT, 'no range to be archived'); END;
CREATE TRIGGER archives_are_never_edited BEFORE UPDATE ON audit_archives
    BEGIN SELECT RAISE(ABORT, 'archives are append-only'); END;
CREATE TRIGGER archives_are_never_cut BEFORE DELETE ON audit_archives
    BEGIN SELECT RAISE(ABORT, 'archives are append-only'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
    WHEN NOT EXISTS (SELECT 1 FROM audit_archives WHERE OLD.id BETWEEN first AND last)
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE UNIQUE INDEX one_exchange_a_key ON exchanges (side, check_code);
CREATE INDEX audit_of_sign_ins ON audit (time, user, key) WHERE verb = 'sign-in' AND result = 'done';
CREATE INDEX issued_by_time ON issued (issued_at, serial);
CREATE INDEX registered_elsewhere_at ON registered_elsewhere (server, at, kind, id);
CREATE INDEX registered_at ON registered (at, kind, id);
CREATE INDEX issued_by_proof ON issued (proved_by) WHERE proved_by != '';
CREATE INDEX revoked_clients_at ON revoked_clients (revoked_at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('trials',1);
COMMIT;
PRAGMA user_version = 32;
