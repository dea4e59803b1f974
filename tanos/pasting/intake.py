"""What arrives by paste or by file, as DER: mended where that is safe, refused by id where it is not.

Invariant: a private key anywhere in it is named before anything else is looked at. A request is exactly one; two
different ones are refused, because every common parser silently takes the first. Nothing here decides whether a
request or certificate is good, only that it arrived whole and is the kind that is awaited.
"""

from dataclasses import dataclass

from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_, Message
from tanos.pasting.armour import Block, find_blocks, not_pem
from tanos.pasting.awaited import Awaited
from tanos.pasting.body import check_whole, decode
from tanos.pasting.exposed import bare_private_key, exposed, labelled_private_key
from tanos.pasting.first_bytes import is_pkcs7, is_private_key
from tanos.pasting.kinds import is_certificate, read_certificates, wrong_kind
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import PASTE_LIMIT, decode_text, too_large

REQUEST_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "PKCS #7 SIGNED DATA", "CMS")


@dataclass(frozen=True)
class Intake:
    """What arrived, and what had to be mended to read it."""

    ders: tuple[bytes, ...]
    repairs: tuple[Message, ...]
    """Fragments without a full stop."""


def read_pasted(raw: bytes, awaited: Awaited) -> Intake:
    """Read a paste (at most 64 kB) of a request or of certificates (SSH keys and pairings have their own readers).

    Raises AnswerRefused with an id of the README's list: private-key, too-large, not-text, control-characters,
    not-pem, cut-short, wrong-block, line-numbers, headers, bad-base64, not-der, trailing-data, two-requests,
    not-certificate.
    """
    _refuse_unread(raw, awaited)
    if _is_binary(raw):
        raise not_pem(N_("This is binary data, not PEM text; binary files can come by /incoming."), _label(awaited))
    return _read_text(raw, awaited)


def read_file(raw: bytes, awaited: Awaited) -> Intake:
    """Read a file: as a paste, and also DER, and for certificates PKCS#7 in DER."""
    _refuse_unread(raw, awaited)
    if not _is_binary(raw):
        return _read_text(raw, awaited)
    check_whole(raw)
    repairs = Repairs()
    ders = _unpacked(raw, awaited, repairs)
    return Intake(_single(list(ders), awaited, repairs), repairs.told())


def _refuse_unread(raw: bytes, awaited: Awaited) -> None:
    if awaited in {Awaited.SSH_KEY, Awaited.PAIRING, Awaited.PUBLIC_KEY}:
        raise ValueError(awaited)
    if labelled_private_key(raw) or is_private_key(raw):
        raise exposed()
    if len(raw) > PASTE_LIMIT:
        raise too_large()


def _is_binary(raw: bytes) -> bool:
    """Tell DER from text: "0" followed by a byte that is no ASCII begins no text that holds a block."""
    return raw[:1] == b"\x30" and raw[1:2] >= b"\x80"


def _read_text(raw: bytes, awaited: Awaited) -> Intake:
    repairs = Repairs()
    text, mended = decode_text(raw)
    for repair in mended:
        repairs.add(repair)
    if bare_private_key(text) or labelled_private_key(text.encode()):
        raise exposed()
    blocks = find_blocks(text, _label(awaited), repairs)
    ders: list[bytes] = []
    for block in blocks:
        ders += _unpacked(_der_of(block, awaited, repairs), awaited, repairs)
    return Intake(_single(ders, awaited, repairs), repairs.told())


def _der_of(block: Block, awaited: Awaited, repairs: Repairs) -> bytes:
    if block.label not in REQUEST_LABELS + CERTIFICATE_LABELS:
        raise wrong_kind(block.label, b"", awaited)
    der = decode(block, repairs)
    if block.label not in (REQUEST_LABELS if awaited is Awaited.REQUEST else CERTIFICATE_LABELS):
        raise wrong_kind(block.label, der, awaited)
    return der


def _unpacked(der: bytes, awaited: Awaited, repairs: Repairs) -> tuple[bytes, ...]:
    if awaited is Awaited.REQUEST:
        if is_certificate(der) or is_pkcs7(der):
            raise wrong_kind("CERTIFICATE", der, awaited)
        return (der,)
    certificates = read_certificates(der)
    if is_pkcs7(der):
        repairs.add(N_("unpacked certificates from PKCS#7 ({count})", count=len(certificates)))
    return certificates


def _single(ders: list[bytes], awaited: Awaited, repairs: Repairs) -> tuple[bytes, ...]:
    """Return each DER once, and of requests only one."""
    once = tuple(dict.fromkeys(ders))
    if len(once) < len(ders):
        repairs.add(N_("took once what stood there more than once ({count})", count=len(ders) - len(once)))
    if awaited is Awaited.REQUEST and len(once) > 1:
        raise AnswerRefused.because(
            refuse(
                "two-requests",
                N_("There are {count} different certificate requests in it.", count=len(once)),
                N_("Send one at a time: copy from one BEGIN line to its END line."),
            )
        )
    return once


def _label(awaited: Awaited) -> str:
    return REQUEST_LABELS[0] if awaited is Awaited.REQUEST else CERTIFICATE_LABELS[0]
