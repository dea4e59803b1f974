"""From where a key may be used: `from="…"` as OpenSSH reads it, over addresses alone.

Invariant: nothing is looked up. A name in a pattern would have to be believed from whoever owns the address, so that
names are refused when the key is added, and every pattern that is kept can be honoured.
"""

import re
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_WILD = re.compile(r"[0-9a-f.:*?]+")
_MAPPED, _MAPPED_BITS = "::ffff:", 96
"""IPv4 inside IPv6."""
_Address = IPv4Address | IPv6Address


class NoPattern(Exception):
    """A pattern that cannot be honoured; `pattern` is the one."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.pattern = pattern


def checked_patterns(text: str) -> str:
    """Return a list of patterns, separated by commas, canonically.

    Raises NoPattern for names, for networks with bits set beyond their length, and for a list that lets nobody in.
    """
    patterns = text.lower().split(",")
    for pattern in patterns:
        _check(pattern.removeprefix("!"), pattern)
    if all(pattern.startswith("!") for pattern in patterns):
        raise NoPattern(text)
    return ",".join(patterns)


def is_list_of_networks(text: str) -> bool:
    """Say whether `text` is a list of addresses and networks alone, without patterns or exclusions."""
    try:
        return not set(checked_patterns(text)) & set("!*?")
    except NoPattern:
        return False


def is_from(patterns: str, address: str) -> bool:
    """Say whether `address` matches the list; one that is excluded with `!` never does, nor does an unknown one."""
    try:
        where = plain_address(address)
    except ValueError:
        return False
    matching = [pattern for pattern in patterns.split(",") if _matches(pattern.removeprefix("!"), where)]
    return bool(matching) and not any(pattern.startswith("!") for pattern in matching)


def plain_address(address: str) -> _Address:
    """Return an address without its zone; one of IPv4 that came by IPv6 as what it is. Raises ValueError."""
    found = ip_address(address.partition("%")[0])
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found


def _check(pattern: str, said: str) -> None:
    if "%" in pattern:  # a zone may hold anything, also what moves a cursor
        raise NoPattern(said)
    try:
        if "/" in pattern:
            ip_network(pattern)
        elif not ("*" in pattern or "?" in pattern):
            ip_address(pattern)
        elif not _WILD.fullmatch(pattern):
            raise NoPattern(said)
    except ValueError:
        raise NoPattern(said) from None


def _matches(pattern: str, where: _Address) -> bool:
    if "/" in pattern:
        return where in _plain_network(pattern)
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(str(where), pattern.removeprefix(_MAPPED) if "." in pattern else pattern)
    return where == plain_address(pattern)


def _plain_network(pattern: str) -> IPv4Network | IPv6Network:
    found = ip_network(pattern)
    inside = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if inside is None or found.prefixlen < _MAPPED_BITS:
        return found
    return IPv4Network((inside, found.prefixlen - _MAPPED_BITS))
