"""List the custom signing keys, add one, take one away.

Rule: whoever uploads a file does not decide what is trusted: a verb says the check code or SHA-256 of the key that it
means, and at a menu the operator compares it. Names are ours.
"""

import re
from dataclasses import dataclass

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.certificates.check_code import is_demanded
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused, NotYet
from tanos.exchange.sources import told_repairs
from tanos.finding import Finding, note, refuse
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.operation import NOTHING_TO_DO, YES, Inquiry, Operation, Plan, Result, Tell
from tanos.pasting.intake import Intake
from tanos.report import Fact, Facts, Say, Table
from tanos.signing_keys.kept import SigningKey, keep, let_go, signing_key, signing_keys
from tanos.signing_keys.key import PublicKey, read_public_key

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Addition:
    """`key` is kept under `name`."""

    name: str
    key: PublicKey


async def _list(call: Call) -> Result:
    found = signing_keys(call.appliance)
    rows = tuple((each.name, each.key.kind, each.key.check_code, each.added_by, each.added_at) for each in found)
    columns = (N_("name"), N_("type"), N_("check code"), N_("added by"), N_("added at"))
    table = Table(columns, rows, empty=N_("No custom signing key was added."))
    return Result(N_("Custom signing keys"), (table,), data={"keys": [each.as_data() for each in found]})


async def _prepare_add(
    call: Call, *, name: str, source: str = "incoming", file: str = "", text: bytes = b"", fingerprint: str = ""
) -> Plan[Addition]:
    """Read a key. Raises AnswerRefused as `read_public_key` and `read_incoming` do, `bad-name`, `name-taken`."""
    if source == "paste":
        key, origin = read_public_key(text), N_("the paste")
    else:
        key, origin = read_public_key(read_incoming(call.appliance, file)), N_("/incoming/{name}", name=file)
    known = _known(call.appliance, key)
    name = known.name if known else _free_name(call.appliance, name)
    findings = (*key.findings(), *_examine_demanded(key, fingerprint), *_told_twice(known))
    return Plan(
        N_("Add a custom signing key"),
        Addition(name, key),
        (_facts(name, key), *told_repairs(origin, Intake((), key.repairs)), Say(_COMPARE)),
        findings,
        {"name": name, **key.as_data()},
        confirmation=NOTHING_TO_DO if known else YES,
    )


async def _apply_add(call: Call, plan: Plan[Addition], tell: Tell) -> Result:
    name, key = plan.payload.name, plan.payload.key
    with call.appliance.store.change(call, about=f"signing key {name}") as change:
        known = _known(call.appliance, key)
        if known is None:
            _free_name(call.appliance, name)
            keep(change, name, key, call.actor.user)
        change.after, change.quiet = key.check_code, known is not None
    return Result(N_("The key is kept."), (_facts(name, key),), plan.findings, {"name": name, **key.as_data()})


async def _prepare_remove(call: Call, *, name: str) -> Plan[SigningKey]:
    """Raises AnswerRefused `no-such-key`."""
    known = signing_key(call.appliance, name)
    title = N_("Take a custom signing key away")
    return Plan(title, known, (_facts(known.name, known.key),), data=known.as_data())


async def _apply_remove(call: Call, plan: Plan[SigningKey], tell: Tell) -> Result:
    known = plan.payload
    with call.appliance.store.change(call, about=f"signing key {known.name}") as change:
        if _known(call.appliance, known.key) != known:
            raise NotYet(
                "stale",
                N_("Another session changed {name} in the meantime.", name=known.name),
                N_("Look at it again and decide anew."),
            )
        change.before = known.key.check_code
        let_go(change, known.key)
    return Result(N_("The key is gone."), (_facts(known.name, known.key),), data=known.as_data())


def _known(appliance: Appliance, key: PublicKey) -> SigningKey | None:
    return next((each for each in signing_keys(appliance) if each.key.check_code == key.check_code), None)


def _free_name(appliance: Appliance, typed: str) -> str:
    """Return the name of a new key. Raises AnswerRefused `bad-name`, `name-taken`."""
    name = typed.strip()
    if not _NAME.fullmatch(name):
        raise AnswerRefused(
            "bad-name",
            N_("{name} is no name of a key.", name=inert(name)[:64]),
            N_("Use 1 to 64 letters, digits, dots, - and _, beginning with a letter or digit."),
        )
    if name.casefold() in {each.name.casefold() for each in signing_keys(appliance)}:
        raise AnswerRefused(
            "name-taken", N_("There is a key {name} already.", name=name), N_("Choose another name for this one.")
        )
    return name


def _examine_demanded(key: PublicKey, demanded: str) -> tuple[Finding, ...]:
    if not demanded.strip() or is_demanded(demanded, key.check_code, key.fingerprint):
        return ()
    return (
        refuse(
            "fingerprint-mismatch",
            N_(
                "Demanded was {demanded}, but this key has the check code {code}.",
                demanded=inert(demanded),
                code=key.check_code,
            ),
            N_("Compare with who signs the content; if it still differs, someone may stand in between."),
        ),
    )


def _told_twice(known: SigningKey | None) -> tuple[Finding, ...]:
    if known is None:
        return ()
    message = N_("This key is kept already, as {name}.", name=known.name)
    return (note("already-installed", message, N_("There is nothing to do.")),)


def _facts(name: str, key: PublicKey) -> Facts:
    return Facts(
        (
            Fact(N_("name"), name),
            Fact(N_("type"), key.kind),
            Fact(N_("check code"), key.check_code),
            Fact(N_("SHA-256"), key.fingerprint),
        )
    )


_COMPARE: Message = N_("Compare the check code with who signs the content: by it, what he signed is known here.")
LIST_SIGNING_KEYS = Inquiry(_list)
ADD_SIGNING_KEY: Operation[Addition] = Operation(_prepare_add, _apply_add)
REMOVE_SIGNING_KEY: Operation[SigningKey] = Operation(_prepare_remove, _apply_remove)
