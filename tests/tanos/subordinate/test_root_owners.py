"""A server that is trusted, and broken, speaks for itself alone: of its own roots, keys and numbers."""

import json
from pathlib import Path

import pytest
from cryptography import x509

from tanos.certificates.check_code import check_code
from tanos.client_trust.messages import MOST_ENDED, BadMessage, Signed
from tanos.client_trust.root_owners import MOST_OWNERS
from tanos.client_trust.trust import MOST_KNOWN, MOST_SERVERS, Trust, own_identifier
from tanos.services.client.settings import ClientSettings
from tanos.services.protocol import NEW
from tests.conftest import NOON
from tests.tanos.subordinate.below import SERVER, MadeRoot, certified, identifier, made_root, said, trust

OTHER = "ts5.lab.test"


def code(root: MadeRoot) -> str:
    return check_code(root.certificate.public_key())


def again(trusted: Trust) -> Trust:
    """Return what is there after a restart."""
    return Trust.kept(json.loads(json.dumps(trusted.as_data())))


def pair() -> tuple[Trust, MadeRoot, MadeRoot]:
    """Return a client to which the first of two servers said that it trusts the other."""
    own, other = made_root(0), made_root(0, OTHER)
    trusted = trust(own)
    trusted.believe(own.message(said(own, other)), NOON)
    return trusted, own, other


@pytest.mark.parametrize("server", [OTHER, SERVER])
def test_a_trusted_server_does_not_end_the_root_of_another_whatever_it_calls_itself(server: str) -> None:
    trusted, own, other = pair()
    trusted.believe(other.message(said(other, number=2, ended=[code(own)], server=server)), NOON)
    for each in (trusted, again(trusted)):
        each.given([own.certificate])
        assert own.certificate in each.roots
        each.believe(own.message(said(own, number=3)), NOON)
        assert each.roots == (own.certificate,)


def test_nor_does_it_end_the_next_one_nor_by_a_root_that_it_calls_like_the_others() -> None:
    trusted, own, other = pair()
    following, false = made_root(1), made_root(9)
    trusted.believe(other.message(said(own, other, false, number=2, ended=[code(following)])), NOON)
    trusted = again(trusted)
    trusted.believe(false.message(said(own, other, false, number=3, ended=[code(following)])), NOON)
    trusted.believe(false.message(said(other, false, number=4, ended=[code(own)])), NOON)
    trusted.follow(other.letter(said(own, other, false)))
    trusted.believe(own.message(said(own, other, following, number=5)), NOON)
    assert {own.certificate, following.certificate} <= set(trusted.roots)


def test_each_ends_its_own_by_the_next_that_a_letter_or_a_message_named() -> None:
    for by_letter in (False, True):
        trusted, own, other = pair()
        following = made_root(1, OTHER)
        words = said(own, other, following, number=2, server=OTHER)
        if by_letter:
            trusted.follow(other.letter(words))
        else:
            trusted.believe(other.message(words), NOON)
        message = following.message(said(own, following, number=3, ended=[code(other)], server=OTHER))
        trusted.believe(message, NOON)
        trusted.given([other.certificate])
        for each in (trusted, again(trusted)):
            each.believe(own.message(said(own, other, following, number=4)), NOON)
            assert set(each.roots) == {own.certificate, following.certificate}


def test_however_many_are_said_to_have_ended_the_real_ones_are_kept() -> None:
    trusted, own, other = pair()
    following = made_root(1)
    trusted.believe(own.message(said(own, other, following, number=2)), NOON)
    for number in range(3):
        names = [f"{number:02}-{each:03}" for each in range(MOST_ENDED)]
        for signer, server in ((own, SERVER), (other, OTHER)):
            words = said(own, other, following, number=3 + number, ended=names, server=server)
            trusted.believe(signer.message(words), NOON)
    trusted.believe(following.message(said(other, following, number=9, ended=[code(own)])), NOON)
    trusted.believe(other.message(said(own, other, following, number=9, ended=["0", "1"], server=OTHER)), NOON)
    trusted.given([own.certificate])
    assert set(trusted.roots) == {other.certificate, following.certificate}
    assert all(len(each) <= MOST_ENDED for each in trusted.as_data()["ended"].values())


def test_what_ended_before_it_was_kept_who_said_so_stays_ended() -> None:
    old, new = made_root(0), made_root(1)
    data = trust(new).as_data()
    del data["met"]
    kept = Trust.kept({**data, "ended": [code(old)]})
    kept.given([old.certificate])
    assert kept.roots == (new.certificate,)
    with pytest.raises(BadMessage):
        kept.believe(old.message(said(old)), NOON)
    kept.believe(new.message(said(made_root(2), number=2, ended=[code(new)])), NOON)
    kept.given([new.certificate])
    assert kept.roots == (made_root(2).certificate,)


def key_of(message: Signed) -> str:
    return own_identifier(x509.load_der_x509_certificate(message.certificate))


@pytest.mark.parametrize("server", [OTHER, SERVER])
def test_a_trusted_server_takes_back_no_word_of_another_whatever_it_calls_itself(server: str) -> None:
    """Neither what the other revoked, nor by a number up to which the other would have to be silent."""
    trusted, own, other = pair()
    stolen = own.message(said(own, other, number=2))
    trusted.believe(own.message(said(own, other, number=3, revoked=[key_of(stolen)])), NOON)
    number = int(NOON.timestamp())
    trusted.believe(other.message(said(own, other, number=number, server=server)), NOON)
    for each in (trusted, again(trusted)):
        with pytest.raises(BadMessage, match="key-revoked"):
            each.believe(stolen, NOON)
        each.believe(own.message(said(own, other, number=4, revoked=[key_of(stolen)])), NOON)


def test_a_trusted_server_revokes_no_key_below_the_root_of_another() -> None:
    trusted, own, other = pair()
    message, intermediate = own.message(said(own, other, number=2)), own.intermediate()
    key = certified(intermediate, trusted)
    revoked = [key_of(message), identifier(intermediate)]
    trusted.believe(other.message(said(own, other, revoked=revoked, server=SERVER)), NOON)
    assert not key.forget(trusted, NOON)
    trusted.believe(message, NOON)
    trusted.believe(own.message(said(own, other, number=3, revoked=revoked)), NOON)
    assert key.forget(trusted, NOON)
    with pytest.raises(BadMessage, match="key-revoked"):
        trusted.believe(message, NOON)


def test_however_many_roots_a_trusted_server_names_the_others_number_is_remembered() -> None:
    trusted, own, other = pair()
    trusted.believe(own.message(said(own, other, number=7)), NOON)
    for number in range(2 * MOST_SERVERS):
        name = f"ts{number}.evil.test"
        false = MadeRoot(0, server=name)
        trusted.believe(other.message(said(own, other, false, number=number, server=OTHER)), NOON)
        trusted.believe(false.message(said(own, other, false, number=number, server=name)), NOON)
    assert len(trusted.as_data()["heard"]) <= MOST_SERVERS
    assert len(trusted.as_data()["revoked"]) <= MOST_SERVERS
    with pytest.raises(BadMessage, match="old"):
        again(trusted).believe(own.message(said(own, other, number=6)), NOON)


def test_a_client_is_the_same_at_its_next_start_however_much_a_trusted_server_said(tmp_path: Path) -> None:
    trusted, own, other = pair()
    many = [f"{number:0>48}" for number in range(MOST_ENDED)]
    for number in range(MOST_SERVERS):
        name = f"ts{number}.evil.test"
        false = MadeRoot(0, server=name)
        trusted.believe(other.message(said(own, other, false, number=number, server=OTHER)), NOON)
        trusted.believe(false.message(said(own, other, false, number=number, server=name, ended=many)), NOON)
        trusted.believe(false.message(said(own, other, false, number=number, server=name, revoked=many)), NOON)
    client = ClientSettings(NEW, tmp_path / "state.json")
    client.keep_trust(trusted.as_data())
    next_time = ClientSettings(NEW, tmp_path / "state.json")
    assert (next_time.id, next_time.trust) == (client.id, trusted.as_data())


def test_a_server_that_an_operator_gave_ends_its_own_however_many_another_named_before() -> None:
    trusted, own, other = pair()
    for number in range(2 * MOST_OWNERS):
        false = MadeRoot(0, server=f"ts{number}.evil.test")
        trusted.believe(other.message(said(own, other, false, number=number, server=OTHER)), NOON)
    third, following = made_root(0, "ts6.lab.test"), made_root(1, "ts6.lab.test")
    trusted.given([third.certificate])
    trusted.believe(third.message(said(own, third, following, number=2)), NOON)
    trusted.believe(following.message(said(own, following, number=3, ended=[code(third)])), NOON)
    trusted.given([third.certificate])
    assert third.certificate not in trusted.roots
    own_next = made_root(1)
    trusted.believe(own.message(said(own, own_next, number=8)), NOON)
    trusted.believe(own_next.message(said(own_next, number=9, ended=[code(own)])), NOON)
    trusted.given([own.certificate])
    assert trusted.roots == (own_next.certificate,)


def test_letters_lead_to_so_many_roots_and_no_more() -> None:
    trusted, own, other = pair()
    with pytest.raises(BadMessage, match="too-many"):
        for number in range(MOST_KNOWN):
            trusted.follow(other.letter(said(own, other, MadeRoot(number + 1, server=OTHER), server=OTHER)))
    kept = again(trusted)
    assert len(kept.roots) == MOST_KNOWN
    kept.believe(own.message(said(own, other, number=2)), NOON)
    assert kept.roots == (own.certificate, other.certificate)
