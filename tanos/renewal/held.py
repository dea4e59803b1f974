"""Every certificate that an appliance has in use: who presents it, how long it lasts, what waits for the next.

Invariant: a damaged one is told beside the others and hides none of them; no private key is opened.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.dates import is_due
from tanos.certificates.pair_kinds import KINDS, REPORTING, PairKind
from tanos.certificates.root import is_issued_by
from tanos.errors import Damaged, TanosError
from tanos.exchange.file_names import ROOT
from tanos.exchange.held_root import held_root
from tanos.exchange.installed import certificate_data, live_certificate
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.relying.asking import Lost, ask
from tanos.services.catalogue import Service, services_of

ROOT_NAME = "root"
_PAGE_SECONDS = 2.0
"""No page waits longer for who tells of relying services."""


@dataclass(frozen=True)
class Relied:
    """A relying service to which a pair is given."""

    name: str
    has_it: bool
    """Whether it was given the certificate that is in use here."""

    @property
    def label(self) -> Message:
        """Its name, and whether it has another certificate than this."""
        name = inert(self.name)
        return N_("{name}", name=name) if self.has_it else N_("{name} (not yet)", name=name)


@dataclass(frozen=True)
class Held:
    """One certificate in use."""

    name: str
    """Of its pair, by which it is renewed; or ROOT_NAME."""
    file: str
    certificate: x509.Certificate
    version: int | None
    users: tuple[Service, ...]
    """Services here that present it; of the root, those that judge others by it."""
    waiting: tuple[str, ...] = ()
    """Check codes of the requests that wait for the next one."""
    relying: tuple[Relied, ...] = ()
    is_of_other_root: bool = False
    """Whether another root than the one here signed it: whoever trusts this one alone refuses it."""

    def is_due(self, now: datetime) -> bool:
        """Say whether the next one is due."""
        return self.is_of_other_root or is_due(self.certificate, now)

    def used_by(self) -> tuple[Message, ...]:
        """Return who presents it: services here by their labels, others by their names."""
        others = (each.label for each in self.relying)
        return (*(service.label for service in self.users), *others)


@dataclass(frozen=True)
class Survey:
    """What is here."""

    held: tuple[Held, ...]
    damages: tuple[Damaged, ...]

    def due(self, now: datetime) -> tuple[Held, ...]:
        """Return those whose next one is due."""
        return tuple(each for each in self.held if each.is_due(now))

    def behind(self) -> Iterator[tuple[Held, Relied]]:
        """Yield the relying services that have another certificate than the one in use here."""
        return ((held, each) for held in self.held for each in held.relying if not each.has_it)


def survey(appliance: Appliance) -> Survey:
    """Look at all of them, the root first. Raises NotYet `busy`."""
    held: list[Held] = []
    damages: list[Damaged] = []
    looks: tuple[Callable[[Appliance], Iterator[Held]], ...] = (_root, *(partial(_pair, kind=kind) for kind in KINDS))
    for look in looks:
        try:
            held += look(appliance)
        except Damaged as damage:
            damages.append(damage)
    return Survey(tuple(held), tuple(damages))


def with_relying(appliance: Appliance, found: Survey, seconds: float = _PAGE_SECONDS) -> Survey:
    """Return the same with the relying services to which each pair is given; with none where nobody tells of them."""
    try:
        kept = ask(appliance, "kept", seconds=seconds)
    except (TanosError, Lost):
        return found
    return replace(found, held=tuple(replace(each, relying=_relying(each, kept)) for each in found.held))


def _relying(held: Held, kept: Mapping[str, Mapping[str, Any]]) -> tuple[Relied, ...]:
    shown = fingerprint(held.certificate)
    return tuple(
        Relied(name, (told["installed"] or {}).get("fingerprint") == shown)
        for name, told in kept.items()
        if told.get("certificate") == held.name
    )


def data_of(appliance: Appliance, held: Held) -> dict[str, Any]:
    """Return what programs are told of one."""
    now = appliance.clock()
    return {
        "name": held.file,
        "pair": held.name,
        "version": held.version,
        **certificate_data(held.certificate, now),
        "used_by": [service.name for service in held.users],
        "relying": [{**vars(each)} for each in held.relying],
        "due": held.is_due(now),
        "waiting": list(held.waiting),
    }


def _root(appliance: Appliance) -> Iterator[Held]:
    root = held_root(appliance)
    if root is not None:
        judges = tuple(each for each in services_of(appliance.identity) if REPORTING in each.pairs)
        yield Held(ROOT_NAME, ROOT, root, None, judges)


def _pair(appliance: Appliance, kind: PairKind) -> Iterator[Held]:
    certificate, keeper = live_certificate(appliance, kind), keeper_of(appliance)
    if certificate is not None:
        users = tuple(each for each in services_of(appliance.identity) if kind in each.pairs)
        installed = check_code(certificate.public_key())
        waiting = tuple(code for code in keeper.waiting(kind.name) if code != installed)
        other = kind is REPORTING and _is_of_other_root(appliance, certificate)
        number = keeper.current(kind.name)
        yield Held(kind.name, kind.certificate, certificate, number, users, waiting, is_of_other_root=other)


def _is_of_other_root(appliance: Appliance, certificate: x509.Certificate) -> bool:
    """Say whether it was issued by a root that was replaced; what came with its issuers is taken for this one's."""
    try:
        root = held_root(appliance)
    except Damaged:  # which is told as such
        return False
    pem = keeper_of(appliance).live_certificate(REPORTING.name) or b""
    alone = len(x509.load_pem_x509_certificates(pem)) == 1 if pem else False
    return root is not None and alone and not is_issued_by(certificate, root)
