"""Whether a certificate that this appliance has, or is given, is revoked: by the lists that are kept here.

Invariant: a list was believed when it was kept, and is not verified again, so that a main menu may ask.
"""

from cryptography import x509

from tanos import deeds
from tanos.appliance import Appliance
from tanos.certificates.issued import serial_text
from tanos.certificates.pair_kinds import REPORTING, SERVER_TLS, PairKind
from tanos.errors import TanosError
from tanos.exchange.installed import live_certificate
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
    said = N_("{file} in use here is revoked: hubs do not come any more.", file=own.certificate)
    if not REQUESTER.holds_for(appliance.identity):
        return (
            warn(
                ID,
                said,
                N_(
                    "It asks for another by itself: approve that on the Tanium Server by its check code"
                    " ({approve:key} there).",
                    approve=deeds.APPROVE_KEY,
                ),
            ),
        )
    return (warn(ID, said, N_("Have another one issued: {create_csr}.", create_csr=deeds.CREATE_CSR)),)


def own_lines(appliance: Appliance) -> tuple[Say, ...]:
    """Return the same as a line above the main menu."""
    return tuple(Say(each.message, Mark.FAIL) for each in own_findings(appliance))


def _own_revoked(appliance: Appliance) -> PairKind | None:
    """Return what is in use here, where that is revoked: once a TLS key of its own is there, that alone."""
    if not any(len(found) for found in _lists(appliance)):
        return None
    for kind in (SERVER_TLS, REPORTING):
        try:
            own = live_certificate(appliance, kind)
        except TanosError:
            continue
        if own is not None:
            return kind if is_listed(appliance, own) else None
    return None


def _lists(appliance: Appliance) -> list[x509.CertificateRevocationList]:
    sql = "SELECT der FROM revocation_lists UNION ALL SELECT der FROM revocation_lists_elsewhere"
    rows = appliance.store.rows(sql)
    return [x509.load_der_x509_crl(row["der"]) for row in rows]


def _serial(certificate: x509.Certificate) -> str:
    return serial_text(certificate.serial_number)
