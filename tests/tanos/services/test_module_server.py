"""The Module Server lets in who presents the very certificate of its registration, and hands on what he asks."""

import asyncio
import json
import ssl
import subprocess
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientError, ClientSession
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from tanos.services.catalogue import HTTPS
from tanos.services.line import Line
from tanos.services.module_server.program import LONGEST_REGISTRATION
from tanos.services.tanium_server.plugins import Plugins
from tanos.services.tls import https_server, load_pair
from tests.tanos.services.authority import authority
from tests.tanos.services.modules import (
    LOOPBACK,
    MS,
    TS,
    Echo,
    Supervising,
    certificate,
    order,
    pair,
    sample,
    serve_http,
    site,
)
from tests.tanos.services.segments import until
from tests.tanos.services.test_module_cuts import Handing

REGISTRATION = {"code": "ABCD", "name": TS, "port": 8443, "pem": certificate(pair(TS))}


def showing(pair_pem: str = "", newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode, context.maximum_version = False, ssl.CERT_NONE, newest
    if pair_pem:
        load_pair(context, pair_pem)
    return context


async def ask(
    url: str,
    pair_pem: str = "",
    method: str = "GET",
    *,
    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    **words: Any,
) -> tuple[int, Any]:
    async with (
        ClientSession() as session,
        session.request(method, url, ssl=showing(pair_pem, newest), **words) as answer,
    ):
        return answer.status, await answer.json()


def signed_by(pair_pem: str) -> str:
    """Return a pair whose certificate the key of another one signed, as an authority would."""
    issuer = x509.load_pem_x509_certificate(pair_pem.encode())
    signing = load_pem_private_key(pair_pem[len(certificate(pair_pem)) :].encode(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, TS)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .sign(signing, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (made.public_bytes(Encoding.PEM) + private).decode() + certificate(pair_pem)


async def test_what_a_registered_server_asks_goes_to_the_module_and_says_who_it_came_from() -> None:
    async with site([order(TS, pair(TS), 8443)]) as here:
        forged = {"Tanium-Server": "evil:1", "session": "abc", "Cookie": "a=b", "Connection": "X-Mine", "X-Mine": "1"}
        status, said = await ask(
            f"{here.url}/plugin/echo/a%2Fb?c=%20d", pair(TS), "POST", data="text", headers=forged
        )
        assert status == 200
        assert (said["method"], said["path"], said["body"]) == ("POST", "/plugin/echo/a%2Fb?c=%20d", "text")
        assert said["headers"]["Tanium-Server"] == f"{LOOPBACK}:8443"
        assert said["headers"]["session"] == "abc"
        assert not {"Cookie", "X-Mine"} & set(said["headers"])
        assert (await ask(f"{here.url}/plugin/none/", pair(TS))) == (404, {"error": "no-such-module"})
        assert (await ask(f"{here.url}/echo/", pair(TS))) == (404, {"error": "no-such-module"})
        assert (await ask(f"{here.url}/plugin/gone/", pair(TS))) == (502, {"error": "unreachable"})


async def test_of_two_servers_that_share_a_certificate_each_is_the_one_it_says_to_be() -> None:
    other = "ts2.lab.test"
    async with site([order(other, pair(TS), 8444), order(TS, pair(TS), 8443), order("ts3", pair(TS, 2), 1)]) as here:
        url = f"{here.url}/plugin/echo/"
        for name, called_back in ((TS, 8443), (other, 8444), ("ts3", 8444), (f"{LOOPBACK}:1", 8444)):
            _, said = await ask(url, pair(TS), headers={"Tanium-Server": name})
            assert said["headers"]["Tanium-Server"] == f"{LOOPBACK}:{called_back}"
        anew = {**REGISTRATION, "pem": certificate(pair(TS, 3))}
        here.told.asked.clear()
        for name, status in ((TS, 200), (other, 200), ("ts3", 403)):
            answered, _ = await ask(f"{here.url}/register", pair(TS), "POST", json={**anew, "name": name})
            assert answered == status
        assert here.told.names == [TS, other]
        assert here.told.told == ["restart", "restart"]
        for name, status in ((TS, 200), ("ts3", 403)):
            words = {**REGISTRATION, "name": name}
            assert (await ask(f"{here.url}/register", pair(TS), "POST", json=words))[0] == status, "known, and whose"


async def test_a_server_says_to_its_module_server_which_one_it_is() -> None:
    other = "ts2.lab.test"
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(site([order(other, pair(TS), 8444), order(TS, pair(TS), 8443)]))
        known = Supervising([order(MS, pair(MS), here.server.ports[HTTPS])])
        plugins = Plugins(cast(Line, known), pair(TS), TS)
        stack.push_async_callback(plugins.close)
        port = await serve_http(stack, cast(Any, Handing(plugins)))
        session = await stack.enter_async_context(ClientSession())
        url, forged = f"http://127.0.0.1:{port}/plugin/echo/x", {"Tanium-Server": other}
        async with session.get(url, headers=forged) as answer:
            assert (await answer.json())["headers"]["Tanium-Server"] == f"{LOOPBACK}:8443"


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_whoever_else_comes_is_let_go_before_a_word_is_read(newest: ssl.TLSVersion) -> None:
    async with site([order(TS, pair(TS))]) as here:
        for stranger in ("", pair(TS, 2), signed_by(pair(TS)), pair(MS)):
            with pytest.raises((ClientError, OSError)):
                await ask(f"{here.url}/plugin/echo/", stranger, newest=newest)
            with pytest.raises((ClientError, OSError)):
                await ask(f"{here.url}/register", stranger, "POST", newest=newest, json=REGISTRATION)
        assert here.module.reached == 0
        assert here.told.asked == []
        assert (await ask(f"{here.url}/plugin/echo/", pair(TS), newest=newest))[0] == 200


async def test_a_certificate_that_a_trusted_one_signed_is_a_strangers() -> None:
    """A trusted certificate may be an authority's: what counts is which one is presented."""
    root = authority_pair()
    async with site([order(TS, root)]) as here:
        assert (await ask(f"{here.url}/plugin/echo/", root))[0] == 200
        with pytest.raises((ClientError, OSError)):
            await ask(f"{here.url}/plugin/echo/", signed_by(root))
        assert here.module.reached == 1


async def test_openssl_is_refused_without_a_certificate_and_served_with_the_one(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.pem", tmp_path / "other.pem"
    mine.write_text(pair(TS))
    other.write_text(pair(TS, 2))
    async with site([order(TS, pair(TS))]) as here:
        where = here.url.removeprefix("https://")
        asked = b"GET /plugin/echo/x HTTP/1.0\r\n\r\n"
        for words, is_served in ((["-cert", str(mine)], True), (["-cert", str(other)], False), ([], False)):
            command = ["openssl", "s_client", "-quiet", "-ign_eof", "-connect", where, *words]
            done = await asyncio.to_thread(subprocess.run, command, input=asked, capture_output=True, timeout=60)
            assert (b"200 OK" in done.stdout) is is_served


async def test_who_waits_to_be_told_to_go_on_does_not_hang(tmp_path: Path) -> None:
    """As curl does with a large body; whoever is asked next waits for nothing of the kind."""
    mine = tmp_path / "mine.pem"
    mine.write_text(pair(TS))
    async with site([order(TS, pair(TS))]) as here:
        command = ["curl", "-sk", "--max-time", "5", "--expect100-timeout", "0.1", "--cert", str(mine)]
        command += ["-H", "Expect: 100-continue", "--data-binary", "text", f"{here.url}/plugin/echo/x"]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=60)
        assert json.loads(done.stdout)["body"] == "text"


async def test_while_a_registration_is_open_a_stranger_may_say_the_code_and_nothing_else() -> None:
    async with site(until=time.time() + 60) as here:
        here.told.code = "ABCD"
        register = f"{here.url}/register"
        assert await ask(f"{here.url}/plugin/echo/") == (403, {"error": "not-registered"})
        rubbish: tuple[Any, ...] = (
            {},
            [],
            {**REGISTRATION, "port": "x"},
            {**REGISTRATION, "port": 1e999},
            {"pem": "x" * LONGEST_REGISTRATION},
        )
        for words in rubbish:
            assert await ask(register, method="POST", json=words) == (400, {"error": "not-understood"})
        assert here.told.asked == []
        with pytest.raises((ClientError, OSError)):
            await ask(register, pair(TS), "POST", json=REGISTRATION)
        wrong = {**REGISTRATION, "code": "ABCE"}
        assert await ask(register, method="POST", json=wrong) == (403, {"error": "wrong-registration-code"})
        assert await ask(register, method="POST", json=REGISTRATION) == (200, {"registered": MS})
        assert (await ask(f"{here.url}/plugin/echo/", pair(TS)))[0] == 200
        with pytest.raises((ClientError, OSError)):
            await ask(register, method="POST", json=REGISTRATION)
        assert here.module.reached == 1


async def test_services_restart_also_where_who_registered_again_went_before_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with site([order(TS, pair(TS))]) as here:
        answered, real = asyncio.Event(), here.told.ask

        async def gone(what: str, **words: Any) -> Any:
            asking.cancel()
            await asyncio.sleep(0.2)
            answered.set()
            return await real(what, **words)

        monkeypatch.setattr(here.told, "ask", gone)
        words = {**REGISTRATION, "pem": certificate(pair(TS, 3))}
        asking = asyncio.create_task(ask(f"{here.url}/register", pair(TS), "POST", json=words))
        await asyncio.wait([asking])
        await answered.wait()
        await until(lambda: here.told.told == ["restart"])


async def test_a_registration_that_nobody_came_to_ends_by_itself() -> None:
    async with site(until=time.time() + 3) as here:
        assert (await ask(f"{here.url}/"))[0] == 403
        async with asyncio.timeout(60):
            while True:
                try:
                    await ask(f"{here.url}/")
                except (ClientError, OSError):
                    return
                await asyncio.sleep(0.05)


async def test_who_is_trusted_no_more_is_refused_on_the_connection_that_is_open() -> None:
    async with site([order(TS, pair(TS))]) as here, ClientSession() as session:
        context, url = showing(pair(TS)), f"{here.url}/plugin/echo/"
        async with session.get(url, ssl=context) as answer:
            assert (await answer.json())["method"] == "GET"
        words = {"trusted": [order(TS, pair(TS, 2))], "modules": here.orders.settings["modules"]}
        assert await here.server.answer("renew", replace(here.orders, settings=words).as_frame())
        with pytest.raises((ClientError, OSError)):
            await session.get(url, ssl=context)
        assert here.module.reached == 1
        assert (await ask(f"{here.url}/plugin/echo/", pair(TS, 2)))[0] == 200


async def test_an_answer_that_is_cut_off_is_cut_off_for_who_asked() -> None:
    async with site([order(TS, pair(TS))]) as here:
        here.module.cuts = True
        with pytest.raises((ClientError, OSError)):
            await ask(f"{here.url}/plugin/echo/", pair(TS))


async def test_a_module_calls_back_the_server_it_was_asked_by_if_it_shows_its_very_certificate() -> None:
    seen: list[bytes | None] = []

    class Server(Echo):
        async def serve(self, request: Any) -> Any:
            seen.append(request.transport.get_extra_info("ssl_object").getpeercert(binary_form=True))
            return await super().serve(request)

    async with AsyncExitStack() as stack:
        context = https_server(pair(TS))
        context.load_verify_locations(cadata=certificate(pair(TS)))
        context.verify_mode = ssl.CERT_OPTIONAL
        port = await serve_http(stack, server := Server(), context)
        here = await stack.enter_async_context(site([order(TS, pair(TS), port)]))
        url = await stack.enter_async_context(sample(here.told))
        caller = {"Tanium-Server": f"{LOOPBACK}:{port}", "session": "abc"}
        async with ClientSession() as session:
            async with session.get(url, headers=caller) as answer:
                told = await answer.json()
            assert told["module"] == "tanium-sample"
            assert told["tanium_server"] == {"status": 200, "name": TS}
            assert seen == [None], "a module shows no certificate"
            here.told.trusted[0] = order(TS, pair(TS, 2), port)
            async with session.get(url, headers=caller) as answer:
                assert (answer.status, await answer.json()) == (502, {"error": "server-not-trusted"})
            async with session.get(url, headers={"Tanium-Server": "127.0.0.1:1"}) as answer:
                assert (await answer.json())["tanium_server"] == {"problem": "not-registered"}
        assert server.reached == 1


def authority_pair() -> str:
    """Return the pair of a root."""
    private = authority(3).key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return authority(3).pem + private.decode()
