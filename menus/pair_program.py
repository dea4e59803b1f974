"""The program `tanos pair`: installs a pair in a directory of a machine that is no appliance, and puts one back.

Invariant: without `--yes` a Plan is shown and nothing is changed.
"""

from datetime import UTC, datetime
from pathlib import Path

import click

from menus.clicked import Spoken, SpokenGroup
from menus.language import speak
from menus.outside import DRY_RUN, JSON, USES, YES, go_through, show_result
from menus.streams import Streams
from sftp.handing import own_name
from tanos.errors import ExitCode
from tanos.files import read_given
from tanos.message import N_
from tanos.pasting.text import PASTE_LIMIT

PATH = click.Path(path_type=Path)
TOLD = {
    "pair": N_("Install a key with its certificate in a directory, list what is kept there, put one back."),
    "install": N_("Install a key with its certificate in a directory, as a pair or not at all."),
    "list": N_("List the pairs that are kept in a directory."),
    "put-back": N_("Make an earlier pair of a directory the one in use."),
    "use": N_("What it is for: {uses}; reporting unless told.", uses=", ".join(USES)),
    "host": N_("The server's own full name, with --for soap or ssl."),
    "root": N_("The tanium.pub, or root, that must have issued it; then a TLS handshake is made, too."),
}


@click.group("pair", cls=SpokenGroup, help=speak(TOLD["pair"]))
def pair() -> None:
    """Pairs in directories."""


@pair.command("install", cls=Spoken, help=speak(TOLD["install"]))
@click.argument("key", type=PATH, metavar="KEY")
@click.argument("certificate", type=PATH, metavar="CERT")
@click.argument("directory", type=PATH, metavar="DIRECTORY")
@click.option("--for", "use", help=speak(TOLD["use"]), type=click.Choice(USES), metavar="USE", default="reporting")
@click.option("--host", help=speak(TOLD["host"]), default="", metavar="FQDN")
@click.option("--root", help=speak(TOLD["root"]), type=PATH, metavar="FILE")
@YES
@DRY_RUN
@JSON
@click.pass_obj
def install_pair(
    streams: Streams,
    key: Path,
    certificate: Path,
    directory: Path,
    use: str,
    host: str,
    root: Path | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Install a key with its certificate in a directory."""
    from tanos.certificates.pair_kinds import KINDS
    from tanos.inspecting.inspect import read_root
    from tanos.inspecting.judging import Purpose
    from tanos.pair_directory.install import install, plan_install
    from tanos.pair_directory.place import PairDirectory

    kind = next(each for each in KINDS if each.name == use)
    trusted = read_root(read_given(root, PASTE_LIMIT)) if root else None
    purpose = Purpose(datetime.now(UTC), kind, host, trusted)
    place = PairDirectory(directory, kind)
    files = read_given(key, PASTE_LIMIT), read_given(certificate, PASTE_LIMIT)
    plan = plan_install(place, *files, purpose, own_name())
    return go_through(plan, install, streams, yes=yes, dry_run=dry_run, as_json=as_json)


@pair.command("list", cls=Spoken, help=speak(TOLD["list"]))
@click.argument("directory", type=PATH, metavar="DIRECTORY")
@JSON
@click.pass_obj
def list_pairs(streams: Streams, directory: Path, as_json: bool) -> int:
    """List the pairs that are kept in a directory."""
    from tanos.pair_directory.kept import list_versions
    from tanos.pair_directory.place import PairDirectory

    show_result(list_versions(PairDirectory(directory)), streams, as_json=as_json)
    return ExitCode.DONE


@pair.command("put-back", cls=Spoken, help=speak(TOLD["put-back"]))
@click.argument("directory", type=PATH, metavar="DIRECTORY")
@click.argument("version", default="", metavar="[VERSION]")
@YES
@DRY_RUN
@JSON
@click.pass_obj
def put_pair_back(streams: Streams, directory: Path, version: str, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Make an earlier pair of a directory the one in use."""
    from tanos.pair_directory.kept import plan_put_back, put_back
    from tanos.pair_directory.place import PairDirectory

    plan = plan_put_back(PairDirectory(directory), version)
    return go_through(plan, put_back, streams, yes=yes, dry_run=dry_run, as_json=as_json)
