"""An HTTP server that tells strangers nothing of itself: what is no request is refused in our words, by our headers.

Invariant: neither what was sent nor what the library thinks of it stands in the answer, or is written down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

NO_REQUEST = "This is no request that is understood here.\n"


class QuietServer(web.Server):
    """Answers what it can read by `serve`; takes the library's further words as they are."""

    def __init__(
        self,
        serve: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        headers: Mapping[str, str],
        **words: Any,
    ) -> None:
        super().__init__(serve, **words)
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        self._headers, self._words = headers, words

    def __call__(self) -> web.RequestHandler:
        """Return who serves one connection."""
        return _Quiet(self, self._headers, loop=asyncio.get_running_loop(), **self._words)


class _Quiet(web.RequestHandler):
    __slots__ = ("_said_with",)

    def __init__(self, manager: web.Server, headers: Mapping[str, str], **words: Any) -> None:
        super().__init__(manager, **words)
        self._said_with = headers

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read. Raises ConnectionError where an answer is under way."""
        answer = super().handle_error(request, status, exc, NO_REQUEST)
        answer.headers.update(self._said_with)
        return answer
