"""The other appliances this one knows: name, host, port and the one host key that is accepted there.

Invariant: a peer without a pinned host key does not exist; a key is replaced only by an operator who confirmed the
new one. A host or name from outside can never be read as an option or as more than one word.
"""

import ipaddress
import re
import sqlite3
from dataclasses import dataclass

from tanos import deeds
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, WrongUse
from tanos.inert import inert
from tanos.message import N_
from tanos.store.store import Change

SSH_PORT = 22
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?", re.IGNORECASE)
_HOST_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]]*)\](?::(.*))?", re.DOTALL)
_PORT = re.compile(r"[0-9]{1,5}")
_DIGITS_AND_DOTS = re.compile(r"[0-9.]+")
_ZONE = re.compile(r"[A-Za-z0-9._-]{1,15}")


@dataclass(frozen=True)
class Peer:
    """Another appliance, and the host key that proves it."""

    name: str
    host: str
    port: int
    host_key: str
    """`type base64`, as in `known_hosts` after the host."""
    host_key_fingerprint: str
    """`SHA256:…`"""
    added_at: str = ""
    revision: int = 0
    """0 where it is not stored yet."""
    key: str = ""
    """`SHA256:…` of the key by which its tanadmin signs in here, as paired; empty where it never was."""

    @property
    def address(self) -> str:
        """`HOST:PORT`, an IPv6 address in brackets."""
        return show_address(self.host, self.port)

    def at(self, host: str, port: int) -> bool:
        """Whether it is the one known at this checked address."""
        return (self.host, self.port) == (host, port)

    @property
    def host_key_type(self) -> str:
        """The first word of the host key: `ssh-ed25519` …"""
        return self.host_key.partition(" ")[0]


def peers(appliance: Appliance) -> list[Peer]:
    """Return every peer, by name."""
    return [_peer(row) for row in appliance.store.rows("SELECT * FROM peers ORDER BY name")]


def find_peer(appliance: Appliance, name: str) -> Peer | None:
    """Return the peer of that name, or None; case does not matter."""
    row = appliance.store.row("SELECT * FROM peers WHERE name = ? COLLATE NOCASE", name)
    return _peer(row) if row else None


def peer(appliance: Appliance, name: str = "") -> Peer:
    """Return the peer of that name, or the only one where none is named.

    Raises AnswerRefused `unknown-peer`, NotYet `step-missing` where there is none, WrongUse `missing-answer` where
    several stand to choice.
    """
    known = peers(appliance)
    remedy = N_(
        "{list:key} shows those that are known; {add:key} adds one.", list=deeds.LIST_PEERS, add=deeds.ADD_PEER
    )
    if name:
        found = find_peer(appliance, name)
        if found is None:
            raise AnswerRefused("unknown-peer", N_("No peer is called {name}.", name=inert(name)), remedy)
        return found
    if not known:
        raise NotYet("step-missing", N_("This appliance knows no peer yet."), remedy)
    if len(known) > 1:
        names = ", ".join(each.name for each in known)
        raise WrongUse(
            "missing-answer", N_("Several peers are known: {names}.", names=names), N_("Say which: --peer NAME.")
        )
    return known[0]


def store_peer(change: Change, new: Peer) -> Peer:
    """Store `new`, in the place of the same name's earlier record if `new.revision` is that record's.

    Raises NotYet `stale` where another session changed the peer in between.
    """
    row = change.execute("SELECT * FROM peers WHERE name = ? COLLATE NOCASE", new.name).fetchone()
    before = _peer(row) if row else None
    if (before.revision if before else 0) != new.revision:
        raise _stale(new.name)
    change.about = change.about or new.name
    change.before = _audited(before)
    change.after = _audited(new)
    key = new.key or (before.key if before else "")
    values = (new.host, new.port, new.host_key, new.host_key_fingerprint, change.now, key)
    if before is None:
        change.execute(
            "INSERT INTO peers (name, host, port, host_key, host_key_fingerprint, added_at, key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            new.name,
            *values,
        )
    else:
        change.execute(
            "UPDATE peers SET host = ?, port = ?, host_key = ?, host_key_fingerprint = ?, added_at = ?, key = ?,"
            " revision = revision + 1 WHERE name = ?",
            *values,
            before.name,
        )
    return _peer(change.execute("SELECT * FROM peers WHERE name = ? COLLATE NOCASE", new.name).fetchone())


def check_fresh(appliance: Appliance, planned: Peer) -> None:
    """Raise NotYet `stale` where the stored record is another one than when `planned` was made."""
    now = find_peer(appliance, planned.name)
    if (now.revision if now else 0) != planned.revision:
        raise _stale(planned.name)


def remove_peer(change: Change, old: Peer) -> None:
    """Forget `old`. Raises NotYet `stale` where another session changed or removed it in between."""
    change.about, change.before = old.name, _audited(old)
    done = change.execute("DELETE FROM peers WHERE name = ? AND revision = ?", old.name, old.revision)
    if done.rowcount != 1:
        raise _stale(old.name)


def checked_name(name: str) -> str:
    """Return `name` if it can name a peer; raise AnswerRefused `bad-name`."""
    if not _NAME.fullmatch(name):
        raise AnswerRefused(
            "bad-name",
            N_("{name} cannot name a peer.", name=inert(name)),
            N_("Use letters, digits, dots and hyphens; at most 63 characters."),
        )
    return name


def parse_address(text: str, usual: int = SSH_PORT) -> tuple[str, int]:
    """Read `HOST`, `HOST:PORT`, `ADDRESS`, `[IPV6]` or `[IPV6]:PORT`; `usual` is the port where none is named.

    Raises AnswerRefused `bad-address`.
    """
    bracketed = _BRACKETED.fullmatch(text.strip())
    if bracketed:
        host, port = bracketed[1], bracketed[2]
    elif text.count(":") > 1:
        raise _bad_address(text)
    else:
        host, _, port = text.strip().partition(":")
        port = port if ":" in text else None
    number = usual if port is None else checked_port(port)
    return (_checked_ipv6(host) if bracketed else checked_host(host)), number


def checked_port(text: str) -> int:
    """Read a TCP port; raise AnswerRefused `bad-address`."""
    if not _PORT.fullmatch(text) or not 0 < int(text) < 65536:
        raise _bad_address(text)
    return int(text)


def checked_host(host: str) -> str:
    """Return a host name or an address; raise AnswerRefused `bad-address`."""
    bare = host.removesuffix(".")
    if ":" in host:
        return _checked_ipv6(host)
    if not bare or len(bare) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in bare.split(".")):
        raise _bad_address(host)
    if _DIGITS_AND_DOTS.fullmatch(bare):
        try:
            ipaddress.IPv4Address(bare)
        except ValueError:
            raise _bad_address(host) from None
    return bare


def show_address(host: str, port: int) -> str:
    """Return `HOST:PORT`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _checked_ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise _bad_address(host) from None
    if address.scope_id and not _ZONE.fullmatch(address.scope_id):
        raise _bad_address(host)
    return str(address)


def _bad_address(text: str) -> AnswerRefused:
    return AnswerRefused(
        "bad-address",
        N_("{text} is not a usable address.", text=inert(text)),
        N_("Write HOST, HOST:PORT or [IPv6]:PORT; a host name in its ASCII form."),
    )


def _stale(name: str) -> NotYet:
    return NotYet(
        "stale",
        N_("Another session changed the peer {name} in the meantime.", name=name),
        N_("Look at it again and repeat what you wanted."),
    )


def _audited(peer: Peer | None) -> str:
    return f"{peer.address} {peer.host_key_fingerprint}" if peer else ""


def _peer(row: sqlite3.Row) -> Peer:
    return Peer(
        row["name"],
        row["host"],
        row["port"],
        row["host_key"],
        row["host_key_fingerprint"],
        row["added_at"],
        row["revision"],
        row["key"],
    )
