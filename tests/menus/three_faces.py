"""One operator's work, told as steps that each face can do: words for the command face, keys for the menus."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from menus.command import run_words
from menus.plain import run_plain
from menus.screens.console import Console
from menus.screens.look import Look
from menus.tree import MAIN
from tanos.actor import Actor
from tanos.appliance import Appliance
from tanos.exchange.held_root import needed_root, root_code
from tanos.keys.authorized import authorized_keys
from tanos.platform import UserRole
from tanos.settings import settings
from tests.menus.conftest import Typist, call_for
from tests.menus.screens.sitting import Sitting

KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkXC0SvlVuVRDLncxG4K6q+WV+cYkiFYiq/rLelRhke somebody@ts1\n"
FINGERPRINT = "SHA256:F1cR8wykZyl27lfQ9zuASbL7RwHpIOTa7Z8RGue9rLU"
RANDOM = re.compile(r"(?:[0-9A-F]{4}-){7}[0-9A-F]{4}|[0-9A-Fa-f]{32,}|SHA256:(?!F1cR8wyk)[A-Za-z0-9+/]{43}")


@dataclass(frozen=True)
class Pair:
    """Two appliances that are worked on by one face."""

    ts1: Appliance
    zs1: Appliance


@dataclass(frozen=True)
class Step:
    """One thing done: where, by which words, by which keys; what is pasted, the word that confirms."""

    on: str
    words: str
    keys: str
    paste: Callable[[Pair], bytes] | None = None
    confirms: str = "yes"
    ends: str = ""
    """The id of its refusal."""


def _sent(appliance: Appliance, name: str) -> bytes:
    return (appliance.outgoing / name).read_bytes()


EXCHANGE = (
    Step("zs1", "zone-server create-csr --yes", "2-Z-1\r\r\rn\r"),
    Step(
        "ts1",
        "zone-server import-request --from paste --yes",
        "2-Z-2-2\r",
        lambda pair: _sent(pair.zs1, "reporting.csr"),
    ),
    Step(
        "zs1",
        "zone-server import-certificate --from paste --yes",
        "2-Z-3-2\r",
        lambda pair: _sent(pair.ts1, "reporting.crt"),
    ),
)
STEPS = (
    Step("ts1", "public-key export --yes", "2-8\r"),
    Step(
        "zs1",
        "public-key import --from paste --fingerprint {root} --yes",
        "2-I-2\r",
        lambda pair: _sent(pair.ts1, "tanium.pub"),
    ),
    Step("zs1", "zone-server create-csr --yes", "2-Z-1\r\r\rn\r"),
    Step("zs1", "zone-server create-csr --yes --replace", "2-Z-1\r\r\rn\r", confirms="REPLACE"),
    *EXCHANGE[1:],
    Step("zs1", "zone-server restore-certificate --yes", "2-Z-5\r", ends="step-missing"),
    *EXCHANGE,
    Step("zs1", "zone-server restore-certificate --yes", "2-Z-5\r1\r"),
    Step("zs1", "ssh-keys generate tancopy --yes", "C-3-2-1\r"),
    Step("zs1", "authorized-keys add tancopy --yes", "C-3-2-3-2\r", lambda _: KEY),
    Step("zs1", "authorized-keys add tancopy --yes", "C-3-2-3-2\r", lambda _: KEY, ends="duplicate"),
    Step("zs1", "authorized-keys add tancopy --yes", "C-3-2-3-2\r", lambda _: b"rubbish\n", ends="not-a-key"),
    Step("zs1", f"authorized-keys remove tancopy --fingerprint {FINGERPRINT} --yes", "C-3-2-3-3\r1\r"),
    Step("zs1", "zone-server import-certificate --from incoming --yes", "2-Z-3-1\r", ends="step-missing"),
    Step("zs1", "peer remove ts1 --yes", "2-P-4\r1\r"),
)
OVER_THE_NETWORK = {"peer add", "zone-server send-csr"}
"""Changes that only the stories can do, with a real door on the other side."""
Face = Callable[[Pair, Appliance, Step], None]


def by_verb(pair: Pair, appliance: Appliance, step: Step) -> None:
    """Do it by the command face."""
    words = step.words.replace("{root}", root_code(needed_root(pair.ts1)))
    with Typist(step.paste(pair) if step.paste else b"") as typist:
        call = call_for(appliance, "verb")("")
        status = run_words(words.split(), lambda _: call, typist.streams)
    assert (status == 0) == (not step.ends), typist.err.getvalue()


def by_lines(pair: Pair, appliance: Appliance, step: Step) -> None:
    """Do it by the plain face, everything typed ahead."""
    paste = step.paste(pair).decode() if step.paste else ""
    confirmation = "" if step.ends else f"{step.confirms}\n"
    typed = step.keys.replace("\r", "\n") + paste + ("\n" if paste else "") + confirmation
    with Typist(typed.encode()) as typist:
        run_plain(call_for(appliance), MAIN, typist.streams)
    assert f": {step.ends}\n" in typist.out.getvalue() or not step.ends


def by_screens(pair: Pair, appliance: Appliance, step: Step) -> None:
    """Do it by the screens."""
    asyncio.run(_at_the_screens(pair, appliance, step))


async def _at_the_screens(pair: Pair, appliance: Appliance, step: Step) -> None:
    app = Console(appliance, Actor("tanadmin", UserRole.TANADMIN, "screens"), MAIN, Look())
    async with app.run_test(size=(80, 24)):
        operator = Sitting(app, appliance)
        operator.type(step.keys)
        if step.paste:
            await operator.sees("Esc gives up.")
            operator.type(step.paste(pair) + b"\n")
        if step.ends:
            await operator.sees(step.ends)
        else:
            await operator.sees(f"Type {step.confirms} to go on")
            before = _audited(appliance)
            operator.type(f"{step.confirms}\r")
            async with asyncio.timeout(20):
                while _audited(appliance) == before:  # noqa: ASYNC110 - another process's view of it sets no event
                    await asyncio.sleep(0.01)
        operator.type("\rRR\rZ\r")
        await operator.leaves()
    assert app.fault is None


def told(pair: Pair) -> dict[str, Any]:
    """Return what is true now and what was audited, without what is new in every run and by every face."""
    audit = "SELECT user, role, address, key, verb, object, before, after, result FROM audit"
    return {
        appliance.identity.name: {
            "audit": [_plain(" | ".join(map(str, row))) for row in appliance.store.rows(audit)],
            "settings": _plain(str({**settings(appliance)}).replace(str(appliance.home), "HOME")),
            "keys": [_plain(str(key)) for key in authorized_keys(appliance, "tancopy")],
            "ledger": [
                tuple(row) for row in appliance.store.rows("SELECT side, subject, peer, state FROM exchanges")
            ],
            "files": sorted(_plain(str(path.relative_to(appliance.home))) for path in _kept(appliance)),
        }
        for appliance in (pair.ts1, pair.zs1)
    }


def _kept(appliance: Appliance) -> list[Any]:
    places = (appliance.outgoing, appliance.requests, appliance.certificates, appliance.root, appliance.ssh)
    return [path for place in places for path in place.rglob("*")]


def _audited(appliance: Appliance) -> int:
    row = appliance.store.row("SELECT count(*) AS rows FROM audit")
    return int(row["rows"]) if row else 0


def _plain(text: str) -> str:
    return re.sub(r"reporting-[0-9A-F]{4}", "reporting-XXXX", RANDOM.sub("XXXX", text))
