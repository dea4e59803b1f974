"""What is given to be revoked: one word, a list a line each as `ssh-keygen -k` takes it, or its binary list.

Invariant: a line that is not understood refuses the whole list, by its number; so does a key id out of a text of
which anything was removed: it would be that of another certificate.
"""

import re
from base64 import b64decode

from tanos.errors import AnswerRefused
from tanos.finding import Finding, refuse
from tanos.inert import inert
from tanos.keys.certificate import SshCertificate, read_certificate
from tanos.keys.krl import MAGIC, MOST, read_krl
from tanos.keys.public_key import fingerprint_of
from tanos.keys.revoked import KEY, KEY_ID, SERIAL, Mark
from tanos.message import N_, Message
from tanos.pasting.exposed import exposed, holds_private_key
from tanos.pasting.text import decode_text
from tanos.ssh_wire import BadBlob, Reader

_FINGERPRINT = re.compile(r"(?:hash:\s*)?(SHA256:[A-Za-z0-9+/]{43})=?(?:\s.*)?", re.IGNORECASE)
_SERIALS = re.compile(r"serial:\s*(\d{1,20})(?:\s*-\s*(\d{1,20}))?", re.IGNORECASE | re.ASCII)
_ID = re.compile(r"id:\s*(\S.*)", re.IGNORECASE)
_LINE = re.compile(
    r"(?:(?:key|sha256):\s*)?(?:[^\s\"]+(?:\"[^\"]*\")?\s+)?([a-z0-9@.-]+)\s+(AAAA[A-Za-z0-9+/]+={0,2})(?:\s.*)?"
)
_MOST_SERIAL = 2**64


def read_revocations(raw: bytes, authority: str = "") -> tuple[Mark, ...]:
    """Return what `raw` revokes, each once. Serials and key ids are those of `authority` (`SHA256:…`), where given.

    Raises AnswerRefused `private-key`, `revocation-unread`, and those of `decode_text`.
    """
    if raw.startswith(MAGIC):
        try:
            marks = read_krl(raw)
        except BadBlob:
            raise AnswerRefused.because(_no_krl()) from None
    else:
        marks = _read_text(raw, _authority(authority))
    if not marks:
        raise AnswerRefused.because(_unread(1, N_("nothing stands there")))
    return tuple(dict.fromkeys(marks))


def _read_text(raw: bytes, authority: str) -> list[Mark]:
    if holds_private_key(raw):
        raise exposed()
    text, repairs = decode_text(raw)
    marks: list[Mark] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.strip().startswith("#"):
            marks += _read_line(line.strip(), number, authority)
            if repairs and marks and marks[-1].kind == KEY_ID:
                raise AnswerRefused.because(_unread(number, N_("a key id is taken as it is, and this was not")))
        if len(marks) > MOST:
            raise AnswerRefused.because(_unread(number, N_("a list has at most {most} entries", most=MOST)))
    return marks


def _read_line(line: str, number: int, authority: str) -> list[Mark]:
    if found := _FINGERPRINT.fullmatch(line):
        return [Mark(KEY, "SHA256:" + found[1][7:])]
    if found := _SERIALS.fullmatch(line):
        least, most = int(found[1]), int(found[2] or found[1])
        if not 0 < least <= most < _MOST_SERIAL or most - least >= MOST:
            raise AnswerRefused.because(_unread(number, N_("these are no serials, or too many")))
        return [Mark(SERIAL, str(serial), authority) for serial in range(least, most + 1)]
    if found := _ID.fullmatch(line):
        return [Mark(KEY_ID, found[1].strip(), authority)]
    if found := _LINE.fullmatch(line):
        return [_of_key(found[1], found[2], number)]
    raise AnswerRefused.because(_unread(number, N_("it is no fingerprint, key, serial or key id")))


def _of_key(word: str, text: str, number: int) -> Mark:
    """Return the mark of a key, weak ones too, or of one certificate."""
    try:
        blob = b64decode(text, validate=True)
        if Reader(blob).string().decode("ascii") != word:
            raise BadBlob
        if "-cert-v0" not in word:
            return Mark(KEY, fingerprint_of(blob))
        return mark_of(read_certificate(blob))
    except (BadBlob, ValueError):
        raise AnswerRefused.because(_unread(number, N_("the key in it is damaged"))) from None


def mark_of(certificate: SshCertificate) -> Mark:
    """Return what revokes one certificate: its serial, or where it has none its key id."""
    if certificate.serial:
        return Mark(SERIAL, str(certificate.serial), certificate.authority)
    return Mark(KEY_ID, certificate.key_id, certificate.authority)


def _authority(text: str) -> str:
    if not text.strip():
        return ""
    found = _FINGERPRINT.fullmatch(text.strip())
    if found is None:
        raise AnswerRefused.because(_unread(1, N_("{text} is no fingerprint of an authority", text=inert(text)[:80])))
    return "SHA256:" + found[1][7:]


def _unread(line: int, why: Message) -> Finding:
    return refuse(
        "revocation-unread",
        N_("Line {line} of the list is not understood: {why}.", line=line, why=why),
        N_("Each line is `SHA256:…`, a public key, `serial: 5` or `id: NAME`; nothing was revoked."),
    )


def _no_krl() -> Finding:
    return refuse(
        "revocation-unread",
        N_("This binary list is damaged, signed, too long, or names keys by SHA-1."),
        N_("Make it anew with `ssh-keygen -k`, by keys, `sha256:`, `serial:` and `id:`; nothing was revoked."),
    )
