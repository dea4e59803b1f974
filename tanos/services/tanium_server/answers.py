"""How the console answers: pages for people, JSON for programs, and the headers of both.

Invariants: nothing is kept by browsers and proxies; a page loads nothing and is shown in no other; what went wrong
inside is told by a reference alone.
"""

import json
from typing import Any

from aiohttp import web

from tanos.message import Message
from tanos.services.tanium_server.style import STYLE_HASH

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # with none at all a browser keeps from our own form where it is from
    "Server": "tanos",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TLS_ALONE = {"Strict-Transport-Security": "max-age=86400"}
"""With a certificate of an authority alone: of one that signs itself a browser warns, and nobody could go on then."""


class Problem(Exception):
    """What is answered instead of what was asked for: a status, an id, a sentence."""

    def __init__(self, status: int, problem_id: str, message: Message, *, retry_after: int = 0) -> None:
        super().__init__(problem_id)
        self.status, self.id, self.message, self.retry_after = status, problem_id, message, retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What is said beside it."""
        return {"Retry-After": str(self.retry_after)} if self.retry_after else {}


def wants_json(request: web.BaseRequest) -> bool:
    """Say whether a program asks, or a person who wants it so."""
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


def html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a page."""
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def as_json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return data."""
    text = json.dumps(data, ensure_ascii=False) + "\n"
    return web.Response(text=text, status=status, content_type="application/json", headers=headers)


def problem_json(problem: Problem) -> web.Response:
    """Return what went wrong, for programs."""
    said = {"error": {"id": problem.id, "message": str(problem.message)}}
    return as_json(said, problem.status, problem.headers)
