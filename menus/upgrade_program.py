"""The program `tanos upgrade`: an appliance behaves as a later release from its next start on.

Invariant: without `--yes` a Plan is shown and nothing is changed; an appliance that is served is left alone.
"""

from pathlib import Path

import click

from menus.clicked import Spoken
from menus.language import speak
from menus.outside import DRY_RUN, JSON, YES, go_through
from menus.streams import Streams
from tanos.message import N_
from tanos.platform import RELEASES

TOLD = {
    "upgrade": N_("Have an appliance behave as a later release, from its next start on."),
    "release": N_("The release: {releases}. Needed.", releases=", ".join(RELEASES)),
}
PATH = click.Path(path_type=Path)


@click.command("upgrade", cls=Spoken, help=speak(TOLD["upgrade"]))
@click.argument("home", type=PATH)
@click.option(
    "--release", help=speak(TOLD["release"]), type=click.Choice(list(RELEASES)), metavar="RELEASE", required=True
)
@YES
@DRY_RUN
@JSON
@click.pass_obj
def upgrade(streams: Streams, home: Path, release: str, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Have an appliance behave as a later release."""
    from tanos.appliance import Appliance
    from tanos.faults import in_words
    from tanos.upgrade import apply_upgrade, plan_upgrade

    with in_words(home, "upgrade"):
        plan = plan_upgrade(Appliance.open(home), release)
        return go_through(plan, apply_upgrade, streams, yes=yes, dry_run=dry_run, as_json=as_json)
