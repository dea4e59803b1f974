"""The pair tanium.pub and tanium.pvk is replaced by another (until release 7.3).

Invariants: what the former root signed stays trusted on this server until it is revoked, so that nothing that is
connected stops for it; its private key is wiped. The former certificate is written down before the pair changes.

Rule (seed 000): then every certificate below it is made anew, the server's own first, and the new tanium.pub goes to
whoever held the former one.
"""

from contextlib import suppress
from dataclasses import dataclass

from cryptography import x509

from tanos import deeds
from tanos.actor import Call
from tanos.certificates.check_code import fingerprint
from tanos.certificates.root_names import LEGACY, ROOT_CERTIFICATE
from tanos.dropbox import put_outgoing
from tanos.errors import Damaged, HalfDone, NotYet, TanosError
from tanos.exchange.held_root import needed_root, root_code
from tanos.finding import warn
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Confirmation, Operation, Plan, Result, Tell
from tanos.report import CopyText, Say
from tanos.roots.kept import Root, State, find_root, roots, write_root
from tanos.roots.page import tile
from tanos.roots.spread import spread
from tanos.roots.steps import REPLACING
from tanos.roots.used import uses, uses_table
from tanos.store.begun import Doing, taking

_NOTHING = N_("No certificate of this root is in use.")


@dataclass(frozen=True)
class Replacement:
    """What takes the place of which root."""

    former: Root
    name: str
    """The common name of the next."""


async def _prepare(call: Call) -> Plan[Replacement]:
    """Raises NotYet `step-missing` where there is no root, or not its key."""
    appliance = call.appliance
    needed_root(appliance)
    former = find_root(appliance, LEGACY)
    used = uses(appliance, former)
    number = sum(each.is_legacy for each in roots(appliance))
    told = warn(
        "root-replaced",
        N_("Whoever trusts the present tanium.pub alone refuses what the next one signs; the present key is wiped."),
        N_("Have a backup first, and give the next tanium.pub to every zone server and client."),
    )
    proceed = Say(N_("What it signed stays trusted here until it is revoked; each certificate is then made anew."))
    data = {**former.as_data(), "used_by": [each.as_data() for each in used]}
    return Plan(
        N_("Replace tanium.pub and tanium.pvk"),
        Replacement(former, f"{LEGACY} {number}"),
        (tile(former, used), uses_table(used, _NOTHING), proceed),
        (told,),
        data,
        Confirmation(former.last_group),
    )


async def _apply(call: Call, plan: Plan[Replacement], tell: Tell) -> Result:
    """Make the next pair, put it in place, hand its certificate out.

    Raises NotYet `stale`, Damaged `disk-failed`, HalfDone `not-published`.
    """
    appliance, former = call.appliance, plan.payload.former
    tell(N_("Making the key …"))
    _check_same(call, former)
    pem = keeper_of(appliance).make_next_root(plan.payload.name).decode()
    _put_in_place(call, former, x509.load_pem_x509_certificate(pem.encode()))
    await spread(appliance, tell)
    root = find_root(appliance, LEGACY)
    try:
        put_outgoing(appliance, ROOT_CERTIFICATE, pem.encode())
    except Damaged as error:
        raise HalfDone(
            "not-published",
            N_("The root is replaced, but /outgoing could not be written."),
            N_("Check free space; then {export}.", export=deeds.EXPORT_ROOT),
        ) from error
    used = uses(appliance, former)
    copy = CopyText(N_("Root certificate of this server"), pem, root.check_code, f"/outgoing/{ROOT_CERTIFICATE}")
    proceed = Say(N_("Next: each certificate of the former root is made anew, this server's own first."))
    data = {**root.as_data(), "public_key": pem, "file": ROOT_CERTIFICATE,
            "former": {**former.as_data(), "used_by": [each.as_data() for each in used]}}  # fmt: skip
    heading = Say(N_("Signed by the former root (check code {code}):", code=former.check_code))
    sections = (copy, tile(root, []), proceed, heading, uses_table(used, _NOTHING))
    return Result(
        N_("tanium.pub and tanium.pvk are replaced"),
        sections,
        data=data,
        leads_to=deeds.RENEW_OWN,
    )


def _put_in_place(call: Call, former: Root, following: x509.Certificate) -> None:
    appliance, shown, code = call.appliance, fingerprint(following), root_code(following)
    with appliance.store.change(call, about=LEGACY) as change:
        _check_same(call, former)
        ended = (State.REPLACED, call.actor.user, change.now)
        write_root(change, Root(LEGACY, former.certificate, former.made_by, former.made_at, *ended))
        change.before, change.after = former.check_code, f"next {code}"

    def undo() -> None:
        with suppress(TanosError):
            keeper_of(appliance).drop_next_root()

    doing = Doing(
        ROOT_CERTIFICATE, shown, ROOT_CERTIFICATE, former.check_code, code, lambda: _check_same(call, former)
    )
    with taking(REPLACING, call, doing, undo):
        keeper_of(appliance).adopt_next_root(shown)


def _check_same(call: Call, former: Root) -> None:
    if root_code(needed_root(call.appliance)) != former.check_code:
        raise NotYet(
            "stale",
            N_("Another session replaced the root in the meantime."),
            N_("Look at the root keys that there are now, and decide anew."),
        )


REPLACE_ROOT: Operation[Replacement] = Operation(_prepare, _apply)
