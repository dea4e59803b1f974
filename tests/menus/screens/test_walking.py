"""Finding one's way: keys, chains, arrows, back, type-ahead."""

from pathlib import Path

import pytest

from tanos.platform import UserRole
from tests.menus.screens.sitting import sitting
from tests.menus.screens.small_tree import CODE, done


async def test_every_page_names_appliance_role_release_and_user(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        for typed, seen in (("", "Log out"), ("2-Z\r", "Create CSR"), ("1\r", "Common name"), ("\x1b", "Create CSR")):
            operator.type(typed)
            screen = await operator.sees(seen, "Select:" if "CSR" in seen or "Log" in seen else ":")
            for words in ("zs1.lab.test", "Zone Server", "release 7.3", "tanadmin"):
                assert words in screen


async def test_keys_of_three_menus_in_one_write_all_arrive(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2\rZ\r1\r")
        await operator.sees("2-Z-1", "Common name:")


async def test_a_whole_errand_typed_in_one_write_is_done(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2\rz\r1\rhost.lab.test\rother.lab.test\ryes\r")
        await operator.sees(CODE, "-----END CERTIFICATE REQUEST-----")
        assert done == [("2-Z-1", "host.lab.test")]


async def test_fifty_keys_in_a_burst_lead_where_they_would_one_by_one(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2\rZ\rR\rR\r" * 6 + "C\r3\r1\r")
        await operator.sees("C-3-1", "SSH Key Management: tanadmin")


async def test_keys_typed_while_the_first_page_is_not_there_yet_arrive(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2")
        operator.type("\r")
        operator.type("z\r")
        await operator.sees("Zone Server Configuration", "2-Z")


@pytest.mark.parametrize("chain", ["2-Z-3", "2-z-3", " 2-Z-3 "])
async def test_a_chain_jumps_from_anywhere(tmp_path: Path, chain: str) -> None:
    async with sitting(tmp_path) as operator:
        operator.type(f"C\r3\r{chain}\r")
        await operator.sees("What waits in /incoming", "2-Z-3")
        operator.type("\r")
        await operator.sees("Create CSR", "2-Z")
        operator.type("R\r")
        await operator.sees("Tanium Operations", "Select:")


async def test_a_chain_at_the_end_of_an_errand_jumps_too(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-Z-3\r1-1\r")
        await operator.sees("1-1", "What waits")
        operator.type("RR\r")
        await operator.sees("main menu", "Log out")


async def test_back_and_main_menu(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2\rz\r")
        await operator.sees("Create CSR")
        operator.type("rr\r")
        await operator.sees("Log out")
        operator.type("2\rz\r\x1b")
        await operator.sees("Zone Server Configuration", "R   Back", "\n 2  ")


async def test_signing_out_is_at_the_main_menu_only(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("C\rz\r")
        await operator.sees("There is no line z here.")
        operator.type("R\rz\r")
        assert await operator.leaves() == 0


async def test_arrows_and_return_choose_a_line_and_name_its_verb(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z\r\x1b[B\x1b[B\x1b[B")
        await operator.sees("> 3", "verb: incoming list")
        operator.type("\r")
        await operator.sees("What waits in /incoming")


async def test_the_typed_key_names_its_verb(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-z\r1")
        await operator.sees("verb: zone-server create-csr")


async def test_return_alone_chooses_nothing(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("\r\r\r2\r")
        await operator.sees("Zone Server Configuration", "R   Back")


@pytest.mark.parametrize("typed", ["9", "2-9", "2-Z-1-1", "--", "-", "日本", "x" * 300])
async def test_a_wrong_key_is_said_and_moves_nobody(tmp_path: Path, typed: str) -> None:
    async with sitting(tmp_path) as operator:
        operator.type(typed + "\r")
        await operator.sees("There is no" if typed != "2-Z-1-1" else "nothing below", "Log out", "main menu")


async def test_what_a_user_is_not_offered_is_not_listed_and_is_said(tmp_path: Path) -> None:
    async with sitting(tmp_path, role=UserRole.TANUSER) as operator:
        assert "Tanium Operations" not in await operator.sees("Log out")
        operator.type("2-Z\r")
        await operator.sees("not offered to users of role tanuser")


async def test_help_explains_lines_and_keys(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        operator.type("2-Z\r?\r")
        await operator.sees("Help", "As a verb: zone-server create-csr", "lines 1 to ", "PageUp")
        operator.type("\x1b[6~\x1b[6~")
        await operator.sees("Help", "Ctrl-L")
        operator.type("\r")
        await operator.sees("Select:", "Create CSR")


async def test_a_pilot_presses_keys_as_a_terminal_sends_them(tmp_path: Path) -> None:
    async with sitting(tmp_path) as operator:
        await operator.app._press_keys(["2", "enter", "down", "enter"])
        await operator.sees("Create CSR")
