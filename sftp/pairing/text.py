"""The pairing text: what another appliance must know of this one, as one block to copy and paste.

Invariant: nothing in it is secret, and nothing in it is believed for its own sake: its check code covers every byte
of it, and operators who see the same code on both terminals hold the same name, address, host key and key. A block
that was changed on its way is refused before anything is read from it. It is armoured as PEM, so that the paste
reader mends what terminals do to it.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from dataclasses import dataclass

from sftp.host_keys import ALGORITHMS
from tanos.certificates.check_code import code_of_spki
from tanos.der import OCTET_STRING, SEQUENCE, UTF8_STRING, NotDer, element, tlv
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.inert import inert
from tanos.keys.public_key import SshPublicKey, read_line
from tanos.message import N_, Message
from tanos.pasting.armour import find_blocks
from tanos.pasting.body import COLUMNS, decode
from tanos.pasting.exposed import exposed, holds_private_key
from tanos.pasting.repairs import Repairs
from tanos.pasting.text import decode_text
from tanos.peers import checked_name, parse_address, show_address

LABEL = "TANOS PAIRING"
_FORMAT = "tanos pairing 1"
_FIELDS = 6
_SEAL_BYTES = 16
_FINGERPRINT = re.compile(r"(?:SHA256:[A-Za-z0-9+/]{43})?")


@dataclass(frozen=True)
class PairingText:
    """What one appliance tells another: who it is, where, and by which keys it is known."""

    name: str
    host: str
    port: int
    host_key: SshPublicKey
    """What the other one pins."""
    key: SshPublicKey
    """tanadmin's, which the other one lets sign in as tancopy."""
    lets_in: str = ""
    """`SHA256:…` of the key that it let in already, where this text answers another one."""

    @property
    def address(self) -> str:
        """`HOST:PORT`, an IPv6 address in brackets."""
        return show_address(self.host, self.port)

    @property
    def check_code(self) -> str:
        """The code that both terminals show: it covers all of it."""
        return code_of_spki(self._content)

    @property
    def armoured(self) -> str:
        """The block, 64 columns, with a newline at its end."""
        text = b64encode(self.der).decode()
        lines = [text[start : start + COLUMNS] for start in range(0, len(text), COLUMNS)]
        return "\n".join((f"-----BEGIN {LABEL}-----", *lines, f"-----END {LABEL}-----", ""))

    @property
    def der(self) -> bytes:
        """What stands in the block."""
        return tlv(SEQUENCE, self._content, tlv(OCTET_STRING, _seal(self._content)))

    @property
    def _content(self) -> bytes:
        said = (_FORMAT, self.name, self.address, self.host_key.line, self.key.line, self.lets_in)
        return b"".join(tlv(UTF8_STRING, each.encode()) for each in said)


def read_pairing_text(raw: bytes) -> tuple[PairingText, tuple[Message, ...]]:
    """Return what was pasted, and what had to be mended to read it.

    Raises AnswerRefused by the ids of any paste (`private-key`, `not-pem`, `cut-short`, `wrong-block` …),
    `pairing-damaged`, `two-pairings`, and by those of names, addresses and SSH keys.
    """
    if holds_private_key(raw):
        raise exposed()
    text, mended = decode_text(raw)
    repairs = Repairs()
    for repair in mended:
        repairs.add(repair)
    found: dict[bytes, None] = {}
    for block in find_blocks(text, LABEL, repairs):
        if block.label != LABEL:
            raise _wrong_block(block.label)
        found[decode(block, repairs)] = None
    if len(found) > 1:
        raise _several(len(found))
    return _parsed(next(iter(found))), repairs.told()


def _parsed(der: bytes) -> PairingText:
    try:
        said = _unsealed(der)
    except (NotDer, UnicodeDecodeError):
        raise _damaged() from None
    if len(said) != _FIELDS or said[0] != _FORMAT:
        raise _damaged()
    _, name, address, host_key, key, lets_in = said
    host, port = parse_address(address)
    read = PairingText(checked_name(name), host, port, read_line(host_key), read_line(key), lets_in)
    if not _FINGERPRINT.fullmatch(lets_in) or read.host_key.type not in ALGORITHMS or read.der != der:
        raise _damaged()
    return read


def _unsealed(der: bytes) -> list[str]:
    """Return the strings of a block whose seal fits. Raises NotDer, UnicodeDecodeError."""
    _, start, end = element(der)
    at = start
    said: list[str] = []
    while at < end:
        tag, first, past = element(der, at)
        if past > end:
            raise NotDer
        if tag == OCTET_STRING:
            if past != end or not hmac.compare_digest(der[first:past], _seal(der[start:at])):
                raise NotDer
            return said
        if tag != UTF8_STRING:
            raise NotDer
        said.append(der[first:past].decode())
        at = past
    raise NotDer


def _seal(content: bytes) -> bytes:
    return hashlib.sha256(b"seal" + content).digest()[:_SEAL_BYTES]


def _damaged() -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "pairing-damaged",
            N_("This pairing text was changed on its way, or is of another version."),
            N_("Copy the whole block again, from its BEGIN line to its END line."),
        )
    )


def _several(count: int) -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "two-pairings",
            N_("There are {count} different pairing texts in it.", count=count),
            N_("Paste one at a time: that of the appliance to pair with."),
        )
    )


def _wrong_block(label: str) -> AnswerRefused:
    return AnswerRefused.because(
        refuse(
            "wrong-block",
            N_("This is a block of another kind: {label}.", label=inert(label)),
            N_("Copy the pairing text of the other appliance."),
        )
    )
