"""Peers: names and addresses that can only be what they say, and keys that are pinned on purpose."""

from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from sftp.carrying import proposal
from sftp.host_keys import HostKey
from sftp.operations import PEER_ADD, PEER_LIST, PEER_REMOVE, PEER_SCAN
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused, NotYet, WrongUse
from tanos.operation import silent
from tanos.peers import Peer, checked_name, parse_address, peer, peers, remove_peer, show_address, store_peer
from tests.sftp.carrying.conftest import peer_of, stored
from tests.sftp.carrying.pair import call, do, plan
from tests.sftp.carrying.server import StrangeBox, strange_box
from tests.tanos.certificates.broken import BROKEN
from tests.tanos.keys.forms import rsa_line


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("ts1.lab.test", "ts1.lab.test", 22),
        ("ts1.lab.test:2222", "ts1.lab.test", 2222),
        ("192.0.2.7:22", "192.0.2.7", 22),
        ("[2001:db8::1]", "2001:db8::1", 22),
        ("[2001:DB8::1]:2222", "2001:db8::1", 2222),
        ("[fe80::1%eth0]:22", "fe80::1%eth0", 22),
        (" ts1.\n", "ts1", 22),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert parse_address(text) == (host, port)
    assert parse_address(show_address(host, port)) == (host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":22",
        "ts1:",
        "ts1:0",
        "ts1:65536",
        "ts1:+22",
        "ts1:\u0662\u0662",
        "2001:db8::1",
        "[ts1]:22",
        "[]:22",
        "-oProxyCommand=id",
        "a b",
        "a/b",
        "t\u00e4st",
        "ts1\x1b[2J",
        "ts1\nts2",
        "999.1.1.1",
        "1.2.3",
        "user@ts1",
        "x" * 64,
        "[fe80::1%e\x00th]:22",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        parse_address(text)
    assert refused.value.id == "bad-address"
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "-ts1", "ts1-", "a b", "../x", "t\u00e4st", "x" * 64, "ts1\n"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(AnswerRefused):
        checked_name(name)


async def test_adding_pins_the_key_that_was_given(box: StrangeBox, bare_zone_server: Appliance) -> None:
    address = f"127.0.0.1:{box.port}"
    result = await do(bare_zone_server, PEER_ADD, name="ts1", address=address, host_key=box.fingerprint())
    assert result.data["peer"]["host_key"] == box.fingerprint()
    (known,) = peers(bare_zone_server)
    assert (known.host, known.port, known.host_key) == ("127.0.0.1", box.port, box.line())
    rows = bare_zone_server.store.rows("SELECT object, after FROM audit WHERE result = 'done'")
    assert [tuple(row) for row in rows] == [("ts1", f"{address} {box.fingerprint()}")]


@pytest.mark.parametrize("face", ["verb", "screens"])
@pytest.mark.parametrize("named", [True, False])
async def test_adding_the_same_again_is_nothing_to_do(
    box: StrangeBox, bare_zone_server: Appliance, face: str, named: bool
) -> None:
    answers = {"name": "TS1", "address": f"127.0.0.1:{box.port}", "host_key": box.fingerprint()}
    await do(bare_zone_server, PEER_ADD, **answers)
    answers |= {"name": "ts1", "host_key": box.fingerprint() if named else ""}
    prepared = await plan(bare_zone_server, PEER_ADD, face, **answers)
    assert prepared.nothing_to_do
    again = await PEER_ADD.apply(call(bare_zone_server, face), prepared, silent)
    assert again.data["changed"] is False
    assert len(bare_zone_server.store.rows("SELECT * FROM audit")) == 1


async def test_a_peer_that_was_removed_meanwhile_is_not_called_stored(
    box: StrangeBox, bare_zone_server: Appliance
) -> None:
    stored(bare_zone_server, box, "ts1")
    prepared = await plan(bare_zone_server, PEER_ADD, name="ts1", address=f"127.0.0.1:{box.port}")
    await do(bare_zone_server, PEER_REMOVE, name="ts1")
    with pytest.raises(NotYet) as not_yet:
        await PEER_ADD.apply(call(bare_zone_server), prepared, silent)
    assert not_yet.value.id == "stale"


async def test_a_verb_that_meets_another_key_than_the_pinned_one_is_told_that_it_changed(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    with strange_box(tmp_path / "box", authorized) as box:
        known = replace(
            peer_of(box),
            host_key=other.export_public_key("openssh").decode().strip(),
            host_key_fingerprint=other.get_fingerprint("sha256"),
        )
        with bare_zone_server.store.change(call(bare_zone_server)) as change:
            store_peer(change, known)
        answers = {"name": "ts1", "address": f"127.0.0.1:{box.port}"}
        with pytest.raises(AnswerRefused) as refused:
            await plan(bare_zone_server, PEER_ADD, **answers)
        renewed = await plan(bare_zone_server, PEER_ADD, **answers, host_key=box.fingerprint())
        at_menu = await plan(bare_zone_server, PEER_ADD, "screens", **answers)
    assert refused.value.id == "host-key-changed"
    assert known.host_key_fingerprint in str(refused.value.message)
    assert box.fingerprint() in str(refused.value.message)
    assert [finding.id for finding in renewed.findings] == ["host-key-replaced"]
    assert (renewed.confirmation.word, at_menu.confirmation.word) == ("yes", "ts1")


@pytest.mark.parametrize("given", ["SHA256:" + "A" * 43, "MD5:00", "SHA256:short", "x\x1b[2J"])
async def test_a_key_that_is_not_shown_there_is_not_pinned(
    box: StrangeBox, bare_zone_server: Appliance, given: str
) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await plan(bare_zone_server, PEER_ADD, name="ts1", address=f"127.0.0.1:{box.port}", host_key=given)
    assert refused.value.id in {"host-key-changed", "bad-fingerprint"}
    assert peers(bare_zone_server) == []


async def test_any_of_several_host_keys_may_be_the_pinned_one(
    tmp_path: Path, authorized: str, bare_zone_server: Appliance
) -> None:
    keys = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ssh-rsa")]
    with strange_box(tmp_path / "many", authorized, keys) as box:
        given = box.fingerprint(1).removeprefix("SHA256:")
        await do(bare_zone_server, PEER_ADD, name="ts1", address=f"127.0.0.1:{box.port}", host_key=given)
    assert peer(bare_zone_server).host_key_type == "ssh-rsa"


async def test_at_a_menu_the_key_is_shown_and_another_one_wants_the_name_typed(
    tmp_path: Path, authorized: str, box: StrangeBox, bare_zone_server: Appliance
) -> None:
    address = f"127.0.0.1:{box.port}"
    first = await plan(bare_zone_server, PEER_ADD, "screens", name="ts1", address=address)
    assert first.confirmation.word == "yes"
    assert [finding.id for finding in first.findings] == ["host-key-new"]
    await PEER_ADD.apply(call(bare_zone_server, "screens"), first, silent)
    with strange_box(tmp_path / "second", authorized) as second:
        moved = await plan(bare_zone_server, PEER_ADD, "screens", name="ts1", address=f"127.0.0.1:{second.port}")
        assert moved.confirmation.word == "ts1"
        assert "host-key-replaced" in [finding.id for finding in moved.findings]
        with pytest.raises(WrongUse):
            await plan(bare_zone_server, PEER_ADD, name="ts1", address=f"127.0.0.1:{second.port}")
        await PEER_ADD.apply(call(bare_zone_server, "screens"), moved, silent)
    assert peer(bare_zone_server, "ts1").host_key == second.line()


async def test_a_list_tells_every_peer(box: StrangeBox, bare_zone_server: Appliance) -> None:
    stored(bare_zone_server, box, "ts1")
    stored(bare_zone_server, box, "ms1")
    listed = (await PEER_LIST.read(call(bare_zone_server))).data["peers"]
    assert [each["name"] for each in listed] == ["ms1", "ts1"]
    assert listed[1]["host_key"] == box.fingerprint()


async def test_a_scan_stores_nothing_and_says_what_is_pinned(box: StrangeBox, bare_zone_server: Appliance) -> None:
    result = await PEER_SCAN.read(call(bare_zone_server), address=f"127.0.0.1:{box.port}")
    assert result.data["host_keys"] == [{"type": "ssh-ed25519", "fingerprint": box.fingerprint(), "pinned_as": ""}]
    assert peers(bare_zone_server) == []
    stored(bare_zone_server, box, "ts1")
    again = await PEER_SCAN.read(call(bare_zone_server), address="ts1")
    assert again.data["host_keys"][0]["pinned_as"] == "ts1"


async def test_a_peer_is_removed(box: StrangeBox, bare_zone_server: Appliance) -> None:
    stored(bare_zone_server, box, "ts1")
    await do(bare_zone_server, PEER_REMOVE, name="ts1")
    assert peers(bare_zone_server) == []
    with pytest.raises(AnswerRefused) as refused:
        await plan(bare_zone_server, PEER_REMOVE, name="ts1")
    assert refused.value.id == "unknown-peer"


async def test_a_stale_write_is_refused(box: StrangeBox, bare_zone_server: Appliance) -> None:
    first = stored(bare_zone_server, box, "ts1")
    newer = Peer("ts1", "192.0.2.9", 22, first.host_key, first.host_key_fingerprint, revision=first.revision)
    with bare_zone_server.store.change(call(bare_zone_server)) as change:
        store_peer(change, newer)
    for act in (store_peer, remove_peer):
        with pytest.raises(NotYet) as not_yet, bare_zone_server.store.change(call(bare_zone_server)) as change:
            act(change, first)
        assert not_yet.value.id == "stale"
    assert peer(bare_zone_server).host == "192.0.2.9"


def test_which_peer_is_meant_is_asked_only_where_it_is_not_clear(
    box: StrangeBox, bare_zone_server: Appliance
) -> None:
    with pytest.raises(NotYet):
        peer(bare_zone_server)
    stored(bare_zone_server, box, "ts1")
    assert peer(bare_zone_server).name == "ts1"
    stored(bare_zone_server, box, "ts2")
    with pytest.raises(WrongUse):
        peer(bare_zone_server)


@pytest.mark.parametrize("name", ["ROCA", "exponent 3"])
async def test_a_broken_host_key_is_not_pinned_even_if_it_is_the_one_that_was_given(
    bare_zone_server: Appliance, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    line = " ".join(rsa_line(*BROKEN[name]).decode().split()[:2])
    shown = HostKey("ssh-rsa", asyncssh.import_public_key(line).get_fingerprint("sha256"), line)

    async def scanned(host: str, port: int) -> list[HostKey]:
        return [shown]

    monkeypatch.setattr(proposal, "scan", scanned)
    with pytest.raises(AnswerRefused, match="broken-key"):
        await plan(bare_zone_server, PEER_ADD, name="ts1", address="ts1.lab.test", host_key=shown.fingerprint)
