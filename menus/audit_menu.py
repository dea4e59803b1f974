"""4 → A, Audit: what was done here, by whom and from where."""

from menus.item import Ask, Item, Menu, Need, Verb
from menus.policy_lines import line
from tanos.audit.operations import ARCHIVE_RECORDS, EXPORT_RECORDS, LIST_RECORDS, SHOW_RECORD
from tanos.message import N_
from tanos.policy.table import AUDIT_DAYS

FILTERS = (
    Ask("about", N_("About what (a part of its name)"), need=Need.OPTIONAL),
    Ask("verb", N_("Verb, or its first word"), need=Need.OPTIONAL),
    Ask("since", N_("Since (UTC)"), need=Need.OPTIONAL, help=N_("As 2026-11-22 or 2026-11-22T12:00:00Z.")),
)
LIST = Verb("audit list", N_("List what was done here, the newest first"), LIST_RECORDS, FILTERS)
SHOW = Verb(
    "audit show",
    N_("Show one record of what was done"),
    SHOW_RECORD,
    (Ask("reference", N_("Reference"), argument=True, help=N_("As it was said: A-123.")),),
)
EXPORT = Verb(
    "audit export", N_("Put records of what was done into /outgoing, one JSON line each"), EXPORT_RECORDS, FILTERS
)
ARCHIVE = Verb("audit archive", N_("Put old records away into backups, verified, and cut them here"), ARCHIVE_RECORDS)
VERBS = (LIST, SHOW, EXPORT, ARCHIVE)

MENU = Menu(
    "A",
    N_("Audit"),
    (
        Item("1", N_("List"), LIST),
        Item("2", N_("Show a record"), SHOW),
        Item("3", N_("Put into /outgoing"), EXPORT),
        Item("4", N_("Put old records away"), ARCHIVE),
        line("5", N_("Keep records"), AUDIT_DAYS),
    ),
    help=N_("What was done here, by whom and from where; nothing of it can be changed."),
)
