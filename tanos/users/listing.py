"""Who may sign in, by what, and what keeps an account out."""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_, Message, listed
from tanos.operation import Inquiry, Result
from tanos.report import Table
from tanos.users.accounts import User, users
from tanos.users.codes import factor_of, wants_code
from tanos.users.lockout import Counted, lock_of


async def read_list(call: Call) -> Result:
    """List every account with its role, how it signs in, and its state."""
    found = users(call.appliance)
    rows = tuple(
        (each.name, each.role.value, _ways(call.appliance, each), listed(*states(call.appliance, each)))
        for each in found
    )
    columns = (N_("User"), N_("Role"), N_("Signs in by"), N_("State"))
    return Result(
        N_("Users of this appliance"),
        (Table(columns, rows, N_("There is no user.")),),
        data={"users": [_data(call.appliance, each) for each in found]},
    )


def states(appliance: Appliance, account: User) -> tuple[Message, ...]:
    """Return what an operator should know of an account, the gravest first."""
    said = [N_("disabled") if account.disabled else N_("enabled"), *lock_states(appliance, account)]
    factor = factor_of(appliance, account.name)
    if factor is not None and factor.exempt:
        said.append(N_("exempt from codes"))
    if account.must_change:
        said.append(N_("password to be changed"))
    return tuple(said)


def lock_states(appliance: Appliance, account: User) -> tuple[Message, ...]:
    """Return what of an account is locked, and until when."""
    said = []
    lock = lock_of(appliance, account.name)
    if lock is not None:
        said.append(
            N_("locked out until {until} UTC", until=lock.shown) if lock.until else N_("locked out until unlocked")
        )
    codes = lock_of(appliance, account.name, Counted.CODE)
    if codes is not None:
        said.append(
            N_("no code taken after a key until {until} UTC", until=codes.shown)
            if codes.until
            else N_("no code taken after a key until unlocked")
        )
    return tuple(said)


def _ways(appliance: Appliance, account: User) -> Message:
    factor = factor_of(appliance, account.name)
    key = N_("key with code") if wants_code(appliance, factor, by_key=True) else N_("key")
    if not account.has_password:
        return key
    if wants_code(appliance, factor, by_key=False):
        return N_("password with code, or {key}", key=key)
    return N_("password or {key}", key=key)


def _data(appliance: Appliance, account: User) -> dict[str, object]:
    lock, factor = lock_of(appliance, account.name), factor_of(appliance, account.name)
    codes = lock_of(appliance, account.name, Counted.CODE)
    return {
        "user": account.name,
        "role": account.role.value,
        "password": account.has_password,
        "disabled": account.disabled,
        "must_change": account.must_change,
        "device": factor is not None and factor.secret is not None,
        "exempt_from_codes": factor is not None and factor.exempt,
        "locked_out": lock is not None,
        "locked_out_until": lock.shown if lock else "",
        "codes_locked_out": codes is not None,
        "codes_locked_out_until": codes.shown if codes else "",
    }


LIST_USERS = Inquiry(read_list)
