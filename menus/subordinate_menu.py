"""2 → Z of release 7.4, and 2 → K → S: server TLS keys, which servers make and renew by themselves."""

from menus.item import Ask, Item, Kind, Menu, Option, Verb
from tanos.appliance import Appliance
from tanos.message import N_
from tanos.subordinate.operations import (
    APPROVE_KEY,
    APPROVED_HERE,
    HERE,
    LIST_SUBORDINATE,
    REFUSE_KEY,
    keys_grid,
)


def _asked(appliance: Appliance) -> list[Option]:
    from tanos.subordinate.pending import pending

    return [
        Option(each.name, N_("{name} {code}", name=each.name, code=each.check_code)) for each in pending(appliance)
    ]


_NAME = (
    Ask(
        "name",
        N_("Zone server"),
        Kind.CHOICE,
        options=_asked,
        any_value=True,
        argument=True,
        none=N_("No zone server asks for a key that must be approved."),
    ),
)
LIST = Verb(
    "subordinate-keys list",
    N_("List server TLS keys: who has one below which root, since when, and who asks for one"),
    LIST_SUBORDINATE,
    (),
    HERE,
)
APPROVE = Verb(
    "subordinate-keys approve",
    N_("Have the key of a zone server signed that proves nothing: a new one, or one that was revoked"),
    APPROVE_KEY,
    _NAME,
    APPROVED_HERE,
)
FORGET = Verb(
    "subordinate-keys refuse", N_("Forget what such a zone server asks for"), REFUSE_KEY, _NAME, APPROVED_HERE
)
VERBS = (LIST, APPROVE, FORGET)
IN_PLACE_OF_EXCHANGES = (Item("L", N_("List server TLS keys"), LIST),)
"""Where until 7.3 the manual procedure is, which is unnecessary then."""
MENU = Menu(
    "S",
    N_("Server TLS keys"),
    (Item("1", N_("Approve a zone server's key"), APPROVE), Item("2", N_("Forget a zone server's request"), FORGET)),
    APPROVED_HERE,
    state=keys_grid,
    help=N_("On release 7.4 each server makes its TLS key, has it signed, and renews it by itself."),
)
"""In Root Key Management: who has which key, and what waits."""
