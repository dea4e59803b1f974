"""Create CSR: what it asks for, what it replaces, and that it is whole or nothing."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, Damaged, NotYet
from tanos.exchange import create_csr, ledger
from tanos.exchange.create_csr import CREATE_CSR, default_alt_names
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.keeper import Keeper
from tanos.operation import silent
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, do, done, exchange, openssl, plan, tree


def full_disk(monkeypatch: pytest.MonkeyPatch, path_part: str) -> None:
    """Let every write to a file whose path has `path_part` fail as on a full disk."""
    write = os.write

    def failing(file: int, data: Any) -> int:
        if len(data) and path_part in str(Path(f"/proc/self/fd/{file}").readlink()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data)

    monkeypatch.setattr(os, "write", failing)


async def test_the_defaults_are_the_host_name_and_the_addresses_that_others_reach(zone: Appliance) -> None:
    assert default_alt_names(zone) == "zs1.lab.test 10.0.0.12"
    made = await do(zone, CREATE_CSR)
    assert made.data["names"] == ["zs1.lab.test", "10.0.0.12"]
    assert made.data["subject"] == "CN=zs1.lab.test"


async def test_openssl_verifies_the_request_in_outgoing(zone: Appliance) -> None:
    made = await do(zone, CREATE_CSR, common_name="zs1.dmz.test", alt_names=("zs1.lab.test",))
    openssl("req", "-verify", "-noout", "-in", str(zone.outgoing / "reporting.csr"))
    assert made.data["names"] == ["zs1.dmz.test", "zs1.lab.test"]
    group = made.data["check_code"][:4]
    assert (zone.outgoing / f"reporting-{group}.csr").read_text() == made.data["csr"]


async def test_without_the_root_it_says_so_beforehand(zone: Appliance) -> None:
    (zone.root / "tanium.pub").unlink()
    made = await do(zone, CREATE_CSR)
    assert [(finding.id, finding.severity) for finding in made.findings] == [("no-root", "note")]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("a b",), "san-bad"),
        (("*.lab.test",), "san-forbidden"),
        (("localhost",), "san-forbidden"),
        (("127.0.0.1",), "san-forbidden"),
        (("x" * 64 + ".test",), "san-bad"),
    ],
)
async def test_a_name_that_cannot_be_certified_is_refused_and_changes_nothing(
    zone: Appliance, names: tuple[str, ...], why: str
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, CREATE_CSR, alt_names=names)
    assert refused.value.id == why
    assert not ledger.exchanges(zone)


@pytest.mark.parametrize("common_name", ["My server", "x" * 30 + "." + "y" * 40 + ".test", "$(id)", "-x"])
async def test_a_common_name_that_names_no_server_is_refused(zone: Appliance, common_name: str) -> None:
    with pytest.raises(AnswerRefused):
        await plan(zone, CREATE_CSR, common_name=common_name)


async def test_a_plan_changes_nothing(zone: Appliance) -> None:
    before = tree(zone.home / "dropbox"), tree(zone.requests)
    await plan(zone, CREATE_CSR)
    assert (tree(zone.home / "dropbox"), tree(zone.requests)) == before


async def test_making_it_again_over_a_waiting_one_wants_a_typed_word(zone: Appliance) -> None:
    first = await do(zone, CREATE_CSR)
    again = await plan(zone, CREATE_CSR)
    assert again.confirmation.word == "REPLACE"
    assert not again.confirmation.given_by("yes")
    assert [finding.id for finding in again.findings] == ["waiting-replaced"]
    second = await CREATE_CSR.apply(call(zone), again, silent)
    assert list(Keeper(zone).waiting("reporting")) == [second.data["check_code"]]
    old = ledger.find(zone, ledger.Side.REQUESTER, first.data["check_code"])
    assert old
    assert old.state == "replaced"
    assert not (zone.outgoing / first.data["file"]).exists()
    assert (zone.outgoing / "reporting.csr").read_text() == second.data["csr"]


async def test_after_an_installation_a_new_one_is_an_ordinary_yes(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    assert (await plan(zone, CREATE_CSR)).confirmation.word == "yes"


async def test_the_old_certificate_of_a_replaced_request_is_refused(zone: Appliance, server: Appliance) -> None:
    first = await do(zone, CREATE_CSR)
    issued = await do(server, IMPORT_REQUEST, source="paste", text=first.data["csr"].encode())
    await do(zone, CREATE_CSR)
    with pytest.raises(AnswerRefused) as refused:
        await plan(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    assert refused.value.id == "key-mismatch"


async def test_a_plan_that_another_session_overtook_is_stale(zone: Appliance) -> None:
    slow = await plan(zone, CREATE_CSR)
    fast = await do(zone, CREATE_CSR)
    with pytest.raises(NotYet) as refused:
        await CREATE_CSR.apply(call(zone), slow, silent)
    assert refused.value.id == "stale"
    assert list(Keeper(zone).waiting("reporting")) == [fast.data["check_code"]]
    assert (zone.outgoing / "reporting.csr").read_text() == fast.data["csr"]


@pytest.mark.parametrize("where", ["reporting.pvk", "requests/", "outgoing/.reporting-", "outgoing/.reporting.csr"])
@pytest.mark.parametrize("waiting", [False, True])
async def test_a_full_disk_leaves_what_was_there(
    zone: Appliance, monkeypatch: pytest.MonkeyPatch, where: str, waiting: bool
) -> None:
    if waiting:
        await do(zone, CREATE_CSR)
    before = tree(zone.home / "dropbox"), tree(zone.requests), ledger.exchanges(zone), done(zone)
    prepared = await plan(zone, CREATE_CSR)
    with monkeypatch.context() as full:
        full_disk(full, where)
        with pytest.raises(Damaged) as failed:
            await CREATE_CSR.apply(call(zone), prepared, silent)
    assert failed.value.id == "disk-failed"
    assert (tree(zone.home / "dropbox"), tree(zone.requests), ledger.exchanges(zone), done(zone)) == before


async def test_a_record_that_fails_takes_the_key_back(
    zone: Appliance, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    first = await do(zone, CREATE_CSR)
    clock.go(minutes=1)
    before = tree(zone.home / "dropbox"), tree(zone.requests), done(zone)

    def failing(*_: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(create_csr, "_publish", failing)
        prepared = await plan(zone, CREATE_CSR)
        with pytest.raises(RuntimeError):
            await CREATE_CSR.apply(call(zone), prepared, silent)
    assert (tree(zone.home / "dropbox"), tree(zone.requests), done(zone)) == before
    assert list(Keeper(zone).waiting("reporting")) == [first.data["check_code"]]


async def test_it_is_audited_with_the_check_code_once(zone: Appliance) -> None:
    made = await do(zone, CREATE_CSR)
    assert done(zone)[1:] == [made.data["check_code"]]
