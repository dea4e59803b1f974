"""What the next start does about what was interrupted, and what it says of the state it found.

Invariant: runs under the store's write lock, so that it never takes what another session is doing for a wreck. It
records how what had begun ended, completes what is in place, and removes keys and half-written files that nobody
knows; it decides nothing else. Damage is told and keeps nobody from serving. All steps that a room begins stand here,
above the rooms, so that none has to know another's.
"""

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.issued import ISSUING
from tanos.emptying_step import EMPTYING
from tanos.exchange.finish import RESTORING
from tanos.exchange.held_root import TRUSTING
from tanos.exchange.recover import half_installed, left_over
from tanos.files import sweep
from tanos.https_pairs.swap import SWAPPING
from tanos.keeper import keeper_of
from tanos.keys.pair_operations import GENERATING
from tanos.message import Message
from tanos.roots.backup import drop_snapshot
from tanos.roots.steps import STEPS as ROOT_STEPS
from tanos.store.begun import settle
from tanos.subordinate.held import INSTALLING

STEPS = (RESTORING, TRUSTING, GENERATING, ISSUING, EMPTYING, SWAPPING, INSTALLING, *ROOT_STEPS)


def recover(appliance: Appliance) -> list[Message]:
    """Complete or undo what was interrupted; return what was found, nothing if all is well.

    Called once before anyone signs in, by whoever serves the appliance.
    """
    keeper = keeper_of(appliance)
    with appliance.store.change(system_call(appliance, "recover"), about="exchange") as change:
        found = [*settle(change, appliance, STEPS), *half_installed(change, appliance, keeper)]
        found += [*keeper.recover(), *left_over(appliance, keeper)]
        for directory in (appliance.outgoing, appliance.ssh, appliance.root):
            sweep(directory)
        drop_snapshot(appliance)
        change.quiet = not found
        change.after = "; ".join(str(message) for message in found)
    return found
