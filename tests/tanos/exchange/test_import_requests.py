"""Everything that waits in `/incoming` is answered at once: whole, each once, and resumed where it died."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.certificates.check_code import check_code
from tanos.certificates.loaded import read_certificate
from tanos.errors import NotYet
from tanos.exchange import issuing, ledger
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_requests import IMPORT_REQUESTS
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import silent
from tests.conftest import call
from tests.tanos.certificates.asking import csr_der, ec_key
from tests.tanos.certificates.judges import assert_certificate_is_good
from tests.tanos.exchange.conftest import do, plan
from tests.tanos.roots.made import verified


@pytest.fixture
async def waiting(server: Appliance, zone_server: Callable[[str], Appliance]) -> list[Appliance]:
    """Zone Servers whose requests lie in `/incoming` of the server, and what else lies there."""
    zones = [zone_server(f"zs{number}") for number in range(1, 5)]
    for each in zones:
        made = await do(each, CREATE_CSR)
        (server.incoming / f"reporting-of-{each.identity.name}.csr").write_text(made.data["csr"])
        (server.incoming / "reporting.csr").write_text(made.data["csr"])
    (server.incoming / "broken.csr").write_text("hello")
    own = (server.root / "tanium.pub").read_bytes()
    (server.incoming / "root.csr").write_bytes(own)
    return zones


def code_of(pem: str) -> str:
    return check_code(read_certificate(pem.encode()).public_key())


def serials(server: Appliance) -> list[str]:
    return [row["serial"] for row in server.store.rows("SELECT serial FROM issued ORDER BY serial")]


async def test_all_that_wait_are_answered_and_what_is_refused_is_told(
    server: Appliance, waiting: list[Appliance], tmp_path: Path
) -> None:
    planned = await plan(server, IMPORT_REQUESTS)
    assert planned.confirmation.word == "4"
    assert {each["file"]: each["refused"] for each in planned.data["requests"] if each["refused"]} == {
        "broken.csr": ["not-pem"],
        "root.csr": ["wrong-block"],
    }
    assert [each.id for each in planned.findings] == ["not-answered"]
    result = await do(server, IMPORT_REQUESTS)
    assert len(result.data["issued"]) == 4
    root = server.root / "tanium.pub"
    (tmp_path / "leaf").write_text(result.data["issued"][0]["certificate"])
    assert_certificate_is_good(tmp_path / "leaf", root, result.data["issued"][0]["names"][0])
    for each in result.data["issued"]:
        assert verified(each["certificate"], root.read_text())
        assert (server.outgoing / each["file"]).read_text() == each["certificate"]
    for zone in waiting:
        (code,) = Keeper(zone).waiting("reporting")
        pem = next(each["certificate"] for each in result.data["issued"] if code_of(each["certificate"]) == code)
        await do(zone, IMPORT_CERTIFICATE, source="paste", text=pem.encode())
        assert next(each.state for each in ledger.exchanges(server) if each.check_code == code) == "issued"
    assert (await plan(server, IMPORT_REQUESTS)).nothing_to_do


async def test_each_serial_stands_in_the_audit_before_and_after_it_is_signed_with(
    server: Appliance, waiting: list[Appliance]
) -> None:
    result = await do(server, IMPORT_REQUESTS)
    told = [row["after"] for row in server.store.rows("SELECT after FROM audit ORDER BY id DESC LIMIT 2")]
    for each in result.data["issued"]:
        assert f"serial {each['serial']}" in told[0]
        assert f"taken {each['serial']}" in told[1]


async def test_what_dies_before_it_is_signed_is_taken_up_again_with_the_same_serials(
    server: Appliance, waiting: list[Appliance], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> list[bytes]:
        raise NotYet("busy", N_("busy"), N_("busy"))

    before = len(serials(server))
    with monkeypatch.context() as patched:
        patched.setattr(Keeper, "sign_certificates", broken)
        with pytest.raises(NotYet, match="busy"):
            await do(server, IMPORT_REQUESTS)
    taken = serials(server)
    assert len(taken) == before + 4
    assert not list(server.outgoing.glob("reporting-*.crt"))
    result = await do(server, IMPORT_REQUESTS)
    assert serials(server) == taken
    assert {each["serial"] for each in result.data["issued"]} < set(taken)


async def test_two_sessions_give_each_request_one_certificate(
    server: Appliance, waiting: list[Appliance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuing, "PART", 3)
    both = [await plan(server, IMPORT_REQUESTS) for _ in range(2)]
    first, second = [await IMPORT_REQUESTS.apply(call(server), each, silent) for each in both]
    assert [each["certificate"] for each in first.data["issued"]] == [
        each["certificate"] for each in second.data["issued"]
    ]
    keys = [code_of(each["certificate"]) for each in first.data["issued"]]
    assert sorted(keys) == sorted(code for zone in waiting for code in Keeper(zone).waiting("reporting"))


async def test_of_one_key_asked_for_twice_there_is_one_certificate(server: Appliance, zone: Appliance) -> None:
    made: Sequence[Any] = [await do(zone, CREATE_CSR)]
    der = made[0].data["csr"].encode()
    (server.incoming / "a.csr").write_bytes(der)
    (server.incoming / "b.csr").write_bytes(b"\n" + der)
    planned = await plan(server, IMPORT_REQUESTS)
    assert planned.confirmation.word == "1"


async def test_of_one_key_signed_for_twice_there_is_one_serial(server: Appliance) -> None:
    key = ec_key()
    ders = {csr_der(key=key) for _ in range(3)}
    assert len(ders) == 3
    for number, der in enumerate(ders):
        (server.incoming / f"{number}.csr").write_bytes(der)
    before = serials(server)
    result = await do(server, IMPORT_REQUESTS)
    assert len(serials(server)) == len(before) + 1
    assert len({each["certificate"] for each in result.data["issued"]}) == 1


async def test_where_nothing_lies_there_it_says_so(server: Appliance) -> None:
    with pytest.raises(NotYet, match="step-missing"):
        await plan(server, IMPORT_REQUESTS)
