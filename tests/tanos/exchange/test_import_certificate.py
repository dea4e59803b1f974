"""Import Signed Certificate: what is installed, what is refused, and that a pair is whole or nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.exchange import import_certificate, ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE, prepare_from_bytes
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import Plan, silent
from tanos.settings.catalogue import setting_named
from tanos.settings.values import settings, write
from tests.conftest import TS1, bare_appliance, call
from tests.tanos.exchange.conftest import Clock, do, done, exchange, plan, send, tree
from tests.tanos.exchange.test_create_csr import full_disk


async def answered(zone: Appliance, server: Appliance) -> bytes:
    """Return the certificate for a new request of `zone`, PEM."""
    made = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=made.data["csr"].encode())
    return str(issued.data["certificate"]).encode()


def refusals(prepared: Plan[Any]) -> list[str]:
    return [finding.id for finding in prepared.refusals]


async def test_a_certificate_for_another_key_is_refused(
    zone_server: Callable[[str], Appliance], server: Appliance
) -> None:
    mine, other = zone_server("zs1"), zone_server("zs2")
    await do(mine, CREATE_CSR)
    with pytest.raises(AnswerRefused) as refused:
        await plan(mine, IMPORT_CERTIFICATE, source="paste", text=await answered(other, server))
    assert refused.value.id == "key-mismatch"


async def test_a_certificate_of_another_root_is_refused(
    zone: Appliance, server: Appliance, tmp_path: Path, clock: Clock
) -> None:
    certificate = await answered(zone, server)
    stranger = bare_appliance(tmp_path / "ts9", TS1)
    stranger.clock = clock
    Keeper(stranger).make_root()
    (zone.root / "tanium.pub").write_bytes((stranger.root / "tanium.pub").read_bytes())
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert refusals(prepared) == ["wrong-issuer"]


async def test_without_the_root_it_is_refused_and_says_the_way(zone: Appliance, server: Appliance) -> None:
    certificate = await answered(zone, server)
    (zone.root / "tanium.pub").unlink()
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert refusals(prepared) == ["no-root"]
    assert str(prepared.refusals[0].remedy) == "`public-key import` comes first."


@pytest.mark.parametrize(("ahead", "why"), [(-2, "not-yet-valid"), (3651, "expired")])
async def test_a_certificate_outside_its_time_is_refused(
    zone: Appliance, server: Appliance, clock: Clock, ahead: int, why: str
) -> None:
    certificate = await answered(zone, server)
    clock.go(days=ahead)
    prepared = await plan(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert why in refusals(prepared)


async def test_a_request_pasted_in_its_place_is_named(zone: Appliance) -> None:
    made = await do(zone, CREATE_CSR)
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, IMPORT_CERTIFICATE, source="paste", text=made.data["csr"].encode())
    assert refused.value.id == "wrong-block"


async def test_without_a_waiting_request_it_is_not_yet(zone: Appliance, server: Appliance) -> None:
    foreign = (server.root / "tanium.pub").read_bytes()
    for answers in ({"source": "paste", "text": foreign}, {"source": "incoming"}):
        with pytest.raises(NotYet) as refused:
            await plan(zone, IMPORT_CERTIFICATE, **answers)
        assert refused.value.id == "step-missing"


async def test_with_nothing_in_incoming_it_is_not_yet(zone: Appliance) -> None:
    await do(zone, CREATE_CSR)
    with pytest.raises(NotYet) as refused:
        await plan(zone, IMPORT_CERTIFICATE, source="incoming")
    assert refused.value.id == "step-missing"


async def test_in_incoming_only_the_one_whose_key_matches_is_taken(zone: Appliance, server: Appliance) -> None:
    await do(zone, CREATE_CSR)
    send(server.root, zone.incoming, "tanium.pub")
    (zone.incoming / "tanium.pub").rename(zone.incoming / "reporting.crt")
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, IMPORT_CERTIFICATE, source="incoming")
    assert refused.value.id == "key-mismatch"
    assert "reporting.crt" in str(refused.value)


async def test_the_root_in_front_of_it_and_der_by_file_are_taken(zone: Appliance, server: Appliance) -> None:
    certificate = await answered(zone, server)
    chain = (server.root / "tanium.pub").read_bytes() + certificate
    assert not refusals(await plan(zone, IMPORT_CERTIFICATE, source="paste", text=chain))
    der = x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    prepared = await prepare_from_bytes(call(zone), der, N_("ts1"))
    installed = await IMPORT_CERTIFICATE.apply(call(zone), prepared, silent)
    assert installed.data["version"] == 1
    pem = (zone.certificates / "reporting/current/reporting.crt").read_text()
    assert pem.count("BEGIN CERTIFICATE") == 1


async def test_the_same_certificate_again_is_nothing_to_do(zone: Appliance, server: Appliance) -> None:
    _, issued, first = await exchange(zone, server)
    before = done(zone)
    again = await do(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    assert (again.data["version"], again.data["handshake"]["ok"]) == (first.data["version"], True)
    assert done(zone) == before
    send(server.outgoing, zone.incoming, "reporting.crt")
    assert (await do(zone, IMPORT_CERTIFICATE, source="incoming")).data["version"] == 1


async def test_what_an_operator_had_set_is_kept_by_the_next_installation(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    with zone.store.change(call(zone)) as change:
        write(change, setting_named(zone.identity, "ReportingTLSMode"), 1)
    *_, second = await exchange(zone, server)
    assert second.data["settings"]["ReportingTLSMode"] == 1
    assert settings(zone)["RequireIncomingEncryption"] == 0


async def test_the_answered_request_leaves_outgoing(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    assert not list(zone.outgoing.iterdir())


async def test_one_audit_record_tells_of_it(zone: Appliance, server: Appliance) -> None:
    certificate = await answered(zone, server)
    before = done(zone)
    installed = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert done(zone)[len(before) :] == [installed.data["check_code"]]
    row = zone.store.row("SELECT * FROM audit ORDER BY id DESC LIMIT 1")
    assert row
    assert (row["before"], row["after"]) == ("version -", "version 1")


@pytest.mark.parametrize("where", ["reporting.pvk", "reporting.crt", "manifest.json"])
async def test_a_full_disk_leaves_the_earlier_pair(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    await exchange(zone, server)
    certificate = await answered(zone, server)
    before = tree(zone.certificates), settings(zone), ledger.exchanges(zone), done(zone)
    with monkeypatch.context() as full:
        full_disk(full, f"v000002/{where}")
        with pytest.raises(Damaged) as failed:
            await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert failed.value.id == "disk-failed"
    after = tree(zone.certificates)
    after.pop("reporting/v000001/installed", None)
    before[0].pop("reporting/v000001/installed", None)
    assert (after, settings(zone), ledger.exchanges(zone), done(zone)) == before
    assert (await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)).data["version"] == 2


async def test_a_failing_record_leaves_no_audit_that_says_done(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = await answered(zone, server)
    before = done(zone), settings(zone), ledger.exchanges(zone)

    def failing(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(import_certificate, "finish", failing)
        with pytest.raises(RuntimeError):
            await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert (done(zone), settings(zone), ledger.exchanges(zone)) == before
    assert not (zone.certificates / "reporting" / "current").exists()


async def test_a_failed_handshake_is_told_and_the_way_back_named(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = await answered(zone, server)

    def failing(_: Keeper) -> None:
        raise OSError

    monkeypatch.setattr(Keeper, "handshake", failing)
    installed = await do(zone, IMPORT_CERTIFICATE, source="paste", text=certificate)
    assert not installed.data["handshake"]["ok"]
    assert [finding.id for finding in installed.findings] == ["handshake-failed"]


async def test_an_earlier_pair_is_put_back_and_serves(zone: Appliance, server: Appliance) -> None:
    first, *_ = await exchange(zone, server)
    second, *_ = await exchange(zone, server)
    assert (await plan(zone, RESTORE_CERTIFICATE)).confirmation.word == "yes"
    back = await do(zone, RESTORE_CERTIFICATE)
    assert (back.data["version"], back.data["check_code"]) == (1, first.data["check_code"])
    assert back.data["handshake"]["check_code"] == first.data["check_code"]
    forth = await do(zone, RESTORE_CERTIFICATE, version="2")
    assert forth.data["check_code"] == second.data["check_code"]
    before = done(zone)
    await do(zone, RESTORE_CERTIFICATE, version="v000002")
    assert done(zone) == before


@pytest.mark.parametrize("version", ["9", "x", "../v000001", "\x1b[2J"])
async def test_a_version_that_is_not_kept_is_refused(zone: Appliance, server: Appliance, version: str) -> None:
    await exchange(zone, server)
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, RESTORE_CERTIFICATE, version=version)
    assert refused.value.id == "no-such-version"
    assert "\x1b" not in str(refused.value)


async def test_nothing_earlier_to_put_back_is_not_yet(zone: Appliance, server: Appliance) -> None:
    with pytest.raises(NotYet):
        await plan(zone, RESTORE_CERTIFICATE)
    await exchange(zone, server)
    with pytest.raises(NotYet):
        await plan(zone, RESTORE_CERTIFICATE)
