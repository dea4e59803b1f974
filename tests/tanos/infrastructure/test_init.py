"""`tanium-init.dat`: made by a Tanium Server of 7.4, trusted by a zone server once its check code was compared."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from tanos.appliance import Appliance
from tanos.certificates.root import self_signed_root
from tanos.errors import AnswerRefused, NotOffered
from tanos.infrastructure import exporting
from tanos.infrastructure.container import LARGEST, MOST_NUMBER, MOST_SERVERS, Init, understood, written
from tanos.infrastructure.exporting import init_now
from tanos.infrastructure.operations import (
    EXPORT_INFRASTRUCTURE,
    INIT_FILE,
    LIST_INFRASTRUCTURE,
    apply_import,
    prepare_import,
)
from tanos.keeper import Keeper
from tanos.operation import Operation, Result
from tanos.platform import R7_3, R7_4, Identity, Role
from tanos.receipts.recognised import Kind, recognise
from tanos.roots.kept import find_root
from tanos.roots.revoke import REVOKE_ROOT
from tanos.roots.trusted import trusted_pem
from tanos.settings.operations import SET_SETTING
from tests.conftest import NOON, bare_appliance, call
from tests.tanos.exchange.conftest import Clock, clock, do
from tests.tanos.roots.made import ROOT_0, ROOT_1, another_root, server_of_7_4

__all__ = ["clock"]
ZS4 = Identity("zs4", "zs4.lab.test", Role.ZONE_SERVER, R7_4, frozenset(), ("127.0.0.1",))
IMPORT: Operation[Any] = Operation(prepare_import, apply_import)


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


@pytest.fixture
def zone(tmp_path: Path, clock: Clock) -> Appliance:
    """A zone server of release 7.4 that trusts nobody yet."""
    appliance = bare_appliance(tmp_path / "zs4", ZS4)
    appliance.clock = clock
    return appliance


async def test_where_neither_file_lies_the_one_that_zone_servers_of_7_4_want_is_named(zone: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await prepare_import(call(zone))
    assert refused.value.id == "missing-file"
    assert INIT_FILE in str(refused.value.message)


async def exported(server: Appliance) -> bytes:
    await do(server, EXPORT_INFRASTRUCTURE)
    return (server.outgoing / INIT_FILE).read_bytes()


async def carried(server: Appliance, zone: Appliance) -> Result:
    (zone.incoming / INIT_FILE).write_bytes(await exported(server))
    return await do(zone, IMPORT, source="incoming")


async def test_both_files_lie_there_and_hold_no_secret_and_say_for_whom_they_are(server: Appliance) -> None:
    result = await do(server, EXPORT_INFRASTRUCTURE)
    assert result.data["files"] == [INIT_FILE, "tanium.pub"]
    assert {each.id for each in result.findings} == {"not-for-the-public"}
    data = (server.outgoing / INIT_FILE).read_bytes()
    init = understood(data)
    assert (init.server, init.own, init.servers) == ("ts4.lab.test", 2, ("ts4.lab.test:17472",))
    assert [each.subject.rfc4514_string() for each in init.roots] == [f"CN={ROOT_0}", "CN=legacy-root"]
    assert b"PRIVATE" not in data + b64decode(json.loads(data)["body"])
    compared = find_root(server, ROOT_0)
    assert (result.data["check_code"], result.data["fingerprint"]) == (compared.check_code, compared.fingerprint)
    assert result.data["tanium_pub"]["check_code"] == find_root(server, "legacy-root").check_code
    listed = await LIST_INFRASTRUCTURE.read(call(server))
    assert listed.data["init_check_code"] == find_root(server, ROOT_0).check_code
    assert "enable_protocol_314_flag" in str(listed.sections)


async def test_a_zone_server_trusts_all_roots_of_the_server_by_one_check_code(
    server: Appliance, zone: Appliance
) -> None:
    await another_root(server)
    code = find_root(server, ROOT_1).check_code
    (zone.incoming / INIT_FILE).write_bytes(await exported(server))
    plan = await prepare_import(call(zone), fingerprint=code)
    assert (plan.refusals, plan.data["check_code"], plan.data["server"]) == ((), code, "ts4.lab.test")
    assert trusted_pem(zone) == ""
    told = await do(zone, IMPORT, source="incoming", fingerprint=code)
    trusted = trusted_pem(zone)
    assert "subordinate-keys approve" in str(told.sections)
    assert all(find_root(server, name).pem in trusted for name in (ROOT_0, ROOT_1, "legacy-root"))
    assert Keeper(zone).root_certificate() == Keeper(server).root_certificate()
    assert (await prepare_import(call(zone))).nothing_to_do
    audited = [row["object"] for row in zone.store.rows("SELECT object FROM audit WHERE result = 'done'")]
    assert audited == ["tanium.pub", "root letter"]


async def test_a_file_that_brings_another_root_does_not_say_that_there_is_nothing_to_do(
    server: Appliance, zone: Appliance
) -> None:
    await carried(server, zone)
    await another_root(server)
    (zone.incoming / INIT_FILE).write_bytes(await exported(server))
    plan = await prepare_import(call(zone))
    assert (plan.nothing_to_do, [each.id for each in plan.findings]) == (False, [])


async def test_it_is_recognised_in_a_drop_box(server: Appliance) -> None:
    assert recognise("any name", await exported(server)).kind is Kind.INFRASTRUCTURE


async def test_another_check_code_is_refused(server: Appliance, zone: Appliance) -> None:
    (zone.incoming / INIT_FILE).write_bytes(await exported(server))
    plan = await prepare_import(call(zone), fingerprint=find_root(server, "legacy-root").check_code)
    assert [each.id for each in plan.refusals] == ["fingerprint-mismatch"]


async def test_an_older_file_brings_back_no_root_that_ended(server: Appliance, zone: Appliance, clock: Clock) -> None:
    await another_root(server)
    older, ended = await exported(server), find_root(server, ROOT_0).pem
    clock.go(days=8)
    await do(server, REVOKE_ROOT, name=ROOT_0)
    await carried(server, zone)
    assert ended not in trusted_pem(zone)
    (zone.incoming / INIT_FILE).write_bytes(older)
    plan = await prepare_import(call(zone))
    assert "older-file" in {each.id for each in plan.findings}
    await do(zone, IMPORT, source="incoming")
    assert ended not in trusted_pem(zone)


async def test_the_file_of_another_server_wants_a_typed_word(
    server: Appliance, zone: Appliance, tmp_path: Path, clock: Clock
) -> None:
    await carried(server, zone)
    (tmp_path / "other").mkdir()
    (zone.incoming / INIT_FILE).write_bytes(await exported(server_of_7_4(tmp_path / "other", clock)))
    plan = await prepare_import(call(zone))
    assert "root-replaced" in {each.id for each in plan.findings}
    assert plan.confirmation.word == "REPLACE"
    assert (await do(zone, IMPORT)).findings == ()


@pytest.mark.parametrize("release", [R7_3, R7_4])
async def test_it_is_offered_on_zone_servers_of_7_4_alone(
    server: Appliance, tmp_path: Path, release: Any, clock: Clock
) -> None:
    role = Role.ZONE_SERVER if release is R7_3 else Role.MODULE_SERVER
    other = bare_appliance(tmp_path / "other", Identity("ot1", "ot1.lab.test", role, release))
    (other.incoming / INIT_FILE).write_bytes(await exported(server))
    with pytest.raises(NotOffered):
        await prepare_import(call(other), source="incoming", file=INIT_FILE)


async def test_where_clients_go_is_told(server: Appliance) -> None:
    name = {"name": "ServerNameList", "component": "clients"}
    await do(server, SET_SETTING, **name, value="ts5.lab.test=192.0.2.5:17472")
    init = understood(await exported(server))
    assert init.servers == ("ts4.lab.test:17472", "ts5.lab.test=192.0.2.5:17472")
    assert init.settings == {"ServerNameList": "ts5.lab.test=192.0.2.5:17472"}


def changed(data: bytes, **words: Any) -> bytes:
    """Return the file with other words in what is signed."""
    outer = json.loads(data)
    body = {**json.loads(b64decode(outer["body"])), **words}
    return json.dumps({**outer, "body": b64encode(json.dumps(body).encode()).decode()}).encode()


async def test_roots_of_a_trusted_server_are_told_beside_the_own_ones(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SimpleNamespace(roots=ROOTS, fqdn="ts5.lab.test")
    monkeypatch.setattr(exporting, "trusted_others", lambda _: [other])
    init = understood(await exported(server))
    assert (init.own, len(init.roots), init.roots[2:]) == (2, 4, ROOTS)


async def test_what_was_changed_or_is_not_whole_is_refused(server: Appliance) -> None:
    data = await exported(server)
    outer = json.loads(data)
    stranger = ec.generate_private_key(ec.SECP384R1())
    foreign = b64encode(self_signed_root(stranger, "Root 0", NOON).public_bytes(_der())).decode()
    for each in (
        b"", b"{}", b"[]", b"null", data[:-40], data.replace(b"tanos init 1", b"tanos init 2"), b"{" * 60_000,
        data + b" " * LARGEST, changed(data, server="ts9.lab.test"), changed(data, servers=["ts9=192.0.2.9:1"]),
        changed(data, roots=[foreign]), changed(data, own=0), changed(data, own=True), changed(data, number=-1),
        *(json.dumps({**outer, "signatures": found}).encode() for found in ([], ["AA=="], ["AA==", "AA=="], None)),
    ):  # fmt: skip
        with pytest.raises(AnswerRefused) as refused:
            understood(each)
        assert refused.value.id == "bad-init-file"


def _der() -> Any:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


KEYS = [ec.generate_private_key(ec.SECP384R1()) for _ in range(2)]
ROOTS = tuple(self_signed_root(key, f"Root {number}", NOON) for number, key in enumerate(KEYS))


def signed(init: Init) -> bytes:
    from tanos.certificates.profile import signing_algorithm
    from tanos.certificates.signed_words import STATEMENT

    def sign(data: bytes, root: Any) -> bytes:
        return KEYS[ROOTS.index(root)].sign(STATEMENT + data, ec.ECDSA(signing_algorithm(root.public_key())[1]))

    return written(init, sign)


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    with pytest.raises(AnswerRefused):
        understood(data)


_WORDS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=8), each, max_size=3),
    max_leaves=8,
)
_FIELDS = st.sampled_from(("server", "number", "own", "servers", "settings", "letters", "roots"))


@settings(deadline=None, derandomize=True)
@given(_FIELDS, _WORDS)
def test_no_words_that_a_root_signed_are_more_than_refused_or_taken(field: str, value: Any) -> None:
    init = Init("ts1.lab.test", 1, ROOTS, 2, (), {}, "")
    assert understood(signed(init)) == init
    body = json.loads(b64decode(json.loads(signed(init))["body"]))
    raw = json.dumps({**body, field: value}).encode()
    try:
        found = understood(_sealed(raw))
    except AnswerRefused as refused:
        assert refused.id == "bad-init-file"
    else:
        assert found.roots == ROOTS


@pytest.mark.parametrize("number", [MOST_NUMBER + 1, 1 << 53])
def test_a_second_that_no_calendar_has_is_refused(number: int) -> None:
    body = json.loads(b64decode(json.loads(signed(Init("ts1.lab.test", MOST_NUMBER, ROOTS, 2, (), {}, "")))["body"]))
    assert datetime.fromtimestamp(understood(_sealed(json.dumps(body).encode())).number, UTC).year == 9999
    with pytest.raises(AnswerRefused, match="bad-init-file"):
        understood(_sealed(json.dumps({**body, "number": number}).encode()))


def _sealed(body: bytes) -> bytes:
    from tanos.certificates.profile import signing_algorithm
    from tanos.certificates.signed_words import INIT_HEAD, STATEMENT

    signatures = [
        b64encode(key.sign(STATEMENT + INIT_HEAD + body, ec.ECDSA(signing_algorithm(key.public_key())[1]))).decode()
        for key in KEYS
    ]
    return json.dumps({"format": "tanos init 1", "body": b64encode(body).decode(), "signatures": signatures}).encode()


async def test_however_long_the_list_of_servers_is_the_file_is_one(server: Appliance) -> None:
    listed = ",".join(f"ts{number}.lab.test" for number in range(10, 22))
    await do(server, SET_SETTING, name="ServerNameList", component="clients", value=listed)
    init = understood(await exported(server))
    assert (init.servers[0], len(init.servers)) == ("ts4.lab.test:17472", MOST_SERVERS)
    assert init.settings == {"ServerNameList": listed}


async def test_what_is_told_now_is_what_is_written(server: Appliance) -> None:
    data = await exported(server)
    assert understood(data) == init_now(server)
