"""What a service is known by is what openssl sees at its port; and what is not there is said."""

import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keeper import keeper_of
from tanos.services.catalogue import PLATFORM, TANIUM_SERVER
from tanos.services.fingerprints import READ_SERVICE_FINGERPRINTS
from tests.conftest import call
from tests.tanos.services.conftest import supervising
from tests.tanos.soap.made import authority, key_pem, pem, rsa_key


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


def _openssl(words: str, stdin: bytes) -> str:
    done = subprocess.run(["openssl", *words.split()], input=stdin, capture_output=True, timeout=60, check=False)
    return done.stdout.decode()
