"""The programs of `tanos` that are no verbs: init, serve, console, courier, lab, demo.

Invariant: each imports what it needs when it is called; a wrong word is exit status 2 and one sentence.
"""

import getpass
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from menus.command import refuse
from menus.language import speak
from menus.shown import outcome_lines
from menus.streams import Streams
from tanos.errors import ExitCode, NotOffered, TanosError, WrongUse
from tanos.inert import inert
from tanos.message import N_
from tanos.platform import RELEASES, AddOn, Identity, Role, UserRole
from tanos.secret import Secret

HOME = click.Path(path_type=Path)
KEY_LIMIT = 64 * 1024
LET_THROUGH = ("TERM", "LANG", "NO_COLOR", "TANOS_LANGUAGE")


@click.group(name="tanos", add_help_option=True)
def programs() -> None:
    """Appliance console."""


def run_program(words: Sequence[str], streams: Streams) -> int:
    """Run one program; return its exit status."""
    try:
        status = programs.main(list(words), prog_name="tanos", standalone_mode=False, obj=streams)
        return int(status or 0)
    except click.UsageError as error:
        wrong = WrongUse(
            "wrong-use",
            N_("Not understood: {problem}", problem=inert(error.format_message())),
            N_("See `tanos {program} --help`.", program=inert(words[0])),
        )
        return refuse(wrong, streams, as_json=False)
    except click.Abort:
        return 130
    except TanosError as error:
        return refuse(error, streams, as_json=False)


def list_programs() -> Iterator[str]:
    """Yield one line a program."""
    for name, command in programs.commands.items():
        yield f"tanos {name}: {command.get_short_help_str(100)}"


@programs.command()
@click.argument("home", type=HOME)
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True)
@click.option("--fqdn", required=True)
@click.option("--hub", is_flag=True, help="With the Zone Server Hub add-on (Tanium Server).")
@click.option("--release", type=click.Choice(list(RELEASES)), default="7.3", show_default=True)
@click.option("--authorized-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--password-stdin", is_flag=True, help="Read the password of tanadmin from the first line of stdin.")
@click.option("--address", "addresses", multiple=True, help="An address that others reach it by; repeats.")
@click.pass_obj
def init(
    streams: Streams,
    home: Path,
    role: str,
    name: str,
    fqdn: str,
    hub: bool,
    release: str,
    authorized_key: Path | None,
    password_stdin: bool,
    addresses: tuple[str, ...],
) -> int:
    """Make an appliance."""
    from tanos.setup import init_appliance

    add_ons = frozenset({AddOn.ZONE_SERVER_HUB} if hub else ())
    identity = Identity(name, fqdn, Role(role), RELEASES[release], add_ons, addresses)
    key = authorized_key.read_bytes()[: KEY_LIMIT + 1] if authorized_key else None
    password = Secret(streams.source.line() or "") if password_stdin else None
    made = init_appliance(home, identity, authorized_key=key, password=password)
    streams.show([speak(N_("Made {name} ({role}) in {home}.", name=name, role=identity.title, home=str(home)))])
    if made.password:
        shown = made.password.reveal().decode()
        streams.show([speak(N_("Password of tanadmin, shown only now: {password}", password=shown))])
    return ExitCode.DONE


@programs.command()
@click.argument("home", type=HOME)
@click.option("--listen", default="", metavar="ADDR", help="Address; remembered. At first 127.0.0.1.")
@click.option("--ssh-port", type=click.IntRange(0, 65535), help="Port; remembered. At first any free one.")
@click.pass_obj
def serve(streams: Streams, home: Path, listen: str, ssh_port: int | None) -> int:
    """Open the front door of an appliance until told to stop."""
    from menus.serving import serve_home

    return serve_home(home, listen, ssh_port, streams)


@programs.command()
@click.argument("home", type=HOME)
@click.option("--user", default="", help="Account; at first the one who is signed in, or tanadmin.")
@click.option("-c", "words", default="", help="Words of a verb, as a login shell gets them.")
def console(home: Path, user: str, words: str) -> int:
    """Serve the menus here: a login shell, or ForceCommand of another SSH server."""
    from menus.sessions import run_menu, run_verb
    from sftp.session import Session
    from tanos.appliance import Appliance
    from tanos.users.accounts import known_user
    from tanos.users.accounts import user as find_user

    appliance = Appliance.open(home)
    account = known_user(appliance, user) if user else find_user(appliance, getpass.getuser())
    account = account or known_user(appliance, "tanadmin")
    appliance.store.close()
    if account.disabled or account.role is UserRole.TANCOPY:
        raise NotOffered(
            "no-console",
            N_("{user} has no console.", user=account.name),
            N_("Sign in as another user; tancopy is for SFTP."),
        )
    words = words or os.environ.get("SSH_ORIGINAL_COMMAND", "")
    session = Session(
        "verb" if words else "menu",
        str(appliance.home),
        account.name,
        account.role.value,
        address=os.environ.get("SSH_CONNECTION", "").partition(" ")[0],
        session=f"console-{os.getpid()}",
        words=words,
        has_terminal=os.isatty(0) and os.isatty(1),
        environment={
            name: value for name, value in os.environ.items() if name in LET_THROUGH or name.startswith("LC_")
        },
    )
    return run_verb(session) if words else run_menu(session)


@programs.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("-F", "config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your ssh_config.")
@click.pass_obj
def courier(streams: Streams, source: str, target: str, config: Path | None) -> int:
    """Carry requests, certificates and tanium.pub from one appliance to another, with your own ssh set-up."""
    from sftp.courier import carry

    result = carry(source, target, tell=lambda message: streams.complain([speak(message)]), config=config)
    streams.show(outcome_lines(result))
    return ExitCode.DONE


@programs.command()
@click.argument("directory", type=HOME)
@click.option("--release", type=click.Choice(list(RELEASES)), default="7.3", show_default=True)
@click.option("--with", "more", default="", metavar="ms1,ts2", help="Further appliances.")
def lab(directory: Path, release: str, more: str) -> int:
    """Run appliances to sign in to, until Ctrl-C."""
    from menus.lab.run import main_lab

    return main_lab(directory, release, tuple(name.strip() for name in more.split(",") if name.strip()))


@programs.command()
@click.argument("directory", type=HOME, required=False)
def demo(directory: Path | None) -> int:
    """Show two appliances exchange a certificate, unattended."""
    from menus.demo.run import main_demo

    return main_demo(directory)
