"""Install Custom SOAP Cert: certificate and key that came by `/incoming` are checked, installed, and seen served.

Invariants: nothing is installed that breaks a rule of the page (seed 002), nor before an operator has seen the Plan.
The uploaded key is wiped once the pair is installed, and not before.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tanos import deeds
from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import certificate_code, read_request
from tanos.certificates.pair_kinds import SOAP
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.exchange.installed import certificate_data
from tanos.finding import Finding, note, warn
from tanos.inert import inert
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import NOTHING_TO_DO, Confirmation, Operation, Plan, Result, Tell
from tanos.pasting.awaited import Awaited
from tanos.pasting.intake import read_file, read_pasted
from tanos.report import Fact, Facts, Mark, Say, Section
from tanos.secret import Secret
from tanos.soap.backup import discard, put_backup
from tanos.soap.requirements import examine
from tanos.soap.swap import Change, live_fingerprint, swap
from tanos.soap.uploaded import Uploaded, read_answer, read_pair, read_pkcs12

PKCS12 = ("SOAPServer.p12", "SOAPServer.pfx")
GO = Confirmation("YES")


@dataclass(frozen=True)
class Installation:
    """What will be installed."""

    certificate: str
    """Of the leaf, its fingerprint."""
    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    """Empty where it waits here."""
    wiped: tuple[str, ...]
    """Files of `/incoming` that hold the key."""
    backup: bool
    present: int | None


async def prepare(
    call: Call, *, window: bool, source: str, passphrase: Secret, text: bytes, backup: bool, shared_with: str
) -> Plan[Installation]:
    """Read and judge what lies in `/incoming`, or was pasted.

    Raises AnswerRefused `not-now`, and by the ids of `read_pair`, `read_pkcs12` and `read_answer`.
    """
    if not window:
        raise AnswerRefused("not-now", N_("Nothing was changed."), N_("Do it in a maintenance window."))
    appliance = call.appliance
    uploaded, keys = _read(appliance, source, passphrase, text)
    if live_fingerprint(appliance) == fingerprint(uploaded.leaf):
        return _nothing_to_do(appliance, uploaded, keys)
    findings = (*examine(appliance, uploaded, shared_with.strip()), *((_holds_key(),) if backup else ()))
    data = {
        **certificate_data(uploaded.leaf, appliance.clock()),
        "issuers": [each.subject.rfc4514_string() for each in uploaded.issuers],
        "backup": backup,
    }
    return Plan(
        N_("Install SOAPServer.crt and SOAPServer.key"),
        _installation(appliance, uploaded, keys, backup=backup),
        (_facts(uploaded, data), *_told(keys)),
        findings,
        data,
        GO,
    )


async def apply(call: Call, plan: Plan[Installation], tell: Tell) -> Result:
    """Copy, swap, look, wipe. Raises as `swap` does; then what is in use is said."""
    wanted, appliance, keeper = plan.payload, call.appliance, keeper_of(call.appliance)
    if plan.nothing_to_do:
        return _report(call, wanted, None, (), plan.findings)
    copied: tuple[str, ...] = ()
    if wanted.backup:
        tell(N_("Copying the pair in use into /outgoing …"))
        copied = put_backup(call)

    def put() -> None:
        if wanted.key_pem:
            keeper.install_pair(SOAP.name, wanted.key_pem, wanted.chain_pem, call.actor.user)
        else:
            code, chain_pem = certificate_code(wanted.chain_pem), wanted.chain_pem.decode()
            keeper.install(SOAP.name, code, chain_pem, call.actor.user)

    change = Change(wanted.certificate, put, live_fingerprint(appliance), wanted.certificate, wanted.present)
    served = await swap(call, change, tell)
    return _report(call, wanted, served, copied, ())


def _read(appliance: Appliance, source: str, passphrase: Secret, text: bytes) -> tuple[Uploaded, tuple[str, ...]]:
    if source in {"answer", "paste"}:
        requests = keeper_of(appliance).waiting(SOAP.name).values()
        keys = [read_request(der).public_key() for der in requests]
        intake = (
            read_pasted(text, Awaited.CERTIFICATE)
            if source == "paste"
            else read_file(read_incoming(appliance, SOAP.certificate), Awaited.CERTIFICATE)
        )
        return read_answer(intake.ders, intake.repairs, keys), ()
    if source != "pkcs12":
        return (
            read_pair(read_incoming(appliance, SOAP.certificate), read_incoming(appliance, SOAP.key)),
            (SOAP.key,),
        )
    names = [name for name in PKCS12 if (appliance.incoming / name).is_file()] or list(PKCS12[:1])
    return read_pkcs12(read_incoming(appliance, names[0]), passphrase), tuple(names)


def _installation(appliance: Appliance, uploaded: Uploaded, keys: tuple[str, ...], *, backup: bool) -> Installation:
    return Installation(
        fingerprint(uploaded.leaf),
        uploaded.chain_pem,
        uploaded.key_pem,
        keys,
        backup,
        keeper_of(appliance).current(SOAP.name),
    )


def _nothing_to_do(appliance: Appliance, uploaded: Uploaded, keys: tuple[str, ...]) -> Plan[Installation]:
    data = certificate_data(uploaded.leaf, appliance.clock())
    return Plan(
        N_("This certificate is installed already"),
        _installation(appliance, uploaded, keys, backup=False),
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


def _told(keys: tuple[str, ...]) -> tuple[Section, ...]:
    wiped = Say(N_("The uploaded key is wiped from /incoming afterwards: delete every other copy of it."))
    return (
        Say(N_("The Tanium Server is restarted: sessions of console and API end, and clients register again.")),
        Say(N_("If it does not come up with this certificate, the present one is put back by itself.")),
        *((wiped,) if keys else ()),
    )


def _holds_key() -> Finding:
    return warn(
        "backup-holds-key",
        N_("The backup in /outgoing holds the private key that is in use now."),
        N_("Fetch it, then take it away: {remove}. After a day it is wiped.", remove=deeds.SOAP_REMOVE_BACKUP),
    )


def _report(
    call: Call,
    wanted: Installation,
    served: dict[str, Any] | None,
    copied: tuple[str, ...],
    told: tuple[Finding, ...],
) -> Result:
    wiped = _wiped(call.appliance, wanted.wiped)
    version = keeper_of(call.appliance).current(SOAP.name)
    facts = [Fact(N_("version"), str(version)), Fact(N_("fingerprint"), wanted.certificate)]
    if served is not None:
        words = N_(
            "{protocol} {cipher}, serves this certificate", protocol=served["protocol"], cipher=served["cipher"]
        )
        facts.append(Fact(N_("handshake"), words, Mark.OK))
    elif not told:
        told = (_not_running(),)
    facts.append(Fact(N_("backup in /outgoing"), ", ".join(copied) or "-"))
    facts.append(Fact(N_("wiped from /incoming"), ", ".join(wiped) or "-"))
    data = {
        "version": version,
        "check_code": certificate_code(wanted.chain_pem),
        "fingerprint": wanted.certificate,
        "served": served,
        "backup": list(copied),
        "wiped": list(wiped),
    }
    return Result(N_("SOAPServer.crt and SOAPServer.key are in use."), (Facts(tuple(facts)), *_next()), told, data)


def _next() -> tuple[Section, ...]:
    return (
        Say(N_("The Module Server must be re-registered with this server; until then both refuse each other.")),
        Say(N_("Then restart its services, and the Tanium Server. In an active-active pair do each server in turn.")),
    )


def _wiped(appliance: Appliance, names: tuple[str, ...]) -> tuple[str, ...]:
    """Wipe what holds the key; what stays is not among what is returned."""
    there: list[Path] = [appliance.incoming / name for name in names if (appliance.incoming / name).is_file()]
    for path in there:
        discard(path)
    return tuple(path.name for path in there if not path.exists())


def _not_running() -> Finding:
    return note(
        "not-served",
        N_("The Tanium Server does not run; it serves this from its next start on."),
        N_("Serve the appliance, or start the service."),
    )


SOAP_INSTALL = Operation(prepare, apply)
