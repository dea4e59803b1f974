"""A relying service that was given a pair stands on the page of certificates, as the hand tells of it."""

from tanos.appliance import Appliance
from tanos.relying.content import Content
from tanos.relying.operations import INSTALL_RELYING
from tanos.renewal.page import LIST_CERTIFICATES
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
