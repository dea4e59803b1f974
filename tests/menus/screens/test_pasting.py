"""Pastes, awaited and not."""

import asyncio
from pathlib import Path

import pytest

from tests.data.pastes.parts import SOURCE
from tests.menus.screens.sitting import sitting
from tests.menus.screens.small_tree import PEM, done

START, END = b"\x1b[200~", b"\x1b[201~"
CRLF, CR = PEM.replace("\n", "\r\n").encode(), PEM.replace("\n", "\r").encode()


@pytest.mark.parametrize(
    "raw", [PEM.encode(), CRLF, CR, START + CR + END, START + CRLF + END, CR + b"\r\r$ ls\r1\ryes\r"]
)
async def test_an_awaited_paste_is_taken_whole_and_answers_nothing(tmp_path: Path, raw: bytes) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("Paste the certificate request now.", "0 lines, 0 characters", "Esc gives up.")
        operator.type(raw)
        screen = await operator.sees("Type yes to go on:")
        assert "MMMM" not in screen
        assert done == []
        operator.type("yes\r")
        await operator.sees("Stored")
        assert b"M" * 64 in done[0][1]


async def test_a_paste_in_small_pieces_shows_its_counter_and_not_its_text(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(CR[:200])
        screen = await operator.sees("4 lines, ")
        assert "MMMM" not in screen
        for at in range(200, len(CR), 50):
            operator.type(CR[at : at + 50])
        await operator.sees("Type yes")


async def test_a_paste_typed_ahead_with_the_keys_that_lead_to_it(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type(b"2\rZ\r2\r" + START + CR + END)
        await operator.sees("A paste of ", "Type yes")


async def test_the_rest_of_an_unbracketed_paste_that_comes_a_moment_later_answers_nothing(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(CR)
        for _ in range(6):
            await asyncio.sleep(0.05)
            operator.type("\ryes\rR\r")
        await operator.sees("Type yes to go on:")
        operator.type("no\r")
        await operator.sees("It wants the word yes")
        assert done == []


async def test_keys_after_a_bracketed_paste_answer_the_next_page(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(START + CR + END)
        await operator.sees("Type yes")
        operator.type("yes\r\rRR\r")
        await operator.sees("Log out")
        assert len(done) == 1


@pytest.mark.parametrize("key", [b"\x1b", b"\x03", b"\r.\r"])
async def test_a_paste_is_given_up(tmp_path: Path, key: bytes) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(key)
        await operator.sees("Select:", "Import Cert Request")


async def test_a_paste_that_stops_before_its_end_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("menus.screens.paste.HINT_SECONDS", 0.05)
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(CR[:200])
        await operator.sees("The END line has not come: paste on, or Esc gives up.")
        operator.type(CR[200:])
        await operator.sees("Type yes to go on:")


async def test_a_paste_whose_end_never_comes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("menus.screens.paste.GIVE_UP_SECONDS", 0.05)
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("Select:", "Import Cert Request", "2-Z")


async def test_sixty_kilobytes_are_taken(tmp_path: Path) -> None:
    body = ("M" * 64 + "\r") * 900
    async with sitting(tmp_path) as operator:
        operator.type("2-z-2\r")
        await operator.sees("0 lines")
        operator.type(f"-----BEGIN CERTIFICATE REQUEST-----\r{body}-----END CERTIFICATE REQUEST-----\r")
        await operator.sees("A paste of 58")


@pytest.mark.parametrize(
    "raw", [START + b"1\rZ\r1\ryes\r" + END, START + CR + END, CR, b"-----BEGIN X-----\r2\rZ\rZ\r"]
)
async def test_a_paste_that_nobody_awaits_is_swallowed_and_said(tmp_path: Path, raw: bytes) -> None:
    async with sitting(tmp_path) as operator:
        await operator.sees("Log out")
        operator.type(raw)
        await operator.sees("A paste arrived, but none is awaited here.", "main menu", "Log out")
        operator.type("2\r")
        await operator.sees("Zone Server Configuration")


async def test_what_is_said_of_a_paste_stays_true_after_a_refusal(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\rbad\r\r")
        await operator.sees("Refused: san-bad")
        operator.type(START + CR + END)
        await operator.sees("A paste arrived, but none is awaited here.")
        operator.type("yes\r")
        await operator.sees("Return goes back to the menu.")
        operator.type("\r")
        await operator.sees("Select:")
        operator.type(CR)
        await operator.sees("A paste arrived, but none is awaited here. Nothing was done with it.")


async def test_a_paste_never_confirms(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r\r\r")
        await operator.sees("Type yes")
        operator.type(START + b"yes\r" + END)
        await operator.sees("A paste arrived", "Type yes to go on:")
        assert done == []


async def test_a_field_takes_one_pasted_line_without_its_return(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z-1\r")
        await operator.sees("Common name:")
        operator.type(START + b"pasted.lab.test\r" + END)
        await operator.sees("Common name: pasted.lab.test")


@pytest.mark.parametrize(("begin", "end"), [(b"", b"\r"), (START, END)], ids=["typed", "bracketed"])
@pytest.mark.parametrize(("way", "question"), [("", "Log out"), ("2-z-1\r", "Common name:")])
async def test_the_inside_of_a_private_key_given_as_an_answer_is_called_exposed(
    tmp_path: Path, way: str, question: str, begin: bytes, end: bytes
) -> None:
    letters = "".join((SOURCE / "exposed.sec1").read_text().splitlines()[1:-1])
    async with sitting(tmp_path) as operator:
        operator.type(way)
        await operator.sees(question)
        operator.type(begin + letters.encode() + end)
        screen = await operator.sees("Consider that key exposed")
        assert letters[:20] not in screen
