"""What is found in each object, for the use that it is meant for.

Invariant: the rules are those by which an appliance would take it, asked of the same functions. Where no use is said,
nothing is refused but what is broken in itself: all else is a warning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.chain import examine_answer
from tanos.certificates.dates import examine_dates
from tanos.certificates.key_strength import examine_key
from tanos.certificates.pair_kinds import REPORTING, PairKind
from tanos.certificates.private_key import key_encrypted
from tanos.certificates.root import examine_root, is_self_signed
from tanos.errors import AnswerRefused
from tanos.finding import Finding, Severity, warn
from tanos.https_pairs.requirements import examine_rsa_key, judge, without_appliance
from tanos.https_pairs.uploaded import key_mismatch, read_answer
from tanos.inspecting.found import KEYS, Found, What
from tanos.message import N_


@dataclass(frozen=True)
class Purpose:
    """What it is inspected for."""

    now: datetime
    kind: PairKind | None = None
    """None: for nothing in particular."""
    host: str = ""
    """The server's own full name, where it must name that."""
    root: x509.Certificate | None = None
    """The tanium.pub that must have issued it."""


def judge_all(objects: Sequence[Found], purpose: Purpose) -> tuple[Found, ...]:
    """Return the objects with everything that was found in each."""
    return tuple(replace(each, findings=_softened(each, objects, purpose)) for each in objects)


def _softened(found: Found, objects: Sequence[Found], purpose: Purpose) -> tuple[Finding, ...]:
    """Return each finding once; a warning in the place of what only a use would refuse."""
    examined = (without_appliance(each) for each in _examined(found, objects, purpose))
    once = {(each.id, str(each.message)): each for each in examined}.values()
    if purpose.kind is not None or found.is_broken:
        return tuple(once)
    return tuple(replace(each, severity=Severity.WARN) if each.severity is Severity.REFUSE else each for each in once)


def _examined(found: Found, objects: Sequence[Found], purpose: Purpose) -> Iterator[Finding]:
    yield from found.findings
    try:
        if found.certificate is not None:
            yield from _certificate(found, objects, purpose, found.certificate)
        elif found.public_key is not None and found.what is not What.SSH_PUBLIC_KEY:
            yield from _key(found, objects, purpose)
        elif found.what is What.LOCKED_KEY and purpose.kind is not None:
            yield from key_encrypted().findings
    except AnswerRefused as refused:
        yield from refused.findings


def _key(found: Found, objects: Sequence[Found], purpose: Purpose) -> Iterator[Finding]:
    """Yield what is found in a key, or in the key of a request."""
    assert found.public_key is not None
    is_https = purpose.kind not in {None, REPORTING}
    yield from examine_rsa_key(found.public_key) if is_https else examine_key(found.public_key)
    if found.what is What.LOCKED_KEY and purpose.kind is not None:
        yield from key_encrypted().findings
    leaves = [each.certificate for each in objects if each.what is What.CERTIFICATE and each.certificate]
    codes = {each.check_code for each in objects if each.what is What.CERTIFICATE}
    if found.what in KEYS and leaves and found.check_code not in codes:
        yield key_mismatch(leaves, found.public_key)


def _certificate(
    found: Found, objects: Sequence[Found], purpose: Purpose, certificate: x509.Certificate
) -> Iterator[Finding]:
    if purpose.kind is not None and found.what is What.CERTIFICATE:
        yield from _for_use(found, objects, purpose)
        return
    if purpose.kind is REPORTING and is_self_signed(certificate):
        yield from examine_root(certificate, purpose.now)
        return
    yield from examine_key(certificate.public_key())
    yield from examine_dates(certificate, purpose.now)


def _for_use(found: Found, objects: Sequence[Found], purpose: Purpose) -> Iterator[Finding]:
    assert found.certificate is not None and found.public_key is not None
    own = [each.certificate for each in objects if each.certificate and _is_beside(each, found)]
    ders = [each.public_bytes(Encoding.DER) for each in own]
    if purpose.kind is not REPORTING:
        uploaded = read_answer(ders, (), [found.public_key])
        yield from judge(uploaded, purpose.now, purpose.host)
        return
    root = purpose.root or next((each for each in own if is_self_signed(each)), None)
    yield from examine_key(found.public_key)
    code = {found.check_code: found.public_key}
    answer = examine_answer(ders, waiting_public_keys=code, root=root, now=purpose.now)
    yield from (_not_given() if each.id == "no-root" else each for each in answer.findings)


def _is_beside(each: Found, found: Found) -> bool:
    """Say whether it is that certificate itself, or may be of its chain: no other certificate for the same key."""
    return each is found or each.check_code != found.check_code


def _not_given() -> Finding:
    return warn(
        "no-root",
        N_("Whether the right root issued it cannot be said: none was given."),
        N_("Give the tanium.pub of its Tanium Server: --root tanium.pub."),
    )
