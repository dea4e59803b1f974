"""Services judge who comes by every root that is trusted here: by a former one until it is revoked, and no longer."""

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from tanos.appliance import Appliance, utc_now
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.roots.kept import find_root
from tanos.roots.own import RENEW_OWN_PAIR
from tanos.roots.replace import REPLACE_ROOT
from tanos.roots.revoke import REVOKE_ROOT
from tanos.secret import Secret
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.tls import platform_client
from tanos.setup import init_appliance
from tests.conftest import TS1, ZS1, bare_appliance
from tests.tanos.exchange.conftest import do, exchange
from tests.tanos.services.conftest import supervising


def meets(port: int, trusted: str, pair: str) -> bool:
    """Say whether the server takes the certificate of who comes, who judges it by `trusted`."""
    context = platform_client(trusted, pair)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=TS1.fqdn) as shown,
        ):
            shown.settimeout(0.5)
            try:
                return shown.recv(1) != b""
            except TimeoutError:  # it waits to be told who came
                return True
    except (ssl.SSLError, ConnectionError):
        return False


@pytest.mark.door
async def test_who_shows_a_certificate_of_a_former_root_is_let_in_until_that_root_is_revoked(tmp_path: Path) -> None:
    server = init_appliance(
        tmp_path / "ts1", TS1, authorized_key=None, password=Secret("Correct-Horse-9-B")
    ).appliance
    zone = Appliance(bare_appliance(tmp_path / "zs1", ZS1).home, ZS1, utc_now)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    await exchange(zone, server)
    pair, former = Keeper(zone).serving_pair("reporting") or "", find_root(server, "legacy-root")
    async with supervising(server) as supervisor:

        async def is_let_in() -> bool:
            port = supervisor.services[TANIUM_SERVER.name].ports[PLATFORM]
            present = find_root(server, "legacy-root").pem
            return await asyncio.to_thread(meets, port, former.pem + present, pair)

        assert await is_let_in()
        await do(server, REPLACE_ROOT)
        await do(server, RENEW_OWN_PAIR)
        assert await is_let_in()
        await do(server, REVOKE_ROOT, name=former.check_code)
        assert not await is_let_in()
