"""A server's own TLS keys: made here, asked for, and installed once they are signed; each below a root in use.

Invariants: no key leaves; a request that waits is sent again rather than made again, so that a server which dies or
is not heard makes no heap of keys. One request goes to both servers of a pair, so that one check code is compared on
all three; below one root no key is signed twice. What comes back is installed only where a root in use signed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from tanos import subordinate_keys as kinds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.list_names import owner_of
from tanos.certificates.loaded import read_certificate
from tanos.certificates.names import checked_names, show_names
from tanos.certificates.pair_kinds import REPORTING, SERVER_TLS
from tanos.certificates.request import Request, examine_request
from tanos.certificates.root import is_issued_by
from tanos.errors import AnswerRefused, TanosError
from tanos.exchange.installed import live_certificate
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.subordinate.held import Key, drop_ended, held_keys, install_key, is_revoked, roots_in_use
from tanos.subordinate.issuing import issue
from tanos.subordinate.letters import told_settings

_LONGEST_NAME = 64


@dataclass(frozen=True)
class Wanted:
    """A key that is to be signed."""

    root: x509.Certificate
    request: Request

    @property
    def root_code(self) -> str:
        """Check code of the root that is to sign it."""
        return check_code(self.root.public_key())


def wanted_roots(appliance: Appliance) -> list[x509.Certificate]:
    """Return the roots in use below which no key lies here, or one that is to be renewed."""
    roots = roots_in_use(appliance)
    return lacking(appliance, roots, held_keys(appliance, roots))


def lacking(appliance: Appliance, roots: Sequence[x509.Certificate], held: Sequence[Key]) -> list[x509.Certificate]:
    """Return those of `roots` whose key is missing among `held`, or due."""
    span, now = kinds.lifetime(kinds.SERVER_TLS, told_settings(appliance)), appliance.clock()
    good = [each.root for each in held if not each.is_due(now, span) and not is_revoked(appliance, each)]
    return [root for root in roots if root not in good]


def ask_for(appliance: Appliance, root: x509.Certificate) -> Wanted:
    """Return the request for a key below `root`: the one that waits, or another.

    Raises AnswerRefused `name-empty`, `san-bad`, `san-forbidden`, Damaged `disk-failed`.
    """
    keeper, has = keeper_of(appliance), {each.check_code for each in held_keys(appliance, [root])}
    der = next((der for code, der in keeper.waiting(SERVER_TLS.name).items() if code not in has), None)
    if der is None:
        der = keeper.make_request(SERVER_TLS.name, appliance.identity.fqdn[:_LONGEST_NAME], _names(appliance))
    return Wanted(root, examine_request(der)[0])


def take(call: Call, wanted: Wanted, pem: str) -> None:
    """Install what was signed. Raises AnswerRefused `wrong-issuer`, `key-mismatch`, NotYet, Damaged `disk-failed`."""
    certificate = read_certificate(pem.encode())
    if not is_issued_by(certificate, wanted.root):
        raise AnswerRefused(
            "wrong-issuer",
            N_("The root that was asked did not issue this certificate."),
            N_("It is asked for again by itself."),
        )
    roots = roots_in_use(call.appliance)
    others = [each for each in held_keys(call.appliance, roots) if each.root != wanted.root]
    of_others = [root for root in roots if owner_of(root) != owner_of(wanted.root)]
    waits_on = any(lacking(call.appliance, of_others, others))
    install_key(call, SERVER_TLS, wanted.request.check_code, pem, others, waits_on=waits_on)


def make_own(call: Call, roots: Sequence[x509.Certificate]) -> bool:
    """At a Tanium Server: have its own key below each of `roots` signed and installed; say whether any was.

    Raises as `issue` and `take` do.
    """
    for root in roots:
        wanted = ask_for(call.appliance, root)
        take(call, wanted, issue(call, root, wanted.request))
    return bool(roots)


def drop(call: Call) -> bool:
    """Wipe keys below roots that ended; say whether there were any. Raises Damaged `disk-failed`, `damaged-root`."""
    return drop_ended(call, SERVER_TLS, roots_in_use(call.appliance))


def _names(appliance: Appliance) -> list[str]:
    """Return the names that it has now beside its own: those by which others reach it."""
    found: dict[str, None] = {}
    for kind in (SERVER_TLS, REPORTING):
        try:
            certificate = live_certificate(appliance, kind)
            if certificate is not None:
                names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
                found |= dict.fromkeys(show_names(checked_names(show_names(names))))
        except (TanosError, x509.ExtensionNotFound, ValueError):
            continue
    return [each for each in found if each != appliance.identity.fqdn]
