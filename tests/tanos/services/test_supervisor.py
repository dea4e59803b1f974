"""Services are kept running: started, killed, stopped for good, damaged, and served with what is installed."""

import asyncio
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.errors import NotYet
from tanos.exchange.installed import installed_certificate
from tanos.keeper import keeper_of
from tanos.operation import silent
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER, ZONE_SERVER, ZONE_SERVER_HUB
from tanos.services.control import ask_supervisor, conversation
from tanos.services.down import services_down
from tanos.services.operations import SERVICE_STATUS, STOP_SERVICE, standings
from tanos.settings.catalogue import setting_named
from tanos.settings.operations import SET_SETTING
from tanos.settings.values import write
from tanos.supervising.process import Supervised
from tests.conftest import call
from tests.tanos.services.conftest import supervising, until


def process_of(each: Supervised) -> int:
    process = each._process
    assert process is not None
    return process.pid


@pytest.mark.crash
async def test_a_service_is_asked_for_nothing_but_what_sessions_have_to_ask(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        since = supervisor.services[TANIUM_SERVER.name].since
        evil = {"what": "renew", "words": {"pairs": {}}}
        assert await ask_supervisor(server, "ask", name=TANIUM_SERVER.name, **evil) == {"refused": "KeyError"}
        assert "hubs" in await ask_supervisor(server, "ask", name=TANIUM_SERVER.name, what="state")
        assert supervisor.services[TANIUM_SERVER.name].since == since


@pytest.mark.crash
async def test_what_is_installed_is_what_is_served_and_a_killed_service_comes_back_at_its_port(
    server: Appliance,
) -> None:
    async with supervising(server) as supervisor:
        service = supervisor.services[TANIUM_SERVER.name]
        certificate = installed_certificate(server)
        assert certificate is not None
        assert service.served[PLATFORM].check_code == check_code(certificate.public_key())
        assert service.served[PLATFORM].protocol == "TLSv1.2"
        port, first = service.ports[PLATFORM], process_of(service)
        os.kill(first, signal.SIGKILL)
        await until(lambda: service.is_running and process_of(service) != first)
        assert service.ports[PLATFORM] == port
        assert service.restarts == 1


@pytest.mark.crash
async def test_a_hub_that_is_killed_with_its_server_finds_it_again(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        both = [supervisor.services[each.name] for each in (TANIUM_SERVER, ZONE_SERVER_HUB)]
        for each in both:
            os.kill(process_of(each), signal.SIGKILL)
        await until(lambda: all(each.restarts > 0 and each.is_running for each in both))
        await until(lambda: both[1].line is not None)
    assert "Traceback" not in (server.home / "log" / "taniumzoneserverhub.log").read_text()


@pytest.mark.crash
async def test_a_supervisor_whose_template_dies_ends_so_that_another_begins(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        first = process_of(supervisor.services[TANIUM_SERVER.name])
        template = int(Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(template, signal.SIGKILL)
        await until(lambda: not (server.run / "services.sock").exists())


@pytest.mark.crash
async def test_openssl_trusts_it_by_the_root_and_gets_one_of_the_ten_suites_and_no_tls_1_3(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        port = supervisor.services[TANIUM_SERVER.name].ports[PLATFORM]
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", str(server.root / "tanium.pub"),
                 "-verify_hostname", "ts1.lab.test", "-verify_return_error", "-brief"]  # fmt: skip
        done = await asyncio.to_thread(subprocess.run, words, input=b"", capture_output=True)
        assert b"Verification: OK" in done.stderr
        assert b"TLSv1.2" in done.stderr
        newer = await asyncio.to_thread(subprocess.run, [*words, "-tls1_3"], input=b"", capture_output=True)
        assert newer.returncode != 0
        assert b"ECDHE" not in newer.stderr


@pytest.mark.crash
async def test_what_is_stopped_stays_so_and_what_is_asked_for_over_the_socket_is_done(zone: Appliance) -> None:
    with pytest.raises(NotYet, match="not-served"):
        await ask_supervisor(zone, "list")
    async with supervising(zone) as supervisor:
        service = supervisor.services[ZONE_SERVER.name]
        assert service.is_running
        assert not service.served, "no certificate is installed, so that no TLS is spoken"
        pid = process_of(service)
        (told,) = (await ask_supervisor(zone, "stop", name=ZONE_SERVER.name))["services"]
        assert (told["running"], told["ports"]) == (False, {})
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        (told,) = (await ask_supervisor(zone, "start", name=ZONE_SERVER.name))["services"]
        assert told["running"]
        assert (await ask_supervisor(zone, "start", name="no-such-service")) == {"refused": "KeyError"}
        async with conversation(zone) as ask:
            (told,) = (await ask("hold", name=ZONE_SERVER.name))["services"]
            assert not told["running"]
        await until(lambda: service.is_running)  # since who stopped it for a change is gone
        last = process_of(service)
    with pytest.raises(ProcessLookupError):
        os.kill(last, 0)


@pytest.mark.crash
async def test_a_damaged_pair_keeps_its_service_from_starting_and_says_why(server: Appliance) -> None:
    key = server.certificates / "reporting" / "current" / "reporting.pvk"
    whole = key.read_bytes()
    key.write_bytes(whole[:-40])
    try:
        async with supervising(server) as supervisor:
            service = supervisor.services[TANIUM_SERVER.name]
            assert not service.is_running
            assert service.problem == "pair-damaged"
    finally:
        key.write_bytes(whole)


@pytest.mark.crash
async def test_a_process_of_a_service_opens_no_file_of_the_appliance(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        pid = process_of(supervisor.services[TANIUM_SERVER.name])
        status = Path(f"/proc/{pid}/status").read_text()
        assert "Seccomp:\t2" in status
        opened = []
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                opened.append(str(each.readlink()))
        inside = [path for path in opened if path.startswith(str(server.home))]
        assert inside == [str(server.home / "log" / "taniumserver.log")] * 2


def test_keepers_hand_out_one_version_whole(server: Appliance) -> None:
    pem = keeper_of(server).serving_pair("reporting")
    assert pem is not None
    assert pem.count("BEGIN CERTIFICATE") == 1
    assert pem.count("BEGIN PRIVATE KEY") == 1
    assert keeper_of(server).serving_pair("ssl") is None


@pytest.mark.crash
async def test_a_service_that_does_not_start_says_why_and_a_change_that_mends_it_starts_it(zone: Appliance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        set_port(zone, taken.getsockname()[1])
        async with supervising(zone):
            await until(lambda: bool(services_down(zone)))
            status = await SERVICE_STATUS.read(call(zone), name=ZONE_SERVER.name)
            assert "Address already in use" in str(status.sections)
            assert [each.id for each in status.findings if each.id == "service-down"] == ["service-down"]
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = free.getsockname()[1]
            asked = await SET_SETTING.prepare(call(zone), name="ServerPort", value=str(port))
            done = await SET_SETTING.apply(call(zone), asked, silent)
            assert "running since" in str(done.sections)
            assert (await standings(zone))[ZONE_SERVER.name]["ports"] == {PLATFORM: port}
            stop = await STOP_SERVICE.prepare(call(zone), name=ZONE_SERVER.name)
            assert "clients connected" in str(stop.sections)


def set_port(appliance: Appliance, port: int) -> None:
    setting = setting_named(appliance.identity, "ServerPort")
    with appliance.store.change(call(appliance)) as change:
        write(change, setting, port)
