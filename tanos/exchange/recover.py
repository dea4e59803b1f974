"""What the next start does about an exchange that was interrupted (`tanos.recovery`), and what it says of it.

Invariant: it completes a record whose pair is installed, and removes keys that nobody knows; it decides nothing else.
"""

import contextlib

from tanos.appliance import Appliance
from tanos.errors import Damaged, TanosError
from tanos.exchange import ledger
from tanos.exchange.finish import finish, tidy, unfinished
from tanos.exchange.held_root import held_root, recorded_root, root_code
from tanos.exchange.installed import current_version
from tanos.exchange.ledger import Side
from tanos.exchange.waiting import publish_latest, waiting_requests, withdraw
from tanos.keeper import Keeper
from tanos.message import N_, Message
from tanos.platform import Role
from tanos.store.store import Change


def half_installed(change: Change, appliance: Appliance, keeper: Keeper) -> list[Message]:
    """Complete the record of a pair that is in place; say so."""
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


def left_over(appliance: Appliance, keeper: Keeper) -> list[Message]:
    """Wipe keys that nobody knows; say that, and what else an operator has to do again."""
    return [*_strays(appliance, keeper), *_unsigned(appliance), *_other_root(appliance)]


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
