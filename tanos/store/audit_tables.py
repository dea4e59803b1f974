"""The schema's script for what is put away of the audit; as those of `schema`, not edited once it has landed."""

AUDIT_ARCHIVES = """
CREATE TABLE audit_archives (
    first INTEGER PRIMARY KEY,                -- the numbers of its records
    last INTEGER NOT NULL CHECK (last >= first),
    file TEXT NOT NULL UNIQUE,                -- in backups
    sha256 TEXT NOT NULL,                     -- of the file, hex
    chain TEXT NOT NULL,                      -- the hash of its last record
    archived_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER archives_follow_one_another BEFORE INSERT ON audit_archives
    WHEN NEW.first <= (SELECT max(last) FROM audit_archives) OR NEW.last >= (SELECT max(id) FROM audit)
    BEGIN SELECT RAISE(ABORT, 'no range to be archived'); END;
CREATE TRIGGER archives_are_never_edited BEFORE UPDATE ON audit_archives
    BEGIN SELECT RAISE(ABORT, 'archives are append-only'); END;
CREATE TRIGGER archives_are_never_cut BEFORE DELETE ON audit_archives
    BEGIN SELECT RAISE(ABORT, 'archives are append-only'); END;
DROP TRIGGER audit_is_never_cut;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
    WHEN NOT EXISTS (SELECT 1 FROM audit_archives WHERE OLD.id BETWEEN first AND last)
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
"""
