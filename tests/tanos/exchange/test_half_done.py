"""The disk is full just when the record is to be written: what is said is what is true, and it is completed later."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import ExitCode, HalfDone, TanosError
from tanos.exchange import ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.keys.pair_operations import GENERATE_KEY
from tanos.recovery import recover
from tanos.store import store
from tests.tanos.exchange.conftest import do, exchange
from tests.tanos.exchange.dying import results
from tests.tanos.keys.made import with_users


@pytest.fixture
def full_at_the(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lets the given audit record of what follows fail as on a full disk, and those after it succeed."""
    record = store.record

    def fail(which: int) -> None:
        calls = []

        def failing(*words: Any) -> int:
            calls.append(words)
            if len(calls) == which:
                raise sqlite3.OperationalError("database or disk is full")
            return record(*words)

        monkeypatch.setattr(store, "record", failing)

    return fail


async def test_a_restoration_without_its_record_says_that_it_is_done(
    zone: Appliance, server: Appliance, full_at_the: Callable[[int], None]
) -> None:
    await exchange(zone, server)
    await exchange(zone, server)
    full_at_the(2)
    with pytest.raises(HalfDone) as half:
        await do(zone, RESTORE_CERTIFICATE)
    assert (half.value.id, half.value.exit_code, half.value.changed) == ("not-recorded", ExitCode.DAMAGED, True)
    assert Keeper(zone).current("reporting") == 1
    assert len(recover(zone)) == 1
    assert results(zone, "version 1") == ["begun", "done"]


async def test_a_key_pair_without_its_record_says_that_it_is_made(
    bare_zone_server: Appliance, full_at_the: Callable[[int], None]
) -> None:
    zone = with_users(bare_zone_server)
    full_at_the(2)
    with pytest.raises(HalfDone, match="not-recorded"):
        await do(zone, GENERATE_KEY, user="tanadmin")
    assert Keeper(zone).ssh_public_line("tanadmin")
    assert len(recover(zone)) == 1
    assert results(zone, "tanadmin") == ["begun", "done"]


async def test_an_installation_without_its_record_says_so_and_is_completed_by_importing_again(
    zone: Appliance, server: Appliance, full_at_the: Callable[[int], None]
) -> None:
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    certificate = issued.data["certificate"].encode()
    full_at_the(1)
    with pytest.raises(HalfDone, match="not-recorded"):
        await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    again = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert (again.data["version"], len(again.data["settings"])) == (1, 4)
    assert [one.state for one in ledger.exchanges(zone)] == ["installed"]


async def test_a_root_without_its_record_is_taken_back(
    zone_server: Callable[..., Appliance], server: Appliance, full_at_the: Callable[[int], None]
) -> None:
    zone = zone_server("zs1", trusting=False)
    full_at_the(2)
    with pytest.raises(TanosError) as failed:
        await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=(server.root / "tanium.pub").read_bytes())
    assert (failed.value.id, failed.value.changed) == ("store-failed", False)
    assert not (zone.root / "tanium.pub").exists()
    assert results(zone, "tanium.pub") == ["begun", "abandoned"]


async def test_a_damaged_ssh_key_is_not_in_the_way_of_its_successor(bare_zone_server: Appliance) -> None:
    zone = with_users(bare_zone_server)
    (zone.ssh / "tanadmin_ed25519").write_bytes(b"rubbish")
    made = await do(zone, GENERATE_KEY, user="tanadmin")
    assert made.data["public_key"] == Keeper(zone).ssh_public_line("tanadmin")


async def test_a_damaged_live_pair_is_not_in_the_way_of_a_new_request(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    (zone.certificates / "reporting/current/reporting.crt").write_bytes(b"rubbish")
    *_, installed = await exchange(zone, server)
    assert installed.data["handshake"]["ok"]
