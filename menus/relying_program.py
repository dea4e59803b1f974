"""`tanos relying-hand FILE DIRECTORY`: root's program that gives relying services their certificates.

Invariant: it has no home and no menu; what it is handed is a line to the keeper of the appliance, over a socket that
only the appliance's account, and root, can reach. Its faults go to the system's log.
"""

import syslog
from pathlib import Path

import click

from menus.clicked import Spoken
from menus.language import speak
from tanos.errors import AnswerRefused
from tanos.faults import text_of
from tanos.message import N_

PATH = click.Path(path_type=Path)


@click.command(
    "relying-hand",
    cls=Spoken,
    help=speak(N_("Give relying services their certificates, as root, until told to stop.")),
)
@click.argument("file", type=PATH)
@click.argument("directory", type=PATH)
@click.option(
    "--account", help=speak(N_("The account that serves the appliance. Needed.")), metavar="ACCOUNT", required=True
)
def relying_hand(file: Path, directory: Path, account: str) -> int:
    """Give relying services their certificates, as root, for an appliance that is served by another account.

    Raises AnswerRefused `no-such-account`, OSError.
    """
    from sftp.keeping.asking import pairs_over
    from tanos.relying.process import attend

    syslog.openlog("tanos-relying")
    try:
        attend(file.absolute(), directory.absolute(), account, pairs_over, _fault)
    except KeyError:
        raise AnswerRefused(
            "no-such-account",
            N_("There is no account {name} on this system.", name=account),
            N_("Name the account that serves the appliance."),
        ) from None


def _fault(error: BaseException) -> None:
    for line in text_of(error).splitlines():
        syslog.syslog(syslog.LOG_ERR, line)
