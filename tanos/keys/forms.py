"""Recognises what operators paste by mistake where a public key is awaited, and names it.

Invariant: a private key is recognised before anything else is done with the bytes, in any encoding of the
paste, and neither the message nor the error holds any of it.
"""

import re

from tanos.errors import AnswerRefused
from tanos.keys import refusals
from tanos.keys.refusals import not_a_key
from tanos.message import N_
from tanos.pasting.exposed import holds_private_key

_PUTTY = re.compile(rb"putty-user-key-file|private-lines:|private-mac:", re.IGNORECASE)
_CERTIFICATE_WORD = re.compile(r"-cert-v0[01]@openssh\.com\s")
_DSA = re.compile(r"ssh-dss\s|AAAAB3NzaC1kc3M")
_FINGERPRINT = re.compile(
    r"^(\d+ )?(SHA256:[A-Za-z0-9+/]{43}|(MD5:)?([0-9a-f]{2}:){15}[0-9a-f]{2})(\s|$)", re.MULTILINE
)
_BLOB = re.compile(r"AAAA[BCEGI][0-9A-Za-z+/]{20}")
_SSH1 = re.compile(r"^\d{3,5} \d{1,6} \d{150,}", re.MULTILINE)
_OPTION = re.compile(
    r"(cert-authority|restrict|pty|user-rc|verify-required|(no-)?(touch-required|pty|user-rc|(agent|port|x11)-forwarding))"
    r"(?![a-z0-9-])|[a-z0-9-]{1,64}=[\"']",
    re.IGNORECASE,
)
_HOSTS = re.compile(
    r"(@(cert-authority|revoked)\s+)?(\|1\|[^\s|]+\|[^\s|]+|[!._:,%-]*[*?\[\]A-Za-z0-9][!*?\[\]A-Za-z0-9._:,%-]*)"
)


def refuse_private(raw: bytes) -> None:
    """Raise AnswerRefused `putty-file` or `private-key` if any of it is one."""
    plain = raw.replace(b"\0", b"")
    if _PUTTY.search(plain):
        raise AnswerRefused.because(refusals.putty_file()) from None
    if holds_private_key(raw):
        raise AnswerRefused.because(refusals.private_key()) from None


def refuse_other_documents(text: str) -> None:
    """Raise AnswerRefused for whatever is no line with a public key, by its marks."""
    if not text.strip():
        raise AnswerRefused.because(not_a_key(N_("Nothing was pasted.")))
    if _CERTIFICATE_WORD.search(text):
        raise AnswerRefused.because(refusals.certificate(N_("This is an SSH certificate, not a plain public key.")))
    if "BEGIN CERTIFICATE-" in text or "BEGIN X509 CERTIFICATE-" in text or "BEGIN TRUSTED CERTIFICATE-" in text:
        raise AnswerRefused.because(refusals.certificate(N_("This is an X.509 certificate, not an SSH key.")))
    if "CERTIFICATE REQUEST-" in text:
        raise AnswerRefused.because(not_a_key(N_("This is a certificate request (CSR), not an SSH key.")))
    if "PUBLIC KEY-----" in text:
        convert = N_("Convert it with `ssh-keygen -i -m PKCS8 -f FILE` and paste the line that this prints.")
        raise AnswerRefused.because(
            not_a_key(N_("This is a public key in PEM form, not the line of OpenSSH."), convert)
        )
    if _DSA.search(text):
        raise AnswerRefused.because(refusals.dsa())


def refuse_prefix(prefix: str) -> None:
    """Raise AnswerRefused for what stands before the type word on its line; nothing may."""
    if not prefix:
        return
    if prefix.startswith("#"):
        raise AnswerRefused.because(not_a_key(N_("The line is commented out with #.")))
    if looks_like_options(prefix):
        raise AnswerRefused.because(refusals.options())
    if _HOSTS.fullmatch(prefix) and not prefix.isdigit() and not prefix.endswith(":"):
        raise AnswerRefused.because(refusals.known_hosts_line())
    raise AnswerRefused.because(not_a_key(N_("Other text stands before the key on its line.")))


def looks_like_options(text: str) -> bool:
    """Say whether text begins with an option of authorized_keys."""
    return _OPTION.match(text) is not None


def refuse_keyless(text: str) -> AnswerRefused:
    """Return the refusal of text in which no type word with a key after it was found."""
    if _FINGERPRINT.search(text):
        return AnswerRefused.because(not_a_key(N_("This is the fingerprint of a key, not the key.")))
    if _SSH1.search(text):
        return AnswerRefused.because(not_a_key(N_("This is a key of SSH protocol 1, which is no longer in use.")))
    if _BLOB.search(text):
        return AnswerRefused.because(not_a_key(N_("The type word before the key is missing or unknown.")))
    return AnswerRefused.because(not_a_key(N_("This is not an SSH public key.")))
