"""Where the hub does not go, or goes without TLS because TLS failed, is told where an operator looks first."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tanos.appliance import Appliance
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.report import Mark, Say
from tanos.services.catalogue import ZONE_SERVER_HUB
from tanos.services.hub_ways import FILE, Trouble, ways_in_trouble
from tanos.services.troubles import in_words
from tanos.supervising.attending import Attending
from tanos.supervising.process import Supervised
from tests.conftest import call
from tests.tanos.services.conftest import supervising

HUB = cast(Supervised, SimpleNamespace(service=ZONE_SERVER_HUB))


def segment(to: str, without_tls_for: str = "", problem: str = "") -> dict[str, Any]:
    return {
        "to": to,
        "server": False,
        "connected": not problem,
        "problem": problem,
        "tls": not without_tls_for,
        "check_code": "",
        "without_tls_for": without_tls_for,
    }


async def test_where_tls_failed_is_told_until_it_works(bare_tanium_server: Appliance) -> None:
    attending = Attending(bare_tanium_server)
    failed = segment("zs1", "certificate has\x1b[2J expired")
    await attending.answer(HUB, "segments", {"segments": [failed, segment("zs2")]})
    (said,) = [each for each in main_menu_state(bare_tanium_server) if isinstance(each, Say)]
    assert said.mark is Mark.WARN
    assert "zs1" in str(said.message)
    assert "\x1b" not in str(said.message)
    assert [each.id for each in (await STATUS.read(call(bare_tanium_server))).findings] == ["without-tls"]
    await attending.answer(HUB, "segments", {"segments": [segment("zs1"), segment("zs2")]})
    assert not [each for each in main_menu_state(bare_tanium_server) if isinstance(each, Say)]
    assert (await STATUS.read(call(bare_tanium_server))).findings == ()
    await attending.answer(HUB, "segments", {"segments": [segment("zs1", problem="hub-not-allowed"), segment("zs2")]})
    (said,) = [each for each in main_menu_state(bare_tanium_server) if isinstance(each, Say)]
    assert "AllowedHubs" in str(said.message)
    assert "hub-not-allowed" not in str(said.message)
    assert [each.id for each in (await STATUS.read(call(bare_tanium_server))).findings] == ["hub-not-connected"]


async def test_where_a_certificate_is_revoked_another_is_the_remedy(bare_tanium_server: Appliance) -> None:
    revoked = segment("zs1", problem="certificate-revoked")
    await Attending(bare_tanium_server).answer(HUB, "segments", {"segments": [revoked]})
    (told,) = (await STATUS.read(call(bare_tanium_server))).findings
    assert (told.id, "certificate" in str(told.remedy)) == ("hub-not-connected", True)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("waits-for-approval", "TLS key waits for approval"), ("Connection reset by peer", "closed the connection"),
        ("Connection refused", "nothing listens at that address and port"), ("another one", "another one"),
    ],
)  # fmt: skip
async def test_a_reason_is_told_in_words(bare_tanium_server: Appliance, reason: str, words: str) -> None:
    await Attending(bare_tanium_server).answer(HUB, "segments", {"segments": [segment("zs1", problem=reason)]})
    (said,) = [each for each in main_menu_state(bare_tanium_server) if isinstance(each, Say)]
    assert f"{words})" in str(said.message)


@pytest.mark.crash
async def test_what_the_hub_told_goes_with_it(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        await supervisor._attending.answer(HUB, "segments", {"segments": [segment("zs1", "reset")]})
        assert ways_in_trouble(server) == (Trouble("zs1", True, "reset"),)
        await supervisor.answer("stop", {"name": ZONE_SERVER_HUB.name})
        assert ways_in_trouble(server) == ()
    assert not (server.run / FILE).exists()


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[1]", b"\xff"])
def test_rubbish_says_nothing(bare_tanium_server: Appliance, rubbish: bytes) -> None:
    (bare_tanium_server.run / FILE).write_bytes(rubbish)
    assert ways_in_trouble(bare_tanium_server) == ()


@pytest.mark.parametrize(
    "reason", ["self-signed certificate in certificate chain", "unable to get local issuer certificate"]
)
def test_what_a_library_says_of_a_root_that_is_not_trusted_is_said_in_words(reason: str) -> None:
    assert "root key" in str(in_words(reason))
