"""What is revoked signs in nowhere; a list is understood whole or not at all, as OpenSSH's own program makes it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keys.authorized import Admission, TurnedAway, admit, authorized_keys
from tanos.keys.krl import MAGIC, read_krl
from tanos.keys.operations import ADD_AUTHORIZED, REMOVE_AUTHORIZED
from tanos.keys.public_key import read_line
from tanos.keys.revocations import read_revocations
from tanos.keys.revoked import KEY, KEY_ID, SERIAL, Mark, is_revoked_certificate, revoked
from tanos.keys.revoking import LIST_REVOKED, REVOKE, UNREVOKE
from tanos.operation import Result, silent
from tanos.ssh_wire import BadBlob
from tanos.trials.ends import due, revert
from tanos.trials.kinds import told
from tanos.trials.trial import waiting
from tests.conftest import NOON, call
from tests.tanos.keys.forms import LINE, OTHER, data, line
from tests.tanos.keys.made import with_users

WHOSE = "SHA256:" + "A" * 43
ONE, TWO = read_line(LINE), read_line(OTHER)


@pytest.fixture
def asked(bare_zone_server: Appliance) -> Call:
    """A call on an appliance with its two accounts and a password."""
    return call(with_users(bare_zone_server, "a hash"))


async def add(asked: Call, text: str, user: str = "tancopy") -> Result:
    """Add a key through both beats."""
    plan = await ADD_AUTHORIZED.prepare(asked, user=user, text=text.encode())
    return await ADD_AUTHORIZED.apply(asked, plan, silent)


async def revoke(asked: Call, what: str = "", text: bytes = b"", file: str = "", authority: str = "") -> Result:
    """Revoke through both beats."""
    plan = await REVOKE.prepare(
        asked, what=what, file=file, text=text, authority=authority, reason="lost  in a\ntrain"
    )
    return await REVOKE.apply(asked, plan, silent)


def verdict(asked: Call) -> Admission | TurnedAway | None:
    """Ask for the key."""
    return admit(asked.appliance, "tancopy", ONE.type, ONE.blob, "192.0.2.1", NOON)


async def test_a_revoked_key_signs_in_no_more_and_does_again_once_off_the_list(asked: Call) -> None:
    await add(asked, LINE)
    await revoke(asked, ONE.fingerprint)
    assert verdict(asked) == TurnedAway(ONE.fingerprint, "key-revoked")
    (entry,) = (await LIST_REVOKED.read(asked)).data["revoked"]
    assert entry.pop("authorized_for") == [{"user": "tancopy", "comment": ONE.comment}]
    assert entry == {
        "entry": "K1",
        "kind": "key",
        "value": ONE.fingerprint,
        "authority": "",
        "reason": "lost in a train",
        "added_by": "tanadmin",
        "added_at": "2026-11-22T12:00:00Z",
        "added_from": "verb",
    }
    plan = await UNREVOKE.prepare(asked, entry="k1")
    await UNREVOKE.apply(asked, plan, silent)
    assert isinstance(verdict(asked), Admission)
    with pytest.raises(AnswerRefused, match="no-such-entry"):
        await UNREVOKE.apply(asked, plan, silent)


@pytest.mark.parametrize("options", ["", "cert-authority "])
async def test_a_revoked_key_is_not_added_again(asked: Call, options: str) -> None:
    await revoke(asked, ONE.fingerprint)
    with pytest.raises(AnswerRefused, match="key-revoked"):
        await add(asked, options + LINE)
    assert authorized_keys(asked.appliance, "tancopy") == []


async def test_a_key_that_is_revoked_between_plan_and_apply_is_not_added(asked: Call) -> None:
    plan = await ADD_AUTHORIZED.prepare(asked, user="tancopy", text=LINE.encode())
    await revoke(asked, ONE.fingerprint)
    with pytest.raises(AnswerRefused, match="key-revoked"):
        await ADD_AUTHORIZED.apply(asked, plan, silent)


async def test_the_plan_says_whose_keys_these_are_and_what_is_known(asked: Call) -> None:
    await add(asked, LINE)
    await add(asked, LINE, "tanadmin")
    await revoke(asked, TWO.fingerprint)
    plan = await REVOKE.prepare(asked, what="", file="", text=f"{LINE}\n{OTHER}\n".encode(), authority="", reason="")
    assert plan.sections[0].rows == ((ONE.fingerprint, f"tanadmin ({ONE.comment}), tancopy ({ONE.comment})"),)  # type: ignore[union-attr]  # a table
    assert [finding.id for finding in plan.findings] == ["already-revoked"]
    again = await REVOKE.prepare(asked, what=TWO.fingerprint, file="", text=b"", authority="", reason="")
    assert again.nothing_to_do


async def test_a_list_may_lie_in_incoming(asked: Call) -> None:
    (asked.appliance.incoming / "lost.txt").write_text(f"# lost\nserial: 7\n{ONE.fingerprint} erika\n")
    await revoke(asked, file="lost.txt")
    assert [each["kind"] for each in (await LIST_REVOKED.read(asked)).data["revoked"]] == ["serial", "key"]


async def test_the_last_way_in_is_not_revoked(bare_zone_server: Appliance) -> None:
    asked = call(with_users(bare_zone_server))
    await add(asked, LINE, "tanadmin")
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await revoke(asked, ONE.fingerprint)
    await add(asked, OTHER, "tanadmin")
    await revoke(asked, ONE.fingerprint)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await REMOVE_AUTHORIZED.prepare(asked, user="tanadmin", fingerprint=TWO.fingerprint)


def signed_in(asked: Call, key: str) -> Call:
    """Return the call of who came in by a key."""
    return replace(asked, actor=replace(asked.actor, key=key))


def revoked_now(asked: Call) -> list[str]:
    """Return what stands on the list."""
    return [each.mark.value for each in revoked(asked.appliance)]


async def test_the_own_key_is_revoked_on_trial_and_what_else_is_with_it_for_good(asked: Call) -> None:
    await add(asked, LINE, "tanadmin")
    mine = signed_in(asked, ONE.fingerprint)
    text = f"{OTHER}\n{LINE}\nserial: 5\n".encode()
    plan = await REVOKE.prepare(mine, what="", file="", text=text, authority="", reason="")
    assert [finding.id for finding in plan.findings] == ["on-trial"]
    await REVOKE.apply(mine, plan, silent)
    assert revoked_now(asked) == [TWO.fingerprint, "5", ONE.fingerprint]
    (trial,) = waiting(asked.appliance)
    assert str(told(trial)) == f"Revoked: {ONE.fingerprint}"
    with asked.appliance.store.change(asked) as change:
        change.execute("UPDATE trials SET deadline = begun_at")
    assert len(due(asked.appliance)) == 1
    assert revoked_now(asked) == [TWO.fingerprint, "5"]


async def test_what_was_taken_off_the_list_and_put_on_it_again_does_not_go_back(asked: Call) -> None:
    await add(asked, LINE, "tanadmin")
    mine = signed_in(asked, ONE.fingerprint)
    await revoke(mine, ONE.fingerprint)
    await UNREVOKE.apply(asked, await UNREVOKE.prepare(asked, entry="K1"), silent)
    await revoke(asked, TWO.fingerprint)
    (trial,) = waiting(asked.appliance)
    assert not revert(mine, trial), "another entry has its number"
    assert revoked_now(asked) == [TWO.fingerprint]


@pytest.mark.parametrize(
    ("key", "what", "on_trial"),
    [
        ("SHA256:of-the-certified-key", ONE.fingerprint, True),
        ("SHA256:of-the-certified-key", "serial: 5", True),
        ("SHA256:of-the-certified-key", "id: erika", True),
        ("SHA256:of-the-certified-key", WHOSE, False),
        (TWO.fingerprint, "serial: 5", False),
        ("", "serial: 5", False),
        ("", ONE.fingerprint, False),
    ],
)
async def test_whoever_came_by_a_certificate_may_be_hit_by_authority_serial_and_key_id(
    asked: Call, key: str, what: str, on_trial: bool
) -> None:
    await add(asked, f"cert-authority {LINE}", "tanadmin")
    await add(asked, OTHER, "tanadmin")
    await revoke(signed_in(asked, key), what)
    assert bool(waiting(asked.appliance)) == on_trial


async def test_a_serial_of_another_authority_hits_no_certificate_of_ours(asked: Call) -> None:
    await add(asked, f"cert-authority {LINE}", "tanadmin")
    certified = signed_in(asked, "SHA256:of-the-certified-key")
    await revoke(certified, text=b"serial: 5\n", authority=WHOSE)
    assert not waiting(asked.appliance)
    await revoke(certified, text=b"serial: 5\n", authority=ONE.fingerprint)
    assert waiting(asked.appliance)


async def test_the_authority_of_the_own_certificate_is_removed_on_trial_as_the_own_key_is(asked: Call) -> None:
    await add(asked, f"cert-authority {LINE}", "tanadmin")
    certified = signed_in(asked, "SHA256:of-the-certified-key")
    plan = await REMOVE_AUTHORIZED.prepare(certified, user="tanadmin", fingerprint=ONE.fingerprint)
    assert len(plan.findings) == 1
    assert not (await REMOVE_AUTHORIZED.prepare(asked, user="tanadmin", fingerprint=ONE.fingerprint)).findings


def test_each_form_of_a_line_is_read() -> None:
    certificate = data("ed25519-cert.pub").decode()
    text = f"""# what was lost
{LINE}
key: {OTHER}
sha256: {line("rsa2048")}
restrict,from="10.0.0.1" {line("rsa1024")}
{WHOSE}=
hash: SHA256:{"B" * 43}
serial: 5
Serial: 8-10
id: erika's laptop
{certificate}
"""
    marks = read_revocations(text.encode())
    assert [mark.kind for mark in marks].count(KEY) == 6
    assert marks[:2] == (Mark(KEY, ONE.fingerprint), Mark(KEY, TWO.fingerprint))
    assert [mark.value for mark in marks if mark.kind == SERIAL][:4] == ["5", "8", "9", "10"]
    assert Mark(KEY_ID, "erika's laptop") in marks


def test_serials_and_key_ids_are_those_of_the_authority_that_is_given() -> None:
    assert read_revocations(b"serial: 5\nid: x\n", WHOSE) == (Mark(SERIAL, "5", WHOSE), Mark(KEY_ID, "x", WHOSE))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        f"{LINE}\nnonsense\n",
        "SHA256:short",
        "MD5:aa:bb",
        "serial: 0",
        "serial: 5-4",
        "serial: 1-99999999",
        "serial: 18446744073709551616",
        "serial: x",
        "ssh-ed25519 AAAA",
        line("rsa2048").replace("ssh-rsa", "ssh-dss"),
        "ssh-ed25519-cert-v01@openssh.com " + line().split()[1],
    ],
)
def test_a_list_with_a_line_that_is_not_understood_is_refused_whole(text: str) -> None:
    with pytest.raises(AnswerRefused, match="revocation-unread"):
        read_revocations(text.encode())


def test_a_private_key_is_refused_as_everywhere() -> None:
    with pytest.raises(AnswerRefused, match="private-key"):
        read_revocations(b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END")


def keygen(directory: Path, *words: str) -> None:
    """Run ssh-keygen."""
    subprocess.run(["ssh-keygen", "-q", *words], cwd=directory, check=True, capture_output=True)


def test_a_binary_list_of_openssh_says_the_same_as_its_source(tmp_path: Path) -> None:
    keygen(tmp_path, "-t", "ed25519", "-N", "", "-f", "ca")
    (tmp_path / "spec").write_text(
        f"serial: 5\nserial: 7\nserial: 100-300\nserial: 1000\nid: erika\nid: max\nkey: {LINE}\nsha256: {OTHER}\n"
    )
    keygen(tmp_path, "-k", "-f", "list", "-s", "ca.pub", "-z", "3", "spec")
    authority = read_line((tmp_path / "ca.pub").read_text()).fingerprint
    binary = read_revocations((tmp_path / "list").read_bytes())
    assert set(binary) == set(read_revocations((tmp_path / "spec").read_bytes(), authority))
    assert len(binary) == 208


def test_a_binary_list_that_is_damaged_or_of_sha1_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spec").write_text(f"sha1: {LINE}\n")
    keygen(tmp_path, "-k", "-f", "list", "spec")
    with pytest.raises(AnswerRefused, match="revocation-unread"):
        read_revocations((tmp_path / "list").read_bytes())
    (tmp_path / "spec").write_text(f"key: {LINE}\nserial: 3\nserial: 9-20\nid: x\n")
    keygen(tmp_path, "-t", "ed25519", "-N", "", "-f", "ca")
    keygen(tmp_path, "-k", "-f", "whole", "-s", "ca.pub", "spec")
    whole = (tmp_path / "whole").read_bytes()
    assert read_krl(whole)
    for cut in range(len(MAGIC), len(whole)):
        try:
            read_krl(whole[:cut])
        except BadBlob:
            continue
        assert whole[:cut].endswith(b"\0" * 4) or cut in _section_ends(whole)


def _section_ends(whole: bytes) -> set[int]:
    """Return where a section ends: a list cut there is a shorter list, which nothing in it could tell."""
    at = len(MAGIC) + 4 + 8 * 3
    for _ in ("reserved", "comment"):
        at += 4 + int.from_bytes(whole[at : at + 4])
    ends = {at}
    while at < len(whole):
        at += 5 + int.from_bytes(whole[at + 1 : at + 5])
        ends.add(at)
    return ends


async def test_serial_zero_stands_for_no_certificate(asked: Call) -> None:
    await revoke(asked, "serial: 5")
    assert is_revoked_certificate(asked.appliance, WHOSE, 5, "x")
    assert not is_revoked_certificate(asked.appliance, WHOSE, 0, "x")
    assert not is_revoked_certificate(asked.appliance, WHOSE, 6, "x")


@pytest.mark.parametrize("given", ["id: bad\x1b[31m", "id: b\u202ead", "serial: 5\nid: ba\u200bd"])
def test_a_key_id_of_which_something_would_be_removed_is_not_taken_for_another(given: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_revocations(given.encode())
    assert refused.value.findings[0].id == "revocation-unread"


def test_what_cannot_be_seen_changes_no_fingerprint() -> None:
    assert read_revocations(f"\u200b{WHOSE}".encode()) == (Mark(KEY, WHOSE),)
