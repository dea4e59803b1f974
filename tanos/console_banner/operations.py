"""Show, set and remove what the console shows before signing in; it is taken from a file of /incoming.

Rule (the vendor's guides): it is `banner.html`, and stands in the setting `console_PreLoginBannerHTML`. Invariant:
what is stored by an import was written anew (`markup`); the page writes it anew once more, whoever stored it.
"""

from tanos.appliance import Appliance
from tanos.banner import Banner
from tanos.errors import AnswerRefused
from tanos.finding import Finding, note
from tanos.markup import lines_of, rewritten
from tanos.message import N_, Message
from tanos.settings.catalogue import BANNER, MOST_CHARACTERS, setting_named
from tanos.settings.setting import Component
from tanos.settings.values import remove, value_of, write
from tanos.store.store import Change

FILE = "banner.html"
MOST_BYTES = 16 * 1024
"""Of the file; what is stored may be as long as the setting takes."""


def console_banner(appliance: Appliance) -> str:
    """Return the markup that is shown, as it is stored; empty where there is none."""
    return str(value_of(appliance, setting_named(appliance.identity, BANNER, Component.GLOBAL)) or "")


def read_html(data: bytes) -> tuple[str, tuple[Finding, ...]]:
    """Return the markup of a file, written anew. Raises AnswerRefused `bad-banner`."""
    if len(data) > MOST_BYTES:
        raise _refused(N_("The file is longer than {most} bytes.", most=str(MOST_BYTES)))
    try:
        markup, left_out = rewritten(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _refused(N_("The file is not text (UTF-8).")) from None
    if not lines_of(markup):
        raise _refused(N_("The file holds no text."))
    if len(markup) > MOST_CHARACTERS:
        raise _refused(N_("Its text is longer than {most} characters.", most=str(MOST_CHARACTERS)))
    return markup, _left_out(left_out)


def _left_out(names: tuple[str, ...]) -> tuple[Finding, ...]:
    if not names:
        return ()
    return (
        note(
            "banner-simplified",
            N_("Of its markup this was left out: {names}.", names=", ".join(names[:12])),
            N_("Text, headings, lists, bold and italic are shown; links, pictures, styles and scripts never are."),
        ),
    )


def _write(change: Change, appliance: Appliance, text: str) -> None:
    setting = setting_named(appliance.identity, BANNER, Component.GLOBAL)
    if text:
        write(change, setting, text)
    else:
        remove(change, setting)


def _refused(why: Message) -> AnswerRefused:
    return AnswerRefused("bad-banner", why, N_("Put a short {file} into /incoming and try again.", file=FILE))


CONSOLE_BANNER = Banner(
    about=BANNER,
    file=FILE,
    title=N_("HTML banner of the console"),
    shown=N_("Show this at the console before signing in"),
    unshown=N_("Show no banner at the console before signing in"),
    none=N_("No banner is shown at the console before signing in."),
    read=read_html,
    present=console_banner,
    write=_write,
    lines=lambda text: lines_of(rewritten(text)[0]),
)
READ_HTML_BANNER, IMPORT_HTML_BANNER, REMOVE_HTML_BANNER = CONSOLE_BANNER.operations
