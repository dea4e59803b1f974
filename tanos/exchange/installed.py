"""The certificates that are installed on this appliance."""

from datetime import datetime
from typing import Any

from cryptography import x509

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.dates import days_left
from tanos.certificates.issued import serial_text
from tanos.certificates.names import show_names
from tanos.certificates.pair_kinds import REPORTING, PairKind
from tanos.errors import AnswerRefused, Damaged
from tanos.exchange.offers import REQUESTER
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text

NAME = REPORTING.name


def installed_certificate(appliance: Appliance) -> x509.Certificate | None:
    """Return the reporting certificate in use, or None. Raises Damaged `damaged-certificate`."""
    return live_certificate(appliance, REPORTING)


def live_certificate(appliance: Appliance, kind: PairKind) -> x509.Certificate | None:
    """Return the certificate of the live pair, or None. Raises Damaged `damaged-certificate`."""
    try:
        pem = keeper_of(appliance).live_certificate(kind.name)
        return x509.load_pem_x509_certificate(pem) if pem is not None else None
    except (ValueError, AnswerRefused) as error:
        raise Damaged(
            "damaged-certificate",
            N_("The installed {name} cannot be read.", name=kind.certificate),
            _repair(appliance, kind),
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
        "days_left": days_left(certificate, now),
        "fingerprint": fingerprint(certificate),
    }


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    return show_names(names)


def _repair(appliance: Appliance, kind: PairKind) -> Message:
    """Say how a damaged certificate is mended here, by a way that this appliance offers."""
    if kind is REPORTING and REQUESTER.holds_for(appliance.identity):
        return N_("Put an earlier version back: {restore}.", restore=deeds.RESTORE_CERTIFICATE)
    return N_("Restore it from a backup of this appliance.")
