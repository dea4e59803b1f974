"""Each root has its own list: signed by its own key, with its own number, renewed and told of by itself."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.issue import draft_certificate
from tanos.certificates.issued import Issued, keep_certificate, take_serial
from tanos.certificates.request import examine_request, pem_of
from tanos.errors import AnswerRefused, Damaged, NotToBeAsked, NotYet
from tanos.keeper import Keeper
from tanos.revocation.encoding import encode_list
from tanos.revocation.kept import KeptList, kept_lists
from tanos.revocation.lists import LASTS, renew_when_due, take_list
from tanos.revocation.operations import LIST_ISSUED, SHOW_ISSUED
from tanos.revocation.register import entry
from tanos.revocation.revoking import REVOKE_CERTIFICATE
from tanos.revocation.stale import stale_findings, stale_lines
from tanos.revocation.standing import is_listed
from tanos.roots.kept import find_root, write_root
from tanos.roots.revoke import REVOKE_ROOT
from tests.conftest import NOON, call
from tests.tanos.exchange.conftest import Clock, do, plan
from tests.tanos.revocation.judges import assert_list_is_good, is_refused
from tests.tanos.roots.made import ROOT_0, another_root, server_of_7_4


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Appliance:
    """A Tanium Server of release 7.4."""
    return server_of_7_4(tmp_path, clock)


def unsigned(root: x509.Certificate) -> bytes:
    return encode_list(root, [], number=1, this_update=NOON, next_update=NOON + LASTS)


def test_the_keeper_signs_a_list_with_the_root_that_is_named_and_no_list_of_another(server: Appliance) -> None:
    keeper = Keeper(server, for_others=True)
    own, first = (find_root(server, name).certificate for name in ("legacy-root", ROOT_0))
    for name, root in (("legacy-root", own), (ROOT_0, first)):
        signed = x509.load_der_x509_crl(keeper.sign_revocations(unsigned(root), name))
        assert signed.is_signature_valid(root.public_key())  # type: ignore[arg-type] # a root has a key that signs
    with pytest.raises(NotToBeAsked):
        keeper.sign_revocations(unsigned(own), ROOT_0)
    with pytest.raises(NotToBeAsked):
        keeper.sign_revocations(unsigned(first))
    for name in ("", "ts4.lab.test Root 7", "tanium.pvk"):
        with pytest.raises(NotYet, match="step-missing"):
            keeper.sign_revocations(unsigned(first), name)


async def test_a_root_that_is_dropped_signs_no_more_though_it_was_held_open(server: Appliance) -> None:
    keeper, first = Keeper(server), find_root(server, ROOT_0).certificate
    keeper.sign_revocations(unsigned(first), ROOT_0)
    keeper.drop_root_key(ROOT_0)
    with pytest.raises(NotYet, match="step-missing"):
        keeper.sign_revocations(unsigned(first), ROOT_0)


async def test_every_active_root_has_its_list_which_other_programs_find_good(
    server: Appliance, tmp_path: Path, clock: Clock
) -> None:
    await another_root(server)
    renew_when_due(server)
    found = {each.name: each for each in kept_lists(server)}
    assert list(found) == ["legacy-root", ROOT_0, "ts4.lab.test Root 1"]
    assert [each.file for each in found.values()] == [
        "reporting.crl", "ts4.lab.test-root-0.crl", "ts4.lab.test-root-1.crl"
    ]  # fmt: skip
    for each in found.values():
        (tmp_path / "crl").write_bytes(each.der)
        (tmp_path / "root").write_bytes(each.root.public_bytes(Encoding.PEM))
        assert_list_is_good(tmp_path / "crl", tmp_path / "root")
    clock.go(days=2)
    renew_when_due(server)
    assert all(each.number > found[each.name].number for each in kept_lists(server))


def test_a_list_that_cannot_be_signed_stops_no_other_and_is_the_only_one_that_gets_stale(
    server: Appliance, clock: Clock
) -> None:
    renew_when_due(server)
    before = _by_name(server)
    key = server.root / "tanium.pvk"
    key.write_bytes(key.read_bytes()[:-40])
    clock.go(days=9)
    assert _told(server) == ["legacy-root", ROOT_0]
    assert len(stale_lines(server)) == 1
    with pytest.raises(Damaged, match="root-damaged"):
        renew_when_due(server)
    after = _by_name(server)
    assert after["legacy-root"] == before["legacy-root"]
    assert after[ROOT_0].number > before[ROOT_0].number
    assert _told(server) == ["legacy-root"]
    assert "of legacy-root is stale" in str(stale_lines(server)[0].message)


def _told(server: Appliance) -> list[object]:
    """Return of which roots it is told that their lists are stale."""
    findings = stale_findings(server)
    assert {each.id for each in findings} == {"revocations-stale"}
    return [each.message.fields["root"] for each in findings]


def _by_name(server: Appliance) -> dict[str, KeptList]:
    return {each.name: each for each in kept_lists(server)}


async def test_a_certificate_is_revoked_on_the_list_of_the_root_that_signed_it(
    server: Appliance, tmp_path: Path
) -> None:
    first, legacy = issue(server, ROOT_0), issue(server, "legacy-root")
    result = await do(server, REVOKE_CERTIFICATE, serial=first.serial, file="", reason="superseded")
    found = _by_name(server)
    assert result.data["lists"] == {"ts4.lab.test-root-0.crl": found[ROOT_0].number}
    assert "legacy-root" not in found, "nothing changed there"
    (tmp_path / "crl").write_text(found[ROOT_0].pem)
    (tmp_path / "leaf").write_text(first.certificate)
    (tmp_path / "root").write_bytes(found[ROOT_0].root.public_bytes(Encoding.PEM))
    assert is_refused(tmp_path / "leaf", tmp_path / "crl", tmp_path / "root")
    assert entry(server, legacy.serial).state == "valid"


async def test_what_a_revoked_root_signed_is_told_as_revoked_by_the_register(server: Appliance) -> None:
    first, single = issue(server, ROOT_0), issue(server, ROOT_0, "zs2.lab.test")
    await do(server, REVOKE_CERTIFICATE, serial=single.serial, file="", reason="superseded")
    await another_root(server)
    await do(server, REVOKE_ROOT, name=ROOT_0)
    assert [entry(server, each.serial).reason for each in (first, single)] == ["root-revoked", "superseded"]
    assert {each["state"] for each in (await LIST_ISSUED.read(call(server))).data["issued"]} == {"revoked"}
    shown = await SHOW_ISSUED.read(call(server), serial=first.serial)
    assert (shown.data["revoked_by"], bool(shown.data["revoked_at"])) == ("tanadmin", True)
    assert "root that signed it is revoked" in str(shown.sections)
    planned = await plan(server, REVOKE_CERTIFICATE, serial=first.serial, file="", reason="superseded")
    assert planned.nothing_to_do
    assert kept_lists(server) == (), "its list went with it"


async def test_a_zone_server_keeps_the_list_of_each_root_that_it_trusts_once(
    server: Appliance, bare_zone_server: Appliance
) -> None:
    zone, leaf = bare_zone_server, issue(server, ROOT_0)
    await do(server, REVOKE_CERTIFICATE, serial=leaf.serial, file="", reason="superseded")
    renew_when_due(server)
    lists = _by_name(server)
    Keeper(zone).trust_root(find_root(server, "legacy-root").pem.encode())
    with pytest.raises(AnswerRefused, match="bad-list"):
        take_list(call(zone), lists[ROOT_0].der)
    with zone.store.change(call(zone)) as change:
        for name in (ROOT_0, "legacy-root"):
            write_root(change, find_root(server, name))
    assert take_list(call(zone), lists[ROOT_0].der)
    assert take_list(call(zone), lists["legacy-root"].der)
    assert not take_list(call(zone), lists[ROOT_0].der)
    assert [each.name for each in kept_lists(zone)] == ["legacy-root", ROOT_0]
    assert is_listed(zone, x509.load_pem_x509_certificate(leaf.certificate.encode()))


def issue(server: Appliance, root_name: str, name: str = "zs1.lab.test") -> Issued:
    """Issue a certificate by the root that is named."""
    keeper, root = Keeper(server), find_root(server, root_name)
    request, _ = examine_request(keeper.make_request("reporting", name, []))
    draft = draft_certificate(request, root.certificate, now=server.clock())
    pem = pem_of(keeper.sign_certificate(draft.tbs, root.server_value), "CERTIFICATE")
    with server.store.change(call(server)) as change:
        take_serial(change, root.check_code, request, draft)
        return keep_certificate(change, draft, pem)
