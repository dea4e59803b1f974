"""A `tanium-init.dat` is trusted by a zone server, once an operator compared the check code of its first root.

Invariants: nothing of a file counts before that; what the server's roots said since the file was made stays. A root
that ended is not trusted again because an older file names it.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from tanos import deeds
from tanos.actor import Call
from tanos.certificates.check_code import check_code
from tanos.certificates.pair_kinds import REPORTING, SERVER_TLS
from tanos.certificates.root import examine_root
from tanos.errors import AnswerRefused, NotOffered, TanosError
from tanos.exchange import root
from tanos.exchange.held_root import held_root
from tanos.exchange.root_report import examine_fingerprint, root_data, root_facts
from tanos.finding import Finding, warn
from tanos.inert import inert
from tanos.infrastructure.container import Init, understood
from tanos.infrastructure.operations import INIT_FILE, TAKES_INIT
from tanos.keeper import keeper_of
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import NOTHING_TO_DO, YES, Confirmation, Plan, Result, Tell
from tanos.report import Fact, Facts, Say, Table
from tanos.roots.trusted import trusted_pem
from tanos.services.catalogue import ZONE_SERVER
from tanos.services.connecting import Target
from tanos.services.control import SOCKET, ask_supervisor
from tanos.subordinate.letters import take_letters

_NUMBER = "SELECT number FROM root_letters WHERE server = ?"


@dataclass(frozen=True)
class Import:
    """What is trusted from now on."""

    init: Init
    trust: Plan[root.Trust]
    """Of the root that lies in tanium.pub."""


async def prepare_init(call: Call, raw: bytes, told: Message, *, fingerprint: str = "") -> Plan[Import]:
    """Read a file, `told` says from where. Raises AnswerRefused `bad-init-file`, NotOffered `not-offered`."""
    appliance = call.appliance
    if not TAKES_INIT.holds_for(appliance.identity):
        raise NotOffered(
            "not-offered",
            N_("tanium-init.dat is for zone servers of release 7.4 and for clients."),
            TAKES_INIT.where(),
        )
    init = understood(raw)
    legacy = init.roots[init.own - 1]
    trust = await root.prepare_from_bytes(call, root_data(legacy)["public_key"].encode(), told)
    found = [each for one in init.roots if one != legacy for each in examine_root(one, appliance.clock())]
    known = {check_code(each.public_key()) for each in init.roots} <= _trusted(call)
    of_legacy = tuple(each for each in trust.findings if known or each.id != "already-installed")
    findings = (*found, *examine_fingerprint(init.signer, fingerprint), *of_legacy, *_older(call, init))
    return Plan(
        N_("Trust the Tanium Server {server} by tanium-init.dat", server=inert(init.server)),
        Import(init, trust),
        (root_facts(init.signer), _facts(init), _roots(init), Say(N_("Does that server show the same check code?"))),
        findings,
        {**root_data(init.signer), "server": init.server, "roots": [root_data(each) for each in init.roots],
         "made_at": _made_at(init), "servers": list(init.servers), "before": trust.data["before"]},
        _confirmation(trust, known=known),
    )  # fmt: skip


async def apply_init(call: Call, plan: Plan[Import], tell: Tell) -> Result:
    """Trust it. Raises NotYet `stale`, Damaged `disk-failed`."""
    init, trust = plan.payload.init, plan.payload.trust
    if not trust.nothing_to_do:
        await root.apply(call, trust, tell)
    if init.letters:
        with suppress(AnswerRefused):  # an older file's, whose roots have ended
            take_letters(call, init.letters)
    await _go_by_it(call, tell)
    return Result(
        N_("The Tanium Server {server} is trusted", server=inert(init.server)),
        (root_facts(init.signer), _roots(init), *_proceed(call, init)),
        plan.findings if plan.nothing_to_do else (),
        plan.data,
    )


def _proceed(call: Call, init: Init) -> tuple[Say, ...]:
    """Say what is next, where no key of this server proves yet who it is."""
    keeper = keeper_of(call.appliance)
    if keeper.current(SERVER_TLS.name) is not None or keeper.current(REPORTING.name) is not None:
        return ()
    words = N_(
        "Next: once its hub comes, {list_keys} shows the check code of this server's key; on the Tanium Server"
        " compare it and approve the key, {approve}.",
        list_keys=deeds.LIST_KEYS,
        approve=deeds.APPROVE_KEY,
    )
    if init.own == len(init.roots):
        return (Say(words),)
    return Say(words), Say(
        N_("The other Tanium Server gives it a key, too: its hub comes as well; approve it there.")
    )


async def _go_by_it(call: Call, tell: Tell) -> None:
    """Have the zone server go by the roots that are trusted now."""
    if (call.appliance.run / SOCKET).exists():
        tell(N_("The services take it …"))
        with suppress(TanosError):
            await ask_supervisor(call.appliance, "renew", name=ZONE_SERVER.name)


def _trusted(call: Call) -> set[str]:
    with suppress(TanosError, ValueError):
        if held_root(call.appliance) is not None:
            found = x509.load_pem_x509_certificates(trusted_pem(call.appliance).encode())
            return {check_code(each.public_key()) for each in found}
    return set()


def _confirmation(trust: Plan[root.Trust], *, known: bool) -> Confirmation:
    if trust.nothing_to_do:
        return NOTHING_TO_DO if known else YES
    return trust.confirmation


def _older(call: Call, init: Init) -> tuple[Finding, ...]:
    row = call.appliance.store.row(_NUMBER, init.server)
    if row is None or int(row["number"]) <= init.number:
        return ()
    return (
        warn(
            "older-file",
            N_("This file was made at {time}; that server has said more since.", time=_made_at(init)),
            N_("What was said later stays: take a new file unless this one is meant."),
        ),
    )


def _made_at(init: Init) -> str:
    return moment_text(datetime.fromtimestamp(init.number, UTC))


def _facts(init: Init) -> Facts:
    return Facts(
        (
            Fact(N_("file"), INIT_FILE),
            Fact(N_("made by"), inert(init.server)),
            Fact(N_("made"), _made_at(init)),
            Fact(N_("clients go to"), inert(", ".join(str(Target.read(each)) for each in init.servers))),
        )
    )


def _roots(init: Init) -> Table:
    rows = tuple((inert(each.subject.rfc4514_string()), check_code(each.public_key())) for each in init.roots)
    return Table((N_("root"), N_("check code")), rows, empty=N_("None."))
