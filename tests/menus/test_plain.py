"""The plain face, by scripts that are written before anything is read: type-ahead is the rule here."""

import io
import os
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from menus.item import Ask, Item, Kind, Menu, Need, Verb
from menus.plain import run_plain
from menus.streams import Source, Streams
from menus.tree import MAIN
from tanos.actor import Call, system_call
from tanos.appliance import Appliance
from tanos.finding import refuse
from tanos.message import N_, Deed
from tanos.operation import Confirmation, Decision, Operation, Plan, Result, Tell
from tanos.peers import Peer, store_peer
from tanos.platform import UserRole
from tanos.policy.table import MENU_TIMEOUT
from tanos.users.accounts import add_user, set_disabled
from tests.menus.conftest import Typist, call_for

PEM = re.compile(r"-----BEGIN [A-Z ]+-----\n.*?-----END [A-Z ]+-----\n", re.DOTALL)
CODE = re.compile(r"(?:[0-9A-F]{4}-){7}[0-9A-F]{4}")


def transcript(appliance: Appliance, typed: str, role: UserRole = UserRole.TANADMIN) -> str:
    """Return all that the face said to an operator who typed this."""
    with Typist(typed.encode()) as typist:
        assert run_plain(call_for(appliance, role=role), MAIN, typist.streams) == 0
        assert typist.err.getvalue() == ""
        return typist.out.getvalue()


def test_two_appliances_exchange_a_certificate_by_paste(tanium_server: Appliance, zone_server: Appliance) -> None:
    root = PEM.findall(transcript(tanium_server, "2-8\nyes\nZ\n"))[0]
    assert (
        "is trusted" in transcript(zone_server, f"2-I-2\n{root}yes\nZ\n")
        or zone_server.root.joinpath("tanium.pub").exists()
    )

    made = transcript(zone_server, "2-Z-1\nzs1.lab.test\nzs1.lab.test\nn\nyes\nZ\n")
    request = PEM.findall(made)[0]
    issued = transcript(tanium_server, f"2\nZ\n2\n2\n{request}yes\nrr\nZ\n")
    installed = transcript(zone_server, f"2-Z-3-2\n{PEM.findall(issued)[0]}yes\nZ\n")

    code = CODE.findall(made)[0]
    assert code in issued
    assert code in installed
    assert "ok" in installed
    assert (zone_server.certificates / "reporting" / "current" / "reporting.crt").exists()


def test_what_follows_a_paste_is_an_answer_only_where_it_cannot_belong_to_it(
    tanium_server: Appliance, zone_server: Appliance
) -> None:
    request = PEM.findall(transcript(zone_server, "2-Z-1\n\n\nn\nyes\n"))[0]
    said = transcript(tanium_server, f"2-Z-2-2\n{request}\n\n{request}yes\nZ\n")
    assert "Select: \nSigned out." in said


def test_nothing_happens_without_the_word(zone_server: Appliance) -> None:
    said = transcript(zone_server, "2-Z-1\n\n\nn\nno\nZ\n")
    assert "Given up. Nothing was changed." in said
    assert not list(zone_server.requests.iterdir())


def test_a_form_is_left_by_r_and_the_menu_stands_where_it_was(zone_server: Appliance) -> None:
    said = transcript(zone_server, "2-Z-1\nr\n5\nZ\n")
    assert "Given up. Nothing was changed." in said
    assert "(2-Z-5)" in said


def test_a_paste_that_is_refused_says_why_and_changes_nothing(zone_server: Appliance) -> None:
    said = transcript(zone_server, "C-3-2-3-2\nssh-rsa nonsense\n\nZ\n")
    assert "Refused: " in said
    assert "What to do: " in said
    assert "(C-3-2-3-2)" in said


SOURCE = Path(__file__).parents[1] / "data" / "pastes" / "source"


@pytest.mark.parametrize("kind", ["sec1", "pkcs8", "rsa", "openssh"])
@pytest.mark.parametrize("bare", [True, False], ids=["bare", "in armour"])
@pytest.mark.parametrize(
    "way",
    ["", "2-Z-1\n", "2-Z-1\nzs1.lab.test\nzs1.lab.test\nn\n", "2-P-4\n"],
    ids=["menu", "text", "word", "choice"],
)
def test_a_private_key_given_as_an_answer_is_refused_and_nothing_of_it_is_said_or_kept(
    zone_server: Appliance, kind: str, bare: bool, way: str
) -> None:
    lines = (SOURCE / f"exposed.{kind}").read_text().splitlines()
    body = [line for line in lines if not line.startswith("-----")]
    pasted = "\n".join(body if bare else lines)
    if way == "2-P-4\n":
        with zone_server.store.change(call_for(zone_server)("")) as change:
            store_peer(change, Peer("ts1", "192.0.2.7", 22, "ssh-ed25519 AAAA", "SHA256:" + "A" * 43))
    said = transcript(zone_server, f"{way}{pasted}\n4-1\n")
    assert said.count("Refused: private-key") == 1
    assert "Consider that key exposed" in said
    assert "unknown-key" not in said
    assert "Overview (4-1)" in said
    audited = "\n".join(str(tuple(row)) for row in zone_server.store.rows("SELECT * FROM audit"))
    assert not [line for line in body if line in said or line in audited]


def test_a_document_where_none_is_awaited_is_taken_whole_and_the_question_asked_again(
    tanium_server: Appliance, zone_server: Appliance
) -> None:
    request = PEM.findall(transcript(zone_server, "2-Z-1\n\n\nn\nyes\n"))[0]
    said = transcript(tanium_server, f"{request}4-1\n2-Z-2-2\n{request}{request}no\n")
    assert said.count("A paste arrived, but none is awaited here.") == 1
    assert "Overview (4-1)" in said
    assert "unknown-key" not in said
    assert said.endswith("Signed out.\n")


def test_an_empty_line_only_asks_again(zone_server: Appliance) -> None:
    assert transcript(zone_server, "\n\n\n4\n").count("Tanium Status (4)") == 1


def test_keys_may_come_in_any_case_and_a_chain_starts_at_the_main_menu(zone_server: Appliance) -> None:
    said = transcript(zone_server, "c\n2-z\nr\nRR\nz\n")
    assert "Zone Server Configuration (2-Z)" in said
    assert said.count("Main menu") == 2
    assert said.endswith("Signed out.\n")


def test_the_end_of_input_signs_out_even_in_the_middle_of_a_form(zone_server: Appliance) -> None:
    assert transcript(zone_server, "2-Z-1\nzs1").endswith("Signed out.\n")
    assert transcript(zone_server, "2-Z-3-2\n-----BEGIN CERTIFICATE-----\nMIIB").endswith("Signed out.\n")


def test_an_unknown_key_and_a_line_that_is_not_here_are_told_apart(zone_server: Appliance) -> None:
    said = transcript(zone_server, "7\n2-Z-2\nC-3-9\n4-1-1\n")
    assert said.count("unknown-key") == 3
    assert "not-offered" in said
    assert "It is offered on Tanium Server with Hub, release 7.2 or 7.3." in said


def test_a_tanuser_sees_and_changes_only_his_own_keys(zone_server: Appliance) -> None:
    with zone_server.store.change(system_call(zone_server, "test")) as change:
        add_user(change, "tanuser", UserRole.TANUSER, None)
    said = transcript(zone_server, "C-3\nC-3-1-2\nC-3-2-2\nC-3-tanadmin\n2-Z-1\n", UserRole.TANUSER)
    assert "tanadmin" not in said.replace("C-3-tanadmin", "").replace("Ask a tanadmin user", "")
    assert "step-missing" in said, "there is no pair of his own yet"
    assert said.count("unknown-key") == 2
    assert said.count("Not offered here: not-offered") == 1


def test_help_names_every_line_and_its_verb(zone_server: Appliance) -> None:
    said = transcript(zone_server, "2-Z\n?\n")
    assert "verb: zone-server create-csr" in said
    assert "RR to the main menu" in said


def test_no_escape_and_no_cursor_movement_is_ever_sent(zone_server: Appliance, tanium_server: Appliance) -> None:
    (zone_server.incoming / "x\x1b[2J.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    (tanium_server.incoming / "x\x1b[2J\r.csr").write_text("rubbish")
    said = transcript(zone_server, "2\n?\n2-Z-3-1\n4-1\nC-3-1-3-1\n2-P-2\n\x1b[31m\n\x1b]0;x\x07\nr\n")
    said += transcript(tanium_server, "2-Z-2-1\nr\n\x1b[A\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)


@pytest.mark.parametrize("typed", ["2⏎", "ö", "\u202e", "-", "--", "2--Z", "2-Z-1-1-1"])
def test_strange_answers_are_answered(zone_server: Appliance, typed: str) -> None:
    assert transcript(zone_server, f"{typed}\nr\nr\nr\nr\nr\nr\nr\nr\n").endswith("Signed out.\n")


def test_what_waits_for_another_writer_says_that_it_works(
    zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tanos.store.store.BUSY_SECONDS", 0.4)
    other = sqlite3.connect(zone_server.home / "appliance.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    said = transcript(zone_server, "C-3-2-1\nyes\n")
    other.close()
    assert "Working …\n" in said.partition("Type yes to go on")[2].partition("busy")[0]


def test_what_is_done_at_once_does_not_say_that_it_works(
    zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("menus.errand.PATIENCE_SECONDS", 60)
    assert "…" not in transcript(zone_server, "4-1\n")


def test_a_menu_that_nobody_types_at_is_left_with_a_word(
    zone_server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("menus.plain.MENU_TIMEOUT", replace(MENU_TIMEOUT, default=1, least=1))
    reader, writer = os.pipe()
    try:
        os.write(writer, b"2-Z-1\n")
        out = io.StringIO()
        assert run_plain(call_for(zone_server), MAIN, Streams(Source(reader), out, io.StringIO())) == 0
    finally:
        os.close(reader)
        os.close(writer)
    assert out.getvalue().endswith("Signed out: nothing was typed for 1 second.\n")
    assert not list(zone_server.requests.iterdir())


def test_the_lines_of_a_user_say_what_holds_of_him(zone_server: Appliance) -> None:
    with zone_server.store.change(system_call(zone_server, "test")) as change:
        add_user(change, "erika", UserRole.TANUSER, None)
        set_disabled(change, "erika", disabled=True)
    said = transcript(zone_server, "C-U-erika\n")
    for line in ("there is none", "nothing is locked", "disabled now", "tanuser now"):
        assert line in said
    assert "enabled now" not in said
    asked = transcript(zone_server, "C-U-erika-2\nno\n")
    assert "Take the password of a user away" in asked


def test_a_decision_is_asked_in_sight_of_the_plan_and_stands_in_the_place_of_its_word(
    tanium_server: Appliance,
) -> None:
    chosen: list[str] = []

    async def prepare(call: Call, *, window: bool) -> Plan[str]:
        decision = Decision(N_("Keep a copy"), lambda yes: replace(plan, payload="with" if yes else "without"))
        plan = Plan(N_("The pair"), "undecided", confirmation=Confirmation("YES"), decision=decision)
        return plan

    async def apply(call: Call, plan: Plan[str], tell: Tell) -> Result:
        chosen.append(plan.payload)
        return Result(N_("Swapped"), leads_to=Deed("pair show"))

    window = Ask("window", N_("Type YES to go on"), Kind.FLAG, Need.AT_MENUS, word="YES", help=N_("It stops."))
    verb = Verb("pair swap", N_("Swaps it."), Operation(prepare, apply), (window,))
    root = Menu("", N_("Main menu"), (Item("1", N_("Swap"), verb),))
    with Typist(b"1\ny\nYES\n\nmaybe\nn\n1\nyes\nr\n1\nYES\ny\n") as typist:
        run_plain(call_for(tanium_server), root, typist.streams)
    said = typist.out.getvalue()
    assert chosen == ["without", "with"]
    for words in ("It stops.", "It wants the word YES, whole.", "Answer y or n.", "Given up. Nothing was changed."):
        assert words in said
    assert said.index("The pair") < said.index("Keep a copy (y/n): ")


def test_a_decision_about_what_is_grave_is_followed_by_the_word(tanium_server: Appliance) -> None:
    chosen: list[str] = []

    async def prepare(call: Call) -> Plan[str]:
        decision = Decision(
            N_("Keep a copy"), lambda yes: replace(plan, payload="with" if yes else "without"), and_word=True
        )
        plan = Plan(N_("The pair"), "undecided", confirmation=Confirmation("YES"), decision=decision)
        return plan

    async def apply(call: Call, plan: Plan[str], tell: Tell) -> Result:
        chosen.append(plan.payload)
        return Result(N_("Swapped"))

    root = Menu("", N_("Main menu"), (Item("1", N_("Swap"), Verb("pair swap", N_("."), Operation(prepare, apply))),))
    with Typist(b"1\ny\nno\n\n1\nn\nYES\n\n") as typist:
        run_plain(call_for(tanium_server), root, typist.streams)
    assert chosen == ["without"]


def test_what_refuses_a_plan_is_said_once_after_it(tanium_server: Appliance) -> None:
    async def prepare(call: Call) -> Plan[str]:
        last = refuse("last-root", N_("It is the only one."), N_("Make another."))
        return Plan(N_("Revoke it"), "", (), (last, refuse("other", N_("Another reason."), N_("Another remedy."))))

    async def apply(call: Call, plan: Plan[str], tell: Tell) -> Result:
        raise AssertionError

    root = Menu(
        "", N_("Main menu"), (Item("1", N_("Revoke"), Verb("root revoke", N_("."), Operation(prepare, apply))),)
    )
    with Typist(b"1\n\n") as typist:
        run_plain(call_for(tanium_server), root, typist.streams)
    said = typist.out.getvalue()
    assert said.count("It is the only one.") == said.count("Another reason.") == 1
    assert said.index("Revoke it") < said.index("Another remedy.") < said.index("What to do: Make another.")
