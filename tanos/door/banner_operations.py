"""Show, set and remove the banner of SSH; it is taken from a file of /incoming."""

from tanos.appliance import Appliance
from tanos.banner import Banner
from tanos.door.banner import FILE, banner, read_banner
from tanos.message import N_
from tanos.store.store import Change


def _write(change: Change, _: Appliance, text: str) -> None:
    change.execute("DELETE FROM banner")
    if text:
        change.execute("INSERT INTO banner VALUES (1, ?, ?)", text, change.now)


SSH_BANNER = Banner(
    about="banner",
    file=FILE,
    title=N_("SSH banner"),
    shown=N_("Show this before signing in"),
    unshown=N_("Show no banner before signing in"),
    none=N_("No banner is shown before signing in."),
    read=lambda data: (read_banner(data), ()),
    present=banner,
    write=_write,
    lines=str.splitlines,
)
READ_BANNER, IMPORT_BANNER, REMOVE_BANNER = SSH_BANNER.operations
