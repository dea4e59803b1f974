"""Lists of verbs: all of them for programs (`verbs --json`) and people, or those of one noun."""

from collections.abc import Iterator, Sequence
from typing import Any

from menus.as_json import one_line
from menus.item import Ask, Verb
from menus.language import speak
from menus.nouns import MODULES, every_verb, verbs_of
from menus.walk import verbs as items_of
from tanos.offer import Offer
from tanos.platform import Role, UserRole

LIST = "verbs"
HELP = "help"


RECEIVER = "TaniumReceiver"
_RECEIVER = [RECEIVER.lower(), "config"]


def in_our_words(words: Sequence[str]) -> list[str]:
    """Return the words as a verb has them.

    `help NOUN VERB` is `NOUN VERB --help`, which every verb knows; `TaniumReceiver config set`, as the documents have
    it, sets a setting of the Tanium Server unless `--component` names another's.
    """
    if words[:1] == [HELP]:
        return in_our_words([*words[1:], "--help"])
    if [word.lower() for word in words[:2]] != _RECEIVER:
        return list(words)
    verb, rest = list(words[2:3]), words[3:]
    names_one = any(word.partition("=")[0] == "--component" for word in words)
    whose = [] if names_one or not verb or verb[0].startswith("-") else ["--component", "server"]
    return ["settings", *verb, *whose, *rest]


def asks_for_list(words: Sequence[str]) -> bool:
    """Say whether a list of verbs is wanted: `verbs`, `--help`, or a noun with `--help`."""
    plain = [word for word in words if not word.startswith("-")]
    if plain[:1] == [LIST]:
        return True
    if "--help" not in words:
        return False
    return not plain or (len(plain) == 1 and plain[0] in MODULES and plain[0] not in verbs_of(plain[0]))


def list_verbs(words: Sequence[str], *, as_json: bool) -> Iterator[str]:
    """Yield the list that `words` ask for."""
    plain = [word for word in words if not word.startswith("-") and word != LIST]
    verbs = verbs_of(plain[0]) if plain and plain[0] in MODULES else every_verb()
    if as_json:
        yield one_line({"verbs": [_record(verb, paths) for verb, paths in _with_paths(verbs)]})
        return
    for verb, paths in _with_paths(verbs):
        yield f"{verb.name}: {speak(verb.summary)}" + (f" ({', '.join(paths)})" if paths else "")


def _with_paths(verbs: dict[str, Verb]) -> Iterator[tuple[Verb, list[str]]]:
    from menus.tree import MAIN

    items = list(items_of(MAIN))
    for verb in verbs.values():
        yield verb, [path for item, path in items if item.verb is verb]


def _record(verb: Verb, paths: list[str]) -> dict[str, Any]:
    return {
        "verb": verb.name,
        "summary": str(verb.summary),
        "changes": verb.changes,
        "menu": paths,
        "offer": _offer(verb.offer),
        "asks": [_ask(ask) for ask in verb.asks],
        "word_flag": verb.word_flag,
    }


def _offer(offer: Offer) -> dict[str, Any]:
    return {
        "roles": [role.value for role in Role if role in offer.roles],
        "add_on": offer.add_on.value if offer.add_on else "",
        "manual_tls_only": offer.manual_tls_only,
        "users": [role.value for role in UserRole if role in offer.users],
    }


def _ask(ask: Ask) -> dict[str, Any]:
    return {
        "name": ask.name,
        "label": str(ask.label),
        "kind": ask.kind.value,
        "need": ask.need.value,
        "word": "" if ask.from_stdin else ask.name.upper() if ask.argument else ask.option,
        "stdin": ask.from_stdin,
        "choices": [option.value for option in ask.choices],
        "positional": ask.argument,
        "many": ask.many,
    }
