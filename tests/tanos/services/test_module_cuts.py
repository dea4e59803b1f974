"""Between Tanium Server and Module Server: what was cut, ended on one side or went silent is connected anew."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web

from tanos.services.line import Line
from tanos.services.tanium_server.plugins import Plugins
from tests.tanos.services.modules import MS, TS, Supervising, order, pair, serve_http, site
from tests.tanos.services.relay import Joined, relay
from tests.tanos.services.test_cuts import HARMS
from tests.tanos.services.travelling import travel


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_user_whose_server_lost_its_module_server_is_answered_at_the_latest_the_second_time(
    harm: Callable[[Joined], None],
) -> None:
    async def story() -> None:
        async with AsyncExitStack() as stack:
            here = await stack.enter_async_context(site([order(TS, pair(TS))]))
            between = await stack.enter_async_context(relay(int(here.url.rpartition(":")[2])))
            known = Supervising([order(MS, pair(MS), between.port)])
            plugins = Plugins(cast(Line, known), pair(TS), TS)
            stack.push_async_callback(plugins.close)
            port = await serve_http(stack, cast(Any, Handing(plugins)))
            session = await stack.enter_async_context(ClientSession())
            assert await ask(session, port) == 200
            (harmed,) = between.open
            harm(harmed)
            if await ask(session, port) != 200:
                assert await ask(session, port) == 200
            assert len(between.came) == 2

    travel(story())


class Handing:
    """The console's side: it hands on whatever comes."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Hand on."""
        return await self._plugins.pass_on(request, "user")


async def ask(session: ClientSession, port: int) -> int:
    """Ask a module; return the status."""
    async with session.post(f"http://127.0.0.1:{port}/plugin/echo/x", data=b"text") as answer:
        await answer.read()
        return answer.status
