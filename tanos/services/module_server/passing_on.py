"""Handing one HTTP request on, and its answer back, as they are: bodies pass through and are never held whole.

Invariants: what is for one connection only (RFC 9110 7.6.1) stays on it; whom a module calls back is said by us
alone, whatever came under that name. Redirects are handed on, never followed; nothing is unpacked on the way. An
answer that is cut off is cut off for who asked, too.
"""

import asyncio
from collections.abc import Mapping
from ssl import SSLContext
from typing import Any

from aiohttp import ClientError, ClientSession, ServerFingerprintMismatch, hdrs, web
from aiohttp.client_exceptions import ClientConnectorCertificateError, ClientSSLError
from multidict import CIMultiDict
from yarl import URL

from tanos.services.letting_go import let_go

CALLER = "Tanium-Server"
"""The header that tells a module whom to call back: HOST:PORT; to the Module Server it tells the name of who asks."""
PLUGIN = "/plugin/"
LIMITS: dict[str, Any] = {"max_line_size": 4096, "max_field_size": 4096, "max_headers": 64, "lingering_time": 2.0}
_OF_ONE_CONNECTION = (
    hdrs.CONNECTION, hdrs.EXPECT, hdrs.KEEP_ALIVE, hdrs.PROXY_AUTHENTICATE, hdrs.PROXY_AUTHORIZATION, hdrs.TE,
    hdrs.TRAILER, hdrs.TRANSFER_ENCODING, hdrs.UPGRADE,
)  # fmt: skip
_AT_ONCE = 64 * 1024


async def pass_on(
    request: web.BaseRequest,
    session: ClientSession,
    to: str,
    *,
    context: SSLContext | bool = True,
    own: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Hand a request on to `to` (`https://HOST:PORT`), with `own` headers; return the answer, which is sent by then.

    What keeps it from being answered is answered by its id: 400, 415, 502.
    """
    if not request.raw_path.startswith("/"):  # as one asks a proxy
        return refused(400, "not-understood")
    if hdrs.CONTENT_ENCODING in request.headers:
        return refused(415, "packed")
    asking = {**_question(request, own or {}), "url": URL(to + request.raw_path, encoded=True), "ssl": context}
    response: web.StreamResponse | None = None
    try:
        async with session.request(**asking) as answer:
            passed = _passed(answer.headers)
            response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=passed)
            await response.prepare(request)
            async for part in answer.content.iter_chunked(_AT_ONCE):
                await response.write(part)
            await response.write_eof()
    except (ServerFingerprintMismatch, ClientConnectorCertificateError, ClientSSLError):
        return refused(502, "not-trusted")
    except asyncio.CancelledError:
        if response is not None and request.transport is not None:
            let_go(request.transport)
        raise
    except (ClientError, TimeoutError):
        if response is None:
            return refused(502, "unreachable")
        if request.transport is not None:
            let_go(request.transport)
    return response


def _question(request: web.BaseRequest, own: Mapping[str, str]) -> dict[str, Any]:
    """Return what is asked anew, as it was asked here."""
    headers = _passed(request.headers, hdrs.HOST, hdrs.COOKIE, *own)
    headers.update(own)
    data = request.content if request.can_read_body else None
    return {"method": request.method, "headers": headers, "data": data, "allow_redirects": False}


def refused(status: int, error_id: str) -> web.Response:
    """Return an answer that says by an id what kept a request from being answered."""
    return web.json_response({"error": error_id}, status=status)


def _passed(headers: Mapping[str, str], *others: str) -> CIMultiDict[str]:
    passed = CIMultiDict(headers)
    named = [each.strip() for each in ",".join(passed.getall(hdrs.CONNECTION, ())).split(",")]
    for name in (*_OF_ONE_CONNECTION, *named, *others):
        passed.popall(name, None)
    return passed
