"""By what each service of this appliance is known: the fingerprint of its certificate, and whether it is served.

Names as the vendor's command line has them (`ts`, `tzs`, `hub`, `soap`), `tms` and `root` are ours; so are, from
release 7.4 on, `tls-N` and `root-N` of what stands on Root N: where roots of several servers are trusted, with the
server after that, as `root-0.ts2`. Invariants: no two things have one name; what is told to be served was seen by the
supervisor in a handshake with the service's own listener.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.list_names import owner_of, root_name
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import REPORTING, SERVER_TLS, PairKind
from tanos.certificates.root_names import number_of
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.exchange.file_names import ROOT
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import Inquiry, Result
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.services.catalogue import (
    HTTPS,
    MODULE_SERVER,
    PLATFORM,
    TANIUM_SERVER,
    ZONE_SERVER,
    ZONE_SERVER_HUB,
    Service,
    services_of,
)
from tanos.services.operations import Standing, standings

ROOT_NAME = "root"
_NAMES = {
    (TANIUM_SERVER.name, PLATFORM): "ts",
    (TANIUM_SERVER.name, HTTPS): "soap",
    (ZONE_SERVER_HUB.name, ""): "hub",
    (ZONE_SERVER.name, PLATFORM): "tzs",
    (MODULE_SERVER.name, HTTPS): "tms",
}


@dataclass(frozen=True)
class Shown:
    """One thing that is known by a fingerprint."""

    name: str
    label: Message
    file: str
    service: Service | None = None
    port: str = ""
    """Of its listener; empty: it shows the certificate where it connects to."""
    kind: PairKind | None = None
    """None: the root."""
    certificate: x509.Certificate | None = None
    """Of release 7.4, where several lie side by side; None: the file says it."""

    @property
    def what(self) -> Message:
        """What it is, as an operator reads it."""
        if self.certificate is not None and self.kind is None:
            return N_("{label}, which {file} brings", label=self.label, file=self.file)
        return N_("{file} of {label}", file=self.file, label=self.label)


def shown_here(appliance: Appliance) -> Iterator[Shown]:
    """Yield what this role has, whether it is installed or not."""
    for service in services_of(appliance.identity):
        for port in service.ports:
            if port.presents is not None:
                name = _NAMES[service.name, port.name]
                yield Shown(name, service.label, port.presents.certificate, service, port.name, port.presents)
        for kind in service.shows:
            yield Shown(_NAMES[service.name, ""], service.label, kind.certificate, service, kind=kind)
    if appliance.identity.release.automatic_tls:
        with suppress(TanosError):
            yield from _of_7_4(appliance)
    yield Shown(ROOT_NAME, N_("Root"), ROOT)


def _of_7_4(appliance: Appliance) -> Iterator[Shown]:
    """Yield the server TLS keys, and the roots by which they are known, the newest first."""
    from tanos.infrastructure.operations import INIT_FILE
    from tanos.subordinate.held import held_keys, roots_in_use

    roots = roots_in_use(appliance)[::-1]
    names = dict(zip(map(fingerprint, roots), names_of(roots), strict=True))
    service = next((each for each in (TANIUM_SERVER, ZONE_SERVER) if each.offer.holds_for(appliance.identity)), None)
    if service is not None:
        for key in held_keys(appliance, roots):
            label = N_("{label}, below {root}", label=service.label, root=root_name(key.root))
            name = f"tls-{names[fingerprint(key.root)]}"
            yield Shown(name, label, SERVER_TLS.certificate, service, PLATFORM, SERVER_TLS, key.certificate)
    for root in roots:
        label = N_("{root}", root=root_name(root))
        yield Shown(f"root-{names[fingerprint(root)]}", label, INIT_FILE, certificate=root)


def names_of(roots: Sequence[x509.Certificate]) -> list[str]:
    """Return what tells these apart: their numbers, and where they are of several servers whose each is."""
    owners = sorted({owner_of(root) for root in roots})
    short = Counter(each.partition(".")[0] for each in owners)
    names = []
    for root in roots:
        owner, host = owner_of(root), owner_of(root).partition(".")[0]
        of = f".{host if short[host] == 1 else owner}" if len(owners) > 1 else ""
        names.append(f"{number_of(root_name(root))}{of}".lower())
    return names


async def _read(call: Call, *, name: str = "") -> Result:
    appliance, here = call.appliance, list(shown_here(call.appliance))
    wanted = [each for each in here if name.strip().casefold() in {"", each.name}]
    if not wanted:
        raise AnswerRefused(
            "no-such-service",
            N_("There is no fingerprint of {name} here.", name=inert(name)),
            N_("They are: {names}.", names=", ".join(each.name for each in here)),
        )
    try:
        standing = await standings(appliance)
    except NotYet:
        standing = {}
    known = {fingerprint(each.certificate) for each in here if each.kind is SERVER_TLS and each.certificate}
    data = [_data(appliance, each, standing, known) for each in wanted]
    sections = _sections(list(zip(wanted, data, strict=True)), needed=not known)
    findings = tuple(_not_served(each) for each, one in zip(wanted, data, strict=True) if one.get("served") is False)
    return Result(N_("Fingerprints"), sections, findings, {"fingerprints": data})


def _data(appliance: Appliance, each: Shown, standing: dict[str, Standing], keys: set[str]) -> dict[str, Any]:
    """Return it for programs; what cannot be read has a `problem`, what is not installed no fingerprint."""
    known = {"name": each.name, "file": each.file}
    try:
        certificate = each.certificate or _lying_here(appliance, each)
    except TanosError as error:
        return {**known, "problem": error.id}
    if certificate is None:
        return known
    found = fingerprint(certificate)
    return {
        **known,
        **({} if each.kind else {"root": root_name(certificate)}),
        "check_code": check_code(certificate.public_key()),
        "fingerprint": found,
        "not_after": moment_text(certificate.not_valid_after_utc),
        "served": _is_served(each, found, standing, keys),
    }


def _lying_here(appliance: Appliance, each: Shown) -> x509.Certificate | None:
    keeper = keeper_of(appliance)
    pem = keeper.live_certificate(each.kind.name) if each.kind else keeper.root_certificate()
    return read_certificate(pem) if pem is not None else None


def _is_served(each: Shown, found: str, standing: dict[str, Standing], keys: set[str]) -> bool | None:
    """Say whether its listener served it; None where it has none, or that is not known.

    Of several server TLS keys a listener shows each who comes the one that he can verify: the supervisor saw one.
    """
    if each.service is None or not each.port:
        return None
    served = standing.get(each.service.name, {}).get("served", {}).get(each.port)
    if served is None or (each.kind in (REPORTING, SERVER_TLS) and served["fingerprint"] in keys - {found}):
        return None
    return bool(served["fingerprint"] == found) or (None if each.kind is SERVER_TLS else False)


def _sections(shown: list[tuple[Shown, dict[str, Any]]], *, needed: bool) -> tuple[Section, ...]:
    """Return all at a glance, what is lacking, and then what each is, with its fingerprint."""
    there = [(each, one) for each, one in shown if "fingerprint" in one]
    lacking = tuple(_lacking(each, one, needed=needed) for each, one in shown if "fingerprint" not in one)
    if not there:
        return lacking
    served = {True: N_("served"), False: N_("not served yet")}
    rows = tuple(
        (each.name, one["check_code"], one["not_after"][:10], served.get(one["served"], "")) for each, one in there
    )
    glance = Table((N_("name"), N_("check code"), N_("valid until"), N_("listener")), rows, empty=N_("None."))
    return (glance, *lacking, *(_facts(each, one) for each, one in there))


def _lacking(each: Shown, one: dict[str, Any], *, needed: bool) -> Say:
    if "problem" in one:
        return Say(N_("{name}: {file} cannot be read.", name=each.name, file=each.file), Mark.FAIL)
    if each.kind is REPORTING and not needed:
        return Say(N_("{name}: no {file} is installed, and none is needed here.", name=each.name, file=each.file))
    return Say(N_("{name}: no {file} is installed.", name=each.name, file=each.file))


def _facts(each: Shown, one: dict[str, Any]) -> Facts:
    what = each.what if each.kind or each.certificate else N_("{file} of {root}", file=each.file, root=one["root"])
    return Facts((Fact(N_("{name}", name=each.name), what), Fact(N_("SHA-256"), one["fingerprint"])))


def _not_served(each: Shown) -> Finding:
    return warn(
        "not-served-yet",
        N_("{file} is installed, but {label} serves another one.", file=each.file, label=each.label),
        N_("Restart the service; if it does not come up, its log and its status say why."),
    )


READ_SERVICE_FINGERPRINTS = Inquiry(_read)
