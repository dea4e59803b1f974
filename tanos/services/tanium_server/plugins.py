"""The way to modules: what a user asks of one goes to the Module Server that is registered, and nowhere else.

Invariants: the Module Server must present the very certificate of its registration, and is shown our own. Who is
asked is looked up for each request, so that a registration holds at once. What says who the user is goes along: a
module calls back in his name.
"""

import contextlib
import json
import ssl

from aiohttp import ClientSession, web

from tanos.message import N_
from tanos.services.line import Line
from tanos.services.module_server.passing_on import CALLER, PLUGIN, pass_on, refused
from tanos.services.module_server.trusting import Known, context_for, session_with
from tanos.services.tanium_server.answers import Problem, as_json
from tanos.services.tanium_server.sign_in import HEADER, body

__all__ = ["PLUGIN", "Plugins"]


class Plugins:
    """Of one Tanium Server."""

    def __init__(self, line: Line, pair: str, name: str) -> None:
        """Show `pair`, certificates and key, and say `name`: another server may present the same pair."""
        self._line, self._pair, self._name = line, pair, name
        self._known: Known | None = None
        self._session: ClientSession | None = None
        self._context: ssl.SSLContext | bool = True

    async def pass_on(self, request: web.BaseRequest, user: str) -> web.StreamResponse:
        """Hand a request on to the Module Server, with the string of the user's session. Raises LineLost."""
        trusted = (await self._line.ask("trusted"))["trusted"]
        if not trusted:
            return refused(503, "no-module-server")
        known = Known.read(trusted[0])
        session = await self._session_with(known)
        own = {HEADER: user, CALLER: self._name}
        return await pass_on(request, session, f"https://{known.where}", context=self._context, own=own)

    async def register(self, request: web.BaseRequest, user: str) -> web.Response:
        """Take a Module Server that an Administrator registers. Raises Problem, LineLost."""
        try:
            said = json.loads(await body(request))
            words = {"name": str(said["name"]), "port": int(said["port"]), "pem": str(said["pem"])}
            answer = await self._line.ask("register-module-server", **words, user=user, host=str(request.remote))
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError) as error:
            raise Problem(400, "not-understood", N_("This is no registration: name, port, pem.")) from error
        except PermissionError as error:
            raise Problem(400, str(error), N_("This registration is refused.")) from error
        return as_json({"data": answer})

    def show(self, pair: str) -> None:
        """Show another pair to the Module Server from the next request on."""
        self._pair, self._known = pair, None

    async def close(self) -> None:
        """Let go of the Module Server."""
        if self._session is not None:
            await self._session.close()

    async def _session_with(self, known: Known) -> ClientSession:
        if self._session is None or known != self._known:
            old, self._session = self._session, session_with(known)
            self._known, self._context = known, context_for(known, self._pair)
            with contextlib.suppress(OSError):
                if old is not None:
                    await old.close()
        return self._session
