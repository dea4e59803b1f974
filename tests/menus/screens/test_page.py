"""Laying out: any size, any text, the prompt always in sight."""

from collections.abc import Sequence

import pytest
from rich.text import Text

from menus.screens.body import Body, chopped, padded, wrapped
from menus.screens.editor import Editor
from menus.screens.look import Look, width_of
from menus.screens.page import Masthead, Notice, Page, Sheet, lay_out
from menus.screens.sections import write_findings, write_sections
from tanos.finding import refuse
from tanos.message import N_
from tanos.report import CopyText, Fact, Facts, Mark, Say, Section, Table

HEAD = Masthead("zs1.lab.test", N_("Zone Server · release 7.3"), "tanadmin")
LONG = "x" * 200
SECTIONS: tuple[Section, ...] = (
    Say(N_("certificate exchange with {peer}", peer="ts1"), Mark.WAIT),
    Facts((Fact(N_("names"), "日本語" * 30, Mark.OK), Fact(N_("path"), LONG))),
    Table((N_("Name"), N_("Bytes")), (("[/red]evil\x1b[2J.csr", "12"), ("ファイル" * 20, LONG)), N_("Nothing.")),
    CopyText(N_("A key"), "ssh-ed25519 " + "A" * 300 + " me\n", "1A2B-3C4D", "/outgoing/key"),
    Table((N_("Name"),), (), N_("Nothing waits.")),
)
FINDINGS = (refuse("weak-hash", N_("It is signed with SHA-1."), N_("Make it again with SHA-256.")),)


def page(sections: Sequence[Section] = SECTIONS) -> Page:
    def write(body: Body) -> None:
        write_sections(body, sections)
        write_findings(body, FINDINGS)

    shown = Page(N_("Zone Server Configuration"), "2-Z", write, N_("Select: "), N_("key and Return"), "verb: x y")
    shown.fresh = False
    return shown


def plain(sheet: Sheet) -> str:
    return "\n".join(line.plain for line in sheet.lines)


@pytest.mark.parametrize("look", [Look(), Look(colour=False, unicode=False, rules=False, clipboard=False)])
@pytest.mark.parametrize("width", [1, 2, 5, 10, 20, 40, 79, 80, 132, 250])
def test_a_page_fits_a_terminal_of_any_size(width: int, look: Look) -> None:
    for height in (1, 2, 3, 5, 8, 12, 24, 60):
        for notice in (Notice(), Notice((N_("There is no line {key} here.", key=LONG),), Mark.FAIL)):
            shown = page()
            shown.notice = notice
            sheet = lay_out(shown, HEAD, Editor("日本" * 50), look, width, height)
            assert len(sheet.lines) == height
            assert max(width_of(line.plain) for line in sheet.lines) <= width
            assert sheet.cursor is None or (0 <= sheet.cursor[0] <= width and 0 <= sheet.cursor[1] < height)
            assert "\x1b" not in plain(sheet)
            assert look.unicode or plain(sheet).isascii()


def test_the_prompt_and_what_is_typed_stay_in_sight() -> None:
    sheet = lay_out(page(), HEAD, Editor("abc" * 100), Look(), 80, 24)
    prompt = sheet.lines[-3].plain
    assert prompt.startswith(" Select: ")
    assert sheet.cursor == (width_of(prompt), 21)


def test_a_page_that_is_longer_says_where_one_is() -> None:
    shown = page()
    assert "lines 1 to 20 of" in plain(lay_out(shown, HEAD, None, Look(), 80, 24))
    shown.jump = 50
    sheet = lay_out(shown, HEAD, None, Look(), 80, 24)
    assert "Make it again with SHA-256." in plain(sheet)
    shown.jump = -50
    assert "certificate exchange" in plain(lay_out(shown, HEAD, None, Look(), 80, 24))


def test_turning_a_page_stops_where_a_text_to_copy_can_be_seen_whole() -> None:
    pem = "-----BEGIN X-----\n" + ("M" * 64 + "\n") * 14 + "-----END X-----\n"
    facts = Facts(tuple(Fact(N_("fact"), str(number)) for number in range(9)))
    shown = page((facts, CopyText(N_("A certificate"), pem, "1A2B"), facts))
    assert "-----END X-----" not in plain(lay_out(shown, HEAD, None, Look(), 80, 24))
    shown.jump = 1
    seen = plain(lay_out(shown, HEAD, None, Look(), 80, 24))
    assert "\n-----BEGIN X-----\n" in seen
    assert "\n-----END X-----\n" in seen


def test_a_certificate_with_its_check_code_fits_24_rows() -> None:
    pem = "-----BEGIN CERTIFICATE-----\n" + ("M" * 64 + "\n") * 13 + "-----END CERTIFICATE-----\n"
    shown = page((CopyText(N_("Certificate for {name}", name="zs1"), pem, "1A2B-3C4D", "/outgoing/reporting.crt"),))
    seen = plain(lay_out(shown, HEAD, None, Look(), 80, 24))
    for words in ("1A2B-3C4D", "-----BEGIN", "-----END", "zs1.lab.test", "Zone Server", "7.3", "tanadmin", "2-Z"):
        assert words in seen


def test_a_row_that_has_no_room_in_columns_is_written_as_a_record() -> None:
    heads = (N_("Fingerprint"), N_("Type"), N_("Bits"), N_("Comment"), N_("Added by"))
    fingerprint = "SHA256:" + "aB3" * 14 + "a"
    row = (fingerprint, "ssh-ed25519", "256", "operator@workstation.example.org", "tanadmin")
    seen = plain(lay_out(page((Table(heads, (row, row), N_("None.")),)), HEAD, None, Look(), 80, 24))
    record = (
        f"  Fingerprint: {fingerprint}\n"
        "  Type: ssh-ed25519   Bits: 256   Comment: operator@workstation.example.org\n"
        "  Added by: tanadmin\n"
    )
    assert f"\n{record}\n{record}" in seen


def test_a_long_code_is_broken_after_a_sign() -> None:
    digest = ":".join(["AB"] * 32)
    assert all(line.endswith(":") for line in wrapped(digest, 50)[:-1])
    assert "".join(wrapped(digest, 50)) == digest
    assert wrapped("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_hint_that_has_no_room_is_left_out_whole(width: int) -> None:
    shown = page()
    shown.hints, shown.aside = N_("key and Return · R back · RR main menu · ? help · and more than fits here"), ""
    foot = lay_out(shown, HEAD, None, Look(), width, 24).lines[-1].plain.strip()
    assert str(shown.hints).startswith(foot)
    assert (str(shown.hints) + " ")[len(foot)] == " "


def test_words_are_wrapped_by_columns() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("日本語日本語", 5) == ["日本", "語日", "本語"]
    assert chopped("abcdef", 4) == ["abcd", "ef"]
    assert padded("日本語", 5) == "日本~"
    assert width_of(padded("日本", 8)) == 8


@pytest.mark.parametrize(
    ("environment", "colour", "unicode", "rules", "clipboard"),
    [
        ({"TERM": "xterm-256color", "LANG": "de_DE.UTF-8"}, True, True, True, True),
        ({"TERM": "xterm-256color", "LANG": "C.utf8", "NO_COLOR": ""}, False, True, True, True),
        ({"TERM": "xterm-256color"}, True, True, False, True),
        ({"TERM": "xterm-256color", "LC_ALL": "C", "LANG": "C.UTF-8"}, True, False, False, True),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True, True, False, False),
        ({"TERM": "vt100"}, False, False, False, False),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, True, False, False, True),
    ],
)
def test_a_look_is_read_from_the_environment(
    environment: dict[str, str], colour: bool, unicode: bool, rules: bool, clipboard: bool
) -> None:
    assert Look.of(environment) == Look(colour, unicode, rules, clipboard)


def test_letters_that_a_terminal_lacks_are_written_with_those_it_has() -> None:
    look = Look(unicode=False)
    assert look.letters("Schlüssel … für ß · 日本") == "Schlussel ... fur ss - ??"


def test_a_mark_is_a_word_with_and_without_colour() -> None:
    for look in (Look(), Look(colour=False)):
        assert " wait  certificate exchange" in plain(lay_out(page(), HEAD, None, look, 80, 24))


def test_a_text_to_copy_is_in_sight_whole_from_the_start_where_it_fits() -> None:
    pem = "-----BEGIN X-----\n" + ("M" * 64 + "\n") * 13 + "-----END X-----\n"
    facts = Facts(tuple(Fact(N_("fact"), str(number)) for number in range(6)))
    shown = page((facts, CopyText(N_("A text"), pem, "1A2B-3C4D"), facts))
    shown.fresh = True
    seen = plain(lay_out(shown, HEAD, None, Look(), 80, 24))
    for words in ("1A2B-3C4D", "\n-----BEGIN X-----\n", "\n-----END X-----\n"):
        assert words in seen


def test_the_head_says_where_one_is_and_cuts_no_title() -> None:
    head = Masthead("ts1.lab.test", N_("Tanium Server with Hub · release 7.3"), "tanadmin")
    here = Page(N_("Put the root certificate tanium.pub into /outgoing"), "2-8", lambda _: None)
    first, second = (line.plain for line in lay_out(here, head, None, Look(), 80, 24).lines[:2])
    assert first == " ts1.lab.test" + " " * 30 + "Tanium Server with Hub · release 7.3"
    assert second == " 2-8  Put the root certificate tanium.pub into /outgoing" + " " * 15 + "tanadmin"


@pytest.mark.parametrize(("lines", "shown", "free"), [(15, 15, 3), (16, 16, 2), (18, 18, 0), (19, 16, 2)])
def test_a_menu_gives_up_free_lines_before_it_has_to_be_turned(lines: int, shown: int, free: int) -> None:
    def write(body: Body) -> None:
        body.free()
        for number in range(lines):
            if number in {8, lines - 1}:
                body.free()
            if number == lines - 1:
                body.focus = len(body.lines)
            body.row((f"    {number:02d}", ""))

    menu = Page(N_("Tanium Operations"), "2", write, rows=lines)
    menu.chosen, menu.follow_focus = 0, False
    sheet = lay_out(menu, HEAD, None, Look(), 80, 24)
    inside = [line.plain for line in sheet.lines[3:-3]]
    assert len([line for line in inside if line.strip()]) == shown
    assert ("lines 1 to" in plain(sheet)) is (lines == 19)
    assert len(inside) - shown == free
    assert (not inside[0].strip()) is (lines != 18)


@pytest.mark.parametrize(("lines", "tall", "free"), [(16, True, 2), (17, True, 1), (18, False, 2), (20, False, 0)])
def test_a_page_that_says_its_title_makes_room_before_it_has_to_be_turned(lines: int, tall: bool, free: int) -> None:
    def write(body: Body) -> None:
        body.free()
        body.say("A title")
        body.free()
        for number in range(lines - 1):
            body.say(f"{number:02d}")

    shown = lay_out(Page(N_("Root keys"), "2-K-1", write, is_titled=True), HEAD, None, Look(), 80, 24)
    inside = [line.plain for line in shown.lines[3 if tall else 1 : -3]]
    assert "lines 1 to" not in plain(shown)
    assert len([line for line in inside if line.strip()]) == lines
    assert len([line for line in inside if not line.strip()]) == free
    assert ("Root keys" in plain(shown)) is tall


@pytest.mark.parametrize("titled", [True, False])
def test_a_page_that_has_to_be_turned_anyway_keeps_its_head(titled: bool) -> None:
    def write(body: Body) -> None:
        body.lines.extend(Text("x") for _ in range(21))

    many = Page(N_("Root keys"), "2-K-1", write, is_titled=titled)
    seen = plain(lay_out(many, HEAD, None, Look(), 80, 24))
    assert "Root keys" in seen
    assert "lines 1 to 18 of 21" in seen


def test_what_is_parted_below_the_title_stays_so() -> None:
    def write(body: Body) -> None:
        body.say("A title")
        for number in range(8):
            body.free()
            body.say(f"{number:02d}")
            body.say("more of it")

    shown = lay_out(Page(N_("Root keys"), "2-K-1", write, is_titled=True), HEAD, None, Look(), 80, 24)
    assert "lines 1 to 18 of 25" in plain(shown)
    assert [line.plain for line in shown.lines[3:7]] == [" A title", "", " 00", " more of it"]
