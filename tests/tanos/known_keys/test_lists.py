"""Lists of known keys that are brought: what is one, how it is looked up, who goes by it."""

import hashlib
import os
import random
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from menus.item import Verb
from menus.known_keys_menu import IMPORT, LIST, REMOVE
from menus.perform import apply, prepare
from menus.zone_server_menu import IMPORT_ALL
from tanos.appliance import Appliance
from tanos.certificates.key_strength import examine_key
from tanos.errors import AnswerRefused, Damaged
from tanos.keeper import Keeper
from tanos.known_keys.judging import known_by, listed_at, unlisted
from tanos.known_keys.lists import MOST_LISTS, Form, KeyList
from tanos.known_keys.marks import Marks, marks_of, number_marks, rsa_marks
from tanos.known_keys.reading import read_list
from tanos.operation import Plan, Result
from tests.conftest import call
from tests.tanos.certificates.asking import csr_der, ec_key
from tests.tanos.known_keys.published import DEBIAN_LINE, DEBIAN_MODULUS

KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
POINT = KEY.public_numbers().x
MARKS = number_marks(POINT)
RECORD = MARKS.number + b"\x07"
DEBIAN = rsa.RSAPublicNumbers(65537, DEBIAN_MODULUS).public_key()


def records(count: int, *more: bytes) -> bytes:
    """Return a list in badkeys' form, with `count` keys that nobody has."""
    dice = random.Random(count)
    return b"".join(sorted([*(dice.randbytes(16) for _ in range(count)), *more]))


async def done(appliance: Appliance, verb: Verb, **answers: str) -> Result:
    """Do what a verb does, through the gate."""
    plan = await prepare(call(appliance), verb, answers)
    return await apply(call(appliance), verb, plan, "yes") if isinstance(plan, Plan) else plan


async def brought(appliance: Appliance, name: str, data: bytes) -> Result:
    """Bring a list as an operator does."""
    (appliance.incoming / name).write_bytes(data)
    return await done(appliance, IMPORT, file=name)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 500])
def test_each_key_of_a_list_is_found_and_no_other(tmp_path: Path, count: int) -> None:
    path = tmp_path / "some.badkeys"
    path.write_bytes(records(count, RECORD))
    whole = path.read_bytes()
    found = KeyList(path, Form.BADKEYS)
    for start in range(0, len(whole), 16):
        assert found.holds(MARKS._replace(number=whole[start : start + 15]))
        assert not found.holds(number_marks(start + 2))
    assert not found.holds(Marks(bytes(15)))
    assert not found.holds(Marks(b"\xff" * 15))
    assert found.count() == count + 1


async def test_a_key_of_a_list_is_refused_from_then_on_and_no_more_once_it_is_gone(
    bare_zone_server: Appliance,
) -> None:
    assert examine_key(KEY) == ()
    given = records(300, RECORD)
    told = await brought(bare_zone_server, "blocklist.dat", given)
    sha256 = hashlib.sha256(given).hexdigest()
    assert told.data == {"name": "blocklist.dat", "form": "badkeys", "count": 301, "sha256": sha256}
    with listed_at(bare_zone_server.home):
        (finding,) = examine_key(KEY)
        assert (finding.id, "blocklist.dat" in str(finding.message)) == ("known-key", True)
        unlisted()
        assert examine_key(KEY) == ()
    assert examine_key(KEY) == ()
    listed = await done(bare_zone_server, LIST)
    assert listed.data["lists"] == [{"name": "blocklist.dat", "form": "badkeys", "count": 301}]
    await done(bare_zone_server, REMOVE, name="blocklist.dat")
    with listed_at(bare_zone_server.home):
        assert examine_key(KEY) == ()


async def test_requests_that_are_judged_beside_each_other_go_by_the_list_too(
    bare_tanium_server: Appliance,
) -> None:
    server = bare_tanium_server
    Keeper(server).make_root()
    for number in range(4):
        (server.incoming / f"{number}.csr").write_bytes(csr_der(key=ec_key(number)))
    listed = marks_of(ec_key(2).public_key())
    assert listed
    await brought(server, "mine", records(9, listed.number + b"\1"))
    judged = await prepare(call(server), IMPORT_ALL, {})
    assert isinstance(judged, Plan)
    assert {each["file"]: each["refused"] for each in judged.data["requests"] if each["refused"]} == {
        "2.csr": ["known-key"]
    }


async def test_a_list_of_the_accident_of_2008_is_read_in_any_order(bare_zone_server: Appliance) -> None:
    lines = f"# blacklist.RSA-2048\n\nffffffffffffffffffff\r\n{DEBIAN_LINE.upper()}\n00000000000000000000\n"
    told = await brought(bare_zone_server, "blacklist.RSA-2048", lines.encode())
    assert (told.data["form"], told.data["count"]) == ("debian", 3)
    with listed_at(bare_zone_server.home):
        assert known_by(marks_of(DEBIAN)) == "blacklist.RSA-2048"
        assert known_by(rsa_marks(DEBIAN_MODULUS, 3)) == "blacklist.RSA-2048"
        assert known_by(MARKS) == ""


async def test_a_list_takes_the_place_of_one_of_its_name_whatever_its_form(bare_zone_server: Appliance) -> None:
    await brought(bare_zone_server, "list", records(3, RECORD))
    await brought(bare_zone_server, "list", f"{DEBIAN_LINE}\n".encode())
    assert [each["form"] for each in (await done(bare_zone_server, LIST)).data["lists"]] == ["debian"]
    assert [path.name for path in (bare_zone_server.home / "known-keys").iterdir()] == ["list.debian"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "names no key"),
        (b"# nothing\n", "names no key"),
        (records(4)[:-1], "no records"),
        (records(4)[16:] + records(4)[:16], "not sorted"),
        (records(9000)[:-16] + bytes(16), "not sorted"),
        (b"8df20e6961a16398b85a\n8df2\n", "in line 2"),
        (b"8df20e6961a16398b85a\n-----BEGIN PUBLIC KEY-----\n", "in line 2"),
    ],
)
def test_what_is_no_list_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(AnswerRefused, match="not-a-key-list") as refused:
        read_list(data, "list")
    assert reason in str(refused.value.message)


@pytest.mark.parametrize("line", [b"\n", b"##\n", b"##\r"])
def test_a_file_of_many_lines_takes_no_more_room_than_it_has_itself(line: bytes) -> None:
    data = b"8df20e6961a16398b85a\n" + line * 200_000
    tracemalloc.start()
    try:
        with suppress(AnswerRefused):
            read_list(data, "list")
        assert tracemalloc.get_traced_memory()[1] < 2 * len(data) + 200_000
    finally:
        tracemalloc.stop()


async def test_no_more_lists_are_kept_than_are_looked_up_quickly(bare_zone_server: Appliance) -> None:
    for number in range(MOST_LISTS):
        (bare_zone_server.home / "known-keys" / f"{number}.badkeys").write_bytes(RECORD)
    with pytest.raises(AnswerRefused, match="too-many-lists"):
        await brought(bare_zone_server, "one-more", RECORD)
    await brought(bare_zone_server, "7", RECORD)


@pytest.mark.parametrize("name", ["../list", ".list", "a list", ""])
async def test_a_list_has_a_plain_name(bare_zone_server: Appliance, name: str) -> None:
    with pytest.raises(AnswerRefused, match="bad-name"):
        await prepare(call(bare_zone_server), IMPORT, {"file": name})
    with pytest.raises(AnswerRefused, match="no-such-list"):
        await prepare(call(bare_zone_server), REMOVE, {"name": name})


async def test_a_list_that_is_not_there_is_missed_by_the_place_where_it_belongs(bare_zone_server: Appliance) -> None:
    with pytest.raises(AnswerRefused) as refused:
        await prepare(call(bare_zone_server), IMPORT, {"file": "list"})
    assert "/incoming/list" in str(refused.value.message)


def test_a_list_that_cannot_be_read_lets_no_key_pass_for_unknown(bare_zone_server: Appliance) -> None:
    (bare_zone_server.home / "known-keys" / "list.badkeys").symlink_to(os.devnull)
    with listed_at(bare_zone_server.home), pytest.raises(Damaged, match="disk-failed"):
        examine_key(KEY)


def test_a_lookup_reads_a_few_records_of_a_million(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.badkeys"
    with path.open("wb") as file:
        file.truncate(16 * 1_000_000)
    reads: list[int] = []
    pread = os.pread

    def counted(descriptor: int, length: int, offset: int) -> bytes:
        reads.append(length)
        return pread(descriptor, length, offset)

    monkeypatch.setattr(os, "pread", counted)
    assert not KeyList(path, Form.BADKEYS).holds(MARKS)
    assert len(reads) <= 20
    assert max(reads) < 16
