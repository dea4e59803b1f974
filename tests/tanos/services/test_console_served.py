"""The console as it is served: by a confined process that asks its supervisor, with what is installed."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.console_users.operations import ADD_CONSOLE_USER, RESET_CONSOLE_USER
from tanos.operation import silent
from tanos.services.catalogue import HTTPS, TANIUM_SERVER
from tests.conftest import call
from tests.tanos.services.conftest import supervising


async def _ask(port: int, authority: Path, path: str, *words: str) -> Any:
    command = ["curl", "-s", "--max-time", "30", "--cacert", str(authority), "-H", "Accept: application/json",
               *words, f"https://localhost:{port}{path}"]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.crash
async def test_an_administrator_signs_in_and_reads_what_is_served_until_his_password_is_reset(
    server: Appliance, tmp_path: Path
) -> None:
    plan = await ADD_CONSOLE_USER.prepare(call(server), name="ann", role="administrator")
    password = (await ADD_CONSOLE_USER.apply(call(server), plan, silent)).data["password"]
    authority = server.certificates / "soap" / "current" / "SOAPServer.crt"
    sign_in = tmp_path / "sign-in.json"
    sign_in.write_text(json.dumps({"username": "ann", "domain": "", "password": password}))
    async with supervising(server) as supervisor:
        service = supervisor.services[TANIUM_SERVER.name]
        port = service.ports[HTTPS]
        login = ("/api/v2/session/login", "-X", "POST", "--data-binary", f"@{sign_in}")
        session = (await _ask(port, authority, *login))["data"]["session"]
        info = await _ask(port, authority, "/info", "-H", f"session: {session}")
        assert (info["fqdn"], info["release"]) == ("ts1.lab.test", "7.3")
        certificates = {each["name"]: each["fingerprint"] for each in info["certificates"]}
        assert set(certificates) == {"tanium.pub", "reporting.crt", "SOAPServer.crt"}
        assert certificates["SOAPServer.crt"] == service.served[HTTPS].fingerprint
        segments = {each["segment"]: each["tls"] for each in info["segments"]}
        assert segments["clients - Tanium Server"] == "optional"
        assert "Zone Server Hub - Zone Servers" in segments
        reset = await RESET_CONSOLE_USER.prepare(call(server), user="ann")
        await RESET_CONSOLE_USER.apply(call(server), reset, silent)
        for asked in (("/info", "-H", f"session: {session}"), login):
            assert "error" in await _ask(port, authority, *asked)
