"""Whether one pasted line is a whole SSH public key, so that Return ends the paste.

Invariant: judges completeness by the key's own lengths (RFC 4251 strings that end exactly where the blob ends) and
nothing else; whether the key is welcome is decided where keys are read.
"""

import binascii
import re

from tanos.ssh_wire import BadBlob, strings

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
        fields = strings(binascii.a2b_base64(text, strict_mode=True))
    except (binascii.Error, BadBlob):
        return False
    if b"-cert-" in name:
        return bool(fields)
    return fields[:1] == [name] and len(fields) == _STRINGS.get(name, _ECDSA_STRINGS)
