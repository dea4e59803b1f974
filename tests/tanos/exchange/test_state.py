"""What an operator reads above the menu, beside its lines, and in the status."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import Damaged
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.hints import (
    create_csr_hint,
    import_certificate_hint,
    import_request_hint,
    restore_hint,
    send_csr_hint,
)
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.installed import installed_certificate
from tanos.exchange.ledger import Side
from tanos.exchange.progress import progress
from tanos.exchange.restore import RESTORE_CERTIFICATE, restorable
from tanos.exchange.returned import mark_returned
from tanos.overview.state import main_menu_state, state
from tanos.overview.status import STATUS, ZONE_SERVER_STATUS
from tanos.peers import Peer, store_peer
from tanos.platform import R7_3, R7_4, Identity, Role
from tanos.renewal.due import what_to_do
from tanos.renewal.held import survey
from tanos.renewal.page import LIST_CERTIFICATES
from tanos.report import Facts, Mark, Say, Section
from tests.conftest import bare_appliance, call
from tests.tanos.exchange.conftest import Clock, do, exchange, send


def lines(sections: tuple[Section, ...]) -> list[str]:
    """Return facts and sentences as plain words."""
    told = []
    for section in sections:
        if isinstance(section, Facts):
            told += [f"{fact.label}: {fact.value}" for fact in section.rows]
        elif isinstance(section, Say):
            told.append(str(section.message))
    return told


async def test_the_steps_stand_in_one_line_with_their_times(zone: Appliance, server: Appliance, clock: Clock) -> None:
    clock.now = clock.now.replace(hour=14, minute=31)  # no certificate is made or judged here
    made = await do(zone, CREATE_CSR)
    assert lines(state(zone))[0] == "exchange: made 14:31 ── shown 14:31 UTC ── issued · returned · installed"
    with zone.store.change(call(zone)) as change:
        store_peer(change, Peer("ts1", "10.0.0.11", 22, "ssh-ed25519 AAAA", "SHA256:abc"))
        clock.go(minutes=1)
    with zone.store.change(call(zone)) as change:
        ledger.move(change, Side.REQUESTER, made.data["check_code"], "sent", "ts1")
    told = lines(state(zone))
    assert told[0] == "exchange: made 14:31 ── sent 14:32 UTC ── issued · returned · installed"
    assert told[1] == "with: ts1  (10.0.0.11:22, host key SHA256:abc)"
    assert told[2] == f"check code: {made.data['check_code']}"
    clock.go(days=1)
    assert str(clock.now.date() - timedelta(days=1)) in lines(state(zone))[0]


async def test_after_the_installation_it_says_what_serves(zone: Appliance, server: Appliance) -> None:
    made, *_ = await exchange(zone, server)
    told = "\n".join(lines(state(zone)))
    assert "installed" in told
    assert "reporting.crt v1, until 20" in told
    assert made.data["check_code"] in told


async def test_an_earlier_version_that_was_put_back_is_said(zone: Appliance, server: Appliance, clock: Clock) -> None:
    for _ in range(2):
        await exchange(zone, server)
        clock.go(minutes=1)
    assert "put back" not in "\n".join(lines(state(zone)))
    restored = await do(zone, RESTORE_CERTIFICATE)
    assert "an earlier version put back" in lines(state(zone))[-1]
    (kept,) = [fact for section in restored.sections if isinstance(section, Facts) for fact in section.rows[3:4]]
    assert str(kept.value) == "version 2; `zone-server restore-certificate` puts it back"
    await do(zone, RESTORE_CERTIFICATE, version="2")
    assert "put back" not in "\n".join(lines(state(zone)))


async def test_only_what_came_back_is_said_to_be_returned(zone: Appliance, server: Appliance, clock: Clock) -> None:
    await exchange(zone, server)
    now = f"{clock.now:%H:%M}"
    assert lines(state(server))[0] == f"exchange: verified {now} ── issued {now} UTC"
    with server.store.change(call(server)) as change:
        mark_returned(change, server, "reporting.crt")
    assert lines(state(server))[0] == f"exchange: verified {now} ── issued {now} ── returned {now} UTC"


async def test_every_state_of_both_sides_has_its_line(zone: Appliance, server: Appliance, clock: Clock) -> None:
    states = {
        Side.REQUESTER: ["made", "shown", "sent", "returned", "installed", "replaced"],
        Side.ISSUER: ["verified", "issued", "returned"],
    }
    for side, names in states.items():
        steps = dict.fromkeys(names, zone.store.now())
        for name in names:
            one = ledger.Exchange("A", side, "", "CN=x", name, zone.store.now())
            assert "{" not in str(progress(one, steps, clock.now))
            assert "?" not in str(progress(one, steps, clock.now))


async def test_without_the_root_the_way_is_named(zone_server: Callable[..., Appliance]) -> None:
    zone = zone_server("zs1", trusting=False)
    assert "root: not here yet: import it (`public-key import`)" in lines(state(zone))
    await do(zone, CREATE_CSR)
    assert str(import_certificate_hint(zone, {})) == "first import the root: `public-key import`"


async def test_the_hints_lead_from_step_to_step(zone: Appliance, server: Appliance) -> None:
    assert str(create_csr_hint(zone, {})) == "next step"
    assert import_certificate_hint(zone, {}) is None
    assert str(send_csr_hint(zone, {})) == "nothing waits"
    await do(zone, CREATE_CSR)
    assert str(create_csr_hint(zone, {})) == "replaces the waiting request"
    assert str(import_certificate_hint(zone, {})) == "next step"
    assert send_csr_hint(zone, {}) is None
    send(zone.outgoing, server.incoming, "reporting.csr")
    assert str(import_request_hint(server, {})) == "1 in /incoming"
    await do(server, IMPORT_REQUEST)
    assert import_request_hint(server, {}) is None
    await exchange(zone, server)
    assert restore_hint(zone, {}) is None
    await exchange(zone, server)
    assert str(restore_hint(zone, {})) == "1 kept"


async def test_the_main_menu_says_what_waits(zone: Appliance, server: Appliance, clock: Clock) -> None:
    assert main_menu_state(zone) == ()
    await do(zone, CREATE_CSR)
    clock.go(minutes=12)
    (line,) = main_menu_state(zone)
    assert isinstance(line, Say)
    assert line.mark is Mark.WAIT
    assert "12 min" in str(line.message)
    clock.go(days=3)
    assert "3 days" in lines(main_menu_state(zone))[0]
    send(zone.outgoing, server.incoming, "reporting.csr")
    assert lines(main_menu_state(server)) == ["certificate requests in /incoming: 1 (`zone-server import-request`)"]
    assert [(await STATUS.read(call(each))).data["unanswered"] for each in (server, zone)] == [1, 0]


async def test_a_damaged_certificate_is_told_and_stops_no_menu(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    path = zone.certificates / "reporting" / "current" / "reporting.crt"
    path.write_bytes(b"rubbish")
    assert any("cannot be read" in line for line in lines(state(zone)))
    status = await ZONE_SERVER_STATUS.read(call(zone))
    assert status.data["installed"] is None
    assert [finding.id for finding in status.findings] == ["damaged-certificate"]


@pytest.mark.parametrize(
    ("days", "ids"), [(2400, []), (2500, ["renewal-due"]), (3630, ["expiry-soon"]), (3660, ["expired"])]
)
async def test_an_end_that_is_near_is_said_unasked(
    zone: Appliance, server: Appliance, clock: Clock, days: int, ids: list[str]
) -> None:
    await exchange(zone, server)
    clock.go(days=days)
    assert [finding.id for finding in (await STATUS.read(call(zone))).findings] == ids
    listed = await LIST_CERTIFICATES.read(call(zone))
    assert [finding.id for finding in listed.findings] == ids
    assert [one["name"] for one in listed.data["certificates"]] == ["tanium.pub", "reporting.crt"]


async def test_what_draws_a_menu_opens_no_private_key(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange(zone, server)
    await exchange(zone, server)
    await do(zone, CREATE_CSR)
    opened = []

    def watching(real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(path: Any, *words: Any, **names: Any) -> Any:
            opened.append(str(path))
            return real(path, *words, **names)

        return watched

    monkeypatch.setattr(os, "open", watching(os.open))
    monkeypatch.setattr(io, "open", watching(io.open))
    for draw in (state, main_menu_state, restorable):
        draw(zone)
    for hint in (create_csr_hint, import_certificate_hint, import_request_hint, restore_hint):
        hint(zone, {})
    for inquiry in (STATUS, ZONE_SERVER_STATUS, LIST_CERTIFICATES):
        await inquiry.read(call(zone))
    assert any(path.endswith(".crt") for path in opened)
    assert not [path for path in opened if path.endswith((".pvk", "_ed25519"))]


def ways(appliance: Appliance) -> dict[str, str]:
    return {held.file: str(what_to_do(appliance, held)) for held in survey(appliance).held}


async def test_what_ends_is_replaced_by_a_way_that_is_offered_here(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    told = ways(zone)
    assert "certificates renew reporting" in told["reporting.crt"]
    assert "public-key import" in told["tanium.pub"]
    told = ways(server)
    assert set(told) == {"reporting.crt", "tanium.pub"}
    assert "certificates renew reporting" in told["reporting.crt"]
    assert "support" in told["tanium.pub"]
    zone.identity = replace(zone.identity, release=R7_4)
    assert "support" in ways(zone)["reporting.crt"]


async def test_a_server_lists_its_own_pair(server: Appliance) -> None:
    listed = await LIST_CERTIFICATES.read(call(server))
    assert {one["name"] for one in listed.data["certificates"]} == {"tanium.pub", "reporting.crt"}
    status = await STATUS.read(call(server))
    assert status.data["add_ons"] == ["hub"]


async def test_a_fetched_certificate_is_on_its_way_back(
    zone_server: Callable[[str], Appliance], server: Appliance, clock: Clock
) -> None:
    codes = []
    for name in ("zs1", "zs2"):
        made, *_ = await exchange(zone_server(name), server)
        codes.append(made.data["check_code"])
        clock.go(minutes=1)

    def fetch(file: str) -> str:
        with server.store.change(call(server)) as change:
            return mark_returned(change, server, file)

    (server.outgoing / "other.crt").write_bytes((server.outgoing / f"reporting-{codes[0][:4]}.crt").read_bytes())
    (server.outgoing / "link.crt").symlink_to(server.outgoing / "reporting.crt")
    assert len(ledger.open_exchanges(server)) == 2
    for nothing in ("tanium.pub", "none.crt", "link.crt", "../root/tanium.pub", "", ".hidden"):
        assert fetch(nothing) == ""
    assert fetch("other.crt") == codes[0]
    assert fetch(f"/outgoing/reporting-{codes[0][:4]}.crt") == ""
    assert fetch("reporting.crt") == codes[1]
    assert {one.state for one in ledger.exchanges(server)} == {"returned"}
    assert ledger.open_exchanges(server) == []


async def test_the_latest_name_is_the_one_that_lies_there_not_the_one_that_changed_last(
    zone_server: Callable[[str], Appliance], server: Appliance, clock: Clock
) -> None:
    requests = []
    for name in ("zs1", "zs2"):
        requests.append((await do(zone_server(name), CREATE_CSR)).data)
        await do(server, IMPORT_REQUEST, source="paste", text=requests[-1]["csr"].encode())
        clock.go(minutes=1)
    await do(server, IMPORT_REQUEST, source="paste", text=requests[0]["csr"].encode())
    with server.store.change(call(server)) as change:
        assert mark_returned(change, server, "reporting.crt") == requests[0]["check_code"]


async def test_a_module_server_has_no_exchange_to_tell_of(tmp_path: Path) -> None:
    identity = Identity("ms1", "ms1.lab.test", Role.MODULE_SERVER, R7_3)
    status = await STATUS.read(call(bare_appliance(tmp_path / "ms1", identity)))
    assert len(status.sections) == 1
    assert status.data["exchanges"] == []


@pytest.mark.parametrize(("which", "way"), [("zone", "restore-certificate"), ("server", "from a backup")])
async def test_a_damaged_certificate_is_mended_by_a_way_that_is_offered_here(
    zone: Appliance, server: Appliance, which: str, way: str
) -> None:
    await exchange(zone, server)
    appliance = {"zone": zone, "server": server}[which]
    path = appliance.certificates / "reporting" / "current" / "reporting.crt"
    path.chmod(0o600)
    path.write_text("rubbish")
    with pytest.raises(Damaged) as damaged:
        installed_certificate(appliance)
    assert way in str(damaged.value.remedy)
