"""2 → S, Relying Services (ours): whom the appliance gives its certificates, and what each serves."""

from collections.abc import Mapping
from typing import Any

from menus.item import Answers, Ask, Item, Kind, Menu, Need, Option, Pick, Verb
from menus.pair_asks import version_label
from tanos.appliance import Appliance
from tanos.errors import TanosError
from tanos.message import N_
from tanos.relying.asking import GLANCE_SECONDS, ask, names
from tanos.relying.operations import INSTALL_RELYING, PUT_BACK_RELYING
from tanos.relying.standing import LIST_RELYING, SHOW_RELYING


def _none(_: Appliance) -> str:
    return ""


def _names(appliance: Appliance) -> list[Option]:
    return [Option(name, name) for name in names(appliance)]


def _versions(appliance: Appliance, answers: Answers) -> list[Option]:
    """Return those that are kept and not in use."""
    try:
        kept = ask(appliance, "kept", seconds=GLANCE_SECONDS).get(
            answers["name"], {"versions": [], "installed": None}
        )
    except TanosError:
        return []
    return [Option(f"v{each['number']}", _version(each)) for each in kept["versions"] if each != kept["installed"]]


def _version(kept: Mapping[str, Any]) -> str:
    installed, end, code = (str(kept.get(each, "")) for each in ("at", "not_after", "check_code"))
    return version_label(kept["number"], installed, end, code)


NAME = Ask("name", N_("Relying service"), Kind.CHOICE, options=_names, any_value=True, argument=True)
LIST = Verb(
    "relying list", N_("List who presents certificates of this appliance, and what each serves"), LIST_RELYING
)
SHOW = Verb("relying show", N_("Show how one relying service stands"), SHOW_RELYING, (NAME,))
INSTALL = Verb(
    "relying install", N_("Give a relying service the certificate of the appliance"), INSTALL_RELYING, (NAME,)
)
PUT_BACK = Verb(
    "relying put-back",
    N_("Put an earlier certificate of a relying service back"),
    PUT_BACK_RELYING,
    (
        NAME,
        Ask(
            "version",
            N_("Version"),
            Kind.CHOICE,
            Need.OPTIONAL,
            default=_none,
            options_after=_versions,
            any_value=True,
            argument=True,
        ),
    ),
)
VERBS = (LIST, SHOW, INSTALL, PUT_BACK)

_ONE = Menu(
    "2",
    N_("One relying service"),
    (
        Item("1", N_("Show"), SHOW),
        Item("2", N_("Give it the certificate of the appliance"), INSTALL),
        Item("3", N_("Put an earlier certificate back"), PUT_BACK),
    ),
    pick=Pick(
        "name",
        N_("Which relying service"),
        _names,
        N_("No relying service is described here, or nobody here serves them (docs/relying.md)."),
    ),
)
MENU = Menu(
    "S",
    N_("Relying Services"),
    (Item("1", N_("List"), LIST), _ONE),
    help=N_("Other services, as a web server or a database, that present a certificate of this appliance."),
)
