"""Signing in to console and API: by a form and a cookie, or by JSON and a header.

Invariants: whoever does not get in learns neither whether the user exists nor whether he is locked. Who guesses is
made to wait. A form of another site signs nobody in or out.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from tanos.message import N_
from tanos.services.line import Line
from tanos.services.tanium_server.answers import Problem
from tanos.services.tanium_server.guessing import Guessing
from tanos.services.tanium_server.sessions import Session, Sessions

COOKIE, HEADER = "__Host-session", "session"
LONGEST_BODY, LONGEST_WORD = 8192, 1024


@dataclass(frozen=True)
class Asked:
    """Who wants to sign in."""

    user: str
    password: str


class SignIn:
    """Of one server."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._guessing = Guessing()
        self.sessions = Sessions()

    async def sign_in(self, asked: Asked, address: str) -> str:
        """Return the string of a new session. Raises Problem `sign-in-refused`, `too-many`, `busy`; LineLost."""
        seconds = self._guessing.wait(address)
        if seconds:
            raise Problem(429, "too-many", N_("Too many wrong passwords came from there."), retry_after=seconds)
        ended = self.sessions.ended[asked.user]
        with self._guessing.asking(address) as has_place:
            if not has_place:
                raise _busy("busy")
            try:
                answer = await self._line.ask("sign-in", user=asked.user, password=asked.password, address=address)
            except PermissionError as error:
                raise _busy(str(error)) from error
        if "role" not in answer:
            self._guessing.was_wrong(address)
            raise Problem(403, "sign-in-refused", N_("User name or password is wrong."))
        if self.sessions.ended[asked.user] != ended:  # what was looked at holds no more
            raise _busy("busy")
        return self.sessions.make(asked.user, str(answer["role"]))

    def session(self, request: web.BaseRequest) -> Session | None:
        """Return who asks, None where nobody signed in."""
        given = session_string(request)
        return self.sessions.find(given) if given else None

    def sign_out(self, request: web.BaseRequest) -> None:
        """End the session by which somebody asks."""
        self.sessions.end(session_string(request))


def _busy(error_id: str) -> Problem:
    return Problem(503, error_id, N_("Nobody can sign in right now."), retry_after=5)


async def asked_by_json(request: web.BaseRequest) -> Asked:
    """Return who signs in by the API. Raises Problem."""
    try:
        words = json.loads(await body(request))
    except (ValueError, RecursionError) as error:
        raise _not_understood() from error
    if not isinstance(words, dict):
        raise _not_understood()
    return _asked(words)


async def asked_by_form(request: web.BaseRequest) -> Asked:
    """Return who signs in by the form of this site. Raises Problem."""
    refuse_other_sites(request)
    if request.content_type != "application/x-www-form-urlencoded":
        raise _not_understood()
    try:
        words = parse_qs((await body(request)).decode(), max_num_fields=8, keep_blank_values=True)
    except ValueError as error:
        raise _not_understood() from error
    return _asked({name: values[0] for name, values in words.items()})


async def body(request: web.BaseRequest) -> bytes:
    """Return what was sent, if it is short. Raises Problem `too-large`, `not-understood`."""
    data = b""
    try:
        async for part in request.content.iter_chunked(LONGEST_BODY):
            data += part
            if len(data) > LONGEST_BODY:
                raise Problem(413, "too-large", N_("That is too much."))
    except (web.RequestPayloadError, ConnectionError) as error:  # it is not what its head says, or is cut off
        raise _not_understood() from error
    return data


def refuse_other_sites(request: web.BaseRequest) -> None:
    """Raise Problem `other-site` where a browser says that a form of another site was sent."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    is_other = site not in {None, "same-origin", "none"}
    if is_other or (origin is not None and origin != f"https://{request.host}"):
        raise Problem(403, "other-site", N_("This came from another site."))


def _asked(words: dict[str, Any]) -> Asked:
    user, password, domain = words.get("username", ""), words.get("password", ""), words.get("domain", "")
    for each in (user, password, domain):
        if not isinstance(each, str) or len(each) > LONGEST_WORD:
            raise _not_understood()
    try:
        (user + password + domain).encode()
    except UnicodeEncodeError as error:
        raise _not_understood() from error
    return Asked(f"{domain}\\{user}" if domain else user, password)


def session_string(request: web.BaseRequest) -> str:
    """Return the string of the session by which somebody asks; empty where there is none."""
    return request.headers.get(HEADER) or request.cookies.get(COOKIE, "")


def _not_understood() -> Problem:
    return Problem(400, "not-understood", N_("This is no sign-in: username and password, as text."))
