"""What the Tanium Server's operator has to do last is said where he is, and one line does it."""

from typing import Any

import pytest

from tanos.appliance import Appliance
from tanos.exchange.create_csr import CREATE_CSR
from tanos.exchange.hub_tls import TRY_TLS, try_tls_hint
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.operation import Inquiry, Result
from tanos.overview.status import STATUS, ZONE_SERVER_STATUS
from tanos.services.catalogue import ZONE_SERVER_HUB
from tanos.services.connecting import TlsMode
from tanos.settings.operations import SET_SETTING
from tanos.supervising.given import settings_for
from tests.conftest import call
from tests.tanos.exchange.conftest import do, plan


async def issued(zone: Appliance, server: Appliance) -> Result:
    request = (await do(zone, CREATE_CSR)).data["csr"].encode()
    return await do(server, IMPORT_REQUEST, source="paste", text=request)


def told(result: Result) -> bool:
    return "hub-without-tls" in {finding.id for finding in result.findings}


async def asked(appliance: Appliance, inquiry: Inquiry) -> Result:
    return await inquiry.read(call(appliance))


@pytest.mark.parametrize("inquiry", [ZONE_SERVER_STATUS, STATUS], ids=["zone-server status", "status"])
async def test_who_issues_a_certificate_is_told_that_the_hub_does_not_use_tls_until_it_tries(
    zone: Appliance, server: Appliance, inquiry: Inquiry
) -> None:
    assert not told(await asked(server, inquiry)), "nothing waits for it"
    assert told(await issued(zone, server)) and told(await asked(server, inquiry))
    assert str(try_tls_hint(server, {})) == "next step"
    assert not told(await asked(zone, inquiry)), "it has no hub"
    await do(server, TRY_TLS)
    assert settings_for(server, ZONE_SERVER_HUB)["zone_tls"] == TlsMode.OPTIONAL
    assert not told(await asked(server, inquiry)) and not told(await issued(zone, server))


async def test_a_hub_that_requires_tls_goes_on_requiring_it(server: Appliance) -> None:
    required: dict[str, Any] = {"name": "ReportingTLSMode", "value": "1", "component": "hub"}
    await do(server, SET_SETTING, **required)
    prepared = await plan(server, TRY_TLS)
    assert prepared.nothing_to_do
    await do(server, TRY_TLS)
    assert settings_for(server, ZONE_SERVER_HUB)["zone_tls"] == TlsMode.REQUIRED
