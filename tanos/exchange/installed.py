"""Which certificates are installed on this appliance, and how long they last."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cryptography import x509

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.issued import moment_text, serial_text
from tanos.certificates.names import show_names
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import AnswerRefused, Damaged
from tanos.exchange.file_names import CERTIFICATE, ROOT
from tanos.exchange.held_root import held_root
from tanos.exchange.offers import REQUESTER, ROOT_IMPORT
from tanos.finding import Finding, warn
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Inquiry, Result
from tanos.platform import Identity
from tanos.report import Section, Table

SOON_DAYS = 30
NAME = REPORTING.name


def installed_certificate(appliance: Appliance) -> x509.Certificate | None:
    """Return the reporting certificate in use, or None. Raises Damaged `damaged-certificate`."""
    try:
        pem = keeper_of(appliance).live_certificate(REPORTING.name)
        return x509.load_pem_x509_certificate(pem) if pem is not None else None
    except (ValueError, AnswerRefused) as error:
        raise Damaged(
            "damaged-certificate", N_("The installed {name} cannot be read.", name=CERTIFICATE), _repair(appliance)
        ) from error


def installed_data(appliance: Appliance) -> dict[str, Any] | None:
    """Return the installed reporting certificate for programs, or None."""
    certificate = installed_certificate(appliance)
    if certificate is None:
        return None
    return {"version": current_version(appliance), **certificate_data(certificate, appliance.clock())}


def current_version(appliance: Appliance) -> int | None:
    """Return the number of the version that `current` names, or None."""
    link = REPORTING.current(appliance.certificates)
    if not link.is_symlink():
        return None
    digits = link.readlink().name.removeprefix("v")
    return int(digits) if digits.isdecimal() else None


def certificate_data(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """Return what programs are told of a certificate."""
    return {
        "check_code": check_code(certificate.public_key()),
        "subject": certificate.subject.rfc4514_string(),
        "names": list(_names(certificate)),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": serial_text(certificate.serial_number),
        "not_before": moment_text(certificate.not_valid_before_utc),
        "not_after": moment_text(certificate.not_valid_after_utc),
        "days_left": (certificate.not_valid_after_utc - now).days,
        "fingerprint": fingerprint(certificate),
    }


def expiry_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning for each installed certificate that ends within thirty days, or has ended."""
    return tuple(_expiry(appliance, name, data) for name, data in _all(appliance) if data["days_left"] < SOON_DAYS)


async def _list(call: Call) -> Result:
    found = list(_all(call.appliance))
    rows = tuple(
        (name, data["subject"], data["not_after"], str(data["days_left"]), data["check_code"]) for name, data in found
    )
    table: Section = Table(
        (N_("certificate"), N_("subject"), N_("valid until"), N_("days left"), N_("check code")),
        rows,
        empty=N_("No certificate is installed."),
    )
    findings = tuple(_expiry(call.appliance, name, data) for name, data in found if data["days_left"] < SOON_DAYS)
    data = {
        "certificates": [{"name": name, **data} for name, data in found],
    }
    return Result(N_("Installed certificates"), (table,), findings, data)


def _all(appliance: Appliance) -> Iterator[tuple[str, dict[str, Any]]]:
    now = appliance.clock()
    root = held_root(appliance)
    if root:
        yield ROOT, {"version": None, **certificate_data(root, now)}
    reporting = installed_data(appliance)
    if reporting:
        yield CERTIFICATE, reporting


def _expiry(appliance: Appliance, name: str, data: dict[str, Any]) -> Finding:
    remedy = _replacement(appliance.identity, name)
    if data["days_left"] < 0:
        return warn("expired", N_("{name} ended on {end}.", name=name, end=data["not_after"]), remedy)
    return warn(
        "expiry-soon",
        N_(
            "{name} ends on {end}, in {count} day.",
            "{name} ends on {end}, in {count} days.",
            name=name,
            end=data["not_after"],
            count=data["days_left"],
        ),
        remedy,
    )


def _replacement(identity: Identity, name: str) -> Message:
    """Say how a certificate is replaced here, by a way that this appliance offers."""
    if name == ROOT and ROOT_IMPORT.holds_for(identity):
        return N_(
            "Import the new root of the Tanium Server ({import_root:key}) as soon as there is one.",
            import_root=deeds.IMPORT_ROOT,
        )
    if name == ROOT:
        return N_("Everything that this root issued ends with it: plan its replacement with your support.")
    if REQUESTER.holds_for(identity):
        return N_("Replace it: create a CSR ({create_csr:key}) and install the answer.", create_csr=deeds.CREATE_CSR)
    return N_("It is not replaced from this menu on this role and release: plan its renewal with your support.")


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return show_names(names)


def _repair(appliance: Appliance) -> Message:
    """Say how a damaged certificate is mended here, by a way that this appliance offers."""
    if REQUESTER.holds_for(appliance.identity):
        return N_("Put an earlier version back: {restore}.", restore=deeds.RESTORE_CERTIFICATE)
    return N_("Restore it from a backup of this appliance.")


LIST_CERTIFICATES = Inquiry(_list)
