"""`pki.db` is sealed by a password, or by another one: what the documents call the setting `PKIDatabasePassword`.

Invariants: the password goes to the keeper and nowhere else; it is kept nowhere. Once there is one, another is taken
only from somebody who knows it, or who is at the machine itself; it does not go away again.
"""

import secrets
from dataclasses import dataclass, field

from tanos.actor import Call
from tanos.certificates.root_names import PKI_FILE, SALT_BYTES
from tanos.errors import AnswerRefused, NotYet
from tanos.keeper import keeper_of
from tanos.message import N_
from tanos.operation import Operation, Plan, Result, Tell
from tanos.report import Fact, Facts, Mark, Say
from tanos.roots.sealed import SEALING, is_sealed
from tanos.secret import Secret
from tanos.settings.catalogue import PKI_PASSWORD
from tanos.store.begun import Doing, taking

LEAST_CHARACTERS = 12
"""More than to sign in: who has a copy can try as often as he likes."""


@dataclass(frozen=True)
class Sealing:
    """By what it will be sealed, and by what it is."""

    password: Secret
    former: Secret
    before: str
    """Empty where it lies open."""
    mark: str = field(default_factory=lambda: secrets.token_hex(SALT_BYTES))


async def _prepare(call: Call, *, password: Secret, again: Secret, former: Secret) -> Plan[Sealing]:
    """Raises AnswerRefused `passwords-differ`, `weak-password`; Damaged `pki-damaged`."""
    if not password.same(again):
        raise AnswerRefused(
            "passwords-differ", N_("The two new passwords are not the same."), N_("Type the same one twice.")
        )
    from tanos.users.rules import check_rules  # loads a hash of passwords, which no other line here needs

    check_rules(password, call.appliance.identity.name, LEAST_CHARACTERS)
    before = keeper_of(call.appliance).root_seal()
    told = (
        Say(N_("pki.db and its copies can then be opened where they lie, and elsewhere by this password alone.")),
        Say(N_("Keep it in a safe place: it is shown nowhere, and no backup is of use without it.")),
    )
    return Plan(
        N_("Seal pki.db by another password") if before else N_("Seal pki.db by a password"),
        Sealing(password, former, before),
        (_state(sealed=bool(before)), *told),
        data={"sealed": bool(before)},
    )


async def _apply(call: Call, plan: Plan[Sealing], tell: Tell) -> Result:
    """Seal it. Raises AnswerRefused `wrong-password`, NotYet `stale`, Damaged `pki-damaged`, `disk-failed`."""
    appliance, wanted = call.appliance, plan.payload

    def check() -> None:
        if keeper_of(appliance).root_seal() != wanted.before:
            raise NotYet(
                "stale", N_("Another session sealed pki.db in the meantime."), N_("Look at it again and decide anew.")
            )

    tell(N_("Sealing pki.db …"))
    doing = Doing(
        PKI_FILE,
        wanted.mark,
        PKI_PASSWORD,
        "sealed" if wanted.before else "open",
        "sealed by another password",
        check,
    )
    with taking(SEALING, call, doing):
        keeper_of(appliance).seal_roots(wanted.password.reveal(), wanted.former.reveal(), bytes.fromhex(wanted.mark))
    return Result(N_("pki.db is sealed"), (_state(sealed=is_sealed(appliance)),), data={"sealed": True})


def _state(*, sealed: bool) -> Facts:
    rows = (
        Fact(N_("pki.db"), N_("sealed") if sealed else N_("lies open"), Mark.OK if sealed else Mark.WARN),
        Fact(N_("setting"), PKI_PASSWORD),
    )
    return Facts(rows)


SEAL_ROOTS: Operation[Sealing] = Operation(_prepare, _apply)
