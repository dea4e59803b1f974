"""The one keeper: everything that touches a private key of this appliance goes through these few methods.

Invariant: no other module asks for a private key: methods take and return plain data (text, bytes, numbers, records
of these), and who needs a signature has it made here; but a pair that a service presents goes to who starts it. A
private key lies only in files of mode 0600 below the home. Nothing here reads or writes the database.

Where the appliance is served, the keeper is a process of its own, and no other can open what lies in its directories,
certificates neither; `keeper_of` gives who asks it. Everywhere else it is this object, in the process that needs it.
"""

from collections.abc import Callable
from copy import copy

from tanos.appliance import Appliance
from tanos.certificates.kept_subordinate import KeptSubordinate
from tanos.keys.host_pairs import HostPairs
from tanos.keys.kept import KeptSshKeys


class Keeper(KeptSubordinate, KeptSshKeys):
    """The private keys of one appliance."""

    def __init__(self, appliance: Appliance, *, for_others: bool = False) -> None:
        """Open nothing yet; `for_others` looks at what other processes would have signed."""
        super().__init__(appliance, for_others=for_others)
        self._hosts = HostPairs(appliance)
        self._made, self._made_hosts = {}, {}


def for_another(keeper: Keeper) -> Keeper:
    """Return the same keeper, with what it holds open, but for the pairs that were made and not kept."""
    other = copy(keeper)
    other._made, other._made_hosts = {}, {}
    return other


Reach = Callable[[Appliance], Keeper]


class _Process:
    """By what this process reaches a keeper: by itself, unless it was told another way."""

    reach: Reach = Keeper


def keeper_of(appliance: Appliance) -> Keeper:
    """Return the keeper of an appliance, as this process reaches it.

    Where it is a process of its own, each method also raises NotYet `busy` while it is started again.
    """
    return _Process.reach(appliance)


def ask_by(reach: Reach) -> None:
    """Have this process reach its keeper in another way from now on."""
    _Process.reach = staticmethod(reach)
