"""The programs of `tanos` that are no verbs: init, serve, console, sftp-server, courier, board, inspect, pair,
client, relying-hand, restore, upgrade, keyutility, lab, demo.

Invariants: each imports what it needs when it is called; a wrong word is exit status 2 and one sentence. This module
is imported once the language is chosen: its helps are spoken at import.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from menus.board_program import board
from menus.clicked import Spoken, wrong_use
from menus.client_program import client
from menus.command import refuse
from menus.inspect_program import inspect
from menus.language import speak
from menus.pair_program import pair
from menus.relying_program import relying_hand
from menus.restore_program import restore
from menus.shown import outcome_lines
from menus.streams import Streams
from menus.upgrade_program import upgrade
from sftp.handing import key_let_in, let_through, own_name
from tanos.errors import ExitCode, TanosError
from tanos.faults import in_words
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.platform import DROP_BOX_USER, RELEASES, AddOn, Identity, Role
from tanos.secret import Secret

HOME = click.Path(path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ROLES = N_("One of {roles}. Needed.", roles=", ".join(role.value for role in Role))
WHICH_RELEASE = N_("The platform release it behaves as: {releases}; 7.3 unless told.", releases=", ".join(RELEASES))
INTERRUPTED = 130
KEY_LIMIT = 64 * 1024


@click.group(name="tanos")
def programs() -> None:
    """Appliance console."""


def _program(told: Message) -> Callable[[Callable[..., int]], click.Command]:
    return programs.command(cls=Spoken, help=speak(told))


def _option(*words: str, told: Message, **more: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
    return click.option(*words, help=speak(told), **more)


def run_program(words: Sequence[str], streams: Streams) -> int:
    """Run one program; return its exit status."""
    try:
        with in_words(None, words[0]):
            return _run(words, streams)
    except TanosError as error:
        return refuse(error, streams, as_json="--json" in words)


def _run(words: Sequence[str], streams: Streams) -> int:
    try:
        status = programs.main(list(words), prog_name="tanos", standalone_mode=False, obj=streams)
        return int(status or 0)
    except click.Abort:
        return INTERRUPTED
    except click.UsageError as error:
        context = error.ctx or click.Context(programs.commands[words[0]], info_name=f"tanos {words[0]}")
        raise wrong_use(error, context.command, context.command_path) from None


def list_programs() -> Iterator[str]:
    """Yield one line a program."""
    for name, command in programs.commands.items():
        yield f"tanos {name}: {command.get_short_help_str(100)}"


@_program(N_("Make an appliance."))
@click.argument("home", type=HOME)
@_option("--role", told=ROLES, type=click.Choice([role.value for role in Role]), metavar="ROLE", required=True)
@_option("--name", told=N_("Its short name, such as ts1. Needed."), metavar="NAME", required=True)
@_option("--fqdn", told=N_("Its full host name. Needed."), metavar="FQDN", required=True)
@_option("--hub", told=N_("With the Zone Server Hub add-on (Tanium Server)."), is_flag=True)
@_option("--release", told=WHICH_RELEASE, type=click.Choice(list(RELEASES)), metavar="RELEASE", default="7.3")
@_option("--authorized-key", told=N_("A public key that signs in as tanadmin."), type=FILE, metavar="FILE")
@_option(
    "--password-stdin",
    told=N_("Read the password of tanadmin from stdin; a second line is the one of tanium at its web console."),
    is_flag=True,
)
@_option(
    "--address", "addresses", told=N_("An address that others reach it by; repeats."), metavar="ADDR", multiple=True
)
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
    from menus.serving import host_key_lines
    from tanos.setup import init_appliance

    add_ons = frozenset({AddOn.ZONE_SERVER_HUB} if hub else ())
    identity = Identity(name, fqdn, Role(role), RELEASES[release], add_ons, addresses)
    key = authorized_key.read_bytes()[: KEY_LIMIT + 1] if authorized_key else None
    password = Secret(streams.source.line() or "") if password_stdin else None
    second = streams.source.line() if password_stdin and identity.role is Role.TANIUM_SERVER else None
    console = Secret(second) if second else None
    with in_words(home, "init"):
        made = init_appliance(home, identity, authorized_key=key, password=password, console_password=console)
    if made.found_half_made:
        streams.show([speak(N_("An earlier making had died in {home}; its remains were removed.", home=str(home)))])
    streams.show([speak(N_("Made {name} ({role}) in {home}.", name=name, role=identity.title, home=str(home)))])
    streams.show(host_key_lines(made.appliance))
    if made.password:
        shown = made.password.reveal().decode()
        streams.show([speak(N_("Password of tanadmin, shown only now: {password}", password=shown))])
    if made.console_password:
        shown = made.console_password.reveal().decode()
        streams.show([speak(N_("Password of tanium at its web console, shown only now: {password}", password=shown))])
    return ExitCode.DONE


@_program(N_("Open the front door of an appliance until told to stop."))
@click.argument("home", type=HOME)
@_option("--listen", told=N_("Address; remembered. At first 127.0.0.1."), default="", metavar="ADDR")
@_option(
    "--ssh-port", told=N_("Port; remembered. At first any free one."), type=click.IntRange(0, 65535), metavar="PORT"
)
@_option("--relying", told=N_("Root's file of relying services (docs/relying.md)."), type=HOME, metavar="FILE")
@_option(
    "--relying-hand", "hand", told=N_("Where root's `tanos relying-hand` waits."), type=HOME, metavar="DIRECTORY"
)
@click.pass_obj
def serve(
    streams: Streams, home: Path, listen: str, ssh_port: int | None, relying: Path | None, hand: Path | None
) -> int:
    """Open the front door of an appliance until told to stop."""
    from menus.serving import serve_home
    from tanos.relying.process import Place

    place = Place(relying.absolute(), hand.absolute() if hand else None) if relying else None
    with in_words(home, "serve"):
        return serve_home(home, listen, ssh_port, streams, place)


@_program(N_("Serve the menus here: a login shell, or ForceCommand of another SSH server."))
@click.argument("home", type=HOME)
@_option("--user", told=N_("Account; at first the one of the same name as yours here."), default="", metavar="USER")
@_option("-c", "words", told=N_("Words of a verb, as a login shell gets them."), default="", metavar="WORDS")
def console(home: Path, user: str, words: str) -> int:
    """Serve the menus here: a login shell, or ForceCommand of another SSH server."""
    from menus.present import present
    from menus.sessions import run_menu, run_verb
    from sftp.admission import admitted, let_in_by, note_refusal
    from sftp.session import Session, kind_of
    from tanos.appliance import Appliance

    key, address = key_let_in(), inert(os.environ.get("SSH_CONNECTION", "").partition(" ")[0])
    with in_words(home, "console"):
        appliance = Appliance.open(home)
        try:
            account = admitted(appliance, user or own_name())
            let_in = let_in_by(appliance, account.name, key, address)
        except TanosError as error:
            note_refusal(appliance, user or own_name(), key, address, error)
            raise
        finally:
            appliance.store.close()
    words = words or os.environ.get("SSH_ORIGINAL_COMMAND", "")
    session = Session(
        kind_of(words),
        str(home.absolute()),
        account.name,
        account.role.value,
        address=address,
        key=let_in.came_by.key if let_in else "",
        session=f"console-{os.getpid()}",
        words=words,
        has_terminal=os.isatty(0) and os.isatty(1),
        environment=let_through(os.environ),
    )
    with in_words(home, "console"), present(session):
        return run_menu(session) if session.kind == "menu" else run_verb(session)


@programs.command("sftp-server", cls=Spoken, help=speak(N_("Serve the drop box here: the SFTP subsystem of sshd.")))
@click.argument("home", type=HOME)
@_option("--user", told=N_("Account; at first tancopy."), default=DROP_BOX_USER, metavar="USER")
@_option("-R", "read_only", told=N_("Change nothing."), is_flag=True)
@_option("-p", "allowed", told=N_("Allow only these requests: open,read,stat"), default="", metavar="LIST")
@_option("-P", "denied", told=N_("Deny these requests: remove,rename"), default="", metavar="LIST")
def sftp_server(home: Path, user: str, read_only: bool, allowed: str, denied: str) -> int:
    """Serve the drop box on standard input and output, as the SFTP subsystem of another SSH server."""
    from menus.files_program import serve_files

    with in_words(home, "sftp-server"):
        return serve_files(home, user, allowed, denied, read_only=read_only)


@_program(N_("Carry what waits from one appliance to another, with your own ssh set-up."))
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@_option("-F", "config", told=N_("Your ssh_config."), type=FILE, metavar="FILE")
@click.pass_obj
def courier(streams: Streams, source: str, target: str, config: Path | None) -> int:
    """Carry requests, certificates and tanium.pub from one appliance to another, with your own ssh set-up."""
    from sftp.courier import carry

    result = carry(source, target, tell=lambda message: streams.complain([speak(message)]), config=config)
    streams.show(outcome_lines(result))
    return ExitCode.DONE


programs.add_command(board)
programs.add_command(inspect)
programs.add_command(pair)
programs.add_command(client)
programs.add_command(relying_hand)
programs.add_command(restore)
programs.add_command(upgrade)


@programs.command(
    "keyutility",
    cls=Spoken,
    help=speak(N_("Make keys, requests and certificates as files, in the words of KeyUtility.")),
    context_settings={"ignore_unknown_options": True},
    add_help_option=False,
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="JOB …")
@click.pass_obj
def keyutility(streams: Streams, words: tuple[str, ...]) -> int:
    """Make keys, requests and certificates as files."""
    from menus.key_utility.program import run

    return run(words, streams)


@_program(N_("Run appliances to sign in to, until Ctrl-C."))
@click.argument("directory", type=HOME)
@_option("--release", told=WHICH_RELEASE, type=click.Choice(list(RELEASES)), metavar="RELEASE", default="7.3")
@_option("--with", "more", told=N_("Further appliances: ms1,ts2."), default="", metavar="NAMES")
def lab(directory: Path, release: str, more: str) -> int:
    """Run appliances to sign in to, until Ctrl-C."""
    from menus.lab.run import main_lab

    return main_lab(directory, release, tuple(name.strip() for name in more.split(",") if name.strip()))


@_program(N_("Show two appliances exchange a certificate, unattended."))
@click.argument("directory", type=HOME, required=False)
def demo(directory: Path | None) -> int:
    """Show two appliances exchange a certificate, unattended."""
    from menus.demo.run import main_demo

    return main_demo(directory)
