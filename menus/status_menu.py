"""4, Tanium Status: what an operator looks at first; it changes nothing."""

from menus.item import Item, Menu, Verb
from tanos.exchange.installed import LIST_CERTIFICATES
from tanos.exchange.status import STATUS as READ_STATUS
from tanos.message import N_
from tanos.offer import EVERYBODY

STATUS = Verb("status", N_("Show who this appliance is and where it stands"), READ_STATUS, (), EVERYBODY)
CERTIFICATES = Verb(
    "certificates list",
    N_("List the installed certificates and how long they last"),
    LIST_CERTIFICATES,
    (),
    EVERYBODY,
)
VERBS = (STATUS, CERTIFICATES)

MENU = Menu(
    "4",
    N_("Tanium Status"),
    (Item("1", N_("Overview"), STATUS), Item("2", N_("Certificates"), CERTIFICATES)),
    EVERYBODY,
)
