"""The console and its API under curl: who gets in, what he sees, and what everybody else is told."""

import asyncio
import json
import re
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from tanos.certificates.pair_kinds import SOAP
from tanos.certificates.self_signed import self_signed
from tanos.errors import NotYet
from tanos.message import N_
from tanos.services import web_listener
from tanos.services.catalogue import HTTPS
from tanos.services.frames import Frame
from tanos.services.line import Line
from tanos.services.orders import Orders
from tanos.services.tanium_server import guessing, https, sessions, sign_in
from tanos.services.tanium_server.answers import Problem
from tanos.services.tanium_server.https import Console
from tests.conftest import TS1
from tests.tanos.services.authority import authority
from tests.tanos.services.modules import MS, order
from tests.tanos.services.modules import pair as modules_pair
from tests.tanos.services.segments import until

INFO: Frame = {
    "version": "1",
    "fqdn": TS1.fqdn,
    "role": "tanium-server",
    "release": "7.3",
    "segments": [{"segment": "clients", "tls": "optional", "using_tls": 2, "unencrypted": 1}],
    "certificates": [{"name": "SOAPServer.crt", "subject": "CN=<script>alert(1)</script>", "fingerprint": "AA:BB"}],
    "services": [{"name": "taniumserver", "running": True, "ports": {"https": 1}, "served": {}}],
}


@dataclass
class Reply:
    """What curl got."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The JSON of it."""
        return json.loads(self.text)


@dataclass
class Desk:
    """A console that listens, and who asks it."""

    port: int
    authority: Path
    console: Console
    asked: list[tuple[str, Frame]] = field(default_factory=list)
    published: bool = False
    banner: str = ""
    revocations: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    async def curl(self, path: str, *words: str) -> Reply:
        """Ask, as seed 002 has API users do it."""
        command = ["curl", "-s", "-i", "--max-time", "20", "--cacert", str(self.authority), "--resolve",
                   f"{TS1.fqdn}:{self.port}:127.0.0.1", *words, f"https://{TS1.fqdn}:{self.port}{path}"]  # fmt: skip
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert done.returncode == 0, (done.returncode, done.stderr)
        head, _, text = done.stdout.partition("\n\n")
        first, *lines = head.splitlines()
        headers = {name.casefold(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return Reply(int(first.split()[1]), headers, text)

    async def log_in(self, user: str = "tanium", password: str = "right") -> Reply:
        """Sign in to the API."""
        words = json.dumps({"username": user, "domain": "", "password": password})
        return await self.curl("/api/v2/session/login", "-X", "POST", "--data-binary", words)


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    """Certificate and key, which sign themselves."""
    key, certificate = self_signed(SOAP, TS1.fqdn, (), datetime.now(UTC))
    return certificate.decode(), key.decode()


@asynccontextmanager
async def opened(pair: tuple[str, str], directory: Path) -> AsyncIterator[Desk]:
    """A console in this process, and a supervisor that answers its questions."""
    desk: Desk

    async def answer(what: str, words: Frame) -> Frame:
        desk.asked.append((what, words))
        if what in desk.answers:
            raise desk.answers[what]
        if what == "sign-in":
            roles = {"tanium": "Administrator", "ann": "Read Only User"}
            return {"role": roles[words["user"]]} if words["user"] in roles and words["password"] == "right" else {}
        if what == "banner":
            return {"banner": desk.banner}
        if what == "trusted":
            return {"trusted": [order(MS, modules_pair(MS))]}
        return {"published": desk.published} if what == "published" else dict(INFO)

    ours, theirs = socket.socketpair()
    supervisor, line = await Line.over(theirs, answer), await Line.over(ours, answer)
    reading = [asyncio.create_task(each.run()) for each in (supervisor, line)]
    orders = Orders("taniumserver", "ts1", TS1.fqdn, "7.3", "127.0.0.1", {HTTPS: 0})
    console = Console(orders, line, pair[0] + pair[1], lambda: {"hub1": True}, lambda: desk.revocations)
    authority = directory / "authority.pem"
    authority.write_text(pair[0])
    desk = Desk(console.open(), authority, console)
    try:
        yield desk
    finally:
        await console.close()
        line.close()
        await asyncio.gather(*reading)


@pytest.fixture
async def desk(pair: tuple[str, str], tmp_path: Path) -> AsyncIterator[Desk]:
    """A console and who asks it."""
    async with opened(pair, tmp_path) as each:
        yield each


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
    pair: tuple[str, str], tmp_path: Path
) -> None:
    issued = authority().pair(TS1.fqdn)
    leaf = issued[: issued.index("-----BEGIN PRIVATE")]
    async with opened((leaf, issued[len(leaf) :]), tmp_path) as desk:
        assert (await desk.curl("/")).headers["strict-transport-security"] == "max-age=86400"
        desk.console.present("".join(pair))
        desk.authority.write_text(pair[0])
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
    desk: Desk, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "PUBLISHED_SECONDS", 0)
    assert (await desk.curl("/pub/SOAPServer.crt")).status == 404
    desk.published = True
    assert (await desk.curl("/pub/SOAPServer.crt")).text.replace("\r", "") == pair[0]


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


async def test_who_says_nothing_or_half_a_request_is_let_go(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(web_listener, "SWEEP_SECONDS", 0.2)
    monkeypatch.setattr(https, "REQUEST_SECONDS", 1.5)
    context = ssl.create_default_context(cafile=desk.authority)
    head = b"POST /api/v2/session/login HTTP/1.1\r\nHost: ts1.lab.test\r\nContent-Length: 100\r\n\r\n{"
    for said, heard in ((b"", b""), (b"GET / HT", b""), (head, b"HTTP/1.1 503")):
        reader, writer = await asyncio.open_connection("127.0.0.1", desk.port, ssl=context, server_hostname=TS1.fqdn)
        writer.write(said)
        async with asyncio.timeout(60):
            try:
                answer = await reader.read()
            except ConnectionResetError:
                answer = b""
        assert answer[: len(heard) or 1] == heard
        writer.close()


async def test_who_is_let_go_and_never_says_good_bye_holds_no_connection_for_long(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_listener, "GOOD_BYE_SECONDS", 3.0)

    def rude() -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(desk.authority))
        made = context.wrap_socket(socket.create_connection(("127.0.0.1", desk.port)), server_hostname=TS1.fqdn)
        made.sendall(b"rubbish\r\n\r\n")
        return made

    def open_here() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = open_here()
    held = [await asyncio.to_thread(rude) for _ in range(5)]
    await asyncio.sleep(0.1)
    desk.console._listener._forget()
    assert len(desk.console._listener._open) == len(held), "until then they count"
    async with asyncio.timeout(60):
        while open_here() > before + len(held):  # noqa: ASYNC110 - what is waited for is the system's
            await asyncio.sleep(0.05)
    for each in held:
        each.close()


async def test_too_many_connections_of_one_address_are_not_taken(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_listener, "MOST_OF_ONE", 2)
    held = [await asyncio.open_connection("127.0.0.1", desk.port) for _ in range(2)]
    extra, writer = await asyncio.open_connection("127.0.0.1", desk.port)
    async with asyncio.timeout(60):
        assert await extra.read() == b""
        for _, each in held:
            each.close()
            await each.wait_closed()
        while not await asyncio.to_thread(_is_let_in, desk):
            pass
    writer.close()


async def test_who_holds_every_place_keeps_this_machine_from_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_listener, "MOST", 2)
    held = [await asyncio.open_connection("127.0.0.1", desk.port, local_addr=("127.0.0.2", 0)) for _ in range(3)]
    async with asyncio.timeout(60):
        assert await held[2][0].read() == b""
        assert await asyncio.to_thread(_is_let_in, desk)
    for _, each in held:
        each.transport.abort()


def _is_let_in(desk: Desk) -> bool:
    context = ssl.create_default_context(cafile=desk.authority)
    try:
        with socket.create_connection(("127.0.0.1", desk.port)) as clear:
            context.wrap_socket(clear, server_hostname=TS1.fqdn).close()
    except OSError:
        return False
    return True


def test_sessions_end_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 5)
    monkeypatch.setattr(sessions, "MOST_OF_ONE", 3)
    kept = sessions.Sessions()
    first, *others = [kept.make("ann", "Administrator") for _ in range(4)]
    assert kept.find(first) is None
    assert all(kept.find(each) for each in others)
    more = [kept.make(f"user{number}", "Administrator") for number in range(4)]
    assert sum(kept.find(each) is not None for each in (*others, *more)) == 5
    monkeypatch.setattr(sessions, "IDLE_SECONDS", -1.0)
    assert kept.find(more[-1]) is None


def test_every_id_is_documented() -> None:
    sources = "".join(Path(str(module.__file__)).read_text() for module in (https, sign_in))
    used = set(re.findall(r'Problem\(\s*\d+,\s*"([a-z-]+)"', sources))
    table = (Path(__file__).parents[3] / "docs" / "console.md").read_text()
    told = {each for row in re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \| \d", table, re.MULTILINE)
            for each in re.findall("`([a-z-]+)`", row)}  # fmt: skip
    assert used == told
