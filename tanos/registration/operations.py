"""Show who is registered and who must register again; put the trusted certificates into /outgoing; forget one."""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code, fingerprint
from tanos.certificates.dates import shown_time
from tanos.dropbox import put_outgoing
from tanos.errors import AnswerRefused
from tanos.finding import Finding
from tanos.inert import inert
from tanos.message import N_
from tanos.operation import Inquiry, Operation, Plan, Result, Tell
from tanos.platform import Role
from tanos.registration.at_module_server import renewed
from tanos.registration.trusted import FILES, Trusted, drop_trusted, must_register, outdated, trusted
from tanos.report import Mark, Say, Section, Table


def state(appliance: Appliance) -> tuple[Section, ...]:
    """Return what stands above the menu: who must register again, and what fails until then."""
    found = must_register(appliance)
    return tuple(section for each in found for section in (Say(each.message, Mark.WARN), Say(each.remedy)))


async def _status(call: Call) -> Result:
    appliance = call.appliance
    late = {each.name for each in outdated(appliance)}
    known = trusted(appliance)
    rows = tuple(
        (
            each.name,
            each.where,
            check_code(each.certificate.public_key()),
            shown_time(each.certificate.not_valid_after_utc),
            N_("must be re-registered") if each.name in late else N_("registered"),
        )
        for each in known
    )
    table = Table(
        (N_("name"), N_("at"), N_("check code"), N_("valid until"), N_("state")),
        rows,
        empty=N_("None is registered."),
    )
    data = {"trusted": [{**_data(each), "must_register": each.name in late} for each in known]}
    return Result(N_("Registration"), (table,), must_register(appliance), data)


async def _prepare_export(call: Call) -> Plan[str]:
    known, file = trusted(call.appliance), FILES[call.appliance.identity.role]
    table = Table(
        (N_("name"), N_("check code")),
        tuple((each.name, check_code(each.certificate.public_key())) for each in known),
        empty=N_("None is registered."),
    )
    text = "".join(each.pem for each in known)
    return Plan(N_("Put {file} into /outgoing", file=file), text, (table,), data={"file": file})


async def _export(call: Call, plan: Plan[str], tell: Tell) -> Result:
    file = plan.data["file"]
    with call.appliance.store.change(call, about=f"/outgoing/{file}"):
        put_outgoing(call.appliance, file, plan.payload.encode())
    return Result(N_("{file} lies in /outgoing", file=file), plan.sections, data=plan.data)


async def _prepare_forget(call: Call, *, name: str) -> Plan[Trusted]:
    known = trusted(call.appliance)
    found = next((each for each in known if each.name == name.strip().casefold()), None)
    if found is None:
        raise AnswerRefused(
            "not-registered",
            N_("{name} is not registered here.", name=inert(name)),
            N_("Registered are: {names}.", names=", ".join(each.name for each in known) or "-"),
        )
    told = Say(N_("Its certificate is trusted no more; the other end forgets nothing by that."))
    return Plan(N_("Forget {name}", name=found.name), found, (told,), data=_data(found))


async def _forget(call: Call, plan: Plan[Trusted], tell: Tell) -> Result:
    appliance, gone = call.appliance, plan.payload
    with appliance.store.change(call, about=gone.name) as change:
        change.before = fingerprint(gone.certificate)
        drop_trusted(change, appliance, gone.name)
    findings: tuple[Finding, ...] = ()
    if appliance.identity.role is Role.MODULE_SERVER:
        findings = await renewed(appliance)
    return Result(N_("Forgotten."), (), findings, plan.data)


def _data(each: Trusted) -> dict[str, str | int]:
    return {
        "name": each.name,
        "host": each.host,
        "port": each.port,
        "fingerprint": fingerprint(each.certificate),
        "check_code": check_code(each.certificate.public_key()),
        "registered_at": each.registered_at,
    }


STATUS = Inquiry(_status)
EXPORT: Operation[str] = Operation(_prepare_export, _export)
FORGET: Operation[Trusted] = Operation(_prepare_forget, _forget)
