"""What a service is known by is what openssl sees at its port; and what is not there is said."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.infrastructure.operations import EXPORT_INFRASTRUCTURE, INIT_FILE, apply_import, prepare_import
from tanos.keeper import keeper_of
from tanos.operation import Operation
from tanos.overview.fingerprints import READ_SERVICE_FINGERPRINTS, names_of
from tanos.report import Facts, Table
from tanos.roots.kept import find_root
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.issuing import issue
from tanos.subordinate.own import ask_for, take, wanted_roots
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key
from tests.tanos.roots.made import ROOT_0, server_of_7_4
from tests.tanos.services.conftest import supervising
from tests.tanos.subordinate.below import made_root
from tests.tanos.subordinate.servers import server_round, zone_of_7_4

__all__ = ["clock"]


def by_name(data: Any) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in data["fingerprints"]}


@pytest.mark.crash
async def test_a_fingerprint_is_what_openssl_sees_at_the_port(server: Appliance) -> None:
    async with supervising(server) as supervisor:
        result = await READ_SERVICE_FINGERPRINTS.read(call(server))
        port = supervisor.services[TANIUM_SERVER.name].ports[PLATFORM]
        seen = _openssl(f"s_client -connect 127.0.0.1:{port} -tls1_2", b"")
    found = by_name(result.data)
    assert list(found) == ["ts", "soap", "hub", "root"]
    assert found["ts"]["fingerprint"] in _openssl("x509 -noout -fingerprint -sha256", seen.encode())
    assert {name: each["served"] for name, each in found.items()} == {
        "ts": True,
        "soap": True,
        "hub": None,
        "root": None,
    }
    assert found["hub"]["check_code"] == found["ts"]["check_code"]


async def test_what_is_installed_but_not_served_is_told(server: Appliance) -> None:
    async with supervising(server):
        key, leaf = rsa_key(), authority().issue(now=datetime.now(UTC), days=(-1, 200))
        keeper_of(server).install_pair("soap", key_pem(key), pem(leaf), "")
        result = await READ_SERVICE_FINGERPRINTS.read(call(server), name="soap")
    assert by_name(result.data)["soap"]["served"] is False
    glance, known = result.sections
    assert isinstance(glance, Table)
    assert isinstance(known, Facts)
    soap = by_name(result.data)["soap"]
    assert list(map(str, glance.rows[0])) == ["soap", soap["check_code"], soap["not_after"][:10], "not served yet"]
    assert known.rows[1].value == soap["fingerprint"]
    assert [finding.id for finding in result.findings] == ["not-served-yet"]


async def test_nothing_is_said_to_be_served_where_nobody_serves_and_nothing_is_there(zone: Appliance) -> None:
    result = await READ_SERVICE_FINGERPRINTS.read(call(zone))
    assert by_name(result.data) == {
        "tzs": {"name": "tzs", "file": "reporting.crt"},
        "root": {"name": "root", "file": "tanium.pub"},
    }
    with pytest.raises(AnswerRefused) as refused:
        await READ_SERVICE_FINGERPRINTS.read(call(zone), name="soap")
    assert refused.value.id == "no-such-service"


async def test_of_release_7_4_each_root_in_use_is_shown_and_each_server_tls_key(tmp_path: Path, clock: Clock) -> None:
    server = server_of_7_4(tmp_path, clock)
    server_round(server)
    zone = zone_of_7_4(tmp_path, clock, server)
    await do(server, EXPORT_INFRASTRUCTURE)
    import_root: Operation[Any] = Operation(prepare_import, apply_import)
    await do(zone, import_root, source="paste", text=(server.outgoing / INIT_FILE).read_bytes())
    key = ask_for(zone, wanted_roots(zone)[0])
    take(call(zone), key, issue(call(server), key.root, key.request))
    for appliance, others in ((server, ["ts", "soap", "hub"]), (zone, ["tzs"])):
        result = await READ_SERVICE_FINGERPRINTS.read(call(appliance))
        found = by_name(result.data)
        assert list(found) == [*others, "tls-0", "root-0", "root"]
        assert found["root-0"]["fingerprint"] == find_root(server, ROOT_0).fingerprint
        assert found["root"]["fingerprint"] == find_root(server, "legacy-root").fingerprint
        assert (found["root"]["root"], found["root-0"]["root"]) == ("legacy-root", ROOT_0)
        last = result.sections[-1]
        assert isinstance(last, Facts)
        assert str(last.rows[0].value) == "tanium.pub of legacy-root"
        assert found["tls-0"]["check_code"] == held_keys(appliance, roots_in_use(appliance))[0].check_code
        assert "and none is needed here" in str(result.sections)
        assert result.findings == ()


def test_of_several_servers_each_root_is_called_after_its_own() -> None:
    first, second, namesake = (
        made_root(0, each).certificate for each in ("ts1.lab.test", "ts2.lab.test", "ts2.else.test")
    )
    following = made_root(1, "ts1.lab.test").certificate
    assert names_of([first, following]) == ["0", "1"]
    assert names_of([first, second, following]) == ["0.ts1", "0.ts2", "1.ts1"]
    assert names_of([first, second, namesake]) == ["0.ts1", "0.ts2.lab.test", "0.ts2.else.test"]


def _openssl(words: str, stdin: bytes) -> str:
    done = subprocess.run(["openssl", *words.split()], input=stdin, capture_output=True, timeout=60, check=False)
    return done.stdout.decode()
