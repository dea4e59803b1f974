"""Who must be registered anew is told where an operator looks first: main menu, status, board."""

import json

import pytest

from sftp.board.row import row_of
from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.finding import findings_data
from tanos.keeper import keeper_of
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.registration.trusted import Trusted, own_certificate, put_trusted
from tanos.report import Mark, Say
from tests.conftest import MS1, TS1, bare_appliance, call
from tests.tanos.https_pairs.made import authority, pem


@pytest.mark.parametrize("who", [TS1, MS1])
async def test_who_must_be_registered_anew_is_told_at_the_main_menu_in_status_and_on_the_board(
    who: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    identity, other, kind = (TS1, MS1, "soap") if who is TS1 else (MS1, TS1, "ssl")
    here = bare_appliance(tmp_path_factory.mktemp("told") / identity.name, identity)
    keeper_of(here).make_self_signed(kind, [])
    own = own_certificate(here)
    assert own is not None
    their = pem(authority().issue(common_name=other.fqdn, names=(other.fqdn,))).decode()

    def registered(shown: str) -> None:
        with here.store.change(call(here)) as change:
            put_trusted(change, here, Trusted(other.fqdn, other.fqdn, 17477, their, shown, ""))

    registered(fingerprint(own))
    assert not await _told(here, other.fqdn)
    registered("AA:BB")
    assert await _told(here, other.fqdn)


async def test_where_nobody_registers_nothing_is_told(bare_zone_server: Appliance) -> None:
    assert not await _told(bare_zone_server, MS1.fqdn)


async def _told(here: Appliance, name: str) -> bool:
    """Say whether all three places tell it, or none does."""
    above = [each for each in main_menu_state(here) if isinstance(each, Say) and name in str(each.message)]
    assert all(each.mark is Mark.WARN for each in above)
    status = await STATUS.read(call(here))
    found = [each.id for each in status.findings if each.id == "re-register"]
    answer = {"schema": 1, **status.data, "findings": findings_data(status.findings)}
    row = row_of(here.identity.name, json.dumps(answer).encode())
    places = {len(above) == 1, found == ["re-register"], row.state == "due"}
    assert len(places) == 1, (above, found, row)
    return places.pop()
