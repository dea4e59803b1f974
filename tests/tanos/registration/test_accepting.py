"""What is asked a second time, since its answer was lost, is answered as the first was, and written down once."""

from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.errors import AnswerRefused
from tanos.keeper import keeper_of
from tanos.registration.orders import register_again
from tanos.registration.trusted import Trusted, put_trusted, trusted
from tests.conftest import MS1, NOON, TS1, bare_appliance, call
from tests.tanos.certificates.broken import public_key
from tests.tanos.https_pairs.made import authority, pem

EARLIER, PRESENT = (authority().issue() for _ in range(2))
WORDS = {"code": "", "name": TS1.fqdn, "port": 8443, "pem": pem(PRESENT).decode(), "host": "192.0.2.7"}


@pytest.fixture
def module_server(tmp_path: Path) -> Appliance:
    """One with which a Tanium Server registered by its earlier certificate."""
    made = bare_appliance(tmp_path / "ms1", MS1)
    here = Appliance(made.home, made.identity, lambda: NOON)
    keeper_of(here).make_self_signed("ssl", [])
    with here.store.change(call(here)) as change:
        put_trusted(change, here, Trusted(TS1.fqdn, "192.0.2.7", 8443, pem(EARLIER).decode(), "", ""))
    return here


def test_an_answer_that_was_lost_is_given_again(module_server: Appliance) -> None:
    words = {**WORDS, "shown": fingerprint(EARLIER)}
    first = register_again(module_server, words)
    audited = len(module_server.store.rows("SELECT id FROM audit"))
    assert register_again(module_server, words) == first
    assert [fingerprint(each.certificate) for each in trusted(module_server)] == [fingerprint(PRESENT)]
    assert len(module_server.store.rows("SELECT id FROM audit")) == audited


def test_the_earlier_certificate_speaks_for_no_other_one(module_server: Appliance) -> None:
    words = {**WORDS, "shown": fingerprint(EARLIER)}
    register_again(module_server, words)
    with pytest.raises(AnswerRefused, match="not-registered"):
        register_again(module_server, {**words, "pem": pem(authority().issue()).decode()})


def test_what_has_a_broken_key_is_not_trusted(module_server: Appliance) -> None:
    broken = pem(authority().issue(public_key=public_key("close primes"))).decode()
    with pytest.raises(AnswerRefused, match="broken-key"):
        register_again(module_server, {**WORDS, "pem": broken, "shown": fingerprint(EARLIER)})
    assert [fingerprint(each.certificate) for each in trusted(module_server)] == [fingerprint(EARLIER)]
