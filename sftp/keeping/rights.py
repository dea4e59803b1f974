"""Who may ask the keeper what: decided by the front when it hands over a line, and held by the keeper.

Invariants: every method of the keeper stands in exactly one row here, so that a new one is open to nobody until that
is decided. Nobody may ask for what only setting up or starting does. A user who is no administrator may have
signed, made and shown nothing but his own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from tanos.certificates.pair_kinds import SOAP, SSL, SUBORDINATE
from tanos.certificates.root_names import LEGACY
from tanos.keeper import Keeper

PUBLIC = frozenset(
    {
        "current",
        "former_root",
        "handshake",
        "holds",
        "holds_root",
        "host_lines",
        "is_intact",
        "kept_certificate",
        "kept_certificates",
        "live_certificate",
        "root_certificate",
        "root_keys",
        "root_seal",
        "versions",
        "waiting",
    }
)
"""What is true here; no key leaves and nothing changes."""
OWN = frozenset({"keep_ssh_pair", "new_ssh_pair", "ssh_public_line"})
"""About the SSH pair of the user who is named first."""
ADMINISTERING = frozenset(
    {
        "adopt_host_key",
        "adopt_next_root",
        "discard",
        "drop_next_host_key",
        "drop_next_root",
        "drop_root_key",
        "forget_ssh_pair",
        "install",
        "install_pair",
        "keep_next_host_key",
        "make_next_root",
        "make_request",
        "make_root_key",
        "pair_shown",
        "new_host_key",
        "restore",
        "seal_roots",
        "sealed_backup",
        "sign_certificate",
        "sign_certificates",
        "sign_in",
        "trust_root",
    }
)
LETTING_IN = frozenset({"host_public_keys", "prove_host_key", "sign_exchange"})
SERVING = frozenset({"serving_pair", "serving_pairs"})
"""For who starts the services that present a pair."""
PUTTING_BACK = frozenset({"restore"})
"""For the same, where a pair for HTTPS does not serve."""
REVOKING = frozenset({"sign_revocations"})
"""For who revokes, and for who says each day what is revoked."""
RENEWING = frozenset({"keep_pairs", "sign_certificate", "sign_intermediate", "sign_message", "sign_statement"})
"""For who makes subordinate keys and renews them; of a root of release 7.4, not of tanium.pub."""
ASKING = frozenset({"install", "make_request"})
"""For the same, of subordinate keys alone."""
STARTING = frozenset({"make_host_keys", "make_root", "make_self_signed", "open_backup", "recover"})
"""For who has the files themselves: never asked for."""
PURE = PUBLIC | LETTING_IN | SERVING | REVOKING | (RENEWING - {"keep_pairs"}) | {"sign_in", "ssh_public_line"}
"""What may be asked again where the answer was lost."""


class Part(StrEnum):
    """What a process is to the keeper."""

    FRONT = "front"
    """The front door: it also decides who else may ask."""
    SUPERVISOR = "supervisor"
    """Starts the services; made before the front reads anything of the outside, and once."""
    RELYING = "relying"
    """Gives relying services their certificates; made likewise, and once. Its user is the pairs that it may have."""
    ADMINISTRATOR = "tanadmin"
    USER = "tanuser"


_SUBORDINATE = frozenset(kind.name for kind in SUBORDINATE)
ONCE = frozenset({Part.SUPERVISOR, Part.RELYING})
"""That are granted to one process, and to no other after it."""
_MAY: Mapping[Part, frozenset[str]] = {
    Part.FRONT: LETTING_IN | PUBLIC,
    Part.SUPERVISOR: PUBLIC | SERVING | PUTTING_BACK | REVOKING | RENEWING | ASKING,
    Part.RELYING: SERVING,
    Part.ADMINISTRATOR: PUBLIC | OWN | ADMINISTERING | REVOKING | RENEWING,
    Part.USER: PUBLIC | OWN,
}


@dataclass(frozen=True)
class Rights:
    """Of one line to the keeper."""

    part: Part
    user: str = ""

    def allow(self, method: str, words: Sequence[Any]) -> bool:
        """Say whether that may be asked, with arguments of the right kinds."""
        if method not in _MAY[self.part] or not _fit(method, words):
            return False
        if self.part is Part.RELYING:
            return words[0] in self.user.split()
        if self.part is Part.SUPERVISOR and method in PUTTING_BACK:
            return words[0] in {SOAP.name, SSL.name}
        if self.part is Part.SUPERVISOR and method in ASKING:
            return words[0] in _SUBORDINATE
        if self.part is Part.SUPERVISOR and method == "sign_certificate":
            return len(words) > 1 and words[1] != LEGACY
        return self.part is not Part.USER or method not in OWN or words[0] == self.user


def _fit(method: str, words: Sequence[Any]) -> bool:
    kinds, needed = _KINDS[method]
    return needed <= len(words) <= len(kinds) and all(map(_is_a, kinds, words))


def _is_a(kind: Any, value: Any) -> bool:
    if isinstance(kind, UnionType):
        return any(_is_a(one, value) for one in get_args(kind))
    if get_origin(kind) is Sequence:
        (each,) = get_args(kind)
        return type(value) is list and all(_is_a(each, one) for one in value)
    return type(value) is kind


def _kinds(method: str) -> tuple[tuple[Any, ...], int]:
    """Return the kinds of its arguments, and how many of them cannot be left out."""
    function = getattr(Keeper, method)
    kinds = tuple(kind for name, kind in get_type_hints(function).items() if name != "return")
    return kinds, len(kinds) - len(function.__defaults__ or ())


METHODS = frozenset().union(*_MAY.values())
_KINDS = {method: _kinds(method) for method in METHODS}
