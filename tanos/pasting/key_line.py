"""Whether one pasted line is a whole SSH public key, so that Return ends the paste.

Invariant: judges completeness by the key's own lengths (RFC 4251 strings that end exactly where the blob ends) and
nothing else; whether the key is welcome is decided where keys are read.
"""

import binascii
import re

_KEY = re.compile(
    rb"(?:^|[\s\"])((?:sk-)?(?:ssh|ecdsa)-[A-Za-z0-9@.-]{1,64})[ \t]+(AAAA[A-Za-z0-9+/]{16,}={0,2})(?:\s|$)"
)
_STRINGS = {
    b"ssh-ed25519": 2,
    b"ssh-rsa": 3,
    b"ssh-dss": 5,
    b"sk-ssh-ed25519@openssh.com": 3,
    b"sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
_ECDSA_STRINGS = 3


def is_complete_key(line: bytes) -> bool:
    """Tell whether `line` holds a key type and a blob of that type which ends where it should."""
    found = _KEY.search(line)
    if not found:
        return False
    name, text = found[1], found[2]
    if len(text) % 4:
        return False
    try:
        blob = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return False
    fields = _fields(blob)
    if b"-cert-" in name:
        return bool(fields)
    return fields[:1] == [name] and len(fields) == _STRINGS.get(name, _ECDSA_STRINGS)


def _fields(blob: bytes) -> list[bytes]:
    """Return the strings of `blob`, or none if they do not end where it ends."""
    fields, at = [], 0
    while at < len(blob):
        size = int.from_bytes(blob[at : at + 4], "big")
        fields.append(blob[at + 4 : at + 4 + size])
        at += 4 + size
    return fields if at == len(blob) else []
