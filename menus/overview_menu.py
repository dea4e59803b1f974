"""4 → 1, Overview: what an operator looks at first."""

from menus.item import Item, Verb
from tanos.message import N_
from tanos.offer import EVERYBODY
from tanos.overview.status import STATUS as READ_STATUS

STATUS = Verb("status", N_("Show who this appliance is and where it stands"), READ_STATUS, (), EVERYBODY)
VERBS = (STATUS,)
LINE = Item("1", N_("Overview"), STATUS)
