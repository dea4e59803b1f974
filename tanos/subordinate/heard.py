"""What the letters of several Tanium Servers come to: which of them count, and which roots they have trusted here.

Rule (ours): the *first* server is the one whose root an operator trusted here, tanium.pub, as that root's signature
says. Its letter names the roots of a server that it trusts, too, and of whom it names none any longer nothing counts
here. Invariant: any other server speaks of its own roots alone: it names and ends no other's, and speaks for nobody.
Its roots are called after its FQDN, or where that has no room after its short name, which has no dot; a letter names
them first, and is signed by one of them.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.certificates.check_code import check_code
from tanos.certificates.list_names import owner_of
from tanos.certificates.root_names import has_room
from tanos.client_trust.messages import BadMessage, Said, Signed, said_by_root

_DOT = "."


class Heard(NamedTuple):
    """The latest letter of one server."""

    said: Said
    signed: tuple[Signed, ...]
    """As it came, by each root that signed it."""
    is_first: bool

    @property
    def age(self) -> tuple[int, bool]:
        """Of two letters of one server the greater counts: one may come without what the first root signed."""
        return self.said.number, self.is_first


def read(signed: Sequence[Signed], said: Said, first: x509.Certificate | None) -> Heard:
    """Return a letter that counts, as each root signed it; `first` is the root in tanium.pub."""
    return Heard(said, tuple(signed), first is not None and any(_is_by(each, first) for each in signed))


def is_of(root: x509.Certificate, server: str, known: Iterable[x509.Certificate]) -> bool:
    """Say whether a root is that server's: by its name; where that does not tell, as one that is `known` as such."""
    owner = owner_of(root)
    return owner == server if owner and (_DOT in owner or has_room(server)) else root in known


def is_unnamed(root: x509.Certificate, server: str) -> bool:
    """Say whether a root may be that server's for all that its name tells: an FQDN that long is in none."""
    owner = owner_of(root)
    return bool(owner) and _DOT not in owner and not has_room(server) and server.isascii()


def is_own(root: x509.Certificate, said: Said) -> bool:
    """Say whether a root is called as those are that the server of a letter names as its own."""
    first = next(filter(None, map(owner_of, said.roots)), "")
    fits = first == said.server if _DOT in first else not has_room(said.server)
    return owner_of(root) in {"", first if fits else ""}


def leader_of(heard: Iterable[Heard]) -> Heard | None:
    """Return the letter of the first server; None where there is none."""
    return max((each for each in heard if each.is_first), key=lambda each: each.age, default=None)


def trusted(heard: Sequence[Heard], first: x509.Certificate | None) -> dict[str, str]:
    """Return the roots that count by all these letters, PEM, by the server whose letter names them.

    Of a server that is left out nothing counts. tanium.pub is an operator's and is in none of them.
    """
    leader = leader_of(heard)
    alive = [each for each in heard if leader is None or each is leader or _is_named(each, leader)]
    return {each.said.server: "".join(_pems(each, alive, each is leader, first)) for each in alive}


def _pems(one: Heard, heard: Sequence[Heard], is_leader: bool, first: x509.Certificate | None) -> Iterable[str]:
    for root in one.said.roots:
        is_meant = is_leader or is_own(root, one.said)
        if is_meant and (first is None or root.public_key() != first.public_key()) and not _is_ended(root, heard):
            yield root.public_bytes(Encoding.PEM).decode()


def _is_ended(root: x509.Certificate, heard: Sequence[Heard]) -> bool:
    code = check_code(root.public_key())
    return any(code in each.said.ended and (each.is_first or is_own(root, each.said)) for each in heard)


def _is_named(one: Heard, leader: Heard) -> bool:
    return any(is_of(root, one.said.server, one.said.roots) for root in leader.said.roots)


def _is_by(signed: Signed, root: x509.Certificate) -> bool:
    try:
        said_by_root(signed, [root])
    except BadMessage:
        return False
    return True
