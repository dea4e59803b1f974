"""A Zone Server goes on trusting the root before the one that it imports, as long as its pair is of that one."""

from dataclasses import replace

import pytest

from tanos.appliance import Appliance
from tanos.certificates.root_files import RootFiles
from tanos.exchange.import_certificate import IMPORT_CERTIFICATE
from tanos.exchange.import_request import IMPORT_REQUEST
from tanos.exchange.restore import RESTORE_CERTIFICATE
from tanos.exchange.root import IMPORT_PUBLIC_KEY
from tanos.keeper import Keeper
from tanos.overview.status import ZONE_SERVER_STATUS
from tanos.platform import R7_4
from tanos.renewal.renew import RENEW
from tanos.roots.replace import REPLACE_ROOT
from tanos.roots.trusted import trusted_pem
from tests.conftest import call
from tests.tanos.exchange.conftest import clock, do, exchange, plan, server, zone, zone_server
from tests.tanos.roots.made import verified

__all__ = ["clock", "server", "zone", "zone_server"]


def own_root(appliance: Appliance) -> str:
    """Return tanium.pub."""
    return (appliance.root / "tanium.pub").read_text()


def pair_of(appliance: Appliance) -> str:
    """Return the certificate in use."""
    pem = Keeper(appliance).live_certificate("reporting")
    assert pem
    return pem.decode()


async def replaced(zone: Appliance, server: Appliance) -> None:
    """Have the root replaced there and imported here."""
    result = await do(server, REPLACE_ROOT)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())


async def renewed(zone: Appliance, server: Appliance) -> None:
    """Have the pair made anew by the root that signs now."""
    await do(zone, RENEW, name="", due=True, alt_names=())
    issued = await do(server, IMPORT_REQUEST, source="paste", text=(zone.outgoing / "reporting.csr").read_bytes())
    await do(zone, IMPORT_CERTIFICATE, source="paste", text=issued.data["certificate"].encode())


async def test_until_the_pair_is_replaced_both_are_trusted_and_that_is_told_and_then_the_new_one_alone(
    zone: Appliance, server: Appliance
) -> None:
    await exchange(zone, server)
    former, of_former = own_root(zone), pair_of(server)
    asked = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=former.encode())
    assert asked.nothing_to_do
    await replaced(zone, server)
    assert trusted_pem(zone) == own_root(zone) + former != own_root(zone)
    assert verified(of_former, trusted_pem(zone)), "the server's pair is not yet made anew"
    said = await ZONE_SERVER_STATUS.read(call(zone))
    assert "trusted beside it until this server's pair is replaced" in str(said.sections)
    assert said.data["root"]["former"] is not None
    await renewed(zone, server)
    assert trusted_pem(zone) == own_root(zone)
    assert not verified(of_former, trusted_pem(zone))
    assert not (zone.root / "former.pub").exists()
    said = await ZONE_SERVER_STATUS.read(call(zone))
    assert said.data["root"]["former"] is None


async def test_who_imports_another_root_is_told_before_what_becomes_of_the_present_one(
    zone: Appliance, server: Appliance
) -> None:
    alone = own_root(zone)
    result = await do(server, REPLACE_ROOT)
    told = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    assert "stays trusted" not in str(told.findings[-1].message) + str(told.findings[-1].remedy)
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    assert trusted_pem(zone) == own_root(zone) != alone, "no pair here is of the former root"
    await exchange(zone, server)
    result = await do(server, REPLACE_ROOT)
    told = await plan(zone, IMPORT_PUBLIC_KEY, source="paste", text=result.data["public_key"].encode())
    (finding,) = (each for each in told.findings if each.id == "root-replaced")
    assert "stays trusted" in str(finding.remedy)


async def test_of_several_replacements_the_root_of_the_pair_is_the_one_that_stays(
    zone: Appliance, server: Appliance
) -> None:
    await exchange(zone, server)
    first = own_root(zone)
    await replaced(zone, server)
    await replaced(zone, server)
    assert trusted_pem(zone) == own_root(zone) + first
    await do(zone, IMPORT_PUBLIC_KEY, source="paste", text=first.encode())
    assert trusted_pem(zone) == first


async def test_whoever_dies_before_the_new_one_is_in_place_leaves_the_present_one_alone(
    zone: Appliance, server: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange(zone, server)
    present = own_root(zone)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    result = await do(server, REPLACE_ROOT)
    with monkeypatch.context() as patched:
        patched.setattr(RootFiles, "trust", dies)
        with pytest.raises(KeyboardInterrupt):
            Keeper(zone).trust_root(result.data["public_key"].encode())
    assert (zone.root / "former.pub").read_text() == present
    assert trusted_pem(zone) == present
    Keeper(zone).recover()
    assert not (zone.root / "former.pub").exists()


async def test_an_earlier_pair_brings_no_former_root_back(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    await replaced(zone, server)
    await renewed(zone, server)
    await do(zone, RESTORE_CERTIFICATE, version="1")
    assert trusted_pem(zone) == own_root(zone)


async def test_from_7_4_on_the_roots_say_themselves_which_follow_them(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    await replaced(zone, server)
    newer = Appliance(zone.home, replace(zone.identity, release=R7_4), clock=zone.clock)
    assert trusted_pem(newer) == own_root(zone)


async def test_what_is_no_certificate_is_no_former_root(zone: Appliance, server: Appliance) -> None:
    await exchange(zone, server)
    await replaced(zone, server)
    (zone.root / "former.pub").write_text("rubbish")
    assert trusted_pem(zone) == own_root(zone)
