"""Tables at 80 columns: in columns wherever no word has to be broken, else a record a row; nothing is left out."""

from menus.screens.body import Body
from menus.screens.look import Look
from menus.screens.sections import write_sections
from tanos.message import N_
from tanos.report import Table

CHECK_CODE = "878D-3165-3675-77F0-6E09-33DB-CB5E-37C4"
HEADS = ("service", "state", "listens on", "starts")
ROW = ("taniumserver", "running since 2026-11-22 12:00:53 UTC", "41289 platform, 39023 https", "with the appliance")


def _written(*columns: str, rows: tuple[tuple[str, ...], ...], width: int = 80) -> list[str]:
    body = Body(width, Look())
    write_sections(body, (Table(tuple(map(N_, columns)), rows, empty=N_("none")),))
    return [line.plain for line in body.lines]


def test_a_table_that_fits_is_one_line_a_row() -> None:
    assert _written("name", "port", rows=(("ts1", "22"), ("zs1", "2222"))) == [
        "  name  port",
        "  ts1   22",
        "  zs1   2222",
    ]


def test_what_is_too_wide_goes_on_below_in_its_own_column() -> None:
    head, *lines = _written(*HEADS, rows=(ROW,))
    starts = [head.index(each) for each in HEADS]
    ends = [*starts[1:], 80]
    for start, end, cell in zip(starts, ends, ROW, strict=True):
        assert " ".join(" ".join(line[start:end] for line in lines).split()) == cell
    assert 1 < len(lines) <= 3
    assert max(map(len, [head, *lines])) <= 79


def test_where_a_word_would_be_broken_each_row_is_a_record() -> None:
    heads = ("certificate", "subject", "valid until", "check code")
    lines = _written(*heads, rows=(("reporting.crt", "CN=ts1.lab.test", "2036-11-19 12:00 UTC", CHECK_CODE),))
    assert lines[0] == "  certificate: reporting.crt"
    assert any(CHECK_CODE in line for line in lines)


def test_a_row_takes_no_more_than_a_few_lines() -> None:
    lines = _written("name", "comment", "where", rows=(("x" * 20, "many words " * 30, "y" * 30),))
    assert lines[0].startswith("  name: ")


def test_a_table_takes_the_whole_width_where_words_are_wrapped_before() -> None:
    serial, subject, state = "7E" * 20, "CN=zs1.lab.test Intermediate TLS", "valid until 2026-12-22"
    assert _written("subject", "serial", "state", rows=((subject, serial, state),), width=120)[1:] == [
        f"  {subject}  {serial}  {state}"
    ]
