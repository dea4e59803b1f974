"""A relying service that was given a pair stands on the page of certificates, as the hand tells of it."""

import json

from sftp.board.row import row_of
from tanos.appliance import Appliance
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.relying.content import Content
from tanos.relying.operations import INSTALL_RELYING
from tanos.renewal.page import LIST_CERTIFICATES
from tanos.report import Say, Table
from tests.conftest import call
from tests.tanos.relying.conftest import Site, first, place, second, site
from tests.tanos.relying.test_operations import appliance, do, hand, have

__all__ = ["appliance", "first", "place", "second", "site"]


async def test_it_is_told_of_until_it_was_given_the_next_one(
    appliance: Appliance, site: Site, first: Content, second: Content
) -> None:
    with hand(appliance, site):
        await do(INSTALL_RELYING, appliance, "relying install", name="site")
        listed = await LIST_CERTIFICATES.read(call(appliance))
        assert [one["relying"] for one in listed.data["certificates"]] == [[{"name": "site", "has_it": True}]]
        have(appliance, second)
        listed = await LIST_CERTIFICATES.read(call(appliance))
        assert "relying-behind" in [one.id for one in listed.findings]


async def test_one_that_is_behind_is_told_where_an_operator_looks_first(
    appliance: Appliance, site: Site, first: Content, second: Content
) -> None:
    with hand(appliance, site):
        await do(INSTALL_RELYING, appliance, "relying install", name="site")
        assert not _said(appliance)
        have(appliance, second)
        assert _said(appliance) == ["site has not the SOAPServer.crt in use (`relying install site`)"]
        told = await STATUS.read(call(appliance))
        findings = [{"id": each.id, "severity": each.severity.value} for each in told.findings]
        row = row_of("ts1", json.dumps({"schema": 1, **told.data, "findings": findings}).encode())
        assert (row.warnings[0][0], row.state) == ("relying-behind", "due")
        listed = await LIST_CERTIFICATES.read(call(appliance))
        (table,) = listed.sections
        assert isinstance(table, Table)
        assert str(table.rows[0][1]) == "Tanium Server, site (not yet)"
    assert not _said(appliance), "where nobody tells of them, nothing is made up"


def _said(appliance: Appliance) -> list[str]:
    return [str(each.message) for each in main_menu_state(appliance) if isinstance(each, Say) and "site" in str(each)]
