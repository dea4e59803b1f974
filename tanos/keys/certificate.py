"""An SSH user certificate (OpenSSH PROTOCOL.certkeys), read strictly.

Invariant: everything that the authority signed is read, to the last byte; nothing is skipped because it is unknown.
"""

from dataclasses import dataclass

from tanos.keys.public_key import fingerprint_of
from tanos.ssh_wire import BadBlob, Reader, string, strings

_MARK = "-cert-v01@openssh.com"
_FIELDS = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519@openssh.com": 2,
    "sk-ecdsa-sha2-nistp256@openssh.com": 3,
}
"""How many strings of the wire make up each kind of key."""


@dataclass(frozen=True)
class SshCertificate:
    """What an authority says of a key. Its signature is not verified here."""

    key: bytes
    """The plain key, in the wire form."""
    serial: int
    kind: int
    """1: of a user, 2: of a host."""
    key_id: str
    principals: tuple[str, ...]
    valid_after: int
    """Seconds since 1970."""
    valid_before: int
    critical: dict[str, bytes]
    extensions: dict[str, bytes]
    authority_word: str
    authority_key: bytes
    signed: bytes
    """What the authority signed."""
    signature: bytes

    @property
    def signature_word(self) -> str:
        """By which algorithm the authority signed. Raises BadBlob."""
        return _text(Reader(self.signature).string())

    @property
    def authority(self) -> str:
        """`SHA256:…` of who signed."""
        return fingerprint_of(self.authority_key)

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the plain key."""
        return fingerprint_of(self.key)


def is_certificate(word: str) -> bool:
    """Say whether the word that a wire form begins with is that of a certificate."""
    return word.endswith(_MARK)


def read_certificate(blob: bytes) -> SshCertificate:
    """Read a certificate of an accepted kind of key. Raises BadBlob."""
    reader = Reader(blob)
    word = _plain_word(_text(reader.string()))
    reader.string()
    key = string(word.encode()) + b"".join(string(reader.string()) for _ in range(_FIELDS[word]))
    serial, kind = reader.number(8), reader.number(4)
    key_id, principals = _text(reader.string()), tuple(map(_text, strings(reader.string())))
    valid_after, valid_before = reader.number(8), reader.number(8)
    critical, extensions = _options(reader.string()), _options(reader.string())
    reader.string()
    authority = reader.string()
    signed, signature = blob[: reader.at], reader.string()
    if not reader.is_done:
        raise BadBlob
    return SshCertificate(
        key,
        serial,
        kind,
        key_id,
        principals,
        valid_after,
        valid_before,
        critical,
        extensions,
        _text(Reader(authority).string()),
        authority,
        signed,
        signature,
    )


def _plain_word(word: str) -> str:
    plain = word.removesuffix(_MARK)
    plain = f"{plain}@openssh.com" if plain.startswith("sk-") else plain
    if not is_certificate(word) or plain not in _FIELDS:
        raise BadBlob
    return plain


def _options(data: bytes) -> dict[str, bytes]:
    """Read names and values, which stand in order and once."""
    found = strings(data)
    names = [_text(name) for name in found[::2]]
    if len(found) % 2 or names != sorted(set(names)):
        raise BadBlob
    return dict(zip(names, found[1::2], strict=True))


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise BadBlob from None
