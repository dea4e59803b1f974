"""Certificate and key for HTTPS, that came by `/incoming` or wait here, are checked, installed, and seen served.

Invariants: nothing is installed that breaks a rule of the page (seed 002), nor before an operator has seen the Plan.
The uploaded key is wiped once the pair is installed, and not before. Rule (seed 002): YES, the files are checked, a
backup or none, stopped, installed, started; then the Module Server is registered anew. Replacing `ssl.crt` by a menu
is ours: the documents leave it to the vendor's support.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from tanos import deeds
from tanos.active_pair.other_server import examine_other, other_server
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import certificate_code
from tanos.errors import AnswerRefused
from tanos.exchange.installed import certificate_data
from tanos.finding import Finding, note, warn
from tanos.https_pairs.backup import discard, put_backup
from tanos.https_pairs.create_csr import take_back_request
from tanos.https_pairs.interrupting import interruption
from tanos.https_pairs.requirements import examine, lacking
from tanos.https_pairs.served_pair import CONSOLE, OF_MODULES, ServedPair
from tanos.https_pairs.sources import KeyFile, read_source
from tanos.https_pairs.swap import Change, Swapped, live_fingerprint, swap
from tanos.https_pairs.uploaded import Uploaded
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, Confirmation, Decision, Operation, Plan, Result, Tell
from tanos.registration.trusted import must_register, trusted, will_have_to_register
from tanos.report import Fact, Facts, Say, Section
from tanos.secret import Secret

GO = Confirmation("YES")


@dataclass(frozen=True)
class Installation:
    """What will be installed."""

    certificate: str
    """Of the leaf, its fingerprint."""
    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    """Empty where it waits here."""
    wiped: tuple[KeyFile, ...]
    """What of `/incoming` holds the key."""
    backup: bool
    present: int | None


async def _prepare_soap(
    call: Call, *, window: bool, source: str, passphrase: Secret, text: bytes, backup: bool, shared_with: str
) -> Plan[Installation]:
    """Raises AnswerRefused `not-now`, and by the ids of `read_source`."""
    other = other_server(call.appliance)
    shared = shared_with.strip() or (other.host if other and other.shares else "")
    return await _prepare(call, CONSOLE, _Given(window, source, passphrase, text, backup, shared))


async def _prepare_ssl(
    call: Call, *, window: bool, source: str, passphrase: Secret, text: bytes, backup: bool
) -> Plan[Installation]:
    """Raises AnswerRefused `not-now`, and by the ids of `read_source`."""
    return await _prepare(call, OF_MODULES, _Given(window, source, passphrase, text, backup))


@dataclass(frozen=True)
class _Given:
    window: bool
    source: str
    passphrase: Secret
    text: bytes
    backup: bool
    shared_with: str = ""


async def _prepare(call: Call, pair: ServedPair, given: _Given) -> Plan[Installation]:
    """Read and judge what lies in `/incoming`, or was pasted."""
    if not given.window:
        raise AnswerRefused("not-now", N_("Nothing was changed."), N_("Do it in a maintenance window."))
    appliance = call.appliance
    uploaded, keys = read_source(appliance, pair, given.source, given.passphrase, given.text)
    if live_fingerprint(appliance, pair.kind.name) == fingerprint(uploaded.leaf):
        return _nothing_to_do(appliance, pair, uploaded, keys)
    other = await examine_other(appliance, fingerprint(uploaded.leaf)) if pair is CONSOLE else ()
    data = {
        **certificate_data(uploaded.leaf, appliance.clock()),
        "issuers": [each.subject.rfc4514_string() for each in uploaded.issuers],
    }
    installation = _installation(appliance, pair, uploaded, keys)
    planned = Plan(
        N_("Install {files}", files=pair.files),
        installation,
        (_facts(uploaded, data), *await interruption(appliance, pair), *_told(keys)),
        (
            *examine(appliance, uploaded, given.shared_with, pair),
            *other,
            *will_have_to_register(appliance, uploaded.leaf),
        ),
        data,
        GO,
    )

    def decided(backup: bool) -> Plan[Installation]:
        return replace(planned, payload=replace(installation, backup=backup), data={**data, "backup": backup})

    question = N_("Create a backup of the pair in use in /outgoing")
    is_grave = any(each.id == "eku-missing" for each in planned.findings)
    return replace(decided(given.backup), decision=Decision(question, decided, and_word=is_grave))


def _applying(pair: ServedPair) -> Operation[Installation]:
    async def apply(call: Call, plan: Plan[Installation], tell: Tell) -> Result:
        """Copy, swap, look, wipe. Raises as `swap` does; then what is in use is said."""
        wanted, appliance = plan.payload, call.appliance
        if plan.nothing_to_do:
            return _report(call, pair, wanted, None, (), plan.findings)
        copied: tuple[str, ...] = ()
        if wanted.backup:
            tell(N_("Copying the pair in use into /outgoing …"))
            copied = put_backup(call, pair)
        before = live_fingerprint(appliance, pair.kind.name)
        change = Change(wanted.certificate, lambda: _put(call, pair, wanted), before, wanted.certificate,
                        wanted.present, pair)  # fmt: skip
        swapped = await swap(call, change, tell)
        take_back_request(appliance, pair.kind)
        findings = (*((_holds_key(pair),) if copied else ()), *(() if swapped.served else (_not_running(pair),)))
        return _report(call, pair, wanted, swapped, copied, findings)

    return Operation(_prepare_soap if pair is CONSOLE else _prepare_ssl, apply)


def _put(call: Call, pair: ServedPair, wanted: Installation) -> None:
    keeper, kind, user = keeper_of(call.appliance), pair.kind.name, call.actor.user
    named, other = [each.shown for each in trusted(call.appliance)], other_server(call.appliance)
    named += [other.shown] if other and pair is CONSOLE else []
    if wanted.key_pem:
        keeper.install_pair(kind, wanted.key_pem, wanted.chain_pem, user, named)
    else:
        keeper.install(kind, certificate_code(wanted.chain_pem), wanted.chain_pem.decode(), user, named)


def _installation(
    appliance: Appliance, pair: ServedPair, uploaded: Uploaded, keys: tuple[KeyFile, ...]
) -> Installation:
    return Installation(
        fingerprint(uploaded.leaf),
        uploaded.chain_pem,
        uploaded.key_pem,
        keys,
        backup=False,
        present=keeper_of(appliance).current(pair.kind.name),
    )


def _nothing_to_do(
    appliance: Appliance, pair: ServedPair, uploaded: Uploaded, keys: tuple[KeyFile, ...]
) -> Plan[Installation]:
    data = certificate_data(uploaded.leaf, appliance.clock())
    return Plan(
        N_("This certificate is installed already"),
        _installation(appliance, pair, uploaded, keys),
        (_facts(uploaded, data),),
        (note("already-installed", N_("Exactly this is in use."), N_("There is nothing to do.")),),
        data,
        NOTHING_TO_DO,
    )


def _facts(uploaded: Uploaded, data: dict[str, Any]) -> Facts:
    issuers = ", ".join(inert(each.subject.rfc4514_string()) for each in uploaded.issuers)
    return Facts(
        (
            *(Fact(N_("repaired"), repair) for repair in uploaded.repairs),
            Fact(N_("subject"), data["subject"]),
            Fact(N_("names"), ", ".join(data["names"]) or "-"),
            Fact(N_("issued by"), data["issuer"]),
            Fact(N_("chain"), issuers or N_("none beside it")),
            Fact(N_("valid until"), data["not_after"]),
            Fact(N_("check code"), data["check_code"]),
            Fact(N_("fingerprint"), data["fingerprint"]),
        )
    )


def _told(keys: tuple[KeyFile, ...]) -> tuple[Section, ...]:
    wiped = Say(N_("The uploaded key is wiped from /incoming afterwards: delete every other copy of it."))
    return (
        Say(N_("A backup in /outgoing would hold the private key that is in use; it is kept here in any case.")),
        *((wiped,) if keys else ()),
    )


def _holds_key(pair: ServedPair) -> Finding:
    return warn(
        "backup-holds-key",
        N_("The backup in /outgoing holds the private key that was in use."),
        N_("Fetch it, then take it away: {remove}. After a day it is wiped.", remove=pair.remove_backup),
    )


def _report(
    call: Call,
    pair: ServedPair,
    wanted: Installation,
    swapped: Swapped | None,
    copied: tuple[str, ...],
    told: tuple[Finding, ...],
) -> Result:
    appliance = call.appliance
    (wiped, since), version = _wiped(appliance, wanted.wiped), keeper_of(appliance).current(pair.kind.name)
    facts = Facts(
        (
            *((Fact(N_("backup in /outgoing"), ", ".join(copied) or "-"),) if swapped else ()),
            *(swapped.steps if swapped else (Fact(N_("version"), str(version)),)),
            Fact(N_("fingerprint"), wanted.certificate),
            Fact(N_("wiped from /incoming"), ", ".join(wiped) or "-"),
        )
    )
    data = {
        "version": version,
        "check_code": certificate_code(wanted.chain_pem),
        "fingerprint": wanted.certificate,
        "served": swapped.served if swapped else None,
        "backup": list(copied),
        "wiped": list(wiped),
    }
    due = must_register(appliance)
    return Result(
        N_("{files} are in use.", files=pair.files),
        (facts, *next_steps(appliance, pair)),
        (*told, *since, *lacking(appliance, pair), *due),
        data,
        leads_to=deeds.RE_REGISTER if due else None,
    )


def next_steps(appliance: Appliance, pair: ServedPair) -> tuple[Section, ...]:
    """Return what comes after a pair was replaced: who is registered anew, where, and what is restarted."""
    told: list[Section] = []
    if must_register(appliance):
        words = N_("Next: {again}, which also restarts what has to be.", again=deeds.RE_REGISTER)
        told.append(Say(words))
    elif pair is CONSOLE and not trusted(appliance) and not lacking(appliance, pair):
        words = N_("Where there is a Module Server, register it: {register}.", register=deeds.REGISTER_MODULE_SERVER)
        told.append(Say(words))
    if pair is CONSOLE and other_server(appliance):
        told.append(Say(N_("Then the other server of the pair: {guide} shows what is next.", guide=deeds.SOAP_GUIDE)))
    return tuple(told)


def _wiped(appliance: Appliance, files: tuple[KeyFile, ...]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Wipe what holds the key; return what is gone, and a warning of another one that came in the meantime."""
    gone, found = list[str](), list[Finding]()
    for each in files:
        path = appliance.incoming / each.name
        if each.lies_there(appliance):
            discard(path)
            gone += [] if path.exists() else [each.name]
        elif path.exists():
            said = N_("Another {name} came into /incoming in the meantime, which is not wiped.", name=each.name)
            found.append(warn("uploaded-since", said, N_("Install it, or remove it there.")))
    return tuple(gone), tuple(found)


def _not_running(pair: ServedPair) -> Finding:
    return note(
        "not-served",
        N_("The {service} does not run; it serves this from its next start on.", service=pair.service.label),
        N_("Serve the appliance, or start the service."),
    )


SOAP_INSTALL, SSL_INSTALL = _applying(CONSOLE), _applying(OF_MODULES)
