"""The console on an operator's desk, before and after it has a certificate of the enterprise's authority."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tanos.appliance import Appliance
from tanos.console_users.operations import ADD_CONSOLE_USER
from tanos.operation import silent
from tanos.services.catalogue import HTTPS, TANIUM_SERVER
from tanos.setup import init_appliance
from tanos.supervising.supervisor import Supervisor
from tests.conftest import TS1, call
from tests.pictures.browser import Browser, believe, browser
from tests.pictures.enterprise import issue, make_authority
from tests.tanos.keys.forms import LINE
from tests.tanos.services.conftest import supervising

URL = f"https://{TS1.fqdn}/"
LOGIN = "/api/v2/session/login"
HTTP_ERROR = "net::ERR_HTTP_RESPONSE_CODE_FAILURE"
"""What a browser says of a page that came with a status of 400 or more."""
_SIGN_IN = """
document.querySelector('[name=username]').value = {user};
document.querySelector('[name=password]').value = {password};
document.querySelector('form').requestSubmit();
"""


@dataclass
class Look:
    """What the browser showed of the console, and what it thought of it."""

    error: str
    state: str
    issuer: str
    text: str
    picture: bytes = field(repr=False)


@dataclass
class Desk:
    """A Tanium Server that runs, and an operator's desk that believes the enterprise's authority."""

    server: Appliance
    supervisor: Supervisor
    directory: Path
    authority: Path
    user: str = "ann"
    password: str = ""

    @property
    def port(self) -> int:
        """Where the console listens."""
        return self.supervisor.services[TANIUM_SERVER.name].ports[HTTPS]

    async def install(self) -> None:
        """Install a certificate that the authority issued, as after `YES`."""
        certificate, key = issue(self.directory, TS1.fqdn)
        (self.server.incoming / "SOAPServer.crt").write_bytes(certificate)
        (self.server.incoming / "SOAPServer.key").write_bytes(key)
        words = ["soap-cert", "install", "--confirm", "YES", "--no-backup", "--yes", "--json"]
        command = [sys.executable, "-m", "menus", *words, "--home", str(self.server.home)]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    @asynccontextmanager
    async def window(self, height: int = 600) -> AsyncIterator[Browser]:
        """Open a browser on the desk, which believes the authority."""
        believe(self.directory, self.authority)
        async with browser(self.directory, TS1.fqdn, self.port, height=height) as opened:
            yield opened

    async def curl(self) -> "subprocess.CompletedProcess[str]":
        """Sign in to the API in the words of the page (seed 002), but for the port."""
        sign_in = self.directory / "sign-in.json"
        sign_in.write_text(json.dumps({"username": self.user, "domain": "", "password": self.password}))
        command = ["curl", "-s", "--cacert", str(self.authority), "-X", "POST", "--data-binary", f"@{sign_in}"]
        command.append(f"https://localhost:{self.port}{LOGIN}")
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=60)

    async def sign_in(self, opened: Browser) -> None:
        """Sign in by the form that is shown."""
        words = {"user": json.dumps(self.user), "password": json.dumps(self.password)}
        await opened.submit(_SIGN_IN.format(**words))


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[Desk]:
    """Make both, and run the server for as long as the block lasts; its certificate is its own."""
    made = init_appliance(directory / "ts1", TS1, authorized_key=LINE.encode(), password=None).appliance
    authority = make_authority(directory)
    async with supervising(made) as supervisor:
        here = Desk(made, supervisor, directory, authority)
        plan = await ADD_CONSOLE_USER.prepare(call(made), name=here.user, role="administrator")
        here.password = str((await ADD_CONSOLE_USER.apply(call(made), plan, silent)).data["password"])
        yield here


async def look(opened: Browser, url: str = URL) -> Look:
    """Go there and look."""
    error = await opened.go(url)
    thinks = await opened.security()
    seen = thinks["certificateSecurityState"]
    network_error = seen.get("certificateNetworkError") or ""
    assert error in {network_error, HTTP_ERROR}
    text = await opened.run("document.body.innerText")
    return Look(error, thinks["securityState"], seen["issuer"], str(text), await opened.picture())
