"""The root key that a person has, opened for signing: any key that a root may have, with the certificate beside it.

Invariants: the key is proved to be the certificate's before anything is signed. Where there is no certificate one is
made, whose name follows from the key alone: made twice, on two machines, both verify the same certificates.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InternalError
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code, spki_of
from tanos.certificates.key_strength import examine_key
from tanos.certificates.loaded import read_certificate
from tanos.certificates.private_key import key_unreadable, read_private_key
from tanos.certificates.root import examine_root, self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused
from tanos.files import read_given
from tanos.finding import Finding, refusals, refuse, warn
from tanos.inert import inert
from tanos.keyutility.places import Place, refuse_home
from tanos.message import N_
from tanos.pasting.text import PASTE_LIMIT

BESIDE = (".pub", ".crt")
"""What the certificate of `tanium.pvk` is called beside it, in the order in which it is looked for."""
_DER = b"\x30"
_ROOT_NAME = "Root {code}"


@dataclass(frozen=True)
class OpenRoot:
    """A root that signs."""

    held: HeldRoot
    findings: tuple[Finding, ...]
    made: tuple[Place, bytes] | None
    """The certificate of a key that had none, which is to be written, too."""


def open_root(key_file: Path, certificate_file: Path | None, now: datetime) -> OpenRoot:
    """Open a root by its key, with that certificate or the one beside it.

    Raises AnswerRefused `missing-file`, `key-unreadable`, `key-encrypted`, `key-type`, `weak-key`, `broken-key`,
    `key-mismatch`, `not-a-root`, `expired` …
    """
    refuse_home(key_file)
    key = read_private_key(read_given(key_file, PASTE_LIMIT), is_proved=True)
    found = tuple(map(_of_root, examine_key(key.public_key())))
    if refusals(found) or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise AnswerRefused.because(*found)
    found += _readable(key_file)
    path = certificate_file or _beside(key_file)
    made = None
    if path is None:
        certificate = self_signed_root(key, _ROOT_NAME.format(code=check_code(key.public_key())), now)
        made = Place(_free_beside(key_file)), certificate.public_bytes(Encoding.PEM)
    else:
        certificate = read_certificate(read_given(path, PASTE_LIMIT))
        found += examine_root(certificate, now)
        found += _mismatch(key, certificate, key_file, path)
    if refusals(found):
        raise AnswerRefused.because(*found)
    return OpenRoot(_held(certificate, key), found, made)


def _readable(key_file: Path) -> tuple[Finding, ...]:
    if not key_file.stat().st_mode & 0o077:
        return ()
    shown = inert(str(key_file))
    message = N_("{name} can be read by others on this machine.", name=shown)
    return (warn("key-readable", message, N_("Take that right from them: chmod 600 {name}.", name=shown)),)


def _held(certificate: x509.Certificate, key: PrivateKeyTypes) -> HeldRoot:
    try:
        return HeldRoot(certificate, key)
    except InternalError as error:
        raise AnswerRefused.because(key_unreadable()) from error


def _beside(key_file: Path) -> Path | None:
    """Return the first of the files beside a key that is a certificate; a bare public key is none."""
    for suffix in BESIDE:
        path = key_file.with_suffix(suffix)
        there = read_given(path, PASTE_LIMIT) if path.is_file() else b""
        if there.startswith(_DER) or b"CERTIFICATE-----" in there:
            return path
    return None


def _free_beside(key_file: Path) -> Path:
    return next((path for path in map(key_file.with_suffix, BESIDE) if not path.exists()), key_file)


def _of_root(finding: Finding) -> Finding:
    remedy = N_("Sign with a root key of RSA from 2048 bits, or on P-256, P-384 or P-521; a weak one is replaced.")
    return replace(finding, remedy=remedy)


def _mismatch(key: PrivateKeyTypes, certificate: x509.Certificate, key_file: Path, path: Path) -> tuple[Finding, ...]:
    if spki_of(key.public_key()) == spki_of(certificate.public_key()):
        return ()
    message = N_(
        "{key} is not the key of the root in {certificate}.", key=inert(str(key_file)), certificate=inert(str(path))
    )
    return (refuse("key-mismatch", message, N_("Name the root's own certificate: --root-certificate FILE.")),)
