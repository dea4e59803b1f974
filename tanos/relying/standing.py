"""How each relying service stands: what it was given, what it serves, and what the appliance would give it now.

Invariant: what is said to be served was seen in a handshake a moment ago; the listeners of the appliance itself stand
beside, by what its supervisor saw of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused, NotYet, TanosError
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.operation import Inquiry, Result
from tanos.relying.asking import ask_soon
from tanos.relying.installing import NO_TLS
from tanos.relying.refusals import refusal
from tanos.relying.stopped import Stopped
from tanos.report import Fact, Facts, Mark, Say, Section, Table
from tanos.services.catalogue import services_of
from tanos.services.operations import Standing as OfListener
from tanos.services.operations import standings


@dataclass(frozen=True)
class Standing:
    """One relying service, as the hand tells of it."""

    told: Mapping[str, Any]
    live: str
    """The fingerprint of what the appliance would give; empty where there is nothing."""

    @property
    def installed(self) -> str:
        """The fingerprint of what it was given; empty where that is nothing."""
        return str((self.told["installed"] or {}).get("fingerprint", ""))

    @property
    def served(self) -> str:
        """The fingerprint of what it serves; empty where nobody answers."""
        return str(self.told["served"].get("fingerprint", ""))

    @property
    def is_whole(self) -> bool:
        """Whether it serves what the appliance has."""
        return bool(self.live) and self.installed == self.served == self.live

    @property
    def state(self) -> tuple[str, Message, Mark]:
        """Return a word for programs, words for people, and a mark."""
        if self.is_whole:
            return "served", N_("serves it"), Mark.OK
        if "problem" in self.told:
            return "damaged", N_("its directory cannot be used"), Mark.FAIL
        if not self.served:
            return self._silent
        if not self.installed:
            return "never", N_("was given none yet"), Mark.DUE
        if self.served != self.installed:
            return "another", N_("serves another certificate"), Mark.FAIL
        return "earlier", N_("serves an earlier one"), Mark.DUE

    @property
    def _silent(self) -> tuple[str, Message, Mark]:
        trouble = self.told["trouble"]
        if trouble == NO_TLS:
            return "clear", N_("serves no TLS"), Mark.FAIL
        return "unreachable", N_("nobody answers ({trouble})", trouble=inert(trouble)), Mark.FAIL

    @property
    def data(self) -> dict[str, Any]:
        """For programs."""
        return {**self.told, "state": self.state[0], "live": self.live}


async def stand(appliance: Appliance) -> list[Standing]:
    """Return how all stand. Raises NotYet `no-relying-hand`, `busy`, and by the ids of `refusals`."""
    told = await ask_soon(appliance, "list")
    return [Standing(each, live_fingerprint(appliance, each["certificate"])) for each in told]


async def stand_one(appliance: Appliance, name: str) -> Standing:
    """Return how one stands. Raises AnswerRefused `no-such-relying`, and as `stand`."""
    found = {each.told["name"]: each for each in await stand(appliance)}
    name = name.strip().casefold()
    if name not in found:
        raise refusal(Stopped("no-such-relying", name=name[:64], known=", ".join(found)))
    return found[name]


def live_certificate(appliance: Appliance, kind: str) -> x509.Certificate | None:
    """Return the server's own certificate of a live pair; None where there is none, or a damaged one."""
    try:
        pem = keeper_of(appliance).live_certificate(kind)
        return x509.load_pem_x509_certificate(pem) if pem else None
    except (ValueError, AnswerRefused):
        return None


def live_fingerprint(appliance: Appliance, kind: str) -> str:
    """Return its fingerprint; empty where there is none."""
    certificate = live_certificate(appliance, kind)
    return fingerprint(certificate) if certificate else ""


async def _list(call: Call) -> Result:
    told: tuple[Section, ...] = ()
    relying: list[Standing] = []
    try:
        relying = await stand(call.appliance)
    except NotYet as none:
        told = (Say(none.message), Say(none.remedy))
    listeners = await _listeners(call.appliance)
    rows = (
        *((each.told["name"], each.told["certificate"], each.told["address"], each.state[1]) for each in relying),
        *((each["name"], each["certificate"], each["port"], _own_state(each)) for each in listeners),
    )
    heads = (N_("service"), N_("certificate"), N_("at"), N_("state"))
    table = Table(heads, rows, empty=N_("Nobody presents a certificate of this appliance now."))
    data = {"services": [each.data for each in relying], "listeners": listeners, "hand": not told}
    return Result(N_("Who presents certificates of this appliance"), (table, *told), data=data)


async def _listeners(appliance: Appliance) -> list[dict[str, Any]]:
    """Return the listeners of the appliance itself, and what its supervisor saw them serve."""
    try:
        now = await standings(appliance)
    except TanosError:
        return []
    found = []
    for service in services_of(appliance.identity):
        standing: OfListener = now.get(service.name, {})
        for port in service.ports:
            if port.presents is None or port.name not in standing.get("ports", {}):
                continue
            live, seen = live_fingerprint(appliance, port.presents.name), standing["served"].get(port.name, {})
            state = "served" if live and seen.get("fingerprint") == live else "earlier" if seen else "clear"
            found.append(
                {
                    "name": service.name,
                    "certificate": port.presents.name,
                    "port": f"{standing['ports'][port.name]} {port.name}",
                    "served": seen,
                    "state": state,
                }
            )
    return found


def _own_state(listener: Mapping[str, Any]) -> Message:
    return {
        "served": N_("serves it"),
        "earlier": N_("serves another certificate"),
        "clear": N_("serves no TLS now"),
    }[listener["state"]]


async def _show(call: Call, *, name: str) -> Result:
    standing = await stand_one(call.appliance, name)
    told = standing.told
    _, state, mark = standing.state
    sections: list[Section] = [Facts((Fact(N_("state"), state, mark), *_described(told)))]
    if "problem" in told:
        problem = refusal(Stopped(told["problem"]["stopped"], **told["problem"]["fields"]))
        sections += [Say(problem.message, Mark.FAIL), Say(problem.remedy)]
    if told["found"]:
        sections.append(Say(_found(told["found"]), Mark.WARN))
    sections.append(_versions(told))
    return Result(N_("Relying service {name}", name=told["name"]), tuple(sections), data=standing.data)


def _described(told: Mapping[str, Any]) -> tuple[Fact, ...]:
    files = "; ".join(f"{file}: {' + '.join(parts)}" for file, parts in told["files"].items())
    served = told["served"]
    return (
        Fact(N_("certificate"), told["certificate"]),
        Fact(N_("served"), f"{served['check_code']}, {served['protocol']}" if served else "-"),
        Fact(N_("valid until"), served.get("not_after", "-")),
        Fact(N_("at"), told["address"]),
        Fact(N_("asked for as"), told["server_name"]),
        Fact(N_("directory"), told["directory"]),
        Fact(N_("files"), files),
        Fact(N_("owner and mode"), f"{told['owner']} {told['mode']}"),
        Fact(N_("check"), " ".join(told["check"])),
        Fact(N_("reload"), " ".join(told["reload"])),
    )


def _versions(told: Mapping[str, Any]) -> Table:
    present = (told["installed"] or {}).get("number")
    rows = tuple(
        (
            N_("version {number}", number=each["number"]),
            str(each.get("check_code", "-")),
            str(each.get("not_after", "-")),
            str(each.get("by", "-")),
            N_("in use") if each["number"] == present else N_("kept"),
        )
        for each in told["versions"]
    )
    heads = (N_("version"), N_("check code"), N_("valid until"), N_("installed by"), N_("state"))
    return Table(heads, rows, empty=N_("It was given none yet."))


def _found(word: str) -> Message:
    return {
        "finished": N_("An interrupted change was found at the start, and finished."),
        "put-back": N_("An interrupted change was found at the start, and put back."),
    }.get(
        word, N_("An interrupted change was found at the start, and could not be ended ({word}).", word=inert(word))
    )


LIST_RELYING = Inquiry(_list)
SHOW_RELYING = Inquiry(_show)
