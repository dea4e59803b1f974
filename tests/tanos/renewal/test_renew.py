"""The next certificate is asked for beside the one in use, which serves until the answer is installed."""

from typing import Any

import pytest
from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.errors import AnswerRefused, Damaged, HalfDone, NotYet, WrongUse
from tanos.exchange import ledger
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.https_pairs import create_csr as https
from tanos.keeper import Keeper
from tanos.message import N_
from tanos.operation import Result, silent
from tanos.recovery import recover
from tanos.renewal.answer import INSTALL_ANSWER
from tanos.renewal.renew import RENEW
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, do, exchange, openssl, plan, tree
from tests.tanos.https_pairs.made import answer


async def renew(appliance: Appliance, name: str = "", *, due: bool = False, more: tuple[str, ...] = ()) -> Result:
    """Do it as one who confirms."""
    return await do(appliance, RENEW, name=name, due=due, alt_names=more)


def live(appliance: Appliance, kind: str) -> x509.Certificate:
    """Return the certificate in use."""
    pem = Keeper(appliance).live_certificate(kind)
    assert pem
    return x509.load_pem_x509_certificate(pem)


async def test_the_pair_serves_untouched_until_the_answer_is_installed(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    before = tree(zone.certificates)
    made = await renew(zone, "reporting")
    (told,) = made.data["certificates"]
    assert (told["pair"], told["state"], told["names"]) == ("reporting", "requested", ["zs1.lab.test", "10.0.0.12"])
    assert tree(zone.certificates) == before
    assert [one.state for one in ledger.open_requests(zone)] == ["shown"]
    issued = await do(server, IMPORT_REQUEST, source="paste", text=told["csr"].encode())
    (zone.incoming / "reporting.crt").write_text(issued.data["certificate"])
    done = await do(zone, INSTALL_ANSWER, source="incoming", text=b"")
    assert (done.data["check_code"], done.data["version"]) == (told["check_code"], 2)
    assert done.data["handshake"]["ok"]
    assert [one.number for one in Keeper(zone).versions("reporting")] == [2, 1]


async def test_further_names_are_asked_for_besides_the_present_ones(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    made = await renew(zone, "reporting.crt", more=("zs1-new.lab.test",))
    assert made.data["certificates"][0]["names"] == ["zs1.lab.test", "10.0.0.12", "zs1-new.lab.test"]


async def test_a_name_that_is_not_asked_for_again_is_told_and_so_is_one_that_is_no_whole_one(
    console: Appliance,
) -> None:
    planned = await plan(console, RENEW, name="soap", due=False, alt_names=("yes", "ts2.lab.test"))
    assert planned.data["certificates"][0]["names"] == ["ts1.lab.test", "ts1-alias.lab.test", "yes", "ts2.lab.test"]
    told = {each.id: str(each.message) for each in planned.findings}
    assert told == {
        "name-left-out": "SOAPServer.crt in use has localhost among its names, the next one will not.",
        "name-short": "yes is no full name: it has one part.",
    }


async def test_a_request_that_waits_is_shown_again_and_its_key_is_kept(
    zone: Appliance, server: Appliance, clock: Clock
) -> None:
    await exchange(zone, server)
    clock.go(days=3640)
    first = await renew(zone, due=True)
    again = await plan(zone, RENEW, name="", due=True, alt_names=())
    assert again.nothing_to_do
    assert [each.id for each in again.findings] == ["already-waiting"]
    second = await renew(zone, "reporting")
    assert second.data["certificates"][0]["state"] == "waits"
    for field in ("csr", "check_code"):
        assert second.data["certificates"][0][field] == first.data["certificates"][0][field]
    assert list(Keeper(zone).waiting("reporting")) == [first.data["certificates"][0]["check_code"]]


async def test_where_no_pair_is_installed_it_is_not_said_to_last(zone: Appliance) -> None:
    planned = await plan(zone, RENEW, name="", due=True, alt_names=())
    (found,) = planned.findings
    assert (planned.nothing_to_do, found.id) == (True, "nothing-due")
    assert "No pair is installed here" in str(found.message)
    assert "zone-server create-csr" in str(found.remedy)


async def test_where_nothing_is_due_nothing_is_done(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    planned = await plan(zone, RENEW, name="", due=True, alt_names=())
    assert (planned.nothing_to_do, [each.id for each in planned.findings]) == (True, ["nothing-due"])
    assert (await renew(zone, due=True)).data == {"certificates": []}
    with pytest.raises(WrongUse, match="missing-answer"):
        await renew(zone)


async def test_what_is_not_here_is_refused_with_what_can_be_renewed(console: Appliance) -> None:
    with pytest.raises(AnswerRefused, match="no-such-certificate") as refused:
        await renew(console, "ssl")
    assert str(refused.value.remedy) == "Choose one of: reporting, soap."


async def test_what_is_not_renewed_here_is_refused_with_the_way(zone: Appliance, server: Appliance) -> None:
    with pytest.raises(NotYet, match="step-missing") as first:
        await renew(zone, "reporting")
    assert "zone-server create-csr" in str(first.value.remedy)
    with pytest.raises(AnswerRefused, match="no-such-certificate"):
        await renew(zone, "soap")
    for appliance, way in ((zone, "public-key import"), (server, "support")):
        with pytest.raises(AnswerRefused, match="not-renewed-here") as refused:
            await renew(appliance, "root")
        assert way in str(refused.value.remedy)


async def test_a_tanium_server_issues_its_own_at_once_and_the_judge_agrees(server: Appliance) -> None:
    first = live(server, "reporting")
    done = await renew(server, "reporting")
    (told,) = done.data["certificates"]
    second = live(server, "reporting")
    assert (told["state"], told["version"], told["handshake"]["ok"]) == ("issued", 2, True)
    assert second.public_key() != first.public_key()
    pair = server.certificates / "reporting" / "current"
    root = str(server.root / "tanium.pub")
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root, str(pair / "reporting.crt"))
    assert Keeper(server).waiting("reporting") == {}
    rows = server.store.rows("SELECT object, before, after, result FROM audit ORDER BY id DESC LIMIT 2")
    assert [(row["before"], row["after"], row["result"]) for row in rows] == [
        (fingerprint(first), fingerprint(second), result) for result in ("done", "begun")
    ]


async def test_where_its_own_cannot_be_installed_the_earlier_one_stays_and_no_key_waits(
    server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = live(server, "reporting")

    def full(*_: Any) -> int:
        raise Damaged("disk-failed", N_("No room."), N_("Make some."))

    with monkeypatch.context() as broken:
        broken.setattr(Keeper, "install", full)
        with pytest.raises(Damaged, match="disk-failed"):
            await renew(server, "reporting")
    assert live(server, "reporting") == first
    assert Keeper(server).waiting("reporting") == {}
    assert [row["result"] for row in server.store.rows("SELECT result FROM audit")][-1] == "abandoned"
    assert recover(server) == []


@pytest.mark.parametrize("late", [False, True])
async def test_its_own_renewal_that_dies_is_told_at_the_next_start(
    server: Appliance, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    first, real = live(server, "reporting"), Keeper.install

    class Died(BaseException):
        pass

    def dies(*words: Any) -> int:
        if late:
            real(*words)
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(Keeper, "install", dies)
        dying.setattr(Keeper, "discard", lambda *_: None)
        dying.setattr("tanos.store.begun.abandon", lambda *_: None)
        with pytest.raises(Died):
            await renew(server, "reporting")
    found = "\n".join(str(each) for each in recover(server))
    assert ("it had been done" if late else "it was not done") in found
    assert (live(server, "reporting") == first) is not late
    assert Keeper(server).waiting("reporting") == {}
    assert Keeper(server).handshake().ok


async def test_another_session_that_was_first_is_not_overtaken(server: Appliance) -> None:
    planned = await plan(server, RENEW, name="reporting", due=False, alt_names=())
    await renew(server, "reporting")
    with pytest.raises(NotYet, match="stale"):
        await RENEW.apply(call(server), planned, silent)
    assert Keeper(server).current("reporting") == 2
    assert Keeper(server).waiting("reporting") == {}


async def test_the_console_asks_for_its_names_but_localhost_and_its_answer_finds_the_key(console: Appliance) -> None:
    before = tree(console.certificates / "soap")
    made = await renew(console, "soap")
    (told,) = made.data["certificates"]
    assert (told["state"], told["names"]) == ("requested", ["ts1.lab.test", "ts1-alias.lab.test"])
    assert tree(console.certificates / "soap") == before
    assert (console.outgoing / "SOAPServer.csr").read_text() == told["csr"]
    issued = answer(told["csr"], console.clock())
    done = await do(console, INSTALL_ANSWER, source="paste", text=issued)
    assert (done.data["check_code"], done.data["version"]) == (told["check_code"], 2)
    assert Keeper(console).waiting("soap") == {}
    with pytest.raises(NotYet, match="step-missing") as none:
        await do(console, INSTALL_ANSWER, source="paste", text=issued)
    assert "certificates renew" in str(none.value.remedy)


async def test_of_several_keys_that_wait_an_answer_finds_its_own(console: Appliance) -> None:
    Keeper(console).make_request("reporting", "ts1.lab.test", ())
    made = await renew(console, "soap")
    (console.incoming / "another.crt").write_bytes(answer(made.data["certificates"][0]["csr"], console.clock()))
    planned = await plan(console, INSTALL_ANSWER, source="incoming", text=b"")
    assert (planned.payload.name, planned.data["check_code"]) == ("soap", made.data["certificates"][0]["check_code"])


async def test_a_waiting_key_that_is_installed_already_is_wiped_at_the_next_start_whatever_pair_it_is_for(
    modules: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    (told,) = (await renew(modules, "ssl")).data["certificates"]
    keeper, issued = Keeper(modules), answer(told["csr"], modules.clock())
    leaf = issued[issued.rindex(b"-----BEGIN") :].decode()
    with monkeypatch.context() as dying:
        dying.setattr(WaitingKeys, "remove", lambda *_: None)
        assert keeper.install("ssl", told["check_code"], leaf, "tanadmin") == 2
    assert list(keeper.waiting("ssl")) == [told["check_code"]]
    assert "is installed already" in str(keeper.recover())
    assert (keeper.waiting("ssl"), keeper.is_intact("ssl")) == ({}, True)


async def test_an_answer_for_no_key_that_waits_is_refused(console: Appliance) -> None:
    made = await renew(console, "soap")
    Keeper(console).discard(made.data["certificates"][0]["check_code"])
    await renew(console, "soap")
    stale = answer(made.data["certificates"][0]["csr"], console.clock())
    with pytest.raises(AnswerRefused, match="key-mismatch"):
        await do(console, INSTALL_ANSWER, source="paste", text=stale)
    (console.incoming / "any-name.crt").write_bytes(stale)
    with pytest.raises(AnswerRefused, match="key-mismatch"):
        await do(console, INSTALL_ANSWER, source="incoming", text=b"")


async def test_two_that_plan_at_once_do_not_wipe_each_others_key(console: Appliance) -> None:
    slow = await plan(console, RENEW, name="soap", due=False, alt_names=())
    fast = await renew(console, "soap")
    with pytest.raises(NotYet, match="stale"):
        await RENEW.apply(call(console), slow, silent)
    assert list(Keeper(console).waiting("soap")) == [fast.data["certificates"][0]["check_code"]]


async def test_all_that_are_due_are_renewed_and_what_cannot_be_is_said(console: Appliance, clock: Clock) -> None:
    clock.go(days=3640)
    done = await renew(console, due=True)
    assert {each["pair"]: each["state"] for each in done.data["certificates"]} == {
        "reporting": "issued",
        "soap": "requested",
    }
    again = await renew(console, due=True)
    assert {each["pair"]: each["state"] for each in again.data["certificates"]} == {"soap": "waits"}


async def test_where_the_second_fails_it_is_said_that_the_first_is_done(
    console: Appliance, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.go(days=3640)
    planned = await plan(console, RENEW, name="", due=True, alt_names=())
    first, second = planned.payload.steps
    assert second.apply is https.apply
    await renew(console, "soap")
    with pytest.raises(HalfDone, match="not-all-renewed") as half:
        await RENEW.apply(call(console), planned, silent)
    assert "SOAPServer.crt was not renewed" in str(half.value.message)
    assert (first.held.version, Keeper(console).current("reporting")) == (1, 2)


async def test_a_module_server_asks_for_its_own_and_its_answer_finds_the_key(modules: Appliance) -> None:
    made = await renew(modules, "ssl")
    (told,) = made.data["certificates"]
    assert (told["state"], told["names"]) == ("requested", ["ms1.lab.test"])
    assert (modules.outgoing / "ssl.csr").read_text() == told["csr"]
    assert Keeper(modules).current("ssl") == 1
    (modules.incoming / "from-our-ca.crt").write_bytes(answer(told["csr"], modules.clock()))
    planned = await plan(modules, INSTALL_ANSWER, source="incoming", text=b"")
    assert (planned.confirmation.word, planned.refusals) == ("YES", ())
    assert planned.decision is not None
    done = await INSTALL_ANSWER.apply(call(modules), planned.decision.plan(True), silent)
    assert (done.data["check_code"], done.data["version"]) == (told["check_code"], 2)
    assert "ssl-backup.key" in done.data["backup"]
    assert Keeper(modules).waiting("ssl") == {}
