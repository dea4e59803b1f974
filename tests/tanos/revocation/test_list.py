"""A revocation list as other people's programs read it, and when the next one is signed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.appliance import Appliance
from tanos.certificates.list_reading import read_list
from tanos.certificates.root import self_signed_root
from tanos.certificates.signing import HeldRoot
from tanos.errors import AnswerRefused, NotToBeAsked
from tanos.exchange.held_root import needed_root
from tanos.keeper import Keeper
from tanos.message import Message
from tanos.overview.state import main_menu_state
from tanos.overview.status import STATUS
from tanos.report import Facts
from tanos.revocation.encoding import Revoked, encode_list
from tanos.revocation.glance import page_state
from tanos.revocation.kept import kept_list
from tanos.revocation.lists import LASTS, renew_list, renew_when_due, take_list
from tanos.revocation.reasons import REASONS
from tanos.revocation.register import entries
from tanos.revocation.stale import stale_findings, stale_lines
from tanos.roots.kept import find_root
from tests.conftest import NOON, call
from tests.tanos.certificates.asking import ec_key, rsa_key
from tests.tanos.exchange.conftest import Clock, done
from tests.tanos.revocation.conftest import kept
from tests.tanos.revocation.judges import assert_list_is_good, text_of

SERIALS = (1, 0x80, 0x7FFF, 1 << 64, (1 << 159) - 1, 0xFF)
EVERYTHING = [Revoked(serial, reason, NOON) for serial, reason in zip(SERIALS, REASONS, strict=True)]


@pytest.mark.parametrize("key, revoked", [(ec_key(), EVERYTHING), (rsa_key(), [])], ids=["all reasons", "nothing"])
def test_a_list_is_what_other_programs_expect(
    key: CertificateIssuerPrivateKeyTypes, revoked: Sequence[Revoked], tmp_path: Path
) -> None:
    root = self_signed_root(key, "Lab Root", NOON)
    tbs = encode_list(root, revoked, number=300, this_update=NOON, next_update=NOON + LASTS)
    der = HeldRoot(root, key).sign_list(tbs)
    crl, pem = tmp_path / "a.crl", tmp_path / "root.pem"
    crl.write_bytes(der)
    pem.write_bytes(root.public_bytes(Encoding.PEM))
    assert_list_is_good(crl, pem)
    assert text_of(crl).count("Serial Number") == len(revoked)
    assert text_of(crl).count("CRL Reason Code") == max(0, len(revoked) - 1), "what is unspecified is not said"
    found = read_list(der, root)
    assert (found.number, found.issued_at, found.next_at) == (300, NOON, NOON + LASTS)
    assert found.serials == {each.serial for each in revoked}


@pytest.mark.parametrize("number", [1 << 63, (1 << 159) - 1])
def test_a_list_of_a_number_that_cannot_be_kept_is_refused(number: int) -> None:
    root = self_signed_root(ec_key(), "Lab Root", NOON)
    tbs = encode_list(root, [], number=number, this_update=NOON, next_update=NOON + LASTS)
    with pytest.raises(AnswerRefused, match="bad-list"):
        read_list(HeldRoot(root, ec_key()).sign_list(tbs), root)


def test_the_root_signs_no_certificate_where_a_list_is_asked_for_and_no_list_of_another(server: Appliance) -> None:
    other = self_signed_root(ec_key(), "Another Root", NOON)
    keeper = Keeper(server, for_others=True)
    foreign = encode_list(other, [], number=1, this_update=NOON, next_update=NOON + LASTS)
    for each in (needed_root(server).tbs_certificate_bytes, foreign, b"", b"\x30\x03\x02\x01\x01"):
        with pytest.raises(NotToBeAsked):
            keeper.sign_revocations(each)


def test_a_list_is_signed_at_first_then_each_day_and_again_where_the_clock_was_ahead(
    server: Appliance, clock: Clock
) -> None:
    def number() -> int:
        renew_when_due(server)
        return kept(server).number

    first = number()
    assert first == number() == int(clock.now.timestamp())
    clock.go(hours=23)
    assert number() == first
    clock.go(hours=2)
    second = number()
    assert second == number() == int(clock.now.timestamp())
    clock.go(days=-9)
    assert number() == second + 1
    assert kept(server).issued_at == clock.now
    assert done(server).count("legacy-root") == 3
    assert kept(server).next_at - kept(server).issued_at >= timedelta(days=7)


def test_a_server_without_the_key_signs_nothing(zone: Appliance) -> None:
    renew_when_due(zone)
    assert kept_list(zone) is None


def test_elsewhere_only_a_list_of_the_root_held_there_is_kept_and_none_older(
    server: Appliance, zone: Appliance, clock: Clock
) -> None:
    lists = []
    for _ in range(2):
        renew_when_due(server)
        lists.append(kept(server).der)
        clock.go(days=2)
    assert take_list(call(zone), lists[1])
    assert not take_list(call(zone), lists[1])
    assert not take_list(call(zone), lists[0])
    assert kept(zone).der == lists[1]
    foreign = self_signed_root(ec_key(), needed_root(server).subject.rfc4514_string()[3:], NOON)
    tbs = encode_list(foreign, [], number=99, this_update=NOON, next_update=NOON + LASTS)
    for each in (HeldRoot(foreign, ec_key()).sign_list(tbs), lists[1][:-1] + b"\0", lists[1] + b"\0", b"", b"x"):
        with pytest.raises(AnswerRefused, match="bad-list"):
            take_list(call(zone), each)
    assert kept(zone).der == lists[1]


def test_after_a_backup_is_put_back_the_next_list_is_newer_than_all_that_were_given_away(
    server: Appliance, zone: Appliance, clock: Clock
) -> None:
    renew_when_due(server)
    before = kept(server)
    for _ in range(3):
        with server.store.change(call(server)) as change:
            renew_list(change, server, find_root(server, "legacy-root"))
    take_list(call(zone), kept(server).der)
    with server.store.change(call(server)) as change:
        change.execute("UPDATE revocation_lists SET number = ?, der = ?", before.number, before.der)
    clock.go(days=2)
    renew_when_due(server)
    assert take_list(call(zone), kept(server).der)


async def test_a_stale_list_is_told_and_goes_on_to_count(server: Appliance, zone: Appliance, clock: Clock) -> None:
    renew_when_due(server)
    take_list(call(zone), kept(server).der)
    clock.go(days=8)
    assert stale_lines(zone) == ()
    clock.go(seconds=1)
    for each in (server, zone):
        assert [finding.id for finding in stale_findings(each)] == ["revocations-stale"]
        (line,) = stale_lines(each)
        assert line in main_menu_state(each)
        assert page_state(each)[-1] == line
        assert "revocations-stale" in {finding.id for finding in (await STATUS.read(call(each))).findings}
        assert kept_list(each) is not None
    renew_when_due(server)
    assert stale_lines(server) == ()
    (facts,) = page_state(server)
    assert isinstance(facts, Facts)
    issued, revoked = (each.value for each in facts.rows)
    assert isinstance(issued, Message)
    assert issued.fields["count"] == len(entries(server, "", 100))
    assert revoked == "0"


def test_a_list_that_cannot_be_signed_leaves_the_last_one(server: Appliance, clock: Clock) -> None:
    renew_when_due(server)
    before = kept(server)
    (server.root / "tanium.pvk").write_bytes((server.root / "tanium.pvk").read_bytes()[:-40])
    clock.go(days=2)
    with pytest.raises(Exception, match="root-damaged"), server.store.change(call(server)) as change:
        renew_list(change, server, find_root(server, "legacy-root"))
    assert kept(server) == before
