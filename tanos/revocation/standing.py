"""Whether a certificate that this appliance has, or is given, is revoked: by the lists that are kept here.

Invariant: a list was believed when it was kept, and is not verified again, so that a main menu may ask.
"""

from cryptography import x509

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.certificates.pair_kinds import REPORTING
from tanos.errors import TanosError
from tanos.exchange.installed import installed_certificate
from tanos.exchange.offers import REQUESTER
from tanos.finding import Finding, refuse, warn
from tanos.message import N_
from tanos.report import Mark, Say

ID = "certificate-revoked"


def is_listed(appliance: Appliance, certificate: x509.Certificate) -> bool:
    """Say whether a list that is kept here says that it is revoked."""
    return any(
        found.issuer == certificate.issuer
        and found.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
        for found in _lists(appliance)
    )


def refuse_revoked(appliance: Appliance, certificate: x509.Certificate) -> tuple[Finding, ...]:
    """Return why a certificate is not put into use, where it is revoked."""
    if not is_listed(appliance, certificate):
        return ()
    said = N_("The Tanium Server revoked this certificate, of serial {serial}.", serial=_serial(certificate))
    return (refuse(ID, said, N_("Make a new request: {create_csr}.", create_csr=deeds.CREATE_CSR)),)


def own_findings(appliance: Appliance) -> tuple[Finding, ...]:
    """Return a warning where the certificate in use here is revoked."""
    own = _own_revoked(appliance)
    if own is None:
        return ()
    said = N_("{file} in use here is revoked: hubs do not come any more.", file=REPORTING.certificate)
    if not REQUESTER.holds_for(appliance.identity):
        return (warn(ID, said, N_("None can be requested on this release: plan it with your support.")),)
    return (warn(ID, said, N_("Have another one issued: {create_csr}.", create_csr=deeds.CREATE_CSR)),)


def own_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return the same as a line above the main menu."""
    return tuple(Say(each.message, Mark.FAIL) for each in own_findings(appliance))


def _own_revoked(appliance: Appliance) -> x509.Certificate | None:
    if not any(len(found) for found in _lists(appliance)):
        return None
    try:
        own = installed_certificate(appliance)
    except TanosError:
        return None
    return own if own is not None and is_listed(appliance, own) else None


def _lists(appliance: Appliance) -> list[x509.CertificateRevocationList]:
    rows = appliance.store.rows("SELECT der FROM revocation_lists")
    return [x509.load_der_x509_crl(row["der"]) for row in rows]


def _serial(certificate: x509.Certificate) -> str:
    return serial_text(certificate.serial_number)
