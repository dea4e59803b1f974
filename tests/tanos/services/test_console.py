"""The console and its API under curl: who gets in, what he sees, and what everybody else is told."""

import asyncio
import re
from pathlib import Path
from typing import Any, cast

import pytest

from tanos.errors import NotYet
from tanos.message import N_
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.tanium_server import guessing, https, sign_in
from tanos.services.tanium_server.answers import Problem
from tests.conftest import TS1
from tests.tanos.services.authority import authority
from tests.tanos.services.console_desk import INFO, Desk, opened
from tests.tanos.services.segments import until


async def test_curl_signs_in_and_an_administrator_reads_how_the_server_stands(desk: Desk) -> None:
    session = (await desk.log_in()).data["data"]["session"]
    info = await desk.curl("/info", "-H", f"session: {session}", "-H", "Accept: application/json")
    assert (info.status, info.data) == (200, {**INFO, "hubs": [{"name": "hub1", "using_tls": True}]})
    for_people = await desk.curl("/info", "-H", f"session: {session}")
    assert "<td>SOAPServer.crt</td>" in for_people.text
    assert "<script>" not in for_people.text
    await desk.curl("/api/v2/session/logout", "-X", "POST", "-H", f"session: {session}")
    assert (await desk.curl("/info", "-H", f"session: {session}")).status == 401
    assert desk.asked[0] == ("sign-in", {"user": "tanium", "password": "right", "address": "127.0.0.1"})


async def test_who_is_no_administrator_is_told_so_and_who_did_not_sign_in_is_asked_to(desk: Desk) -> None:
    session = (await desk.log_in("ann")).data["data"]["session"]
    refused = await desk.curl("/info", "-H", f"session: {session}", "-H", "Accept: application/json")
    assert (refused.status, refused.data["error"]["id"]) == (403, "not-administrator")
    assert (await desk.curl("/info", "-H", "Accept: application/json")).data["error"]["id"] == "not-signed-in"
    assert 'name="password"' in (await desk.curl("/info", "-H", "session: wrong")).text
    desk.console.end_sessions("ann")
    assert (await desk.curl("/info", "-H", f"session: {session}")).status == 401


async def test_the_form_signs_in_by_a_cookie_that_no_script_and_no_other_site_gets(desk: Desk) -> None:
    assert 'name="password"' in (await desk.curl("/")).text
    form = ("--data-urlencode", "username=tanium", "--data-urlencode", "password=right")
    reply = await desk.curl("/", *form)
    assert (reply.status, reply.headers["location"]) == (303, "/")
    cookie, *flags = reply.headers["set-cookie"].split("; ")
    assert cookie.startswith("__Host-session=")
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/"} == set(flags)
    home = await desk.curl("/", "-H", f"Cookie: {cookie}")
    assert "Administrator" in home.text
    assert 'href="/info"' in home.text
    assert (await desk.curl("/info", "-H", f"Cookie: {cookie}")).status == 200
    assert (await desk.curl("/sign-out", "-X", "POST", "-H", f"Cookie: {cookie}")).status == 303
    assert (await desk.curl("/info", "-H", f"Cookie: {cookie}")).status == 401


@pytest.mark.parametrize("header", ["Origin: https://evil.test", "Sec-Fetch-Site: cross-site"])
async def test_a_form_of_another_site_signs_nobody_in(desk: Desk, header: str) -> None:
    reply = await desk.curl("/", "-H", header, "-d", "username=tanium&password=right")
    assert (reply.status, "set-cookie" in reply.headers, desk.asked) == (403, False, [])


async def test_who_is_refused_is_told_the_same_and_who_guesses_has_to_wait(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guessing, "MOST_WRONG", 3)
    replies = [await desk.log_in(user, "wrong") for user in ("tanium", "nobody", "x" * 1000)]
    assert {(reply.status, reply.text) for reply in replies} == {(403, replies[0].text)}
    assert replies[0].data["error"]["id"] == "sign-in-refused"
    made_to_wait = await desk.log_in()
    assert (made_to_wait.status, made_to_wait.data["error"]["id"]) == (429, "too-many")
    assert 0 < int(made_to_wait.headers["retry-after"]) <= 61
    assert len(desk.asked) == 3


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("[]", 400),
        ('{"username": 1, "password": "right"}', 400),
        ('{"username": "\\ud800", "password": "right"}', 400),
        ("[" * 5000, 400),
        ('{"username": "tanium", "password": "' + "x" * 9000 + '"}', 413),
        ('{"username": "tanium", "password": "right", "domain": "elsewhere"}', 403),
    ],
)
async def test_what_is_no_sign_in_is_refused_with_an_id(desk: Desk, body: str, status: int) -> None:
    reply = await desk.curl("/api/v2/session/login", "-X", "POST", "--data-binary", body)
    assert (reply.status, bool(reply.data["error"]["id"])) == (status, True)


async def test_every_answer_has_the_headers_of_security_and_says_nothing_of_its_library(desk: Desk) -> None:
    for path, status in (("/", 200), ("/none", 404), ("/info", 401), ("/../etc/passwd", 404), ("/sign-out", 405)):
        reply = await desk.curl(path, "--path-as-is")
        assert reply.status == status
        assert "strict-transport-security" not in reply.headers, "who warns of the certificate could not be passed"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["server"] == "tanos"
        assert reply.headers["referrer-policy"] == "same-origin", "or our own form has no origin"


async def test_browsers_are_held_to_a_certificate_of_an_authority_alone_and_for_a_day(
    console_pair: tuple[str, str], tmp_path: Path
) -> None:
    issued = authority().pair(TS1.fqdn)
    leaf = issued[: issued.index("-----BEGIN PRIVATE")]
    async with opened((leaf, issued[len(leaf) :]), tmp_path) as desk:
        assert (await desk.curl("/")).headers["strict-transport-security"] == "max-age=86400"
        desk.console.present("".join(console_pair))
        desk.authority.write_text(console_pair[0])
        assert "strict-transport-security" not in (await desk.curl("/")).headers


async def test_a_user_who_is_changed_while_his_password_is_checked_is_not_signed_in() -> None:
    line = Slow()
    signing = sign_in.SignIn(cast(Line, line))
    asking = asyncio.create_task(signing.sign_in(sign_in.Asked("tanium", "right"), "192.0.2.7"))
    other = asyncio.create_task(signing.sign_in(sign_in.Asked("ann", "right"), "192.0.2.7"))
    await until(lambda: line.asked == 2)
    signing.sessions.end_of("tanium")
    line.answers.set()
    with pytest.raises(Problem, match="busy"):
        await asking
    assert await other
    assert [each.user for each in signing.sessions._open.values()] == ["ann"]


async def test_who_has_much_asked_at_once_takes_nobody_elses_place() -> None:
    line = Slow()
    signing = sign_in.SignIn(cast(Line, line))
    asked = sign_in.Asked("nobody", "wrong")
    many = [asyncio.create_task(signing.sign_in(asked, "2001:db8::7")) for _ in range(20)]
    await until(lambda: sum(each.done() for each in many) == 20 - guessing.MOST_AT_ONCE)
    asyncio.get_running_loop().call_soon(line.answers.set)
    assert await signing.sign_in(sign_in.Asked("tanium", "right"), "192.0.2.7")
    told = [str(each) for each in await asyncio.gather(*many, return_exceptions=True)]
    assert told.count("busy") == 20 - guessing.MOST_AT_ONCE
    assert told.count("sign-in-refused") == guessing.MOST_AT_ONCE
    assert await signing.sign_in(sign_in.Asked("tanium", "right"), "2001:db8::8"), "asking counts while it lasts"


class Slow:
    """A supervisor that takes its time."""

    def __init__(self) -> None:
        self.answers, self.asked = asyncio.Event(), 0

    async def ask(self, what: str, **words: Any) -> Frame:
        self.asked += 1
        await self.answers.wait()
        return {"role": "Administrator"} if words["password"] == "right" else {}


async def test_a_request_to_a_module_in_the_name_of_another_host_is_no_fault(desk: Desk) -> None:
    session = (await desk.log_in()).data["data"]["session"]
    words = ("-H", f"session: {session}", "--request-target", "http://elsewhere/plugin/x")
    reply = await desk.curl("/plugin/x", *words)
    assert (reply.status, reply.data) == (400, {"error": "not-understood"})


async def test_a_fault_is_told_by_its_reference_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    session = (await desk.log_in()).data["data"]["session"]
    desk.answers["info"] = NotYet("busy", N_("Busy."), N_("Wait."))
    reply = await desk.curl("/info", "-H", f"session: {session}", "-H", "Accept: application/json")
    assert (reply.status, reply.data["error"]["id"]) == (500, "internal")
    assert "Traceback" not in reply.text
    assert reply.data["error"]["message"].split()[-1].rstrip(".") in caplog.text
    assert session not in caplog.text


async def test_the_certificate_is_there_for_everybody_once_it_is_published(
    desk: Desk, console_pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "PUBLISHED_SECONDS", 0)
    assert (await desk.curl("/pub/SOAPServer.crt")).status == 404
    desk.published = True
    assert (await desk.curl("/pub/SOAPServer.crt")).text.replace("\r", "") == console_pair[0]


async def test_the_revocation_list_of_each_root_is_there_for_everybody_once_one_is_signed(desk: Desk) -> None:
    assert (await desk.curl("/pub/reporting.crl")).status == 404
    desk.revocations = {"reporting.crl": b"a list", "ts1.lab.test-root-0.crl": b"another"}
    for name, der in desk.revocations.items():
        reply = await desk.curl(f"/pub/{name}")
        assert (reply.status, reply.headers["content-type"]) == (200, "application/pkix-crl")
        assert reply.text.encode() == der
    for path in ("/pub/root-1.crl", "/pub/.crl", "/pub/x/reporting.crl"):
        assert (await desk.curl(path)).status == 404


async def test_the_banner_is_shown_to_who_signs_in_and_to_who_failed_to_and_runs_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "BANNER_SECONDS", 0)
    assert "<aside>" not in (await desk.curl("/")).text
    desk.banner = "<p>Staff <b>only</b><script>alert(1)</script><img src=x onerror=alert(1)>"
    first = await desk.curl("/")
    failed = await desk.curl("/", "--data", "username=tanium&password=wrong")
    for page in (first, failed):
        assert "<aside><p>Staff <b>only</b></p></aside>" in page.text
        assert "alert(1)" not in page.text
    assert failed.status == 403
    assert "<aside>" not in (await desk.curl("/nothing-here")).text


async def test_a_supervisor_that_is_busy_is_waited_for_by_who_signs_in(desk: Desk) -> None:
    desk.answers["sign-in"] = NotYet("busy", N_("Busy."), N_("Wait."))
    reply = await desk.log_in()
    assert (reply.status, reply.data["error"]["id"], reply.headers["retry-after"]) == (503, "busy", "5")


def test_every_id_is_documented() -> None:
    sources = "".join(Path(str(module.__file__)).read_text() for module in (https, sign_in))
    used = set(re.findall(r'Problem\(\s*\d+,\s*"([a-z-]+)"', sources))
    table = (Path(__file__).parents[3] / "docs" / "console.md").read_text()
    told = {each for row in re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| \d", table, re.MULTILINE)
            for each in re.findall("`([a-z-]+)`", row)}  # fmt: skip
    assert used == told
