"""What a client signs to sign in to another appliance (RFC 4252 §7), taken apart before a key signs it.

Invariant: a user's key signs nothing but that its owner signs in as tancopy, by this key and algorithm: whoever may
ask for signatures can neither sign in by them as somebody else nor have a text signed.
"""

from tanos.errors import NotToBeAsked
from tanos.platform import DROP_BOX_USER
from tanos.ssh_wire import BadBlob, Reader

SIGNS_IN_AS = DROP_BOX_USER.encode()
_USERAUTH_REQUEST = 50
_TRUE = 1


def check_sign_in(data: bytes, algorithm: str, blob: bytes) -> None:
    """Raise NotToBeAsked where `data` is not a sign-in as tancopy by the key of that blob and by that algorithm."""
    reader = Reader(data)
    try:
        reader.string()
        kind = _byte(reader)
        user, service, method = reader.string(), reader.string(), reader.string()
        signed = _byte(reader)
        named, key = reader.string(), reader.string()
    except BadBlob:
        raise NotToBeAsked("no sign-in") from None
    said = (kind, user, service, method, signed, named, key)
    wanted = (_USERAUTH_REQUEST, SIGNS_IN_AS, b"ssh-connection", b"publickey", _TRUE, algorithm.encode(), blob)
    if said != wanted or not reader.is_done:
        raise NotToBeAsked("no sign-in as tancopy")


def _byte(reader: Reader) -> int:
    if reader.is_done:
        raise BadBlob(cut_short=True)
    reader.at += 1
    return reader.data[reader.at - 1]
