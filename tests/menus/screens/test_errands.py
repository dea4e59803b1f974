"""Forms, plans, refusals, results."""

from dataclasses import replace
from pathlib import Path

import pytest

from menus.item import Ask, Item, Kind, Menu, Need, Option, Verb
from tanos.actor import Call
from tanos.errors import AnswerRefused
from tanos.finding import refuse
from tanos.message import N_, Deed
from tanos.operation import Confirmation, Decision, Inquiry, Operation, Plan, Result, Tell
from tanos.report import CopyText, Fact, Facts, Say
from tanos.secret import Secret
from tests.menus.screens.sitting import sitting
from tests.menus.screens.small_tree import CODE, EVIL, done


async def _issued(call: Call) -> Result:
    pem = "-----BEGIN X-----\n" + ("M" * 64 + "\n") * 13 + "-----END X-----\n"
    facts = Facts((Fact(N_("serial"), "12"), Fact(N_("check code"), CODE)))
    copy = CopyText(N_("Certificate for {name}", name="zs1"), pem, CODE, "/outgoing/a.crt")
    return Result(N_("Certificate issued"), (facts, copy, Say(N_("Next: import it."))))


async def _prepare_swap(call: Call, *, window: bool) -> Plan[str]:
    assert window
    decision = Decision(N_("Keep a copy"), lambda yes: replace(plan, payload="with a copy" if yes else "without"))
    plan = Plan(N_("The pair"), "undecided", confirmation=Confirmation("YES"), decision=decision)
    return plan


async def _apply_swap(call: Call, plan: Plan[str], tell: Tell) -> Result:
    done.append((call.path, plan.payload))
    return Result(N_("Swapped"), leads_to=Deed("pair show"))


WINDOW = Ask("window", N_("Type YES to go on"), Kind.FLAG, Need.AT_MENUS, word="YES", help=N_("It stops."))
SWAP = Verb("pair swap", N_("Swaps it."), Operation(_prepare_swap, _apply_swap), (WINDOW,))
SHOW = Verb("pair show", N_("Shows it."), Inquiry(_issued))
SWAPPING = Menu("", N_("Main menu"), (Item("1", N_("Swap"), SWAP), Item("2", N_("Show"), SHOW)))


async def test_a_word_comes_first_a_decision_in_sight_of_the_plan_and_the_result_leads_on(tmp_path: Path) -> None:
    async with sitting(tmp_path, root=SWAPPING) as operator:
        operator.type("1\ry\r")
        await operator.sees("Type YES to go on:", "It stops.", "It wants the word YES, whole.")
        operator.type("YES\r")
        await operator.sees("Keep a copy (y/n):", "The pair")
        operator.type("\r")
        await operator.sees("Nothing was done.", "Answer y or n.")
        assert done == []
        operator.type("n\r")
        await operator.sees("Swapped", "R leaves it for later")
        assert done == [("1", "without")]
        operator.type("R\r1\ryes\r")
        await operator.sees("Keep a copy (y/n):")
        operator.type("y\r")
        await operator.sees("Swapped")
        assert done[1:] == [("1", "with a copy")]
        operator.type("\r")
        await operator.sees("Certificate for zs1")


async def test_a_word_is_typed_anew_after_a_refusal_and_a_secret_may_be_none(tmp_path: Path) -> None:
    async def prepare(call: Call, *, window: bool, passphrase: Secret) -> Plan[str]:
        assert window
        raise AnswerRefused("wrong", N_("It was {what}.", what=repr(passphrase.reveal())), N_("Another."))

    may_be_none = Ask("passphrase", N_("Passphrase"), Kind.SECRET, Need.OPTIONAL)
    verb = Verb("pair swap", N_("Swaps it."), Operation(prepare, _apply_swap), (WINDOW, may_be_none))
    async with sitting(tmp_path, root=Menu("", N_("Main menu"), (Item("1", N_("Swap"), verb),))) as operator:
        operator.type("1\rYES\r\r")
        await operator.sees("Refused: wrong", "It was b''.")
        operator.type("A\r\r")
        await operator.sees("Type YES to go on:", "An answer is needed here.")


async def _prepare_grave(call: Call) -> Plan[str]:
    plan = await _prepare_swap(call, window=True)
    assert plan.decision
    return replace(plan, decision=replace(plan.decision, and_word=True))


async def test_a_decision_about_what_is_grave_is_followed_by_the_word(tmp_path: Path) -> None:
    done.clear()
    verb = Verb("pair swap", N_("Swaps it."), Operation(_prepare_grave, _apply_swap))
    async with sitting(
        tmp_path, root=Menu("", N_("Main menu"), (Item("1", N_("Swap"), verb), SWAPPING.entries[1]))
    ) as operator:
        operator.type("1\ry\r")
        await operator.sees("Type YES to go on:", "The pair")
        operator.type("y\r")
        await operator.sees("It wants the word YES, whole.")
        assert done == []
        operator.type("yes\r")
        await operator.sees("Swapped")
        assert done == [("1", "with a copy")]


async def test_a_form_shows_defaults_and_what_was_answered(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r")
        await operator.sees("Common name: zs1.lab.test")
        operator.type("\ra.test, b.test\r")
        await operator.sees("Type yes to go on:", "CN=zs1.lab.test", "a.test, b.test  ok")


async def test_escape_goes_one_question_back_and_keeps_the_answer(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rhost.test\r")
        await operator.sees("Other names:")
        operator.type("\x1b")
        await operator.sees("Common name: host.test")
        operator.type("\x1b")
        await operator.sees("Select:")
        assert done == []


async def test_a_form_is_given_up_by_r(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rhost.test\rR\r")
        await operator.sees("Select:", "Create CSR")


async def test_rr_leads_to_the_main_menu_from_a_form_and_from_a_plan(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rhost.test\rRR\r")
        await operator.sees("Select:", "Log out")
        operator.type("2-z-1\r\r\rrr\r2\r")
        await operator.sees("Zone Server Configuration", "R   Back")
        assert done == []


async def test_a_question_mark_explains_a_question_and_answers_none(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r?\r")
        await operator.sees("This asks for:", "As a verb:", "Common name: zs1.lab.test")
        operator.type("a.test\r?\r")
        await operator.sees("Other names.", "stay empty.")


async def test_a_choice_by_number_stands_above_the_next_question_in_words(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("C\r3\r2\r1\r2\r")
        await operator.sees("paste it", "Deep (y/n): n")


async def test_lists_take_numbers_and_values_and_flags_yes_or_no(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("C\r3\r2\r1\r")
        await operator.sees("1   a file in /incoming", "2   paste it", "From:")
        operator.type("7\r")
        await operator.sees("7 is none of the choices.")
        operator.type("paste\r")
        await operator.sees("Deep (y/n): n")
        operator.type("perhaps\r")
        await operator.sees("perhaps is neither yes nor no.")
        operator.type("y\r")
        await operator.sees("The key of tancopy", "ok", "It is fine.")
        assert done == [("C-3-2-1", ("tancopy", "paste", True))]


async def test_only_the_word_goes_on(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r\r\r")
        await operator.sees("Type yes to go on:", "warn  eku-more")
        for wrong in ("", "y", "no", "yes please"):
            operator.type(wrong + "\r")
            await operator.sees("Nothing was done. It wants the word yes, whole.")
        assert done == []
        operator.type("R\r")
        await operator.sees("Select:")
        assert done == []


async def test_a_refusal_says_why_what_to_do_and_a_reference_and_keeps_the_answers(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rbad\rextra.test\r")
        screen = await operator.sees("Refused: san-bad", "bad is no name.", "What to do: Give a host name.")
        assert "Nothing was changed. Reference A-1 (2-Z-1)." in screen
        assert "eku-more" in screen
        operator.type("A\r")
        await operator.sees("Common name: bad")
        operator.type("good\r")
        await operator.sees("Other names: extra.test")
        operator.type("\ryes\r")
        await operator.sees(CODE)
        assert done == [("2-Z-1", "good")]


async def test_what_refuses_a_plan_is_said_once_and_the_rest_of_it_below(tmp_path: Path) -> None:
    async def prepare(call: Call) -> Plan[str]:
        last = refuse("last-root", N_("It is the only one."), N_("Make another."))
        also = refuse("other", N_("Another reason."), N_("Another remedy."))
        facts = Facts((Fact(N_("check code"), CODE),))
        return Plan(N_("Revoke it"), "", (facts,), (last, also))

    verb = Verb("root revoke", N_("Revokes it."), Operation(prepare, _apply_swap))
    async with sitting(tmp_path, root=Menu("", N_("Main menu"), (Item("1", N_("Revoke"), verb),))) as operator:
        operator.type("1\r")
        seen = await operator.sees("Refused: last-root", "What to do: Make another.", "Another remedy.", CODE)
        assert seen.count("It is the only one.") == 1
        assert seen.count("last-root") == 1


async def test_an_answer_that_is_long_stands_whole_above_the_next_question(tmp_path: Path) -> None:
    label = "ts2.lab.test, C8:48:1D:B4:F9:6C:0A:7C… (pending: accepted there, trust approval required here)"
    asks = (Ask("name", N_("Tanium Server"), Kind.CHOICE, choices=(Option("ts2", label),)), Ask("code", N_("Digits")))
    verb = Verb("trust accept", N_("Trusts it."), Operation(_prepare_grave, _apply_swap), asks)
    async with sitting(tmp_path, root=Menu("", N_("Main menu"), (Item("1", N_("Accept"), verb),))) as operator:
        operator.type("1\r1\r")
        seen = await operator.sees("Digits:")
        assert label in " ".join(seen.split())


async def test_a_fault_of_the_program_is_one_sentence_and_a_reference(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-5\r")
        screen = await operator.sees("Failed: internal", "Reference F-", "(2-Z-5)")
        assert "secret-value" not in screen
        assert "Traceback" not in screen
        operator.type("\r")
        await operator.sees("Select:")


async def test_names_from_strangers_are_shown_and_do_nothing(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-3\r")
        screen = await operator.sees("[/red]evil\\x1b[31m.csr", "1,012")
        assert "\x1b" not in screen
        assert EVIL not in screen


async def test_the_text_to_copy_stands_flush_left_with_its_check_code_above(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r\r\ryes\r")
        await operator.sees("-----END CERTIFICATE REQUEST-----", "Also in /outgoing/reporting.csr.")
        lines = operator.lines
        first = lines.index("-----BEGIN CERTIFICATE REQUEST-----")
        assert lines[first - 1] == ""
        assert CODE in lines[first - 2]
        assert lines[first + 1] == "M" * 64


async def test_copying_says_that_the_terminal_may_not_allow_it(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r\r\ryes\rc\r")
        await operator.sees("Your terminal may not allow it")
        operator.type("whatever\r")
        await operator.sees("Return goes on to the menu.")


async def test_work_shows_that_it_runs_and_can_be_cancelled(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-4\rerase\r")
        await operator.sees("Working", "step 3", "Esc or Ctrl-C cancels")
        operator.type("2-z-3\r")
        operator.type("\x1b")
        await operator.sees("What waits in /incoming")


async def test_ctrl_c_cancels_and_forgets_what_was_typed_ahead(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-4\rerase\r")
        await operator.sees("step 1")
        operator.type("2-z-3\r\x03")
        await operator.sees("Select:", "Slow Work")
        assert "What waits" not in operator.screen


async def test_a_text_to_copy_comes_first_and_what_is_next_after_it(tmp_path: Path) -> None:
    root = Menu("", N_("Main menu"), (Item("1", N_("Issue"), Verb("issue now", N_("Issues."), Inquiry(_issued))),))
    async with sitting(tmp_path, root) as operator:
        operator.type("1\r")
        await operator.sees("Return goes on")
        text = "-----BEGIN X-----\n" + ("M" * 64 + "\n") * 13 + "-----END X-----\n"
        assert operator.lines[1:4] == [
            " Certificate issued · Certificate for zs1",
            f" Compare on the other terminal:  {CODE}",
            "",
        ]
        assert "\n".join(operator.lines[4:]).startswith(text + " Also in /outgoing/a.crt.\n  Next: import it.\n")
        assert operator.screen.count(CODE) == 1
        operator.type("\x1b[6~")
        await operator.sees("serial")
        assert operator.screen.count(CODE) <= 1


async def test_work_goes_on_after_a_hangup_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("menus.screens.console.GRACE_SECONDS", 0.05)
    async with sitting(tmp_path) as operator:
        operator.type("2-z-4\rerase\r")
        await operator.sees("step 1")
        operator.app.typed.hang_up()
        assert await operator.leaves() == 0
