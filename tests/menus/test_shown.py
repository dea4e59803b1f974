"""The last line of a refusal is true."""

import pytest

from menus.language import speak
from menus.screens.body import Body
from menus.screens.look import Look
from menus.screens.plan import write_plan
from menus.screens.sections import write_findings
from menus.shown import outcome_lines, refusal_lines, section_lines, unsaid
from tanos.errors import AnswerRefused, Damaged, HalfDone, NotYet, TanosError
from tanos.finding import note, refuse, warn
from tanos.message import N_
from tanos.operation import Plan, Result
from tanos.report import Fact, Facts, Mark, Say, Table, shown_once
from tanos.secret import Secret

REFERENCES = pytest.mark.parametrize(("reference", "path"), [("", ""), ("A-1", ""), ("A-1", "2-Z-1")])


def last_line(kind: type[TanosError], reference: str, path: str) -> str:
    """Return the last line of a refusal."""
    error = kind("some-id", N_("Why."), N_("What."))
    error.reference = reference
    return list(refusal_lines(error, path))[-1]


def test_nothing_follows_what_is_shown_once_that_would_be_copied_with_it() -> None:
    (line,) = section_lines([shown_once(N_("Password, shown only now"), Secret("abc-def"))])
    assert line.endswith(": abc-def")


@pytest.mark.parametrize("kind", [AnswerRefused, NotYet, Damaged])
@REFERENCES
def test_what_was_refused_changed_nothing(kind: type[TanosError], reference: str, path: str) -> None:
    assert last_line(kind, reference, path).startswith("Nothing was changed.")


@REFERENCES
def test_what_is_half_done_never_says_that_nothing_was_changed(reference: str, path: str) -> None:
    line = last_line(HalfDone, reference, path)
    assert "Nothing was changed" not in line
    assert reference in line
    assert path in line


def test_what_is_half_done_exits_as_damage_and_says_so_first() -> None:
    error = HalfDone("some-id", N_("Why."), N_("What."))
    assert error.exit_code == 1
    assert next(iter(refusal_lines(error))) == speak(N_("Half done: {id}", id="some-id"))


def refused_twice() -> AnswerRefused:
    """Return a refusal by two findings with one remedy, and a third with another."""
    short, plain = (refuse("weak-password", words, N_("Choose more.")) for words in (N_("Short."), N_("Plain.")))
    return AnswerRefused.because(short, plain, refuse("other", N_("Another."), N_("Do another.")))


def test_what_to_do_is_said_once_however_many_findings_want_it() -> None:
    lines = list(refusal_lines(refused_twice()))
    body = Body(80, Look())
    write_findings(body, unsaid(refused_twice().findings, refused_twice()), refused_twice().remedy)
    assert lines[1:3] == ["Short.", "What to do: Choose more."]
    assert [line.partition(": ")[2] for line in lines[3:5]] == ["Plain.", "Another. Do another."]
    text = "\n".join(line.plain for line in body.lines)
    assert ("Choose more." in text, "Plain." in text, "Do another." in text) == (False, True, True)


def test_a_cell_cannot_pretend_to_be_two() -> None:
    row = ('x"; Options: from="10.0.0.0/8"', "plain", N_("0; never"))
    table = Table((N_("Comment"), N_("Type"), N_("Said")), (row,), N_("None."))
    [line] = section_lines([table])
    assert line == r'Comment: "x\"; Options: from=\"10.0.0.0/8\""; Type: plain; Said: 0; never'


FACTS = (Facts((Fact(N_("subject"), "CN=ts1"),)),)
FOUND = (note("noted", N_("This."), N_("So.")), warn("warned", N_("That."), N_("Then.")))


def test_what_is_to_be_weighed_stands_in_a_plan_above_the_facts_that_may_fill_a_page() -> None:
    plan = Plan(N_("Install it"), None, FACTS, FOUND)
    assert [line.split(":")[0] for line in outcome_lines(plan)] == [
        "Install it", "warn warned", "subject", "note noted",
    ]  # fmt: skip
    body = Body(80, Look())
    write_plan(body, plan)
    shown = "\n".join(line.plain for line in body.lines)
    assert shown.index("warned") < shown.index("subject") < shown.index("noted")
    result = Result(N_("Done"), FACTS, FOUND)
    assert [line.split(":")[0] for line in outcome_lines(result)] == ["Done", "subject", "note noted", "warn warned"]


@pytest.mark.parametrize("refused", [False, True])
def test_a_plan_that_is_refused_does_not_say_what_would_happen(refused: bool) -> None:
    sections = (*FACTS, Say(N_("The service is stopped meanwhile.")), Say(N_("It is late."), Mark.WARN))
    findings = (refuse("refused", N_("No."), N_("Never.")),) if refused else ()
    plan = Plan(N_("Install it"), None, sections, findings)
    body = Body(80, Look())
    write_plan(body, plan)
    for shown in ("\n".join(outcome_lines(plan)), "\n".join(line.plain for line in body.lines)):
        assert ("stopped meanwhile" in shown) is not refused
        assert "CN=ts1" in shown
        assert "It is late." in shown
