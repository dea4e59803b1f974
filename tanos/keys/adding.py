"""Let a key sign in as a user: by whichever way it comes, it is read, limited and recorded here.

Invariant: what was checked for the Plan is checked again inside the transaction, since another session may have been
faster. What an option says and what an answer says are one thing; where they differ, neither is taken.
"""

from dataclasses import dataclass, replace

from tanos.actor import Call
from tanos.dropbox import read_incoming
from tanos.errors import AnswerRefused
from tanos.finding import Finding, warn
from tanos.keys import refusals
from tanos.keys.authorized import authorize, authorized_key
from tanos.keys.options import KeyOptions, NotHonoured, read_options
from tanos.keys.public_key import AuthorizedLine, SshPublicKey, read_authorized_line
from tanos.keys.revoked import KEY, Mark, is_revoked
from tanos.keys.shown import key_data, key_facts, key_in_audit
from tanos.keys.whose import user_within_reach
from tanos.message import N_, Message
from tanos.moments import moment_text
from tanos.operation import Operation, Plan, Result, Tell
from tanos.platform import UserRole
from tanos.report import Say, Section
from tanos.users.accounts import User

_HARDWARE = "sk-"
_FIELDS = {"from": "origin", "expiry-time": "expires", "direction": "direction"}
_QUOTE, _NO_QUOTE = '"', "'"


@dataclass(frozen=True)
class Addition:
    """The key that may sign in as `user` from now on, and its limits."""

    user: str
    key: SshPublicKey
    options: KeyOptions


async def prepare_addition(
    call: Call,
    *,
    user: str,
    source: str = "paste",
    file: str = "",
    text: bytes = b"",
    allowed_from: str = "",
    expires: str = "",
    direction: str = "",
) -> Plan[Addition]:
    """Read the key, pasted or in a `file` of `/incoming`.

    Raises AnswerRefused by the ids of `read_authorized_line` and `read_incoming`, and `duplicate`.
    """
    account = user_within_reach(call, user)
    line = read_authorized_line(read_incoming(call.appliance, file) if source == "incoming" else text)
    options = _answered(line.options, {"from": allowed_from, "expiry-time": expires, "direction": direction})
    _check_limits(call, account, line, options)
    _refuse_known(call, user, line.key.fingerprint)
    said = str(options)
    sections: tuple[Section, ...] = (
        key_facts(user, line.key, said, options.expires),
        *(Say(repair) for repair in line.repairs),
    )
    compare = N_("Compare the fingerprint with the one shown where the key comes from.")
    return Plan(
        N_("Let this key sign in as {user}", user=user),
        Addition(user, line.key, options),
        (*sections, Say(compare)),
        (*line.findings, *_authority(options)),
        {
            **key_data(user, line.key, said, options.expires),
            "repairs": [str(repair) for repair in line.repairs],
        },
    )


async def add(call: Call, plan: Plan[Addition], tell: Tell) -> Result:
    """Let the key sign in. Raises as `prepare_addition` does of a user, and of a key that is known."""
    user, key, options = plan.payload.user, plan.payload.key, plan.payload.options
    said = str(options)
    with call.appliance.store.change(call, about=user) as change:
        user_within_reach(call, user)
        _refuse_known(call, user, key.fingerprint)
        authorize(change, call, user, key, options)
        change.after = key_in_audit(key, said)
    return Result(
        N_("This key may now sign in as {user}.", user=user),
        (key_facts(user, key, said, options.expires),),
        data=key_data(user, key, said, options.expires),
    )


def _answered(options: KeyOptions, answers: dict[str, str]) -> KeyOptions:
    """Return the options of the line with those of the answers."""
    for name, answer in answers.items():
        if not answer.strip():
            continue
        field = _FIELDS[name]
        said, given = getattr(options, field), getattr(_read(name, answer.strip()), field)
        if said and said != given:
            raise AnswerRefused.because(
                refusals.limit_not_honoured(name, N_("the line of the key says it otherwise"))
            )
        options = replace(options, **{field: given})
    return options


def _read(name: str, answer: str) -> KeyOptions:
    value = ",".join(answer.replace(",", " ").split()) if name == "from" else answer
    try:
        return read_options(f'{name}="{value.replace(_QUOTE, _NO_QUOTE)}"')
    except NotHonoured as bad:
        raise AnswerRefused.because(refusals.limit_not_honoured(name, bad.why)) from None


def _check_limits(call: Call, account: User, line: AuthorizedLine, options: KeyOptions) -> None:
    """Refuse what this key, or this user, could never meet."""
    hardware = line.key.type.startswith(_HARDWARE) or options.is_authority
    if options.is_verified and not hardware:
        raise _refused(line, "verify-required", N_("only a hardware key can tell that it knows its user"))
    if options.direction and account.role is not UserRole.TANCOPY:
        raise _refused(line, "direction", N_("only the keys of tancopy carry files"))
    if options.expires and options.expires <= moment_text(call.appliance.clock()):
        raise _refused(line, "expiry-time", N_("{moment} is past", moment=options.expires))


def _refused(line: AuthorizedLine, option: str, why: Message) -> AnswerRefused:
    return AnswerRefused.because(refusals.option_not_honoured(line.number, option, why))


def refuse_revoked(call: Call, fingerprint: str) -> None:
    """Raise AnswerRefused `key-revoked` where nobody may let this key in."""
    if is_revoked(call.appliance, Mark(KEY, fingerprint)):
        raise AnswerRefused.because(refusals.revoked_key(fingerprint))


def _refuse_known(call: Call, user: str, fingerprint: str) -> None:
    refuse_revoked(call, fingerprint)
    if authorized_key(call.appliance, user, fingerprint):
        raise AnswerRefused.because(refusals.duplicate(user, fingerprint))


def _authority(options: KeyOptions) -> tuple[Finding, ...]:
    if not options.is_authority:
        return ()
    return (
        warn(
            "authority",
            N_("Whoever holds this key can make any number of keys that sign in as this user."),
            N_("Keep on only if it is the key of a certificate authority of yours."),
        ),
    )


ADD_AUTHORIZED: Operation[Addition] = Operation(prepare_addition, add)
