"""User, Tanium Server, Module Server, module, and back to the Tanium Server (seed 002), by real processes.

Everybody who presents another certificate than the one that is kept is refused, at each hop.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tanos.actor import system_call
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.loaded import read_certificate
from tanos.certificates.pair_kinds import SOAP, SSL
from tanos.certificates.self_signed import self_signed
from tanos.deeds import RE_REGISTER as RE_REGISTER_DEED
from tanos.errors import AnswerRefused, NotYet
from tanos.https_pairs.install import SSL_INSTALL
from tanos.registration.at_module_server import JOIN
from tanos.registration.at_tanium_server import REGISTER_MODULE_SERVER
from tanos.registration.operations import EXPORT, FORGET, STATUS
from tanos.registration.trusted import must_register, own_certificate, trusted
from tanos.secret import Secret
from tanos.services.catalogue import HTTP, MODULE_SERVER, SAMPLE, TANIUM_SERVER
from tanos.settings.setting import Component
from tanos.settings.values import effective
from tests.conftest import MS1, TS1
from tests.tanos.registration.again import registered_anew, rows_of
from tests.tanos.registration.pair import PASSWORD, WHOAMI, Pair, all_four_hops, do, install, running

INSTALLING: dict[str, Any] = {
    "window": True, "source": "incoming", "passphrase": Secret(""), "text": b"", "backup": True
}  # fmt: skip


@pytest.mark.crash
async def test_the_four_hops_of_the_guide_and_every_wrong_certificate_on_them(tmp_path: Path) -> None:
    async with running(tmp_path) as pair:
        user = await pair.session()
        assert await pair.ask(WHOAMI, "-H", user) == (503, {"error": "no-module-server"})
        await nobody_registers_by_himself(pair)
        assert str((await pair.register()).title) == "Successfully completed registration."
        assert effective(pair.ts, Component.SERVER)["ModuleServerPort"] == pair.module_server
        assert [each.name for each in trusted(pair.ms)] == [TS1.fqdn]
        assert [each.name for each in trusted(pair.ts)] == [MS1.fqdn]
        with pytest.raises(NotYet, match="no-registration-open"):
            await do(pair.ts, REGISTER_MODULE_SERVER, **pair.said)
        await all_four_hops(pair, user)
        await wrong_certificates(pair, user)
        await replaced(pair, user)


async def nobody_registers_by_himself(pair: Pair) -> None:
    for words in ({"code": Secret("AAAAA-BBBBB-CCCCC-DDDDD")}, {"password": Secret("wrong")}):
        with pytest.raises(AnswerRefused, match=r"registration-refused|console-sign-in-refused"):
            await pair.register(**words)
    with pytest.raises(AnswerRefused, match="fingerprint-mismatch"):
        await pair.register(fingerprint="AA" * 32)
    assert not trusted(pair.ms)
    assert not trusted(pair.ts)


async def wrong_certificates(pair: Pair, user: str) -> None:
    key, other = self_signed(SOAP, TS1.fqdn, (), pair.ts.clock())
    stranger, cert = pair.directory / "stranger.pem", pair.directory / "stranger.crt"
    stranger.write_bytes(key + other)
    cert.write_bytes(other)
    assert await pair.ask(WHOAMI, "-H", user, authority=cert, ok=False) == (0, "")
    direct = f"https://127.0.0.1:{pair.module_server}{WHOAMI}"
    assert await pair.curl("-k", direct, ok=False) == (0, "")
    assert await pair.curl("-k", "--cert", str(stranger), direct, ok=False) == (0, "")
    with pretending(pair.ts, other):
        assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "not-trusted"})
    with pretending(pair.ms, other):
        assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "server-not-trusted"})
    port = pair.at_ms.services[SAMPLE.name].ports[HTTP]
    assert (await pair.curl(f"http://127.0.0.1:{port}{WHOAMI}"))[1]["tanium_server"] == {"problem": "not-registered"}
    assert await pair.curl(f"http://127.0.0.2:{port}{WHOAMI}", ok=False) == (0, "")
    await all_four_hops(pair, user)


@contextmanager
def pretending(appliance: Appliance, certificate: bytes) -> Iterator[None]:
    """Have another certificate be the trusted one, for who looks it up."""
    (known,) = trusted(appliance)
    for text in (certificate.decode(), known.pem):
        with appliance.store.change(system_call(appliance, "test")) as change:
            change.execute("UPDATE trusted_certificates SET pem = ?", text)
        if text != known.pem:
            yield


async def replaced(pair: Pair, user: str) -> None:
    """Whatever is replaced has to be registered again, from either side; until then nothing goes through."""
    assert not (*must_register(pair.ts), *must_register(pair.ms))
    with pytest.raises(AnswerRefused, match="missing-file"):
        await do(pair.ms, SSL_INSTALL, **INSTALLING)
    key, certificate = self_signed(SSL, MS1.fqdn, (), pair.ms.clock())
    (pair.ms.incoming / SSL.certificate).write_bytes(certificate)
    (pair.ms.incoming / SSL.key).write_bytes(key)
    done = await do(pair.ms, SSL_INSTALL, **INSTALLING)
    assert (
        done.data["served"]["fingerprint"] == done.data["fingerprint"] == fingerprint(read_certificate(certificate))
    )
    assert not (pair.ms.incoming / SSL.key).exists()
    assert [(str(each.label), str(each.value)) for each in rows_of(done)[1:7]] == [
        ("stopped", MODULE_SERVER.name), ("stopped", SAMPLE.name),
        ("put in place", "version 2 of ssl.crt and ssl.key"),
        ("started", SAMPLE.name), ("started", MODULE_SERVER.name),
        ("handshake", f"{done.data['served']['protocol']} {done.data['served']['cipher']}, serves this certificate"),
    ]  # fmt: skip
    (warning,) = must_register(pair.ms)
    assert done.findings[-1] == warning
    assert done.findings[0].id == "backup-holds-key"
    assert done.leads_to == RE_REGISTER_DEED
    assert (warning.id, str(warning.message)) == (
        "re-register", f"{TS1.fqdn} must be re-registered: ssl.crt was replaced since."
    )  # fmt: skip
    assert await pair.ask(WHOAMI, "-H", user) == (502, {"error": "not-trusted"})
    shown = own_certificate(pair.ts)
    assert shown
    told = {"user": "tanium", "password": PASSWORD, "fingerprint": fingerprint(shown)}
    joined = await do(pair.ms, JOIN, address=f"127.0.0.1:{pair.console}", **told)
    assert str(joined.title) == "Successfully completed registration."
    await all_four_hops(pair, user)
    await install(pair.ts, SOAP, TANIUM_SERVER.name)
    assert (await STATUS.read(system_call(pair.ts, "test"))).data["trusted"][0]["must_register"]
    user = await pair.session()
    assert (await pair.ask(WHOAMI, "-H", user))[0] == 502
    await pair.register()
    await all_four_hops(pair, user)
    await registered_anew(pair)
    user = await pair.session()
    assert not (*must_register(pair.ts), *must_register(pair.ms))
    await do(pair.ms, EXPORT)
    assert (pair.ms.outgoing / "trusted.crt").read_text() == trusted(pair.ms)[0].pem
    await do(pair.ms, FORGET, name=TS1.fqdn)
    assert (await pair.ask(WHOAMI, "-H", user))[0] == 502
    await do(pair.ts, FORGET, name=MS1.fqdn)
    assert (await pair.ask(WHOAMI, "-H", user)) == (503, {"error": "no-module-server"})
