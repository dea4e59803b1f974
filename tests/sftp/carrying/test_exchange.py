"""A request is sent, a certificate and the root are pulled; what fails on the way loses nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from sftp.operations import CREATE_CSR, IMPORT_CERTIFICATE, IMPORT_PUBLIC_KEY, SEND_CSR, default_peer
from tanos.errors import AnswerRefused, NotYet, WrongUse
from tanos.exchange.ledger import open_requests
from tanos.keeper import Keeper
from tanos.operation import silent
from tanos.peers import Peer, peers, store_peer
from tests.sftp.carrying.pair import Pair, answer, call, do, export_root, make_zone_server, pair, plan
from tests.sftp.carrying.server import strange_box


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Pair]:
    """A Zone Server that may sign in at a Tanium Server."""
    with pair(tmp_path) as two:
        yield two


def ids(result: Any) -> list[str]:
    """Return the ids of the findings."""
    return [finding.id for finding in result.findings]


async def test_the_whole_exchange_goes_by_sftp(both: Pair) -> None:
    made = await do(both.zs1, CREATE_CSR, **both.answers)
    assert made.data["sent"] is True
    named = f"reporting-{made.data['check_code'][:4]}.csr"
    assert {path.name for path in both.ts1.incoming.iterdir()} == {"reporting.csr", named}
    assert (both.ts1.incoming / named).read_text() == made.data["csr"]
    (waiting,) = open_requests(both.zs1)
    assert (waiting.state, waiting.peer) == ("sent", "ts1")
    await export_root(both.ts1)
    root = await do(both.zs1, IMPORT_PUBLIC_KEY, source="peer")
    assert root.data["check_code"]
    await answer(both.ts1, named)
    installed = await do(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert installed.data["check_code"] == made.data["check_code"]
    again = await plan(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert "already-installed" in ids(again)


async def test_a_pull_before_the_answer_is_not_yet(both: Pair) -> None:
    await do(both.zs1, CREATE_CSR, **both.answers)
    with pytest.raises(NotYet) as not_yet:
        await plan(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert not_yet.value.id == "step-missing"
    assert "not issued" in str(not_yet.value.message)
    with pytest.raises(NotYet) as no_root:
        await plan(both.zs1, IMPORT_PUBLIC_KEY, source="peer")
    assert no_root.value.id == "step-missing"


async def test_a_pull_without_a_request_is_not_yet(both: Pair) -> None:
    with pytest.raises(NotYet) as not_yet:
        await plan(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert not_yet.value.id == "step-missing"


async def test_of_several_certificates_the_one_whose_key_waits_is_taken(both: Pair, tmp_path: Path) -> None:
    made = await do(both.zs1, CREATE_CSR, **both.answers)
    await answer(both.ts1)
    ours = (both.ts1.outgoing / "reporting.crt").read_bytes()
    other = Keeper(make_zone_server(tmp_path, "zs2")).make_request("reporting", "zs2.lab.test", ())
    (both.ts1.incoming / "other.csr").write_bytes(other)
    await answer(both.ts1, "other.csr")
    assert (both.ts1.outgoing / "reporting.crt").read_bytes() != ours
    await export_root(both.ts1)
    await do(both.zs1, IMPORT_PUBLIC_KEY, source="peer")
    installed = await do(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert installed.data["check_code"] == made.data["check_code"]


async def test_somebody_elses_certificate_alone_is_not_ours(both: Pair, tmp_path: Path) -> None:
    await do(both.zs1, CREATE_CSR, **both.answers)
    other = Keeper(make_zone_server(tmp_path, "zs2")).make_request("reporting", "zs2.lab.test", ())
    (both.ts1.incoming / "other.csr").write_bytes(other)
    await answer(both.ts1, "other.csr")
    with pytest.raises(NotYet) as not_yet:
        await plan(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert not_yet.value.id == "step-missing"


async def test_rubbish_under_our_name_is_refused_for_what_it_is(both: Pair) -> None:
    made = await do(both.zs1, CREATE_CSR, **both.answers)
    name = f"reporting-{made.data['check_code'][:4]}.crt"
    (both.ts1.outgoing / name).write_text(made.data["csr"])
    with pytest.raises(AnswerRefused) as refused:
        await plan(both.zs1, IMPORT_CERTIFICATE, source="peer")
    assert refused.value.id


async def test_a_dry_run_stores_no_peer_and_makes_nothing(both: Pair) -> None:
    prepared = await plan(both.zs1, CREATE_CSR, **both.answers)
    assert prepared.data["peer"]["host_key"] == both.box.fingerprint()
    assert peers(both.zs1) == []
    assert list(both.zs1.requests.iterdir()) == []


async def test_a_verb_trusts_no_key_it_was_not_given(both: Pair) -> None:
    answers = {**both.answers, "host_key": ""}
    with pytest.raises(WrongUse) as wrong:
        await plan(both.zs1, CREATE_CSR, **answers)
    assert both.box.fingerprint() in str(wrong.value.remedy)
    shown = await plan(both.zs1, CREATE_CSR, "screens", **answers)
    assert "host-key-new" in ids(shown)


async def test_a_wrong_host_key_refuses_before_anything_is_made(both: Pair) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").get_fingerprint("sha256")
    with pytest.raises(AnswerRefused) as refused:
        await plan(both.zs1, CREATE_CSR, **{**both.answers, "host_key": other})
    assert refused.value.id == "host-key-changed"
    assert list(both.zs1.requests.iterdir()) == []


async def test_an_unreachable_new_peer_refuses_before_anything_is_made(both: Pair) -> None:
    with pytest.raises(NotYet) as not_yet:
        await plan(both.zs1, CREATE_CSR, **{**both.answers, "port": "1"})
    assert not_yet.value.id == "peer-unreachable"
    assert list(both.zs1.requests.iterdir()) == []


async def test_a_peer_lost_after_the_request_was_made_loses_nothing(both: Pair, tmp_path: Path) -> None:
    gone = Peer("ts1", "127.0.0.1", 1, both.box.line(), both.box.fingerprint())
    with both.zs1.store.change(call(both.zs1)) as change:
        store_peer(change, gone)
    made = await do(both.zs1, CREATE_CSR, send=True, peer="ts1")
    assert made.data["sent"] is False
    assert "peer-unreachable" in ids(made)
    assert "peer-unreachable" in [finding.id for finding in made.findings]
    assert made.data["csr"] == (both.zs1.outgoing / "reporting.csr").read_text()
    (waiting,) = open_requests(both.zs1)
    assert waiting.state == "shown"
    answers = {key: value for key, value in both.answers.items() if key != "send"}
    sent = await do(both.zs1, SEND_CSR, **answers)
    assert sent.data == {**sent.data, "sent": True, "check_code": made.data["check_code"]}
    assert (both.ts1.incoming / "reporting.csr").read_text() == made.data["csr"]
    assert open_requests(both.zs1)[0].state == "sent"
    assert peers(both.zs1)[0].port == both.box.port


async def test_a_failed_sending_changes_nothing_but_create_remembers_the_peer(both: Pair, tmp_path: Path) -> None:
    with strange_box(tmp_path / "closed", "") as closed:
        answers = {**both.answers, "port": str(closed.port), "host_key": closed.fingerprint()}
        made = await do(both.zs1, CREATE_CSR, **answers)
        assert made.data["sent"] is False
        assert [each.port for each in peers(both.zs1)] == [closed.port]
        other = {**answers, "peer": "ts2"}
        del other["send"]
        with pytest.raises(NotYet):
            await do(both.zs1, SEND_CSR, **other)
    assert [each.name for each in peers(both.zs1)] == ["ts1"]


async def test_sending_again_is_as_good(both: Pair) -> None:
    await do(both.zs1, CREATE_CSR, **both.answers)
    assert (await do(both.zs1, SEND_CSR)).data["sent"] is True


async def test_there_is_nothing_to_send_before_a_request(both: Pair) -> None:
    with pytest.raises(NotYet) as not_yet:
        await plan(both.zs1, SEND_CSR)
    assert not_yet.value.id == "step-missing"


async def test_a_changed_host_key_of_a_stored_peer_keeps_the_request_here(both: Pair) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    line = " ".join(other.export_public_key("openssh").decode().split()[:2])
    with both.zs1.store.change(call(both.zs1)) as change:
        store_peer(change, Peer("ts1", "127.0.0.1", both.box.port, line, other.get_fingerprint("sha256")))
    made = await do(both.zs1, CREATE_CSR, send=True)
    assert "host-key-changed" in ids(made)
    assert list(both.ts1.incoming.iterdir()) == []


async def test_a_plain_name_held_by_another_exchange_is_only_a_note(both: Pair, tmp_path: Path) -> None:
    class Held(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            if path.endswith(b"/reporting.csr") and pflags & asyncssh.FXF_WRITE:
                raise asyncssh.SFTPPermissionDenied("belongs to an open exchange")
            return super().open(path, pflags, attrs)

    line = (both.zs1.ssh / "tanadmin_ed25519.pub").read_text()
    with strange_box(tmp_path / "held", line, sftp=Held) as box:
        answers = {**both.answers, "port": str(box.port), "host_key": box.fingerprint()}
        made = await do(both.zs1, CREATE_CSR, **answers)
    assert made.data["sent"] is True
    assert "plain-name-taken" in ids(made)


async def test_a_peer_without_send_is_not_silently_ignored(both: Pair) -> None:
    with pytest.raises(WrongUse):
        await plan(both.zs1, CREATE_CSR, peer="ts1")


async def test_without_sending_it_is_the_plain_operation(both: Pair) -> None:
    made = await do(both.zs1, CREATE_CSR, common_name="zs1.lab.test", alt_names=("zs1.lab.test",))
    assert "sent" not in made.data
    assert peers(both.zs1) == []


async def test_paste_and_incoming_pass_through(both: Pair) -> None:
    made = await do(both.zs1, CREATE_CSR)
    (both.ts1.incoming / "reporting.csr").write_text(made.data["csr"])
    issued = await answer(both.ts1)
    root = await export_root(both.ts1)
    (both.zs1.incoming / "tanium.pub").write_bytes((both.ts1.outgoing / "tanium.pub").read_bytes())
    await do(both.zs1, IMPORT_PUBLIC_KEY, source="incoming", fingerprint=root.data["check_code"])
    done = await do(both.zs1, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())
    assert done.data["check_code"] == made.data["check_code"]


async def test_the_peer_to_propose_is_the_exchanges_or_the_only_one(both: Pair) -> None:
    assert default_peer(both.zs1) == ""
    await do(both.zs1, CREATE_CSR, **both.answers)
    assert default_peer(both.zs1) == "ts1"
    with both.zs1.store.change(call(both.zs1)) as change:
        store_peer(change, Peer("ts2", "192.0.2.1", 22, both.box.line(), both.box.fingerprint()))
    assert default_peer(both.zs1) == "ts1"


async def test_two_sessions_that_pin_at_once_do_not_overwrite_each_other(both: Pair) -> None:
    one = await plan(both.zs1, CREATE_CSR, **both.answers)
    with both.zs1.store.change(call(both.zs1)) as change:
        store_peer(change, Peer("ts1", "192.0.2.1", 22, both.box.line(), both.box.fingerprint()))
    made = await CREATE_CSR.apply(call(both.zs1), one, silent)
    assert "stale" in ids(made)
    assert made.data["csr"]
    assert peers(both.zs1)[0].host == "192.0.2.1"
