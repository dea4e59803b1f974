"""Whose the roots are that a client heard of, and which of them ended.

Invariants: a root is a server's where an operator gave it, or a root of that server named it, or it is the first that
was heard of a server; whoever else names it says no more than that it exists. Only a root of a server ends roots of
that server: a trusted server which is broken ends nobody's but its own, and crowds out nobody's but its own. Who is
called like a server that is known, and is not of it, is known by his key.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.certificates.root_names import unnumbered
from tanos.client_trust.messages import MOST_ENDED

MOST_OWNERS, MOST_MET = 16, 16
ANYBODY = ""
"""Whose those are that ended before it was kept who said so."""


class RootOwners:
    """As one client knows them."""

    def __init__(self, met: Mapping[str, tuple[str, ...]], ended: Mapping[str, tuple[str, ...]]) -> None:
        self._met, self._ended = dict(met), dict(ended)

    def copy(self) -> "RootOwners":
        """Return the same, to be changed by itself."""
        return RootOwners(self._met, self._ended)

    def is_ended(self, root: x509.Certificate) -> bool:
        """Say whether the server whose name it has said that it ended."""
        code = check_code(root.public_key())
        return any(code in self._ended.get(each, ()) for each in (ANYBODY, _name(root)))

    def given(self, roots: Iterable[x509.Certificate]) -> None:
        """Take these for what they are called, however many others were named: an operator looked at them."""
        for root in roots:
            name = _name(root)
            while name not in self._met and len(self._met) >= MOST_OWNERS:
                self._ended.pop(self._met.popitem()[0], None)
            self._meet(name, root)
            self._met = {name: self._met[name], **self._met}

    def named(self, roots: Iterable[x509.Certificate], by: x509.Certificate) -> None:
        """Hear of roots from one that is trusted."""
        owner = self.owner(by)
        for root in roots:
            if _name(root) == owner or _name(root) not in self._met:
                self._meet(_name(root), root)

    def end(self, codes: Iterable[str], by: x509.Certificate, known: Iterable[str]) -> None:
        """Never trust those of the same server again; those that are `known` are not crowded out by others."""
        owner, present = self.owner(by), set(known)
        if owner not in self._met:
            return
        before = self._ended.get(owner, ())
        news = [each for each in sorted(codes) if each not in before]
        first = [each for each in news if each in present or each in self._met[owner]]
        last = [each for each in news if each not in first]
        self._ended[owner] = (*first, *before, *last)[:MOST_ENDED]

    def owner(self, root: x509.Certificate) -> str:
        """Return whose a root is: a server's, or nobody's but its own."""
        name, code = _name(root), check_code(root.public_key())
        return name if code in self._met.get(name, ()) else code

    def _meet(self, owner: str, root: x509.Certificate) -> None:
        met, code = self._met.get(owner, ()), check_code(root.public_key())
        if code not in met and (met or len(self._met) < MOST_OWNERS):
            self._met[owner] = (*met, code)[-MOST_MET:]

    def as_data(self) -> dict[str, Any]:
        """Return what is kept from one run to the next."""
        return {"met": _lists(self._met), "ended": _lists(self._ended)}

    @classmethod
    def kept(cls, data: Mapping[str, Any]) -> "RootOwners":
        """Return what was kept. Raises AttributeError, KeyError, TypeError where it cannot be read."""
        ended = data["ended"]
        by_owner = {ANYBODY: ended} if isinstance(ended, list) else ended
        return cls(_tuples(data.get("met", {})), _tuples(by_owner))


def _name(root: x509.Certificate) -> str:
    """Return the name of a root but for its number; the check code of one that has none, which is alone."""
    return unnumbered(root.subject.rfc4514_string()) or check_code(root.public_key())


def _lists(found: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(codes) for name, codes in found.items()}


def _tuples(found: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {str(name): tuple(map(str, codes)) for name, codes in found.items()}
