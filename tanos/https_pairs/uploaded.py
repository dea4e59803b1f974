"""Certificate and key as they come: PEM in any order, DER, PKCS#7, PKCS#12.

Invariant: what leaves here is one private key without a passphrase, the certificate that belongs to it, and above it
those that issued it, in order. Nothing of a key stands in any refusal.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tanos import deeds
from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.container import open_container
from tanos.certificates.loaded import read_every_part
from tanos.certificates.private_key import key_unreadable, read_private_key
from tanos.certificates.root import is_issued_by, is_self_signed
from tanos.errors import AnswerRefused, NotYet
from tanos.finding import Finding, note, refuse
from tanos.message import N_, Deed, Message
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file
from tanos.secret import Secret

_MOST_ISSUERS = 8


@dataclass(frozen=True)
class Uploaded:
    """A pair, ready to be judged and installed."""

    leaf: x509.Certificate
    issuers: tuple[x509.Certificate, ...]
    key_pem: bytes
    """Empty where the key waits here."""
    repairs: tuple[Message, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def chain_pem(self) -> bytes:
        """The certificate and what issued it, as a listener presents them."""
        return b"".join(each.public_bytes(Encoding.PEM) for each in (self.leaf, *self.issuers))

    def __repr__(self) -> str:
        return f"Uploaded({self.leaf!r})"


def read_pair(certificate: bytes, key: bytes) -> Uploaded:
    """Return the pair in two files.

    Raises AnswerRefused `two-keys`, `key-encrypted`, `key-unreadable`, `key-mismatch`, `not-a-certificate`, and by
    the ids of any file with certificates.
    """
    intake = read_file(certificate, Awaited.CERTIFICATE)
    return _paired([read_every_part(der) for der in intake.ders], *_both(read_private_key(key)), intake.repairs)


def read_answer(
    ders: Sequence[bytes],
    repairs: tuple[Message, ...],
    waiting: Sequence[PublicKeyTypes],
    first: Deed = deeds.SOAP_CREATE_CSR,
    again: Deed = deeds.RENEW_CERTIFICATE,
) -> Uploaded:
    """Return the certificate for a waiting key; `first` is by what one is made, `again` by what its request is shown.

    Raises NotYet `step-missing`, AnswerRefused `key-mismatch`.
    """
    if not waiting:
        raise NotYet(
            "step-missing",
            N_("No key waits here for its certificate."),
            N_("{create_csr} comes first.", create_csr=first),
        )
    certificates = [read_every_part(der) for der in ders]
    mine = {spki_of(each.public_key()) for each in certificates}
    key = next((each for each in waiting if spki_of(each) in mine), None)
    if key is None:
        raise AnswerRefused.because(_no_answer(certificates, waiting, again))
    return _paired(certificates, key, b"", repairs)


def read_pkcs12(raw: bytes, passphrase: Secret) -> Uploaded:
    """Return the pair in a PKCS#12.

    Raises AnswerRefused `wrong-passphrase`, `too-many-rounds`, `key-unreadable`, `key-mismatch`, and by the ids of
    `read_every_part`.
    """
    try:
        key, leaf, others = open_container(raw, passphrase.reveal() or None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise AnswerRefused.because(
            refuse(
                "wrong-passphrase",
                N_("The PKCS#12 does not open: it is damaged, or has another passphrase."),
                N_("Give the passphrase by which it was exported."),
            )
        ) from error
    if key is None:
        raise AnswerRefused.because(key_unreadable())
    held = [each.public_bytes(Encoding.DER) for each in (*([leaf] if leaf else []), *others)]
    return _paired([read_every_part(each) for each in held], *_both(key), ())


def _both(key: PrivateKeyTypes) -> tuple[PublicKeyTypes, bytes]:
    return key.public_key(), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _paired(
    certificates: Sequence[x509.Certificate], key: PublicKeyTypes, pem: bytes, repairs: tuple[Message, ...]
) -> Uploaded:
    mine = [each for each in certificates if spki_of(each.public_key()) == spki_of(key)]
    if not mine:
        raise AnswerRefused.because(key_mismatch(certificates, key))
    leaf = max(mine, key=lambda each: each.not_valid_before_utc)
    others = [each for each in certificates if each is not leaf]
    issuers = _issuers(leaf, others)
    return Uploaded(leaf, issuers, pem, repairs, tuple(_told(leaf, others, issuers, certificates)))


def _issuers(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Return what issued the leaf, from below; a root, which browsers have or do not trust, is left out."""
    found: list[x509.Certificate] = []
    below = leaf
    while len(found) < _MOST_ISSUERS:
        above = next((each for each in others if each not in found and is_issued_by(below, each)), None)
        if above is None or is_self_signed(above):
            break
        found.append(above)
        below = above
    return tuple(found)


def _told(
    leaf: x509.Certificate,
    others: Sequence[x509.Certificate],
    issuers: tuple[x509.Certificate, ...],
    given: Sequence[x509.Certificate],
) -> list[Finding]:
    found = []
    if [each for each in given if each in (leaf, *issuers)] != [leaf, *issuers]:
        found.append(
            note(
                "chain-order",
                N_("The certificates were not in order: the server's first, then each by what issued it."),
                N_("They are installed in order; nothing needs to be done."),
            )
        )
    unused = len(others) - len(issuers)
    if unused:
        found.append(
            note(
                "chain-unused",
                N_("{count} certificate is not needed.", "{count} certificates are not needed.", count=unused),
                N_("A root is never presented, nor one that issued nothing of this."),
            )
        )
    return found


def _no_answer(certificates: Sequence[x509.Certificate], waiting: Sequence[PublicKeyTypes], again: Deed) -> Finding:
    return refuse(
        "key-mismatch",
        N_(
            "This is no answer to the request that waits: its check code is {key}, the certificate's {certificate}.",
            key=", ".join(map(check_code, waiting)),
            certificate=_codes(certificates),
        ),
        N_("Install what was issued for that request; {again} shows it again.", again=again),
    )


def _codes(certificates: Sequence[x509.Certificate]) -> str:
    return ", ".join(check_code(each.public_key()) for each in certificates) or "-"


def key_mismatch(certificates: Sequence[x509.Certificate], key: PublicKeyTypes) -> Finding:
    """Return the refusal of a key that belongs to none of the certificates."""
    return refuse(
        "key-mismatch",
        N_(
            "The key does not belong to the certificate: its check code is {key}, the certificate's {certificate}.",
            key=check_code(key),
            certificate=_codes(certificates),
        ),
        N_("Send the key by which the request for this certificate was made."),
    )
