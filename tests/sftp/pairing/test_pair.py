"""A pairing text is taken whole or not at all: the host key is pinned and the key let in, by who compared it."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from menus.shown import outcome_lines
from sftp.operations import PAIR, PAIRING, PAIRING_TEXT, PEER_ADD, PEER_REMOVE
from sftp.pairing.own import usual_address
from sftp.pairing.text import PairingText, read_pairing_text
from tanos.actor import Actor, Call
from tanos.appliance import Appliance
from tanos.errors import NotYet, TanosError
from tanos.keys.adding import ADD_AUTHORIZED
from tanos.keys.authorized import authorized_keys
from tanos.keys.operations import REMOVE_AUTHORIZED
from tanos.keys.public_key import read_line
from tanos.keys.revoked import KEY, Mark, revoke
from tanos.operation import silent
from tanos.peers import peer, peers
from tanos.platform import UserRole
from tanos.users.accounts import add_user
from tests.sftp.carrying.conftest import stored
from tests.sftp.carrying.pair import call, do, plan
from tests.sftp.carrying.server import StrangeBox, strange_box
from tests.sftp.pairing.made import make_appliance, new_key, own_line, text_of


@pytest.fixture
def zs1(tmp_path: Path) -> Appliance:
    """An appliance with its keys and the user tancopy."""
    appliance = make_appliance(tmp_path)
    with appliance.store.change(call(appliance)) as change:
        add_user(change, "tancopy", UserRole.TANCOPY, None)
    return appliance


@pytest.fixture
def box(tmp_path: Path, zs1: Appliance) -> Iterator[StrangeBox]:
    """A drop box that lets it in."""
    with strange_box(tmp_path / "box", own_line(zs1)) as running:
        yield running


def pasted(text: PairingText, **answers: str) -> dict[str, Any]:
    """Return the answers of a program that was given the code."""
    return {"text": text.armoured.encode(), "check_code": text.check_code, **answers}


def let_in(appliance: Appliance) -> list[str]:
    """Return the fingerprints of who may sign in as tancopy."""
    return [key.fingerprint for key in authorized_keys(appliance, "tancopy")]


async def refused(appliance: Appliance, text: PairingText, **answers: str) -> TanosError:
    """Plan to pair, which is refused and changes nothing."""
    before = (peers(appliance), let_in(appliance))
    with pytest.raises(TanosError) as error:
        await plan(appliance, PAIR, **pasted(text, **answers))
    assert (peers(appliance), let_in(appliance)) == before
    return error.value


async def test_the_first_half_pins_and_lets_in_and_shows_what_the_other_side_needs(
    zs1: Appliance, box: StrangeBox
) -> None:
    text = text_of(box)
    result = await do(zs1, PAIR, **pasted(text))
    known = peer(zs1)
    assert (known.name, known.address, known.host_key, known.key) == (
        "ts1", f"127.0.0.1:{box.port}", box.line(), text.key.fingerprint,
    )  # fmt: skip
    assert let_in(zs1) == [text.key.fingerprint]
    answer, _ = read_pairing_text(result.data["answer"]["text"].encode())
    assert (answer.key, answer.lets_in) == (read_line(own_line(zs1)), text.key.fingerprint)
    assert answer.check_code in "\n".join(outcome_lines(result))
    assert box.users == [], "half-way nobody over there knows this key yet"
    (record,) = zs1.store.rows("SELECT object, after, result FROM audit WHERE object = 'ts1'")
    assert text.key.fingerprint in record["after"]
    assert text.host_key.fingerprint in record["after"]


async def test_the_second_half_tries_the_ways_by_itself(zs1: Appliance, box: StrangeBox) -> None:
    text = replace(text_of(box), lets_in=read_line(own_line(zs1)).fingerprint)
    result = await do(zs1, PAIR, **pasted(text))
    states = [(arrow["from"], arrow["state"]) for arrow in result.data["peer"]["arrows"]]
    assert states == [("here", "works"), ("here", "works"), ("ts1", "untested"), ("ts1", "untested")]
    assert result.data["answer"] == {}
    assert "peer test" in "\n".join(outcome_lines(result))


async def test_the_same_again_is_nothing_to_do(zs1: Appliance, box: StrangeBox) -> None:
    text = text_of(box)
    await do(zs1, PAIR, **pasted(text))
    records = len(zs1.store.rows("SELECT 1 FROM audit"))
    prepared = await plan(zs1, PAIR, **pasted(text))
    assert prepared.nothing_to_do
    again = await PAIR.apply(call(zs1), prepared, silent)
    assert (again.data["changed"], bool(again.data["answer"])) == (False, True)
    assert len(zs1.store.rows("SELECT 1 FROM audit")) == records


async def test_what_single_steps_did_is_completed(zs1: Appliance, box: StrangeBox) -> None:
    text = text_of(box)
    await do(zs1, PEER_ADD, name="tanium", address=text.address, host_key=text.host_key.fingerprint)
    await do(zs1, ADD_AUTHORIZED, user="tancopy", text=text.key.line.encode())
    await do(zs1, PAIR, **pasted(text))
    (known,) = peers(zs1)
    assert (known.name, known.key) == ("tanium", text.key.fingerprint)
    assert let_in(zs1) == [text.key.fingerprint]


async def test_keys_exchanged_by_hand_are_known_by_their_name(zs1: Appliance, box: StrangeBox) -> None:
    stored(zs1, box, "ts1")
    await do(zs1, ADD_AUTHORIZED, user="tancopy", text=text_of(box).key.line.encode())
    (told,) = (await PAIRING.read(call(zs1))).data["peers"]
    assert told["key"] == let_in(zs1)[0]
    assert [arrow["state"] for arrow in told["arrows"]] == ["untested"] * 4


async def test_a_host_key_that_is_pinned_is_never_replaced(zs1: Appliance, box: StrangeBox, tmp_path: Path) -> None:
    await do(zs1, PAIR, **pasted(text_of(box)))
    with strange_box(tmp_path / "another", "") as another:
        error = await refused(zs1, text_of(another))
    assert (error.id, int(error.exit_code)) == ("host-key-changed", 3)
    assert all(each in str(error.message) for each in (box.fingerprint(), another.fingerprint(), "pinned"))


async def test_an_address_that_shows_another_host_key_is_refused(zs1: Appliance, box: StrangeBox) -> None:
    error = await refused(zs1, replace(text_of(box), host_key=new_key("")))
    assert error.id == "host-key-changed"
    assert box.fingerprint() in str(error.message)


async def test_an_address_where_nobody_answers_may_be_paired_with_all_the_same(
    zs1: Appliance, tmp_path: Path
) -> None:
    with strange_box(tmp_path / "box", "") as box:
        text = text_of(box)
    prepared = await plan(zs1, PAIR, **pasted(text))
    (finding,) = prepared.findings
    assert finding.id == "peer-not-seen"
    assert "ts1 begins" in str(finding.remedy)
    await PAIR.apply(call(zs1), prepared, silent)
    assert peer(zs1).name == "ts1"


@pytest.mark.parametrize("code", ["0000-0000", "x", "F" * 32])
async def test_another_check_code_is_refused(zs1: Appliance, box: StrangeBox, code: str) -> None:
    assert (await refused(zs1, text_of(box), check_code=code)).id == "other-check-code"


async def test_a_key_that_was_revoked_here_is_not_let_in_again(zs1: Appliance, box: StrangeBox) -> None:
    text, asked = text_of(box), call(zs1)
    with zs1.store.change(asked) as change:
        revoke(change, asked, [Mark(KEY, text.key.fingerprint)], "lost")
    assert (await refused(zs1, text)).id == "key-revoked"


async def test_the_code_may_be_given_as_it_is_read_aloud(zs1: Appliance, box: StrangeBox) -> None:
    text = text_of(box)
    await plan(zs1, PAIR, **pasted(text, check_code=text.check_code.replace("-", " ").lower()))


async def test_the_own_text_pasted_at_the_wrong_terminal_is_named(zs1: Appliance) -> None:
    shown = (await PAIRING_TEXT.read(call(zs1), address="zs1.lab.test:2222")).data
    own, _ = read_pairing_text(shown["text"].encode())
    assert (own.check_code, own.address) == (shown["check_code"], "zs1.lab.test:2222")
    assert (await refused(zs1, own)).id == "own-pairing"


async def test_a_new_address_and_a_new_key_are_told_before_they_are_taken(
    zs1: Appliance, box: StrangeBox, tmp_path: Path
) -> None:
    first = text_of(box)
    await do(zs1, PAIR, **pasted(first))
    with strange_box(tmp_path / "moved", "", box.keys) as moved:
        second = replace(text_of(moved), key=new_key())
        prepared = await plan(zs1, PAIR, **pasted(second))
        assert [finding.id for finding in prepared.findings] == ["peer-replaced", "peer-key-replaced"]
        assert first.key.fingerprint in str(prepared.findings[1].message)
        await PAIR.apply(call(zs1), prepared, silent)
    assert (peer(zs1).key, peer(zs1).port) == (second.key.fingerprint, moved.port)
    assert set(let_in(zs1)) == {first.key.fingerprint, second.key.fingerprint}


async def test_a_peer_that_is_forgotten_is_told_to_be_let_in_still(zs1: Appliance, box: StrangeBox) -> None:
    text = text_of(box)
    await do(zs1, PAIR, **pasted(text))
    prepared = await plan(zs1, PEER_REMOVE, name="ts1")
    (finding,) = prepared.findings
    assert (finding.id, text.key.fingerprint in str(finding.message)) == ("key-stays", True)
    await PEER_REMOVE.apply(call(zs1), prepared, silent)
    assert let_in(zs1) == [text.key.fingerprint]


async def test_a_peer_that_changed_meanwhile_is_stale_and_nobody_is_let_in(zs1: Appliance, box: StrangeBox) -> None:
    prepared = await plan(zs1, PAIR, **pasted(text_of(box)))
    stored(zs1, box, "ts1")
    with pytest.raises(NotYet) as error:
        await PAIR.apply(call(zs1), prepared, silent)
    assert error.value.id == "stale"
    assert let_in(zs1) == []


async def test_what_the_peers_key_did_here_is_seen_and_what_keeps_it_away_too(
    zs1: Appliance, box: StrangeBox
) -> None:
    text = text_of(box)
    await do(zs1, PAIR, **pasted(text))

    async def inward() -> list[str]:
        (told,) = (await PAIRING.read(call(zs1))).data["peers"]
        return [f"{arrow['state']} {arrow['id']}".strip() for arrow in told["arrows"][2:]]

    carrier = Actor("tancopy", UserRole.TANCOPY, "files", key=text.key.fingerprint)
    with zs1.store.change(Call(zs1, carrier, "files put"), about="/incoming/x"):
        pass
    zs1.store.refused(Call(zs1, carrier, "files get"), "/outgoing/x", "not-allowed")
    assert await inward() == ["works", "untested"]
    await do(zs1, REMOVE_AUTHORIZED, user="tancopy", fingerprint=text.key.fingerprint)
    assert await inward() == ["fails key-not-here"] * 2
    await do(zs1, ADD_AUTHORIZED, user="tancopy", text=text.key.line.encode(), direction="outgoing")
    assert (await inward())[0] == "fails key-for-other-directory"


@pytest.mark.parametrize(
    ("door", "address"),
    [
        ({"address": "192.0.2.7", "port": 2222}, "192.0.2.7:2222"),
        ({"address": "2001:db8::1", "port": 22}, "[2001:db8::1]:22"),
        ({"address": "0.0.0.0", "port": 22}, "127.0.0.1:22"),
        ({"address": "::", "port": 4022}, "127.0.0.1:4022"),
        ({}, "127.0.0.1:22"),
        ({"address": "192.0.2.7", "port": 70000}, "127.0.0.1:22"),
        ({"address": "192.0.2.7"}, "127.0.0.1:22"),
        ([], "127.0.0.1:22"),
    ],
)
def test_where_others_reach_it_is_where_its_door_listens(zs1: Appliance, door: Any, address: str) -> None:
    (zs1.run / "door.json").write_text(json.dumps(door))
    assert usual_address(zs1) == address


def test_the_fingerprints_are_those_that_ssh_keygen_prints(zs1: Appliance, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(own_line(zs1) + "\n")
    said = subprocess.run(
        ["ssh-keygen", "-l", "-f", tmp_path / "key.pub"], capture_output=True, text=True, check=True
    )
    assert read_line(own_line(zs1)).fingerprint == said.stdout.split()[1]


async def test_without_a_pair_of_its_own_nothing_is_begun(zs1: Appliance, box: StrangeBox) -> None:
    (zs1.ssh / "tanadmin_ed25519").unlink()
    assert (await refused(zs1, text_of(box))).id == "step-missing"
    assert (await PAIRING.read(call(zs1))).data["key"] == ""
