"""Every object in a text or file, each told by its own parser and never by its label alone.

Invariants: at most `PASTE_LIMIT` bytes are read. One object that cannot be read does not hide the others: it stands
among them with the reason. A private key is loaded only to say which it is, and let go.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tanos.certificates.container import open_container
from tanos.certificates.loaded import no_certificate, read_certificate, read_request
from tanos.certificates.request import examine_request
from tanos.certificates.request_shape import UNREADABLE
from tanos.errors import AnswerRefused
from tanos.finding import Finding, note, refuse
from tanos.inert import inert
from tanos.inspecting.found import Found, What, found_certificate
from tanos.inspecting.private import der_key, is_key_label, pem_key
from tanos.keys.public_key import read_pasted_key
from tanos.message import N_, Message
from tanos.pasting.armour import Block, find_blocks
from tanos.pasting.body import check_whole, decode
from tanos.pasting.first_bytes import is_pkcs7, is_pkcs12, is_private_key
from tanos.pasting.key_line import is_complete_key
from tanos.pasting.kinds import read_certificates
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import PASTE_LIMIT, decode_text, too_large
from tanos.secret import Secret

_PUTTY = b"PuTTY-User-Key-File"


@dataclass(frozen=True)
class Read:
    """What one text or file held, in order, and what had to be mended to read it."""

    objects: tuple[Found, ...]
    repairs: tuple[Message, ...] = ()


def read_objects(raw: bytes, source: str = "", passphrase: Secret | None = None) -> Read:
    """Read everything in `raw`; `passphrase` opens what has one.

    Raises AnswerRefused where nothing in it can be told apart: `too-large`, `not-text`, `control-characters`,
    `not-pem`, `cut-short`, and of an SSH key by the ids of `read_pasted_key`.
    """
    if len(raw) > PASTE_LIMIT:
        raise too_large()
    if raw[:1] == b"\x30" and raw[1:2] >= b"\x80":
        check_whole(raw)
        return Read(tuple(replace(each, source=source) for each in _of_der(raw, passphrase)))
    text, mended = decode_text(raw)
    if _PUTTY in raw or ("-BEGIN" not in text and any(is_complete_key(line) for line in text.encode().splitlines())):
        return Read((_ssh_public(raw, source),), mended)
    repairs = Repairs()
    for repair in mended:
        repairs.add(repair)
    blocks = find_blocks(text, "CERTIFICATE", repairs)
    objects = [each for block in blocks for each in _of_block(text, block, repairs, passphrase)]
    return Read(tuple(replace(each, source=source) for each in objects), repairs.told())


def _of_block(text: str, block: Block, repairs: Repairs, passphrase: Secret | None) -> Iterator[Found]:
    if is_key_label(block.label):
        if (found := pem_key(text[block.start : block.end], block, passphrase)) is not None:
            yield found
            return
    elif "PARAMETERS" in block.label or block.label.startswith("PGP"):
        yield _other(block.label)
        return
    try:
        der = decode(block, repairs, keys=True)
    except AnswerRefused as refused:
        yield Found(What.OTHER, label=block.label, findings=refused.findings, is_broken=True)
        return
    for found in _of_der(der, passphrase):
        yield replace(found, label=block.label)


def _of_der(der: bytes, passphrase: Secret | None) -> Iterator[Found]:
    """Yield what some DER is, unpacked where it is a container."""
    if is_pkcs7(der):
        yield from _packed(
            "PKCS#7", lambda: [found_certificate(read_certificate(one)) for one in read_certificates(der)]
        )
    elif is_pkcs12(der):
        yield from _pkcs12(der, passphrase)
    elif is_private_key(der):
        yield der_key(der, passphrase)
    else:
        yield _told_by_its_parser(der)


def _told_by_its_parser(der: bytes) -> Found:
    for read in (_certificate, _request, _revocations, _public_key):
        found = read(der)
        if found is not None:
            return found
    return Found(What.OTHER, findings=no_certificate().findings, is_broken=True)


def _certificate(der: bytes) -> Found | None:
    try:
        certificate = read_certificate(der)
    except AnswerRefused:
        return None
    try:
        return found_certificate(certificate)
    except UnsupportedAlgorithm:
        return Found(What.CERTIFICATE, findings=(_unknown_key(),), is_broken=True)
    except UNREADABLE:
        return None


def _request(der: bytes) -> Found | None:
    try:
        csr = read_request(der)
    except AnswerRefused:
        return None
    try:
        request, findings = examine_request(der)
    except AnswerRefused as refused:
        return Found(What.REQUEST, request=csr, findings=refused.findings, is_broken=True)
    return Found(What.REQUEST, request=csr, public_key=request.public_key, findings=findings)


def _revocations(der: bytes) -> Found | None:
    try:
        revocations = x509.load_der_x509_crl(der)
        revocations.issuer.rfc4514_string()
        return Found(What.REVOCATIONS, revocations=revocations)
    except UNREADABLE:
        return None


def _public_key(der: bytes) -> Found | None:
    try:
        return Found(What.PUBLIC_KEY, public_key=load_der_public_key(der))
    except UNREADABLE:
        return None


def _pkcs12(der: bytes, passphrase: Secret | None) -> Iterator[Found]:
    try:
        key, leaf, others = open_container(der, passphrase.reveal() if passphrase else None)
    except AnswerRefused as refused:
        yield Found(What.LOCKED_CONTAINER, findings=refused.findings, is_broken=True)
        return
    except UNREADABLE:
        yield _locked_container(given=passphrase is not None)
        return
    if key is not None:
        yield Found(What.PRIVATE_KEY, container="PKCS#12", public_key=key.public_key())
    yield from _packed("PKCS#12", lambda: [found_certificate(one) for one in (*([leaf] if leaf else []), *others)])


def _packed(container: str, unpack: Callable[[], Sequence[Found]]) -> Iterator[Found]:
    try:
        for found in unpack():
            yield replace(found, container=container)
    except AnswerRefused as refused:
        yield Found(What.OTHER, container=container, findings=refused.findings, is_broken=True)
    except UNREADABLE:
        yield Found(What.OTHER, container=container, findings=no_certificate().findings, is_broken=True)


def _unknown_key() -> Finding:
    return refuse(
        "key-type",
        N_("Its public key is of a kind that is not understood here."),
        N_("Have it issued for an RSA key of 2048 bits or more, or one on P-256."),
    )


def _locked_container(*, given: bool) -> Found:
    message = N_("The PKCS#12 does not open: it is damaged, or has another passphrase.")
    remedy = N_("Give the passphrase by which it was exported: --passphrase-file FILE.")
    finding = refuse("wrong-passphrase", message, remedy)
    if not given:
        finding = note("passphrase-needed", N_("What is inside is shown to who gives its passphrase."), remedy)
    return Found(What.LOCKED_CONTAINER, findings=(finding,), is_broken=given)


def _ssh_public(raw: bytes, source: str) -> Found:
    key, findings, _ = read_pasted_key(raw)
    return Found(What.SSH_PUBLIC_KEY, source, label=key.type, ssh_fingerprint=key.fingerprint, findings=findings)


def _other(label: str) -> Found:
    told: Finding = note(
        "wrong-block",
        N_("This is a block of another kind: {label}.", label=inert(label)),
        N_("Nothing of it is needed for a certificate."),
    )
    return Found(What.OTHER, label=label, findings=(told,))
