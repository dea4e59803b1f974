"""The program `tanos restore`: an appliance becomes what it was when a backup of its root keys was made.

Invariant: without `--yes` a Plan is shown and nothing is changed; an appliance that is served is left alone.
"""

from pathlib import Path

import click

from menus.clicked import Spoken
from menus.language import speak
from menus.outside import DRY_RUN, JSON, YES, go_through
from menus.streams import Streams
from tanos.message import N_
from tanos.secret import Secret

TOLD = N_("Restore a stopped appliance from a backup of its root keys; the password is read from stdin.")
PATH = click.Path(path_type=Path)


@click.command("restore", cls=Spoken, help=speak(TOLD))
@click.argument("home", type=PATH)
@click.argument("file", type=PATH)
@YES
@DRY_RUN
@JSON
@click.pass_obj
def restore(streams: Streams, home: Path, file: Path, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Restore a stopped appliance from a backup of its root keys."""
    from tanos.faults import in_words
    from tanos.roots.restore import apply_restore, plan_restore

    with in_words(home, "restore"):
        plan = plan_restore(home, file, _password(streams))
        return go_through(plan, apply_restore, streams, yes=yes, dry_run=dry_run, as_json=as_json)


def _password(streams: Streams) -> Secret:
    if not streams.source.is_terminal:
        return Secret(streams.source.line() or "")
    from menus.asking import Left, typed_unseen

    try:
        return typed_unseen(N_("Password of the backup"), streams)
    except Left:
        raise click.Abort from None
