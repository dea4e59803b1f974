"""Certificates that a root of this server signed elsewhere, as KeyUtility does, are brought into the register.

Invariants: only what one of its roots signed, whether or not it still does, is taken; a serial that is taken stays
that of its certificate. Of several all are brought in, or none. A root among them is passed over.
"""

import json
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issued import serial_text
from tanos.certificates.loaded import read_every_part
from tanos.certificates.root import is_issued_by, is_self_signed
from tanos.dropbox import read_incoming
from tanos.errors import NotYet
from tanos.exchange.installed import certificate_data
from tanos.exchange.sources import told_repairs
from tanos.finding import Finding, note, refuse
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, YES, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.report import Table
from tanos.roots.kept import Root, roots
from tanos.store.store import Change


@dataclass(frozen=True)
class Brought:
    """One certificate, and the root that signed it."""

    certificate: x509.Certificate
    root: Root | None

    @property
    def serial(self) -> str:
        """As the register has it."""
        return serial_text(self.certificate.serial_number)

    @property
    def pem(self) -> str:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM).decode()


async def prepare(
    call: Call, *, source: str = "incoming", file: str = "", text: bytes = b""
) -> Plan[tuple[Brought, ...]]:
    """Read what is given, and find the root of each.

    Raises AnswerRefused as `read_file`, `read_incoming` and `read_every_part`; Damaged `damaged-root`.
    """
    appliance = call.appliance
    if source == "paste":
        intake, origin = read_pasted(text, Awaited.CERTIFICATE), N_("the paste")
    else:
        intake = read_file(read_incoming(appliance, file), Awaited.CERTIFICATE)
        origin = N_("/incoming/{name}", name=file)
    known = roots(appliance)
    given = [each for der in intake.ders if not is_self_signed(each := read_every_part(der))]
    found = [Brought(each, _root_of(each, known)) for each in given]
    judged = [(each, _judge(appliance, each)) for each in found]
    wanted = tuple(each for each, findings in judged if not findings)
    return Plan(
        N_("Bring {count} certificate into the register", "Bring {count} certificates into the register",
           count=len(wanted)),
        wanted,
        (*told_repairs(origin, intake), _table(found)),
        tuple(each for _, findings in judged for each in findings) if found else (_nothing(),),
        {"issued": _data(call, wanted)},
        YES if wanted or not found else NOTHING_TO_DO,
    )  # fmt: skip


async def apply(call: Call, plan: Plan[tuple[Brought, ...]], tell: Tell) -> Result:
    """Write them down. Raises NotYet `stale`."""
    wanted = plan.payload
    if wanted:
        with call.appliance.store.change(call, about=", ".join(f"serial {each.serial}" for each in wanted)) as change:
            for each in wanted:
                _write(change, call, each)
            change.after = ", ".join(dict.fromkeys(each.root.check_code for each in wanted if each.root))
    said = N_(
        "{count} certificate is in the register now.", "{count} certificates are in the register now.",
        count=len(wanted),
    )  # fmt: skip
    return Result(said, (_table(list(wanted)),) if wanted else (), plan.findings, plan.data)


def _root_of(certificate: x509.Certificate, known: list[Root]) -> Root | None:
    return next((root for root in known if is_issued_by(certificate, root.certificate)), None)


def _judge(appliance: Appliance, each: Brought) -> tuple[Finding, ...]:
    if each.root is None:
        said = N_("No root of this server signed {subject}.", subject=each.certificate.subject.rfc4514_string())
        remedy = N_("Bring it to the server whose root it names: {issuer}.",
                    issuer=each.certificate.issuer.rfc4514_string())  # fmt: skip
        return (refuse("wrong-issuer", said, remedy),)
    row = appliance.store.row("SELECT certificate, check_code FROM issued WHERE serial = ?", each.serial)
    if row is None or (not row["certificate"] and row["check_code"] == check_code(each.certificate.public_key())):
        return ()
    if row["certificate"] and x509.load_pem_x509_certificate(row["certificate"].encode()) == each.certificate:
        said = N_("Serial {serial} is in the register already.", serial=each.serial)
        return (note("already-issued", said, N_("Nothing needs to be done about it.")),)
    said = N_("Serial {serial} is that of another certificate.", serial=each.serial)
    return (refuse("serial-taken", said, N_("See which it is: {show}.", show=deeds.SHOW_ISSUED)),)


def _nothing() -> Finding:
    said = N_("There is no certificate of a server in it, only that of a root.")
    return refuse("not-certificate", said, N_("Bring what the root signed."))


def _write(change: Change, call: Call, each: Brought) -> None:
    """Write one down; a serial that a crash left without its certificate has it now."""
    assert each.root is not None
    told = certificate_data(each.certificate, call.appliance.clock())
    done = change.execute(
        "INSERT INTO issued (serial, check_code, request_hash, issuer_key, subject, names, not_before, not_after,"
        " certificate, issued_at) VALUES (?, ?, '', ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (serial) DO UPDATE SET issuer_key = excluded.issuer_key, subject = excluded.subject,"
        " names = excluded.names, not_before = excluded.not_before, not_after = excluded.not_after,"
        " certificate = excluded.certificate WHERE certificate = '' AND check_code = excluded.check_code",
        each.serial,
        check_code(each.certificate.public_key()),
        each.root.check_code,
        told["subject"],
        json.dumps(told["names"]),
        told["not_before"],
        told["not_after"],
        each.pem,
        told["not_before"],
    )
    if not done.rowcount:
        raise NotYet(
            "stale",
            N_("Another session wrote something else under this serial in the meantime."),
            N_("Look at the present state and try again."),
        )


def _table(found: list[Brought]) -> Table:
    columns = (N_("serial"), N_("subject"), N_("valid until"), N_("signed by the root"))
    rows = tuple(
        (
            each.serial,
            each.certificate.subject.rfc4514_string(),
            each.certificate.not_valid_after_utc.date().isoformat(),
            each.root.server_value if each.root else N_("none of this server"),
        )
        for each in found
    )
    return Table(columns, rows, N_("No certificate fits."))


def _data(call: Call, wanted: tuple[Brought, ...]) -> list[dict[str, Any]]:
    return [certificate_data(each.certificate, call.appliance.clock()) for each in wanted]


BRING_IN: Operation[tuple[Brought, ...]] = Operation(prepare, apply)
