"""A key signs in only from where, until when and for what it may."""

from datetime import timedelta

import pytest

from tanos.actor import Call
from tanos.appliance import Appliance
from tanos.errors import AnswerRefused
from tanos.keys.authorized import Admission, TurnedAway, admit, authorized_keys, take_away, used, ways_in
from tanos.keys.operations import ADD_AUTHORIZED, LIST_AUTHORIZED, REMOVE_AUTHORIZED
from tanos.keys.public_key import read_line
from tanos.operation import Result, silent
from tests.conftest import NOON, call
from tests.tanos.keys.forms import LINE, OTHER, line
from tests.tanos.keys.made import with_users

KEY = read_line(LINE)
HERE = "192.0.2.7"


@pytest.fixture
def asked(bare_zone_server: Appliance) -> Call:
    """A call on an appliance with its two accounts."""
    return call(with_users(bare_zone_server))


async def add(asked: Call, text: str, user: str = "tancopy", **limits: str) -> Result:
    """Add a key through both beats."""
    plan = await ADD_AUTHORIZED.prepare(asked, user=user, text=text.encode(), **limits)
    return await ADD_AUTHORIZED.apply(asked, plan, silent)


def verdict(
    asked: Call, address: str = HERE, later: timedelta = timedelta(), user: str = "tancopy"
) -> Admission | TurnedAway | None:
    """Ask for the key."""
    return admit(asked.appliance, user, KEY.type, KEY.blob, address, NOON + later)


async def test_a_key_signs_in_only_from_its_networks(asked: Call) -> None:
    await add(asked, f'from="192.0.2.0/24,!192.0.2.9" {LINE}')
    assert isinstance(verdict(asked), Admission)
    for elsewhere in ("192.0.2.9", "198.51.100.1", ""):
        assert verdict(asked, elsewhere) == TurnedAway(KEY.fingerprint, "key-from-elsewhere")


async def test_a_key_signs_in_until_the_second_at_which_it_ends(asked: Call) -> None:
    await add(asked, f'expiry-time="202611221300Z" {LINE}')
    assert isinstance(verdict(asked, later=timedelta(minutes=59, seconds=59)), Admission)
    assert verdict(asked, later=timedelta(hours=1)) == TurnedAway(KEY.fingerprint, "key-expired")


async def test_options_that_can_no_longer_be_read_keep_the_key_out(asked: Call) -> None:
    await add(asked, LINE)
    with asked.appliance.store.change(asked) as change:
        change.execute("UPDATE authorized_keys SET options = 'from-the-future'")
    assert verdict(asked) == TurnedAway(KEY.fingerprint, "key-options-unread")


async def test_an_authority_does_not_sign_in_itself(asked: Call) -> None:
    await add(asked, f"cert-authority {LINE}")
    assert verdict(asked) is None


async def test_limits_are_shown_in_plan_list_and_audit(asked: Call) -> None:
    options = 'from="192.0.2.0/24",expiry-time="20270131000000Z",direction="incoming"'
    plan = await ADD_AUTHORIZED.prepare(asked, user="tancopy", text=f"{options} {LINE}".encode())
    assert plan.data["options"] == options
    assert plan.data["expires"] == "2027-01-31T00:00:00Z"
    await ADD_AUTHORIZED.apply(asked, plan, silent)
    (listed,) = (await LIST_AUTHORIZED.read(asked, user="tancopy")).data["keys"]
    assert listed["options"] == options
    assert authorized_keys(asked.appliance, "tancopy")[0].line == f"{options} {LINE}"
    audited = asked.appliance.store.row("SELECT after FROM audit ORDER BY id DESC")
    assert audited is not None
    assert audited["after"] == f'{KEY.fingerprint} ssh-ed25519 256 {options} "ed25519@lab.test"'


async def test_what_is_answered_and_what_is_pasted_make_the_same_record(asked: Call) -> None:
    await add(asked, f'from="192.0.2.0/24,10.0.0.1",expiry-time="20270131Z",direction="outgoing" {LINE}')
    await add(asked, OTHER, allowed_from=" 192.0.2.0/24, 10.0.0.1", expires="2027-01-31T00:00Z", direction="outgoing")
    one, other = authorized_keys(asked.appliance, "tancopy")
    assert (one.options, one.expires) == (other.options, other.expires)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        (f'from="10.0.0.1" {LINE}', {"allowed_from": "10.0.0.2"}),
        (f'direction="incoming" {LINE}', {"direction": "both"}),
        (LINE, {"allowed_from": 'x",restrict,from="10.0.0.1'}),
        (LINE, {"allowed_from": "jump.lab.test"}),
        (LINE, {"expires": "soon"}),
        (LINE, {"expires": "2026-11-22T11:59:59Z"}),
        (f'expiry-time="20200101" {LINE}', {}),
        (f"verify-required {LINE}", {}),
    ],
)
async def test_limits_that_contradict_each_other_or_can_never_be_met_are_refused(
    asked: Call, text: str, limits: dict[str, str]
) -> None:
    with pytest.raises(AnswerRefused, match="options"):
        await add(asked, text, **limits)
    assert authorized_keys(asked.appliance, "tancopy") == []


async def test_a_direction_is_for_the_keys_of_tancopy(asked: Call) -> None:
    with pytest.raises(AnswerRefused, match="options"):
        await add(asked, f'direction="incoming" {LINE}', "tanadmin")
    await add(asked, f'direction="both" {LINE}', "tanadmin")


async def test_an_authority_is_warned_of(asked: Call) -> None:
    plan = await ADD_AUTHORIZED.prepare(asked, user="tanadmin", text=f"cert-authority {LINE}".encode())
    assert [finding.id for finding in plan.findings] == ["authority"]


async def test_last_used_is_what_a_completed_sign_in_wrote(asked: Call) -> None:
    await add(asked, LINE)
    with asked.appliance.store.change(asked) as change:
        used(change, "tancopy", KEY.fingerprint, HERE)
    (key,) = authorized_keys(asked.appliance, "tancopy")
    assert (key.last_used, key.last_from) == ("2026-11-22T12:00:00Z", HERE)


async def test_a_key_that_ends_or_that_signs_certificates_is_no_way_in_that_stays(asked: Call) -> None:
    await add(asked, LINE, "tanadmin")
    await add(asked, f'expiry-time="20270131" {OTHER}', "tanadmin")
    await add(asked, f"cert-authority {line('rsa2048')}", "tanadmin")
    assert ways_in(asked.appliance) == 1
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await REMOVE_AUTHORIZED.prepare(asked, user="tanadmin", fingerprint=KEY.fingerprint)


async def test_a_key_that_ended_can_go_though_it_is_of_the_last_tanadmin(asked: Call) -> None:
    await add(asked, LINE, "tanadmin")
    await add(asked, f'expiry-time="202611221300Z" {OTHER}', "tanadmin")
    fingerprint = read_line(OTHER).fingerprint
    with asked.appliance.store.change(asked) as change:
        take_away(change, "tanadmin", KEY.fingerprint)
    with pytest.raises(AnswerRefused, match="last-way-in"):
        await REMOVE_AUTHORIZED.prepare(asked, user="tanadmin", fingerprint=fingerprint)
    asked.appliance.clock = lambda: NOON + timedelta(hours=1)
    await REMOVE_AUTHORIZED.prepare(asked, user="tanadmin", fingerprint=fingerprint)
