"""What a Tanium Server answers a zone server that asks for a certificate of its TLS key, by way of its hub.

Invariants: who is answered at once has shown, in the handshake with the hub, a certificate that a root trusted here
signed, and nothing was revoked of the line in which each had the next one signed, back to what an operator approved;
he has no name in the next one that was not in it. Everybody else waits until an operator approved his key, which
begins another line. How many one is given in an hour is bounded.
"""

from base64 import b64decode, b64encode
from datetime import timedelta

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.issued import is_given_up, serial_text
from tanos.certificates.loaded import read_certificate
from tanos.certificates.names import show_names
from tanos.certificates.own_names import examine_root_name
from tanos.certificates.request import Request, examine_request
from tanos.certificates.root import is_issued_by
from tanos.errors import AnswerRefused
from tanos.finding import Finding, refusals, refuse
from tanos.message import N_
from tanos.moments import moment_text
from tanos.revocation.kept import trusted_roots
from tanos.revocation.standing import is_listed
from tanos.subordinate.held import roots_in_use
from tanos.subordinate.issuing import issue
from tanos.subordinate.pending import is_approved, keep_pending
from tanos.trust.kept import trusted_others

MOST_IN_AN_HOUR = 12
LARGEST_REQUEST = 8 * 1024
_HOUR = timedelta(hours=1)
_LINE = "SELECT coalesce(nullif(proved_by, ''), serial) AS line FROM issued WHERE serial = ?"
_REVOKED_IN_LINE = (
    "SELECT 1 FROM revoked_certificates JOIN issued USING (serial)"
    " WHERE reason != 'superseded' AND (serial = ?1 OR proved_by = ?1)"
)
_REVOKED_OF_NAME = (
    "SELECT 1 FROM revoked_certificates JOIN issued USING (serial), json_each(names)"
    " WHERE reason != 'superseded' AND lower(value) = ?"
)
_REMEDY = N_("It asks again by itself; where it stays so, see the log of both servers.")


def answer(call: Call, zone: str, shown: bytes, root_code: str, der: bytes) -> str:
    """Return the certificate, PEM, of the key that a zone server of that name asks for; empty: it waits.

    It waits for an operator where what was `shown` proves nothing. Raises AnswerRefused `no-such-root`,
    `other-names`, `too-many`, `revoked-key`, and what is wrong with the request; as `issue` does.
    """
    appliance = call.appliance
    root, request = asked_root(appliance, root_code), asked_request(appliance, der)
    proof = _proof(appliance, shown)
    names = {each.lower() for each in show_names(request.to_issue)}
    if proof is not None and not names <= {*names_of(proof), zone.lower()}:
        raise AnswerRefused("other-names", N_("The request names more than the certificate that was shown."), _REMEDY)
    _refuse_too_many(appliance, request)
    if proof is None and not is_approved(appliance, zone, request.check_code):
        keep_pending(call, zone, root_code, request)
        return ""
    return issue(call, root, request, _line(appliance, proof) if proof is not None else "")


def asked_root(appliance: Appliance, code: str) -> x509.Certificate:
    """Return the root in use of that check code. Raises AnswerRefused `no-such-root`."""
    for root in roots_in_use(appliance):
        if check_code(root.public_key()) == code:
            return root
    raise AnswerRefused("no-such-root", N_("There is no root key {name}.", name=code), N_("Ask for one in use."))


def asked_request(appliance: Appliance, der: bytes) -> Request:
    """Return a request that may be answered. Raises AnswerRefused."""
    if len(der) > LARGEST_REQUEST:
        raise AnswerRefused("too-large", N_("The request is longer than any is."), _REMEDY)
    request, findings = examine_request(der)
    names = {each.lower() for each in show_names(request.to_issue)}
    common = [each.lower() for each in request.asked.common_names]
    if len(common) != 1 or common[0] not in names or len(request.asked.attributes) != 1:
        raise AnswerRefused("other-names", N_("The request is named otherwise than its names."), _REMEDY)
    identity, others = appliance.identity, trusted_others(appliance)
    servers = (identity.fqdn, identity.name, *(name for each in others for name in (each.fqdn, each.name)))
    own = {each.lower() for each in servers}
    roots = [found for root in trusted_roots(appliance) for found in examine_root_name(request, root)]
    found: tuple[Finding, ...] = (*findings, *roots)
    if names & own:
        found += (
            refuse("own-name", N_("The request names this server itself, or the other one of the pair."), _REMEDY),
        )
    if is_given_up(appliance, request.check_code):
        found += (refuse("revoked-key", N_("A certificate of this key was revoked."), _REMEDY),)
    if refusals(found):
        raise AnswerRefused.because(*found)
    return request


def names_of(certificate: x509.Certificate) -> list[str]:
    """Return the names in a certificate, lower case."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return [each.lower() for each in show_names(names)]


def decoded(text: object) -> bytes:
    """Return what was sent as base64. Raises AnswerRefused `not-understood`."""
    try:
        if not isinstance(text, str) or len(text) > 2 * LARGEST_REQUEST:
            raise ValueError
        return b64decode(text, validate=True)
    except ValueError as error:
        raise AnswerRefused("not-understood", N_("What was sent is none."), _REMEDY) from error


def encoded(data: bytes) -> str:
    """Return data as it is sent."""
    return b64encode(data).decode()


def _proof(appliance: Appliance, shown: bytes) -> x509.Certificate | None:
    """Return what was shown where it proves who shows it: it counts, and nothing that it stands on was revoked."""
    if not shown:
        return None
    certificate, now = read_certificate(shown), appliance.clock()
    is_trusted = any(is_issued_by(certificate, root) for root in trusted_roots(appliance))
    is_now = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return certificate if is_trusted and is_now and not _is_doubtful(appliance, certificate) else None


def _line(appliance: Appliance, shown: x509.Certificate) -> str:
    """Return the serial with which the line began, in which each certificate had the next one signed."""
    serial = serial_text(shown.serial_number)
    row = appliance.store.row(_LINE, serial)
    return row["line"] if row is not None else serial


def _is_doubtful(appliance: Appliance, shown: x509.Certificate) -> bool:
    """Say whether one of its line was revoked, but for another that takes its place.

    What another server signed, or nobody wrote down, has no line here: then none of its names may be one that was.
    """
    if appliance.store.row(_REVOKED_IN_LINE, _line(appliance, shown)) is not None:
        return True
    if appliance.store.row(_LINE, serial_text(shown.serial_number)) is not None:
        return False
    is_name_revoked = any(appliance.store.row(_REVOKED_OF_NAME, each) is not None for each in names_of(shown))
    return is_name_revoked or is_listed(appliance, shown)


def _refuse_too_many(appliance: Appliance, request: Request) -> None:
    since = moment_text(appliance.clock() - _HOUR)
    row = appliance.store.row(
        "SELECT count(*) AS count FROM issued WHERE subject = ? COLLATE NOCASE"
        " AND kind = 'server-tls' AND issued_at > ?",
        request.subject, since,
    )  # fmt: skip
    if row is not None and row["count"] >= MOST_IN_AN_HOUR:
        raise AnswerRefused(
            "too-many", N_("That server was given more certificates in an hour than it can need."), _REMEDY
        )
