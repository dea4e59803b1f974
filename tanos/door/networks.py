"""Networks as the front door counts them, and as an operator types them.

Invariant: whom an address stands for does not depend on how it is written: an IPv4 address inside IPv6 is that IPv4
address, a zone does not matter, and an IPv6 host is its /64, which it may use as it likes.
"""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from tanos.errors import AnswerRefused
from tanos.inert import inert
from tanos.message import N_

Network = IPv4Network | IPv6Network
_MAPPED_BITS = 96


def network_of(address: str) -> str:
    """Return whom an address stands for: itself, or the /64 that one IPv6 host can use as it likes."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Network((found, 64), strict=False))
    return str(found)


def read_network(typed: str) -> Network:
    """Return the network that was typed (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/48`); bits of hosts are cleared.

    Raises AnswerRefused `bad-network`.
    """
    try:
        if "%" in typed:  # a zone may hold anything, also what moves a cursor
            raise ValueError(typed)
        found = ip_network(typed.strip(), strict=False)
    except ValueError:
        raise AnswerRefused(
            "bad-network",
            N_("{typed} is neither an address nor a network.", typed=inert(typed.strip()[:64])),
            N_("Write it as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/48."),
        ) from None
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if mapped is not None and found.prefixlen >= _MAPPED_BITS:
        return IPv4Network((mapped, found.prefixlen - _MAPPED_BITS), strict=False)
    return found


def shown(network: Network) -> str:
    """Return a network as it is stored and shown: a single address without its length."""
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def holds(networks: Iterable[Network], address: str) -> bool:
    """Say whether an address, or whom it stands for, lies in one of them."""
    try:
        found = ip_address(address.partition("%")[0].partition("/")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    return any(found in network for network in networks)
