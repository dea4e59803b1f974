"""The file of a backup: the private part as the keeper sealed it, and the database that belongs to it, sealed too.

Invariants: the database is sealed by a key that lies in the private part alone, with its digest, so that neither half
is of use without the other, nor passes for that of another backup. What stands open is who it is of, and when.
"""

import hmac
import json
import os
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tanos.errors import AnswerRefused
from tanos.message import N_
from tanos.moments import moment_text
from tanos.platform import Identity

FORMAT = "tanos root backup 1"
LARGEST = 1 << 30
"""Bytes."""
_LONGEST_HEAD = 4 << 20
_ABOUT, _ONCE = b"tanos database 1", b"\0" * 12
_DATABASE, _PKI = b"SQLite format 3\0", '"tanos pki '
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True)
class Head:
    """What a backup says of itself before it is opened."""

    made_at: str
    name: str
    fqdn: str
    role: str
    release: str

    def is_of(self, identity: Identity) -> bool:
        """Say whether that appliance made it, or one that has taken its place."""
        return (self.name, self.fqdn, self.role) == (identity.name, identity.fqdn, identity.role.value)


@dataclass(frozen=True)
class BackupFile:
    """A backup, as it lies in a file."""

    head: Head
    private: bytes
    """Sealed by the keeper."""
    database: bytes
    """Sealed by the key in the private part."""


def sealed_database(database: bytes) -> tuple[bytes, bytes]:
    """Return the database sealed, and what opens it again, to be kept in the private part."""
    key = os.urandom(32)
    sealed = AESGCM(key).encrypt(_ONCE, database, _ABOUT)
    return sealed, json.dumps({"key": key.hex(), "sha256": sha256(sealed).hexdigest()}).encode()


def opened_database(sealed: bytes, said: bytes) -> bytes:
    """Return the database. Raises AnswerRefused `backup-damaged`, `half-a-backup`."""
    try:
        told = json.loads(said)
        if not hmac.compare_digest(str(told["sha256"]), sha256(sealed).hexdigest()):
            raise half_a_backup()
        return AESGCM(bytes.fromhex(told["key"])).decrypt(_ONCE, sealed, _ABOUT)
    except (*_UNREADABLE, InvalidTag) as error:
        raise not_a_backup() from error


def written(file: BackupFile) -> bytes:
    """Return the file."""
    head = {"format": FORMAT, **vars(file.head), "private": file.private.decode()}
    return json.dumps(head).encode() + b"\n" + file.database


def understood(data: bytes) -> BackupFile:
    """Return what a file holds. Raises AnswerRefused `half-a-backup`, `backup-damaged`."""
    first, _, database = data.partition(b"\n")
    if data.startswith(_DATABASE) or _PKI in data[:64].decode("latin-1"):
        raise half_a_backup()
    try:
        if len(first) > _LONGEST_HEAD:
            raise ValueError
        read: dict[str, Any] = json.loads(first)
        if read["format"] != FORMAT:
            raise ValueError
        head = Head(*(str(read[name]) for name in ("made_at", "name", "fqdn", "role", "release")))
        if moment_text(datetime.fromisoformat(head.made_at)) != head.made_at:
            raise ValueError
        return BackupFile(head, str(read["private"]).encode(), database)
    except _UNREADABLE as error:
        raise not_a_backup() from error


def half_a_backup() -> AnswerRefused:
    """Return what is said of root keys without their database, or the other way round."""
    return AnswerRefused(
        "half-a-backup",
        N_("Root keys and the database of one backup belong together; here is one of them, or those of two backups."),
        N_("Give the whole file that a backup made; nothing was changed."),
    )


def not_a_backup() -> AnswerRefused:
    """Return what is said of anything else."""
    return AnswerRefused(
        "backup-damaged",
        N_("This is no backup of root keys, or not a whole one."),
        N_("Take another copy of the file; nothing was changed."),
    )
