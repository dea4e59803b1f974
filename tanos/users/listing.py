"""Who may sign in, by what, and what keeps an account out."""

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.message import N_, Message, listed
from tanos.operation import Inquiry, Result
from tanos.report import Table
from tanos.users.accounts import User, users
from tanos.users.lockout import lock_of


async def read_list(call: Call) -> Result:
    """List every account with its role, how it signs in, and its state."""
    found = users(call.appliance)
    rows = tuple((each.name, each.role.value, _ways(each), listed(*states(call.appliance, each))) for each in found)
    columns = (N_("User"), N_("Role"), N_("Signs in by"), N_("State"))
    return Result(
        N_("Users of this appliance"),
        (Table(columns, rows, N_("There is no user.")),),
        data={"users": [_data(call.appliance, each) for each in found]},
    )


def states(appliance: Appliance, account: User) -> tuple[Message, ...]:
    """Return what an operator should know of an account, the gravest first."""
    said = [N_("disabled") if account.disabled else N_("enabled")]
    lock = lock_of(appliance, account.name)
    if lock is not None:
        said.append(
            N_("locked out until {until} UTC", until=lock.shown) if lock.until else N_("locked out until unlocked")
        )
    if account.must_change:
        said.append(N_("password to be changed"))
    return tuple(said)


def _ways(account: User) -> Message:
    return N_("password or key") if account.has_password else N_("key")


def _data(appliance: Appliance, account: User) -> dict[str, object]:
    lock = lock_of(appliance, account.name)
    return {
        "user": account.name,
        "role": account.role.value,
        "password": account.has_password,
        "disabled": account.disabled,
        "must_change": account.must_change,
        "locked_out": lock is not None,
        "locked_out_until": lock.shown if lock else "",
    }


LIST_USERS = Inquiry(read_list)
