"""What the next start does about an exchange that was interrupted, and what it says of the state it found.

Invariant: runs under the store's write lock, so that it never takes what another session is doing for a wreck. It
completes a record whose pair is installed, records how what had begun ended, and removes keys and half-written files
that nobody knows; it decides nothing else. Damage is told and keeps nobody from serving.
"""

import contextlib

from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.certificates.issued import ISSUING
from tanos.emptying_step import EMPTYING
from tanos.errors import Damaged, TanosError
from tanos.exchange import ledger
from tanos.exchange.finish import RESTORING, finish, tidy, unfinished
from tanos.exchange.held_root import TRUSTING, held_root, recorded_root, root_code
from tanos.exchange.installed import current_version
from tanos.exchange.ledger import Side
from tanos.exchange.waiting import publish_latest, waiting_requests, withdraw
from tanos.files import sweep
from tanos.keeper import Keeper, keeper_of
from tanos.keys.pair_operations import GENERATING
from tanos.message import N_, Message
from tanos.platform import Role
from tanos.roots.steps import STEPS as ROOT_STEPS
from tanos.soap.swap import SWAPPING
from tanos.store.begun import settle
from tanos.store.store import Change
from tanos.subordinate.held import INSTALLING

STEPS = (RESTORING, TRUSTING, GENERATING, ISSUING, EMPTYING, SWAPPING, INSTALLING, *ROOT_STEPS)


def recover(appliance: Appliance) -> list[Message]:
    """Complete or undo what was interrupted; return what was found, nothing if all is well.

    Called once before anyone signs in, by whoever serves the appliance.
    """
    keeper = keeper_of(appliance)
    with appliance.store.change(_call(appliance), about="exchange") as change:
        found = [*settle(change, appliance, STEPS), *_half_installed(change, appliance, keeper)]
        found += [*keeper.recover(), *_strays(appliance, keeper), *_unsigned(appliance), *_other_root(appliance)]
        for directory in (appliance.outgoing, appliance.ssh, appliance.root):
            sweep(directory)
        change.quiet = not found
        change.after = "; ".join(str(message) for message in found)
    return found


def _call(appliance: Appliance) -> Call:
    return system_call(appliance, "recover")


def _half_installed(change: Change, appliance: Appliance, keeper: Keeper) -> list[Message]:
    """The pair is in place, its record is not: complete the record."""
    code = unfinished(appliance, keeper)
    if not code:
        return []
    finish(change, appliance, code)
    tidy(appliance, keeper, code)
    version = current_version(appliance)
    return [
        N_(
            "An installation was interrupted after its pair was in place; version {version} with check code {code}"
            " is in use, and its record is complete now.",
            version=version,
            code=code,
        )
    ]


def _strays(appliance: Appliance, keeper: Keeper) -> list[Message]:
    """Wipe keys that no open exchange knows: of a request never finished, replaced or answered."""
    found = []
    for code, request in waiting_requests(keeper).items():
        exchange = ledger.find(appliance, Side.REQUESTER, code)
        if exchange and exchange.is_open:
            continue
        try:
            withdraw(appliance, keeper, code)
        except (TanosError, OSError) as error:
            found.append(_not_wiped(code, error))
            continue
        found.append(
            N_(
                "The key of a request that was not finished or is no longer needed ({subject}, check code"
                " {code}) is wiped.",
                subject=request.subject,
                code=code,
            )
        )
    if found:
        with contextlib.suppress(TanosError, OSError):
            publish_latest(appliance, keeper)
    return found


def _not_wiped(code: str, error: TanosError | OSError) -> Message:
    reason = error.message if isinstance(error, TanosError) else error.strerror or str(error)
    return N_("The key {code} is no longer needed and could not be wiped: {reason}", code=code, reason=reason)


def _unsigned(appliance: Appliance) -> list[Message]:
    rows = appliance.store.rows("SELECT serial, check_code FROM issued WHERE certificate = '' ORDER BY serial")
    return [
        N_(
            "Serial {serial} was taken for check code {code}, but nothing was signed; import the same request again.",
            serial=row["serial"],
            code=row["check_code"],
        )
        for row in rows
    ]


def _other_root(appliance: Appliance) -> list[Message]:
    """A root that was written just before its record failed to be."""
    if appliance.identity.role is Role.TANIUM_SERVER:
        return []
    try:
        root = held_root(appliance)
    except Damaged as error:
        return [error.message]
    if root is None or recorded_root(appliance) == root_code(root):
        return []
    return [
        N_(
            "The root held here (check code {code}) has no record of its import; compare it with the Tanium Server"
            " and import it again.",
            code=root_code(root),
        )
    ]
