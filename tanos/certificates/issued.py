"""What the root has signed: a serial is durable before anything is signed with it.

Invariant: a serial belongs to one key and one set of names for ever, and at most one certificate of it is ever
seen. A row whose certificate is empty is a signature that a crash prevented; the same request takes it up again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tanos.appliance import Appliance
from tanos.certificates.issue import Draft
from tanos.certificates.request import Request
from tanos.errors import NotYet
from tanos.message import N_
from tanos.moments import moment_text
from tanos.store.begun import Step
from tanos.store.store import Change

_GIVEN_UP = (
    "SELECT 1 FROM issued JOIN revoked_certificates USING (serial)"
    " WHERE check_code IN (SELECT value FROM json_each(?)) AND reason = 'key-compromise'"
)


@dataclass(frozen=True)
class Issued:
    """One row: a serial and, once signed, its certificate."""

    serial: str
    """Upper-case hex, whole bytes."""
    subject: str
    names: tuple[str, ...]
    not_after: str
    """UTC, ISO 8601."""
    certificate: str
    """PEM; empty where the signature is missing."""


def serial_text(serial: int) -> str:
    """Return a serial as `openssl x509 -serial` prints it."""
    digits = f"{serial:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def find_issued(appliance: Appliance, issuer_key: str, draft: Draft, check_code: str) -> Issued | None:
    """Return what was issued to the same key, for the same subject and names, by the same root, and still holds."""
    rows = appliance.store.rows(
        "SELECT * FROM issued WHERE check_code = ? AND issuer_key = ? AND subject = ? AND names = ? AND not_after > ?"
        " AND serial NOT IN (SELECT serial FROM revoked_certificates)"
        " ORDER BY issued_at DESC, certificate = '' LIMIT 1",
        check_code,
        issuer_key,
        draft.subject,
        _names(draft),
        appliance.store.now(),
    )
    return _issued(rows[0]) if rows else None


def known_keys(appliance: Appliance, codes: Sequence[str]) -> set[str]:
    """Return those of these check codes for whose keys a serial was ever taken."""
    sql = "SELECT DISTINCT check_code FROM issued WHERE check_code IN (SELECT value FROM json_each(?))"
    return {row["check_code"] for row in appliance.store.rows(sql, json.dumps(codes))}


def is_given_up(appliance: Appliance, check_code: str) -> bool:
    """Say whether a certificate of this key was revoked because somebody else has the key."""
    return appliance.store.row(_GIVEN_UP, json.dumps([check_code])) is not None


def answered(appliance: Appliance, der: bytes) -> bool:
    """Say whether this very request has its certificate already."""
    row = appliance.store.row(
        "SELECT 1 FROM issued WHERE request_hash = ? AND certificate != '' AND not_after > ?",
        sha256(der).hexdigest(),
        appliance.store.now(),
    )
    return row is not None


def take_serial(change: Change, issuer_key: str, request: Request, draft: Draft) -> None:
    """Write the serial of `draft` down, without a certificate, and that a signature with it has begun."""
    note_serials(change, issuer_key, [(request, draft)])
    begin_issue(change, request.check_code, serial_text(draft.serial))


def note_serials(change: Change, issuer_key: str, each: Sequence[tuple[Request, Draft]]) -> None:
    """Write the serial of each draft down, without a certificate; who does so says in `change` what has begun.

    Raises NotYet `stale` where one of the keys was given up since its request was judged.
    """
    if change.execute(_GIVEN_UP, json.dumps([request.check_code for request, _ in each])).fetchone():
        raise _given_up()
    change.connection.executemany(
        "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before, not_after,"
        " certificate, issued_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
        [(
            serial_text(draft.serial),
            request.check_code,
            sha256(request.der).hexdigest(),
            issuer_key,
            draft.subject,
            _names(draft),
            moment_text(draft.not_before),
            moment_text(draft.not_after),
            change.now,
        ) for request, draft in each],
    )  # fmt: skip


def begin_issue(change: Change, check_code: str, serial: str) -> None:
    """Record that a signature with this serial has begun, perhaps again after an interruption."""
    change.end(ISSUING.kind, serial)
    change.begin(ISSUING.kind, check_code, serial)
    change.after = f"serial {serial}"


def keep_certificate(change: Change, draft: Draft, pem: str) -> Issued:
    """Write the certificate of a serial down; return what holds (another session may have been first)."""
    serial = serial_text(draft.serial)
    change.end(ISSUING.kind, serial)
    change.after = f"serial {serial}"
    return write_certificate(change, draft, pem)


def write_certificate(change: Change, draft: Draft, pem: str) -> Issued:
    """Do that alone: who does so says in `change` what was done."""
    return write_certificates(change, [(draft, pem)])[serial_text(draft.serial)]


def write_certificates(change: Change, each: Sequence[tuple[Draft, str]]) -> dict[str, Issued]:
    """Do the same with several; return what holds by serial."""
    serials = [serial_text(draft.serial) for draft, _ in each]
    change.connection.executemany(
        "UPDATE issued SET certificate = ?, not_before = ?, not_after = ? WHERE serial = ? AND certificate = ''",
        [
            (pem, moment_text(draft.not_before), moment_text(draft.not_after), serial)
            for (draft, pem), serial in zip(each, serials, strict=True)
        ],
    )
    sql = "SELECT * FROM issued WHERE serial IN (SELECT value FROM json_each(?))"
    rows = change.execute(sql, json.dumps(serials))
    return {row["serial"]: _issued(row) for row in rows}


def _is_signed(appliance: Appliance, place: str, mark: str) -> bool:
    del place
    row = appliance.store.row("SELECT certificate FROM issued WHERE serial = ?", mark)
    return row is not None and bool(row["certificate"])


ISSUING = Step("issue", _is_signed)
"""The root signs: its place is the key's check code, its mark the serial."""


def _given_up() -> NotYet:
    return NotYet(
        "stale",
        N_("A certificate of this key was revoked in the meantime, because somebody else may have the key."),
        N_("Look at the request again: it is refused now."),
    )


def _names(draft: Draft) -> str:
    return json.dumps(list(draft.names))


def _issued(row: Any) -> Issued:
    return Issued(
        row["serial"], row["subject"], tuple(json.loads(row["names"])), row["not_after"], row["certificate"]
    )
