"""Console and API of a Tanium Server, by HTTPS: what is asked for, and who answers it.

Invariants: what is not listed here is not found. Every request is bounded in size and in time, and whatever goes
wrong inside is one line in the log and a reference in the answer. `/info` is for Administrators.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web
from cryptography import x509

from tanos.faults import text_of
from tanos.message import N_
from tanos.services.catalogue import HTTPS
from tanos.services.line import Line, LineLost
from tanos.services.module_server.quiet_web import QuietServer
from tanos.services.orders import Orders
from tanos.services.tanium_server import pages
from tanos.services.tanium_server.answers import HEADERS, TLS_ALONE, Problem, as_json, html, problem_json, wants_json
from tanos.services.tanium_server.plugins import PLUGIN, Plugins
from tanos.services.tanium_server.sessions import Session
from tanos.services.tanium_server.sign_in import (
    COOKIE,
    SignIn,
    asked_by_form,
    asked_by_json,
    refuse_other_sites,
    session_string,
)
from tanos.services.tls import https_server
from tanos.services.web_listener import WebListener

REQUEST_SECONDS, KEEP_ALIVE_SECONDS, PUBLISHED_SECONDS, BANNER_SECONDS = 15.0, 10.0, 1.0, 1.0
_ANY_LIST = "/pub/*.crl"
_LIMITS: dict[str, Any] = {
    "max_line_size": 4096,
    "max_field_size": 4096,
    "max_headers": 64,
    "lingering_time": 2.0,
    "keepalive_timeout": KEEP_ALIVE_SECONDS,
    "access_log": None,
}
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
Answer = Callable[[web.BaseRequest], Awaitable[web.Response]]


class Console:
    """Of one Tanium Server."""

    def __init__(
        self,
        orders: Orders,
        line: Line,
        pair: str,
        hubs: Callable[[], dict[str, bool]],
        revocations: Callable[[], dict[str, bytes]],
    ) -> None:
        """Have `pair` presented, which holds certificates and key.

        `hubs` says which are connected, and if by TLS; `revocations` gives the lists of what is revoked, by file.
        """
        self._orders, self._line, self._hubs, self._revocations = orders, line, hubs, revocations
        self._show(pair)
        self._published = (-PUBLISHED_SECONDS, False)
        self._banner = (-BANNER_SECONDS, "")
        self._signing, self._plugins = SignIn(line), Plugins(line, pair, orders.fqdn)
        self._server = QuietServer(self._serve, HEADERS, **_LIMITS)
        self._listener = WebListener(https_server(pair), self._server)
        self._answers: dict[tuple[str, str], Answer] = {
            ("GET", "/"): self._home,
            ("POST", "/"): self._sign_in,
            ("POST", "/sign-out"): self._sign_out,
            ("POST", "/api/v2/session/login"): self._log_in,
            ("POST", "/api/v2/session/logout"): self._log_out,
            ("POST", "/api/v2/module_servers"): self._module_servers,
            ("GET", "/info"): self._info,
            ("GET", "/pub/SOAPServer.crt"): self._certificate,
            ("GET", _ANY_LIST): self._revocation_list,
        }

    def open(self) -> int:
        """Listen; return the port. Raises OSError."""
        self._listener.open(self._orders.address, self._orders.ports[HTTPS])
        return self._listener.port

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()
        await self._server.shutdown(0)
        await self._plugins.close()

    def present(self, pair: str) -> None:
        """Present another pair to whoever comes from now on; nobody is let go."""
        self._listener.present(https_server(pair))
        self._show(pair)
        self._plugins.show(pair)

    def _show(self, pair: str) -> None:
        certificates = _CERTIFICATE.findall(pair)
        self._certificates = "".join(certificates)
        leaf = x509.load_pem_x509_certificate(certificates[0].encode())
        self._headers = HEADERS if leaf.issuer == leaf.subject else {**HEADERS, **TLS_ALONE}

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._signing.sessions)

    def end_sessions(self, user: str) -> None:
        """Sign a user out everywhere."""
        self._signing.sessions.end_of(user)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        with self._listener.at_work(request.transport):
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    answer = await self._answered(request)
            except Problem as problem:
                answer = self._told(request, problem)
            except (LineLost, TimeoutError):
                answer = self._told(request, Problem(503, "busy", N_("It takes too long."), retry_after=5))
            except Exception as error:
                answer = self._told(request, _broken(request, error))
        answer.headers.update(self._headers)
        return answer

    async def _answered(self, request: web.BaseRequest) -> web.StreamResponse:
        method = "GET" if request.method == "HEAD" else request.method
        if request.path.startswith(PLUGIN):
            return await self._plugin(request)
        wanted = _ANY_LIST if fnmatchcase(request.path, _ANY_LIST) else request.path
        answer = self._answers.get((method, wanted))
        if answer is not None:
            return await answer(request)
        if any(path == wanted for _, path in self._answers):
            raise Problem(405, "method-not-allowed", N_("That is not done here."))
        raise Problem(404, "not-found", N_("There is no such page."))

    def _told(self, request: web.BaseRequest, problem: Problem) -> web.Response:
        if wants_json(request):
            return problem_json(problem)
        name = self._orders.fqdn
        asks_again = request.path == "/" or problem.id == "not-signed-in"
        if asks_again:
            page = pages.sign_in_page(name, problem.message, self._banner[1])
        else:
            page = pages.message_page(name, problem.message)
        return html(page, problem.status, problem.headers)

    async def _home(self, request: web.BaseRequest) -> web.Response:
        session = self._signing.session(request)
        name = self._orders.fqdn
        if session:
            return html(pages.home_page(name, session))
        return html(pages.sign_in_page(name, banner=await self._read_banner()))

    async def _read_banner(self) -> str:
        at, text = self._banner
        if time.monotonic() - at > BANNER_SECONDS:
            text = str((await self._line.ask("banner")).get("banner", ""))
            self._banner = (time.monotonic(), text)
        return text

    async def _sign_in(self, request: web.BaseRequest) -> web.Response:
        string = await self._signing.sign_in(await asked_by_form(request), request.remote or "")
        self._signing.sign_out(request)  # of the session that this browser had
        answer = html("", 303, {"Location": "/"})
        answer.set_cookie(COOKIE, string, path="/", secure=True, httponly=True, samesite="Strict")
        return answer

    async def _sign_out(self, request: web.BaseRequest) -> web.Response:
        refuse_other_sites(request)
        self._signing.sign_out(request)
        answer = html("", 303, {"Location": "/"})
        answer.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
        return answer

    async def _log_in(self, request: web.BaseRequest) -> web.Response:
        string = await self._signing.sign_in(await asked_by_json(request), request.remote or "")
        return as_json({"data": {"session": string}})

    async def _log_out(self, request: web.BaseRequest) -> web.Response:
        refuse_other_sites(request)
        self._signing.sign_out(request)
        return as_json({"data": {}})

    def _administrator(self, request: web.BaseRequest) -> Session:
        session = self._signed_in(request)
        if not session.is_administrator:
            raise Problem(403, "not-administrator", N_("This is for Administrators."))
        return session

    def _signed_in(self, request: web.BaseRequest) -> Session:
        session = self._signing.session(request)
        if session is None:
            raise Problem(401, "not-signed-in", N_("Sign in first."))
        return session

    async def _module_servers(self, request: web.BaseRequest) -> web.Response:
        refuse_other_sites(request)
        return await self._plugins.register(request, self._administrator(request).user)

    async def _info(self, request: web.BaseRequest) -> web.Response:
        self._administrator(request)
        info = await self._line.ask("info")
        info["hubs"] = [{"name": name, "using_tls": by_tls} for name, by_tls in self._hubs().items()]
        return as_json(info) if wants_json(request) else html(pages.info_page(info))

    async def _plugin(self, request: web.BaseRequest) -> web.StreamResponse:
        refuse_other_sites(request)
        self._signed_in(request)
        return await self._plugins.pass_on(request, session_string(request))

    async def _certificate(self, _: web.BaseRequest) -> web.Response:
        at, published = self._published
        if time.monotonic() - at > PUBLISHED_SECONDS:
            published = bool((await self._line.ask("published"))["published"])
            self._published = (time.monotonic(), published)
        if not published:
            raise Problem(404, "not-published", N_("The certificate is not published."))
        return web.Response(text=self._certificates, content_type="application/x-x509-ca-cert")

    async def _revocation_list(self, request: web.BaseRequest) -> web.Response:
        der = self._revocations().get(request.path.removeprefix("/pub/"))
        if not der:
            raise Problem(404, "not-published", N_("No revocation list is signed yet."))
        return web.Response(body=der, content_type="application/pkix-crl")


def _broken(request: web.BaseRequest, error: Exception) -> Problem:
    """Write a fault of this program into its log, which is what it prints; return what is said of it."""
    reference = "F-" + secrets.token_hex(4)
    logging.getLogger("tanos.console").error("%s %s\n%s", reference, request.path[:200], text_of(error))
    return Problem(500, "internal", N_("The program failed at this. Reference: {reference}.", reference=reference))
