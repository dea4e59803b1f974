"""What the hand's words mean to an operator: each a refusal with its id, one sentence why and one what to do.

Invariant: what a command wrote, and what stands in a file, is shown inert.
"""

from collections.abc import Callable, Mapping
from typing import Any

from tanos.errors import AnswerRefused, Damaged, HalfDone, NotYet, TanosError
from tanos.inert import inert
from tanos.message import N_, Message
from tanos.relying.stopped import Stopped

Fields = Mapping[str, Any]
_LOOK = N_("Look at the service and its log, then try again.")
_ROOT = N_("Root mends it; nothing was changed.")


def none_here() -> NotYet:
    """Return what is said where no hand answers."""
    return NotYet(
        "no-relying-hand",
        N_("Nobody here gives certificates to relying services."),
        N_("Root writes their file and has the appliance served with it (docs/relying.md)."),
    )


def refusal(stopped: Stopped) -> TanosError:
    """Return the error that a word of the hand stands for."""
    fields = {name: inert(value) if isinstance(value, str) else value for name, value in stopped.fields.items()}
    if stopped.why in _AFTER and not fields.get("back", False):
        return _not_back(stopped.why, fields)
    made = _WORDS.get(stopped.why)
    return made(fields) if made else _internal(stopped.why)


def _unsafe(fields: Fields) -> TanosError:
    why = {
        "owner": N_("it, or a directory above it, belongs to somebody else"),
        "mode": N_("others can write it, or a directory above it"),
        "link": N_("a directory above it is a link"),
        "path": N_("it is no whole path"),
    }.get(fields["reason"], N_("it is not what it must be"))
    return Damaged(
        "relying-unsafe",
        N_("{path} is not used: {why}.", path=fields["path"], why=why),
        N_("It must be root's alone, and so must the directories above it."),
    )


def _check_failed(fields: Fields) -> TanosError:
    return AnswerRefused(
        "relying-check-failed",
        N_("At the check: {what} The service was not touched.", what=_command(fields)),
        N_("See what the check command says of the files; the certificate in use stays."),
    )


def _cannot_write(fields: Fields) -> TanosError:
    return Damaged(
        "relying-cannot-write",
        N_("The files of {name} could not be written ({status}).", name=fields["name"], status=fields["status"]),
        N_("Check free space, and whose its directory is: who gives certificates here must be able to write it."),
    )


def _swap_failed(fields: Fields) -> TanosError:
    return Damaged(
        "relying-swap-failed",
        N_(
            "At the swap: the files could not be put in place ({status}). The earlier ones are back.",
            status=fields["status"],
        ),
        N_("Check free space and rights of its directory."),
    )


def _reload_failed(fields: Fields) -> TanosError:
    return Damaged(
        "relying-reload-failed",
        N_("At the reload: {what} {back}", what=_command(fields), back=_back(fields)),
        _LOOK,
    )


def _not_served(fields: Fields) -> TanosError:
    return Damaged(
        "relying-not-served", N_("At the handshake: {what} {back}", what=_seen(fields), back=_back(fields)), _LOOK
    )


def _not_back(why: str, fields: Fields) -> TanosError:
    step = {"swap-failed": N_("swap"), "reload-failed": N_("reload"), "not-served": N_("handshake")}.get(
        why, N_("start")
    )
    return HalfDone(
        "relying-not-back",
        N_(
            "It failed at the {step} ({what}), and the earlier certificate is not served again ({again}).",
            step=step,
            what=_seen(fields) if why == "not-served" else _command(fields),
            again=str(fields.get("again", "-")),
        ),
        N_("The earlier files are in place where the disk allowed it: reload the service by hand, and see its log."),
    )


def _seen(fields: Fields) -> Message:
    if fields.get("trouble"):
        return N_("nobody serves TLS at {address} ({trouble}).", address=fields["address"], trouble=fields["trouble"])
    return N_("{address} still serves another certificate.", address=fields["address"])


def _back(fields: Fields) -> Message:
    if fields.get("earlier"):
        return N_("The earlier certificate is back, and is served.")
    return N_("The files are away again; there was no certificate before.")


def _command(fields: Fields) -> Message:
    command, status, said = (fields.get(name) or "-" for name in ("command", "status", "said"))
    if fields.get("said"):
        return N_("{command} ended with {status}: {said}.", command=command, status=status, said=said)
    return N_("{command} ended with {status}.", command=command, status=status)


def _internal(why: str) -> TanosError:
    return Damaged(
        "relying-failed",
        N_("The program that gives relying services their certificates failed ({why}).", why=inert(why)),
        N_("Tell your support; the log of the appliance says more."),
    )


_AFTER = frozenset({"swap-failed", "reload-failed", "not-served", "interrupted"})
"""At these steps the service may have read the new files."""
_WORDS: Mapping[str, Callable[[Fields], TanosError]] = {
    "unsafe": _unsafe,
    "check-failed": _check_failed,
    "cannot-write": _cannot_write,
    "swap-failed": _swap_failed,
    "reload-failed": _reload_failed,
    "not-served": _not_served,
    "file-missing": lambda fields: Damaged(
        "relying-file-missing", N_("There is no {path}.", path=fields["path"]), _ROOT
    ),
    "file-wrong": lambda fields: Damaged(
        "relying-file-wrong",
        N_(
            "The file of relying services is not understood: {name}, {field}.",
            name=fields["name"],
            field=fields["field"],
        ),
        _ROOT,
    ),
    "no-such-relying": lambda fields: AnswerRefused(
        "no-such-relying",
        N_("There is no relying service {name} here.", name=fields["name"]),
        N_("They are: {names}.", names=fields["known"] or "-"),
    ),
    "no-such-version": lambda fields: AnswerRefused(
        "no-such-version",
        N_("There is no version {version} to restore.", version=fields["version"]),
        N_("Choose one of the versions that are listed as kept."),
    ),
    "no-pair": lambda _: NotYet(
        "relying-no-pair",
        N_("There is no such pair on this appliance, or it is damaged."),
        N_("Install one first; then give it to the service."),
    ),
    "not-granted": lambda fields: NotYet(
        "relying-not-granted",
        N_("The pair {kind} was not granted when the appliance was started.", kind=fields["kind"]),
        N_("Start the appliance anew: the file of relying services named no such pair then."),
    ),
    "busy": lambda _: NotYet(
        "busy", N_("A certificate is being given to a relying service."), N_("Try again in a few seconds.")
    ),
    "interrupted-back": lambda _: NotYet(
        "relying-interrupted",
        N_("The program that does it was interrupted, and has put everything back."),
        N_("Look at the service, then try again."),
    ),
    "stale": lambda _: NotYet(
        "stale",
        N_("Another certificate was installed on the appliance in the meantime."),
        N_("Look at the present state and try again."),
    ),
    "unfinished": lambda fields: Damaged(
        "relying-unfinished",
        N_("What was begun at {name} could not be ended.", name=fields["name"]),
        N_("Check free space and rights of its directory."),
    ),
}
