"""The pages of the console: a form, a page, what `/info` shows.

Invariant: everything that is no word of the program goes through `text`, so that no name, subject or address becomes
markup. There is no script; the one style is named by its hash.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from tanos.inert import inert
from tanos.message import N_, Message
from tanos.services.tanium_server.sessions import Session

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}"
    "table{border-collapse:collapse;margin:0 0 2rem}th,td{text-align:left;padding:.25rem 1rem .25rem 0;"
    "border-bottom:1px solid #d0d7de;vertical-align:top}td{overflow-wrap:anywhere}label{display:block;"
    "margin:1rem 0}input{display:block;font:inherit;padding:.3rem;width:20rem;max-width:100%}"
    "button{font:inherit;padding:.3rem 1rem}"
    "[role=alert]{border-left:4px solid #b42318;padding-left:1rem}"
)
STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def text(words: object) -> str:
    """Return words as they stand in a page."""
    return escape(inert(str(words)))


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head><body><h1>{text(title)}</h1>{body}</body></html>\n"
    )


def sign_in_page(name: str, trouble: Message | None = None) -> str:
    """Return the form by which one signs in."""
    said = f'<p role="alert">{text(trouble)}</p>' if trouble else ""
    form = (
        '<form method="post" action="/">'
        f'<label>{text(N_("User name"))}<input name="username" autocomplete="username" required autofocus></label>'
        f'<label>{text(N_("Password"))}<input name="password" type="password" autocomplete="current-password"'
        f" required></label><button>{text(N_('Sign In'))}</button></form>"
    )
    return page(f"Tanium Console: {name}", said + form)


def home_page(name: str, session: Session) -> str:
    """Return what somebody who signed in sees first."""
    links = [("/pub/SOAPServer.crt", N_("SOAPServer.crt, where it is published"))]
    if session.is_administrator:
        links.insert(0, ("/info", N_("Info: version, TLS, certificates, services")))
    listed = "".join(f'<li><a href="{where}">{text(said)}</a></li>' for where, said in links)
    who = _facts([(N_("User"), session.user), (N_("Role"), session.role)])
    out = f'<form method="post" action="/sign-out"><button>{text(N_("Sign Out"))}</button></form>'
    return page(f"Tanium Console: {name}", f"{who}<ul>{listed}</ul>{out}")


def message_page(name: str, said: Message) -> str:
    """Return a page with one sentence."""
    return page(f"Tanium Console: {name}", f'<p role="alert">{text(said)}</p><p><a href="/">{text(name)}</a></p>')


def info_page(info: Mapping[str, Any]) -> str:
    """Return how a server stands, for people."""
    certificates = [
        (each["name"], each.get("subject", ""), each.get("not_before", ""),
         each.get("not_after", each.get("problem", "")), each.get("days_left", ""), each.get("fingerprint", ""))
        for each in info["certificates"]
    ]  # fmt: skip
    segments = [
        (each["segment"], each["tls"], each.get("using_tls", ""), each.get("unencrypted", ""))
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
        f"Info: {info['fqdn']}",
        _facts(facts)
        + _table(N_("TLS"), (N_("segment"), N_("TLS"), N_("using TLS"), N_("unencrypted")), segments)
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
    )


def _ports(service: Mapping[str, Any]) -> Iterable[tuple[str, object, Mapping[str, Any]]]:
    found = [(name, number, service["served"].get(name, {})) for name, number in service["ports"].items()]
    return found or [("", "", {})]


def _facts(facts: Sequence[tuple[Message, object]]) -> str:
    rows = "".join(f"<tr><th>{text(label)}</th><td>{text(value)}</td></tr>" for label, value in facts)
    return f"<table>{rows}</table>"


def _table(title: Message, columns: Sequence[Message], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{text(column)}</th>" for column in columns)
    lines = "".join("<tr>" + "".join(f"<td>{text(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<h2>{text(title)}</h2><table><tr>{head}</tr>{lines}</table>"
