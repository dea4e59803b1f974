"""The subordinate keys that lie here: one for each root in use, side by side.

Invariants: of one root the newest counts; one whose root is not in use counts no more and is wiped. Nothing is
decided here by who asks, only by what lies here, so that a step that died is simply done again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.list_names import root_name
from tanos.certificates.pair_kinds import SERVER_TLS, PairKind
from tanos.certificates.root import is_issued_by
from tanos.certificates.root_names import number_of
from tanos.keeper import keeper_of
from tanos.revocation.kept import kept_of, trusted_roots
from tanos.roots.kept import rotating
from tanos.store.begun import Doing, Step, taking
from tanos.subordinate_keys import Lifetime

_SLACK = timedelta(hours=1)


@dataclass(frozen=True)
class Key:
    """One of them."""

    root: x509.Certificate
    certificate: x509.Certificate
    pem: str
    """The certificate; with the private key where that was asked for."""

    @property
    def root_code(self) -> str:
        """Check code of its root."""
        return check_code(self.root.public_key())

    @property
    def check_code(self) -> str:
        """Its own."""
        return check_code(self.certificate.public_key())

    def is_due(self, now: datetime, lifetime: Lifetime) -> bool:
        """Say whether the next one is to be made; also where a clock, or what is set, makes this one's end wrong."""
        end = self.certificate.not_valid_after_utc
        is_ahead = self.certificate.not_valid_before_utc > now or end > lifetime.end(now) + _SLACK
        return is_ahead or lifetime.is_due(end, now)


def roots_in_use(appliance: Appliance) -> list[x509.Certificate]:
    """Return the roots below which keys are made, the newest last: those of 7.4. Raises Damaged `damaged-root`."""
    if keeper_of(appliance).holds_root():
        return [each.certificate for each in rotating(appliance)]
    found = [each for each in trusted_roots(appliance) if number_of(root_name(each)) >= 0]
    return sorted(found, key=lambda each: (each.not_valid_before_utc, number_of(root_name(each))))


def held_keys(appliance: Appliance, roots: Sequence[x509.Certificate], kind: PairKind = SERVER_TLS) -> list[Key]:
    """Return the newest key below each of those roots, in their order; without private keys."""
    return _newest([each.decode() for each in keeper_of(appliance).kept_certificates(kind.name)], roots)


def serving_keys(appliance: Appliance, roots: Sequence[x509.Certificate]) -> list[Key]:
    """Return the same, for who presents them: each with its private key; none that is revoked."""
    found = _newest(keeper_of(appliance).serving_pairs(SERVER_TLS.name), roots)
    return [each for each in found if not is_revoked(appliance, each)]


def install_key(
    call: Call, kind: PairKind, code: str, pem: str, others: Sequence[Key], *, waits_on: bool = False
) -> None:
    """Install what was signed for the waiting key of that check code, beside `others`; it may wait for more.

    Raises NotYet `step-missing`, AnswerRefused `key-mismatch`, Damaged `disk-failed`.
    """
    shown = fingerprint(x509.load_pem_x509_certificate(pem.encode()))
    named = [fingerprint(each.certificate) for each in others]
    doing = Doing(kind.name, shown, kind.certificate, "", f"{code} {shown}")
    with taking(INSTALLING, call, doing):
        keeper_of(call.appliance).install(kind.name, code, pem, "system", named, waits_on)


def drop_ended(call: Call, kind: PairKind, roots: Sequence[x509.Certificate]) -> bool:
    """Wipe what no root in use signed; say whether anything was. Raises Damaged `disk-failed`."""
    keeper = keeper_of(call.appliance)
    kept = [x509.load_pem_x509_certificate(each) for each in keeper.kept_certificates(kind.name)]
    alive = [each for each in kept if any(is_issued_by(each, root) for root in roots)]
    if len(alive) == len(kept):
        return False
    gone = ", ".join(check_code(each.public_key()) for each in kept if each not in alive)
    with call.appliance.store.change(call, about=kind.certificate) as change:
        change.before = gone
        keeper.keep_pairs(kind.name, [fingerprint(each) for each in alive])
    return True


def is_revoked(appliance: Appliance, key: Key) -> bool:
    """Say whether the list of its root, as it is kept here, has the certificate of a key."""
    kept = kept_of(appliance, key.root)
    said = kept.said if kept is not None else None
    return said is not None and key.certificate.serial_number in said.serials


def by_root(keys: Sequence[Key]) -> Mapping[str, str]:
    """Return the texts by check code of the root, the newest root first."""
    return {each.root_code: each.pem for each in reversed(keys)}


def _newest(pems: Sequence[str], roots: Sequence[x509.Certificate]) -> list[Key]:
    known = [(x509.load_pem_x509_certificate(pem.encode()), pem) for pem in pems]
    found = []
    for root in roots:
        mine = next(((each, pem) for each, pem in known if is_issued_by(each, root)), None)
        if mine is not None:
            found.append(Key(root, *mine))
    return found


def _is_installed(appliance: Appliance, place: str, mark: str) -> bool:
    kept = keeper_of(appliance).kept_certificates(place)
    return any(fingerprint(x509.load_pem_x509_certificate(each)) == mark for each in kept)


INSTALLING = Step("install-subordinate", _is_installed)
"""A subordinate key is installed: its place is its kind, its mark the fingerprint of its certificate."""
