"""Requests that no browser sends: what is no HTTP, what lies about its body, what is packed wrongly."""

import asyncio
import ssl

import pytest

from tests.tanos.services.console_desk import Desk
from tests.tanos.services.segments import until

HOST = b"Host: ts1.lab.test\r\n"
POST = b"POST /api/v2/session/login HTTP/1.1\r\n" + HOST


async def sent(desk: Desk, data: bytes, body: bytes = b"") -> tuple[int, str]:
    """Send bytes, and a body once somebody reads it; return status and text of all that is answered."""
    context = ssl._create_unverified_context()
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.port, ssl=context)
    try:
        writer.write(data)
        if body:
            await until(lambda: any(each.working for each in desk.console._listener._open))
            writer.write(body)
        async with asyncio.timeout(60):
            said = (await reader.read()).decode()
    finally:
        writer.close()
    return int(said.split()[1]), said


@pytest.mark.parametrize(
    "data",
    [
        b"GET /<b>evil</b>" + b"a" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET <script> HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET / HTTP/1.1\r\nHost : evil\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: evil\r\n evil\r\n\r\n",
        POST
        + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /info HTTP/1.1\r\n"
        + HOST
        + b"\r\n",
        POST + b"Content-Length: +5\r\n\r\nabcde",
        POST + b"Content-Encoding: br\r\nContent-Length: 4\r\n\r\nevil",
        b"evil\0 / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"\x00\x00\x00\x05evil!",
    ],
)
async def test_what_is_no_request_is_refused_without_its_own_words_and_those_of_the_library(
    desk: Desk, data: bytes
) -> None:
    status, said = await sent(desk, data)
    assert status == 400
    assert said.count("HTTP/1.") == 1, "nothing that followed was taken for another request"
    assert "evil" not in said
    assert "aiohttp" not in said.casefold()
    assert "Server: tanos\r\n" in said
    assert "X-Content-Type-Options: nosniff\r\n" in said
    assert "Content-Security-Policy: default-src 'none'" in said


async def test_a_body_that_is_not_what_its_head_says_is_no_fault_of_ours(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    status, said = await sent(desk, POST + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n", b"evil")
    assert status == 400
    assert '"not-understood"' in said
    assert not caplog.text, "or strangers fill the log"


async def test_who_signs_in_again_leaves_no_session_behind(desk: Desk) -> None:
    form = ("--data-urlencode", "username=tanium", "--data-urlencode", "password=right")
    cookie = (await desk.curl("/", *form)).headers["set-cookie"].partition(";")[0]
    for _ in range(3):
        reply = await desk.curl("/", *form, "-H", f"Cookie: {cookie}")
        assert reply.status == 303
        assert (await desk.curl("/info", "-H", f"Cookie: {cookie}")).status == 401
        cookie = reply.headers["set-cookie"].partition(";")[0]
    assert desk.console.sessions == 1
    planted = "__Host-session=" + "A" * 43
    await desk.curl("/", *form, "-H", f"Cookie: {planted}")
    assert (await desk.curl("/info", "-H", f"Cookie: {planted}")).status == 401, "nobody chooses another's session"


async def test_who_goes_before_he_has_said_it_all_is_no_fault_of_ours(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", desk.port, ssl=ssl._create_unverified_context())
    writer.write(POST + b"Content-Length: 40\r\n\r\nhalf")
    await until(lambda: any(each.working for each in desk.console._listener._open))
    writer.transport.abort()
    await until(lambda: not any(each.working for each in desk.console._listener._open))
    assert not caplog.text, "or strangers fill the log"
    assert (await desk.curl("/")).status == 200
