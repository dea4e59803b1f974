"""The last way in: what does not count as one, and that the refusal says so."""

import pytest

from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keys.authorized import used, ways_in
from tanos.keys.operations import ADD_AUTHORIZED, LIST_AUTHORIZED, REMOVE_AUTHORIZED
from tanos.keys.public_key import read_line
from tanos.keys.revoking import LIST_REVOKED, REVOKE
from tanos.report import Table
from tests.conftest import call
from tests.tanos.keys.forms import LINE, OTHER
from tests.tanos.keys.made import with_users
from tests.tanos.users.acting import by, do

ONE, TWO = read_line(LINE), read_line(OTHER)


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance without passwords."""
    return with_users(bare_zone_server)


async def add(appliance: Appliance, line: str) -> None:
    """Let a key sign in as tanadmin."""
    await do(ADD_AUTHORIZED, by(appliance), user="tanadmin", text=line.encode())


async def refused(appliance: Appliance) -> str:
    """Try to take the first key away; return why that is refused."""
    with pytest.raises(AnswerRefused, match="last-way-in") as error:
        await do(REMOVE_AUTHORIZED, by(appliance), user="tanadmin", fingerprint=ONE.fingerprint)
    return str(error.value.message)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ('expiry-time="20990101Z"', "ends 2099-01-01T00:00:00Z"),
        ('from="10.9.9.9"', "nobody came by it yet"),
        ("cert-authority", "only signs certificates"),
    ],
)
async def test_a_key_that_does_not_count_is_named_with_the_reason(
    appliance: Appliance, options: str, why: str
) -> None:
    await add(appliance, LINE)
    await add(appliance, f"{options} {OTHER}")
    said = await refused(appliance)
    assert f"{TWO.fingerprint} of tanadmin: " in said
    assert why in said


async def test_a_revoked_key_is_named_and_shown_as_what_it_is(appliance: Appliance) -> None:
    await add(appliance, LINE)
    await add(appliance, OTHER)
    await do(REVOKE, by(appliance), what=TWO.fingerprint, file="", text=b"", authority="", reason="lost")
    assert f"{TWO.fingerprint} of tanadmin: revoked." in await refused(appliance)
    listed = (await LIST_AUTHORIZED.read(by(appliance), user="tanadmin")).data["keys"]
    assert [key["state"] for key in listed] == ["", "revoked"]
    result = await LIST_REVOKED.read(by(appliance))
    assert result.data["revoked"][0]["authorized_for"] == [{"user": "tanadmin", "comment": TWO.comment}]
    [table] = result.sections
    assert isinstance(table, Table)
    assert table.rows[0][2] == f"tanadmin ({TWO.comment})"


async def test_a_key_for_some_addresses_counts_once_somebody_came_by_it(appliance: Appliance) -> None:
    await add(appliance, f'from="10.9.9.9" {LINE}')
    assert ways_in(appliance) == 0
    with appliance.store.change(call(appliance)) as change:
        used(change, "tanadmin", ONE.fingerprint, "10.9.9.9")
    assert ways_in(appliance) == 1


async def test_whose_account_went_meanwhile_is_let_in_by_no_key(appliance: Appliance) -> None:
    plan = await ADD_AUTHORIZED.prepare(by(appliance), user="tancopy", text=LINE.encode())
    with appliance.store.change(call(appliance)) as change:
        change.execute("DELETE FROM users WHERE name = 'tancopy'")
    with pytest.raises(AnswerRefused, match="no-such-user"):
        await ADD_AUTHORIZED.apply(by(appliance), plan, print)
