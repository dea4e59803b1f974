"""The pages of the console: a form, a page, what `/info` shows.

Invariant: everything that is no word of the program goes through `text`, so that no name, subject or address becomes
markup. There is no script; the one style is named by its hash.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from tanos.inert import inert
from tanos.markup import rewritten
from tanos.message import N_, Message
from tanos.services.tanium_server.sessions import Session
from tanos.services.tanium_server.style import STYLE

_COLONS, _SHORT = 31, 32
"""In a SHA-256 fingerprint; characters that stand in one line."""
_NO_END = "9999-"
"""The year of a certificate that has no end (RFC 5280 section 4.1.2.5)."""
_OF_SEGMENTS = (
    N_("segment"),
    N_("TLS"),
    N_("using TLS"),
    N_("unencrypted"),
    N_("refused, not connected"),
)


def text(words: object) -> str:
    """Return words as they stand in a page."""
    return escape(inert(str(words)))


def page(name: str, body: str, title: Message | None = None) -> str:
    """Return a whole page of the server `name`."""
    heading = f"<h1>{text(title)}</h1>" if title else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title or N_('Tanium Console'))}: {text(name)}</title><style>{STYLE}</style></head><body>"
        f"<header><a href='/'>{text(N_('Tanium Console'))}</a><span>{text(name)}</span></header>"
        f"<main>{heading}{body}</main></body></html>\n"
    )


def sign_in_page(name: str, trouble: Message | None = None, banner: str = "") -> str:
    """Return the form by which one signs in, below the banner, whose markup is written anew here."""
    shown = rewritten(banner)[0]
    said = f'<p role="alert">{text(trouble)}</p>' if trouble else ""
    form = (
        f"<h1>{text(N_('Sign In'))}</h1>{said}"
        '<form method="post" action="/">'
        f'<label>{text(N_("User name"))}<input name="username" autocomplete="username" required autofocus></label>'
        f'<label>{text(N_("Password"))}<input name="password" type="password" autocomplete="current-password"'
        f" required></label><button>{text(N_('Sign In'))}</button></form>"
    )
    around = f"<aside>{shown}</aside>" if shown else ""
    return page(name, f'{around}<section class="narrow">{form}</section>')


def home_page(name: str, session: Session) -> str:
    """Return what somebody who signed in sees first."""
    links = [("/pub/SOAPServer.crt", N_("SOAPServer.crt, where it is published"))]
    if session.is_administrator:
        links.insert(0, ("/info", N_("Info: version, TLS, certificates, services")))
    listed = "".join(f'<li><a href="{where}">{text(said)}</a></li>' for where, said in links)
    who = _facts([(N_("User"), session.user), (N_("Role"), session.role)])
    out = f'<form method="post" action="/sign-out"><button>{text(N_("Sign Out"))}</button></form>'
    return page(name, f"{who}<section><ul>{listed}</ul></section>{out}")


def message_page(name: str, said: Message) -> str:
    """Return a page with one sentence."""
    back = f'<p><a href="/">{text(N_("Back to the first page"))}</a></p>'
    return page(name, f'<section class="narrow"><p role="alert">{text(said)}</p>{back}</section>')


def info_page(info: Mapping[str, Any]) -> str:
    """Return how a server stands, for people."""
    certificates = [
        (each["name"], each.get("subject", ""), _day(each.get("not_before", "")), *_end(each),
         each.get("fingerprint", ""))
        for each in info["certificates"]
    ]  # fmt: skip
    segments = [
        (each["segment"], each["tls"], each.get("using_tls", ""), each.get("unencrypted", ""), _not_there(each))
        for each in info["segments"]
    ]
    services = [
        (each["name"], N_("running") if each["running"] else N_("stopped"), port, number, seen.get("protocol", ""),
         seen.get("fingerprint", ""))
        for each in info["services"]
        for port, number, seen in _ports(each)
    ]  # fmt: skip
    facts = [(N_("Version"), info["version"]), (N_("Role"), info["role"]), (N_("Release"), info["release"])]
    return page(
        info["fqdn"],
        _facts(facts)
        + _table(N_("TLS, as each registered last"), _OF_SEGMENTS, segments)
        + _table(
            N_("Certificates"),
            (N_("file"), N_("subject"), N_("from"), N_("until"), N_("days left"), N_("SHA-256 fingerprint")),
            certificates,
        )
        + _table(
            N_("Services"),
            (N_("service"), N_("state"), N_("port"), N_("number"), N_("protocol"), N_("SHA-256 fingerprint")),
            services,
        ),
        N_("Info"),
    )


def _not_there(segment: Mapping[str, Any]) -> object:
    return ", ".join(segment.get("not_connected", ())) or segment.get("refused", "")


def _ports(service: Mapping[str, Any]) -> Iterable[tuple[str, object, Mapping[str, Any]]]:
    found = [(name, number, service["served"].get(name, {})) for name, number in service["ports"].items()]
    return found or [("", "", {})]


def _end(certificate: Mapping[str, Any]) -> tuple[object, object]:
    """Return until when a certificate is valid, and how many days that is; or what is wrong with it."""
    day = _day(certificate.get("not_after", ""))
    if day.startswith(_NO_END):
        return N_("no end"), "-"
    return day or certificate.get("problem", ""), certificate.get("days_left", "")


def _day(moment: str) -> str:
    return moment.partition("T")[0]


def _facts(facts: Sequence[tuple[Message, object]]) -> str:
    rows = "".join(f"<tr><th>{text(label)}</th><td>{text(value)}</td></tr>" for label, value in facts)
    return f"<section><table>{rows}</table></section>"


def _table(title: Message, columns: Sequence[Message], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{text(column)}</th>" for column in columns)
    lines = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<section><h2>{text(title)}</h2><table><tr>{head}</tr>{lines}</table></section>"


def _cell(value: object) -> str:
    shown = str(value)
    kind = ' class="code"' if shown.count(":") == _COLONS else ' class="long"' if len(shown) > _SHORT else ""
    return f"<td{kind}>{text(value)}</td>"
