"""What an earlier pair lacks is told before it is put back, as before one is installed."""

from dataclasses import replace

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.finding import Severity
from tanos.https_pairs.install import SOAP_INSTALL
from tanos.https_pairs.requirements import examine
from tanos.https_pairs.restore import SOAP_RESTORE
from tanos.https_pairs.uploaded import read_pair
from tanos.keeper import keeper_of
from tanos.operation import silent
from tanos.registration.trusted import Trusted, put_trusted
from tests.conftest import call
from tests.tanos.https_pairs.made import authority, key_pem, pem, rsa_key
from tests.tanos.https_pairs.test_install import ANSWERS

CA = authority()
FOR_SERVERS, FOR_BOTH = CA.issue(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), CA.issue()


@pytest.fixture
def server(bare_tanium_server: Appliance) -> Appliance:
    """A Tanium Server that had a certificate without clientAuth, version 1, and has one with both."""
    for leaf in (FOR_SERVERS, FOR_BOTH):
        keeper_of(bare_tanium_server).install_pair("soap", key_pem(rsa_key()), pem(leaf), "test")
    return bare_tanium_server


def registered(server: Appliance) -> None:
    """Have a Module Server trust what is in use."""
    their = pem(CA.issue(common_name="ms1.lab.test", names=("ms1.lab.test",))).decode()
    with server.store.change(call(server)) as change:
        put_trusted(change, server, Trusted("ms1.lab.test", "ms1.lab.test", 1, their, fingerprint(FOR_BOTH), ""))


async def test_what_an_earlier_pair_lacks_and_who_knows_another_is_told_before_it_is_put_back(
    server: Appliance,
) -> None:
    plan = await SOAP_RESTORE.prepare(call(server), version="1")
    assert [each.id for each in plan.findings] == ["eku-missing"]
    registered(server)
    plan = await SOAP_RESTORE.prepare(call(server), version="1")
    assert [each.id for each in plan.findings] == ["eku-missing", "re-register"]
    assert plan.refusals == (), "it was in use: the way back stays"
    assert (await SOAP_RESTORE.prepare(call(server), version="2")).nothing_to_do


async def test_once_it_is_in_use_the_result_says_that_no_module_server_can_be_registered(server: Appliance) -> None:
    back = await SOAP_RESTORE.apply(call(server), await SOAP_RESTORE.prepare(call(server), version="1"), silent)
    assert "eku-missing" in [each.id for each in back.findings]
    assert "register it" not in str(back.sections)
    forth = await SOAP_RESTORE.apply(call(server), await SOAP_RESTORE.prepare(call(server), version="2"), silent)
    assert "eku-missing" not in [each.id for each in forth.findings]
    assert "register it" in str(forth.sections)


async def test_a_damaged_version_has_no_findings_and_is_refused_when_it_is_read(server: Appliance) -> None:
    (server.certificates / "soap" / "v000001" / "SOAPServer.crt").unlink()
    assert (await SOAP_RESTORE.prepare(call(server), version="1")).findings == ()


async def test_who_knows_another_is_told_before_a_pair_is_installed(server: Appliance) -> None:
    registered(server)
    (server.incoming / "SOAPServer.crt").write_bytes(pem(CA.issue()))
    (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
    plan = await SOAP_INSTALL.prepare(call(server), **ANSWERS)
    assert [each.id for each in plan.findings] == ["re-register"]


async def test_what_no_module_server_takes_wants_the_word_in_sight_of_that(server: Appliance) -> None:
    for leaf, is_grave in ((CA.issue(), False), (CA.issue(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)), True)):
        (server.incoming / "SOAPServer.crt").write_bytes(pem(leaf))
        (server.incoming / "SOAPServer.key").write_bytes(key_pem(rsa_key()))
        decision = (await SOAP_INSTALL.prepare(call(server), **ANSWERS)).decision
        assert decision is not None
        assert decision.and_word is is_grave


async def test_what_no_module_server_takes_is_told_as_such_where_none_is_registered(server: Appliance) -> None:
    uploaded = read_pair(pem(FOR_SERVERS), key_pem(rsa_key()))
    (found,) = examine(server, replace(uploaded, findings=()))
    assert (found.id, found.severity) == ("eku-missing", Severity.WARN)
    assert "no Module Server can be registered" in str(found.message)
