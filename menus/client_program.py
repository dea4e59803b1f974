"""The program `tanos client`: a client of the platform, or many, to see what the servers of a lab do with them."""

from pathlib import Path

import click

from menus.clicked import Spoken
from menus.language import speak
from menus.streams import Streams
from sftp.handing import own_name
from tanos.errors import ExitCode, WrongUse
from tanos.message import N_, Message

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
DIRECTORY = click.Path(file_okay=False, path_type=Path)
TOLD = {
    "release": N_("The release of the client: {releases}. Needed.", releases="7.2, 7.4"),
    "server": N_("Servers, with commas between: NAME=HOST:PORT; the certificate must have that name."),
    "root": N_(
        "The tanium.pub by which a server is judged, or several in one file; without it no TLS can be verified."
    ),
    "init": N_("The tanium-init.dat of the Tanium Server (7.4): its roots and, without --server, where it is."),
    "state": N_("Where its id and settings are kept; without it they end with it."),
    "own": N_("A setting of this client alone (ReportingTLSMode=2); it wins over what the server gives; repeats."),
    "name": N_("Its name; at first your own with `-client`."),
    "count": N_("So many clients in one process."),
    "reset": N_("Register anew after this many seconds; at first a random 2 to 6 hours."),
}


@click.command("client", cls=Spoken, help=speak(N_("Be a client of a Tanium Server or zone server, until Ctrl-C.")))
@click.option("--release", help=speak(TOLD["release"]), type=click.Choice(["7.2", "7.4"]), required=True)
@click.option("--server", help=speak(TOLD["server"]), metavar="NAME=HOST:PORT", default="")
@click.option("--root", help=speak(TOLD["root"]), type=FILE, metavar="FILE")
@click.option("--init", help=speak(TOLD["init"]), type=FILE, metavar="FILE")
@click.option("--state", help=speak(TOLD["state"]), type=DIRECTORY, metavar="DIR")
@click.option("--set", "own", help=speak(TOLD["own"]), multiple=True, metavar="NAME=VALUE")
@click.option("--name", help=speak(TOLD["name"]), default="", metavar="NAME")
@click.option("--count", help=speak(TOLD["count"]), type=click.IntRange(1, 4096), default=1, metavar="N")
@click.option("--reset-seconds", "reset", help=speak(TOLD["reset"]), type=click.IntRange(1), metavar="N")
@click.pass_obj
def client(
    streams: Streams,
    release: str,
    server: str,
    root: Path | None,
    init: Path | None,
    state: Path | None,
    own: tuple[str, ...],
    name: str,
    count: int,
    reset: int | None,
) -> int:
    """Be a client of a Tanium Server or zone server, until Ctrl-C."""
    from tanos.services.client.client import RESET_SECONDS
    from tanos.services.client.run import Asked, run_clients

    def tell(message: Message) -> None:
        streams.show([speak(message)])

    trusted: Path | bytes | None = root
    if init:
        server, trusted = _told(init, release, server)
    if not server:
        raise WrongUse("missing-answer", N_("--server or --init is missing."), N_("Add it."))
    resets = (float(reset), float(reset)) if reset else RESET_SECONDS
    run_clients(Asked(release, server, name or f"{own_name()}-client", trusted, state, own, count, resets), tell)
    return ExitCode.DONE


def _told(init: Path, release: str, server: str) -> tuple[str, bytes]:
    """Return where the server is, unless that was said, and its roots. Raises AnswerRefused `bad-init-file`."""
    from tanos.files import read_plain
    from tanos.infrastructure.container import LARGEST, understood

    if release != "7.4":
        raise WrongUse(
            "unused-answer", N_("--init is for release 7.4."), N_("Clients of 7.2 know tanium.pub: give --root FILE.")
        )
    told = understood(read_plain(init, LARGEST))
    return server or ",".join(told.servers), told.pem.encode()
