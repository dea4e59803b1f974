"""Which requests a connection may make, named as OpenSSH's `sftp-server` names them.

Invariants: what is refused is refused before it is looked at further, and by the number or name of the request alone,
but for OPEN, which read-only access takes unless it asks to write. The refusal is "permission denied", as there.
"""

from collections.abc import Callable
from dataclasses import dataclass

from asyncssh.constants import FXF_APPEND, FXF_CREAT, FXF_TRUNC, FXF_WRITE, FXP_EXTENDED, FXP_OPEN, FXP_STATUS
from asyncssh.packet import SSHPacket
from asyncssh.sftp import SFTPPermissionDenied

from sftp.files.handler import Handler
from sftp.files.link import Link
from sftp.files.server import DropBoxServer

_IN_ORDER = """
    open close read write lstat fstat setstat fsetstat opendir readdir remove mkdir rmdir realpath stat rename
    readlink symlink
"""
"""By their numbers, of which the first is FXP_OPEN."""
_NUMBERS = {name: number for number, name in enumerate(_IN_ORDER.split(), start=FXP_OPEN)}
_EXTENDED = {
    "posix-rename": b"posix-rename@openssh.com",
    "statvfs": b"statvfs@openssh.com",
    "fstatvfs": b"fstatvfs@openssh.com",
    "hardlink": b"hardlink@openssh.com",
    "fsync": b"fsync@openssh.com",
    "lsetstat": b"lsetstat@openssh.com",
    "limits": b"limits@openssh.com",
    "expand-path": b"expand-path@openssh.com",
    "copy-data": b"copy-data",
    "home-directory": b"home-directory",
    "users-groups-by-id": b"users-groups-by-id@openssh.com",
}
NAMES = (*_NUMBERS, *_EXTENDED)
_BY_KIND: dict[int | bytes, str] = {kind: name for table in (_NUMBERS, _EXTENDED) for name, kind in table.items()}
_CHANGES = """
    write setstat fsetstat remove mkdir rmdir rename symlink posix-rename hardlink fsync lsetstat copy-data
"""
_CHANGING = frozenset(_CHANGES.split())
_TO_WRITE = FXF_WRITE | FXF_APPEND | FXF_CREAT | FXF_TRUNC
_VERSION = 3


@dataclass(frozen=True)
class Requests:
    """What may be asked."""

    allowed: frozenset[str] = frozenset(NAMES)
    denied: frozenset[str] = frozenset()
    read_only: bool = False

    def allow(self, packet: bytes) -> bool:
        """Say whether the request that is `packet` may be made."""
        name = _BY_KIND.get(_kind(packet), "")
        if name in self.denied or (name and name not in self.allowed):
            return False
        return not self.read_only or (name not in _CHANGING and not (name == "open" and _is_to_write(packet)))


class ChoosyHandler(Handler):
    """Answers the requests that are allowed, and refuses the others."""

    def __init__(self, requests: Requests, server: DropBoxServer, link: Link) -> None:
        super().__init__(server, link)
        self._requests = requests

    def _answer(self, quick: Callable[..., tuple[int, bytes] | None], packet: bytes) -> tuple[int, bytes] | None:
        if not self._requests.allow(packet):
            return FXP_STATUS, _REFUSAL
        return super()._answer(quick, packet)

    async def _process_packet(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if self._requests.allow(packet.get_consumed_payload() + packet.get_remaining_payload()):
            await super()._process_packet(pkttype, pktid, packet)
        else:
            self.send_packet(FXP_STATUS, pktid, pktid.to_bytes(4, "big"), _REFUSAL)


_REFUSAL = SFTPPermissionDenied("This request is not allowed here.").encode(_VERSION)


def _kind(packet: bytes) -> int | bytes:
    if packet[0] != FXP_EXTENDED:
        return packet[0]
    return packet[9 : 9 + int.from_bytes(packet[5:9], "big")]


def _is_to_write(packet: bytes) -> bool:
    flags_at = 9 + int.from_bytes(packet[5:9], "big")
    return bool(int.from_bytes(packet[flags_at : flags_at + 4], "big") & _TO_WRITE) or len(packet) < flags_at + 4
