"""What clients are told: believed where a key below a trusted root signed it, and it is no older than before."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tanos.certificates.check_code import check_code
from tanos.certificates.signed_words import LARGEST
from tanos.client_trust.messages import BadMessage, Signed, as_frame, body_of, from_frame
from tanos.client_trust.trust import Trust, own_identifier
from tests.conftest import NOON
from tests.tanos.subordinate.below import DAY, SERVER, MadeRoot, made_root, said, trust


def code(root: MadeRoot) -> str:
    return check_code(root.certificate.public_key())


def refused(trusted: Trust, signed: Signed, because: str) -> None:
    before = trusted.as_data()
    with pytest.raises(BadMessage, match=f"^{because}$"):
        trusted.believe(signed, NOON)
    assert trusted.as_data() == before


def test_what_is_said_arrives_and_is_the_same_bytes_for_the_same_words() -> None:
    root, trusted = made_root(), trust(made_root())
    settings: dict[str, int | str] = {"TLSMode": 1, "ServerNameList": "ts4.lab.test=127.0.0.1:17472, übrig"}
    words = said(root, settings=settings)
    assert body_of(words) == body_of(said(root, settings=dict(sorted(settings.items()))))
    found = trusted.believe(from_frame(as_frame(root.message(words))), NOON)
    assert found == words


def test_what_nobody_or_somebody_else_signed_is_refused() -> None:
    root, other = made_root(0), made_root(1)
    trusted, good = trust(root), made_root(0).message(said(made_root(0)))
    refused(trusted, other.message(said(other)), "wrong-issuer")
    refused(trusted, good._replace(certificate=b""), "wrong-issuer")
    refused(trusted, root.letter(said(root)), "wrong-issuer")
    refused(trusted, good._replace(signature=good.signature[:-1]), "signature-wrong")
    refused(trusted, good._replace(body=good.body.replace(b'"number":1', b'"number":2')), "signature-wrong")
    leaf = root.intermediate().held
    assert leaf is not None
    from cryptography.hazmat.primitives.serialization import Encoding

    refused(trusted, good._replace(certificate=leaf.certificate.public_bytes(Encoding.DER)), "wrong-issuer")


def test_a_message_of_a_revoked_key_or_one_that_ended_is_refused() -> None:
    from cryptography import x509

    root, trusted = made_root(), trust(made_root())
    good = root.message(said(root, number=5))
    key = own_identifier(x509.load_der_x509_certificate(good.certificate))
    refused(trusted, root.message(said(root), now=NOON - 31 * DAY), "key-expired")
    refused(trusted, root.message(said(root), now=NOON + DAY), "key-expired")
    trusted.believe(good, NOON)
    trusted.believe(root.message(said(root, number=6, revoked=[key])), NOON)
    refused(trusted, good, "key-revoked")


def test_a_message_of_a_number_far_ahead_keeps_no_later_one_out() -> None:
    root, trusted = made_root(), trust(made_root())
    tomorrow = int((NOON + DAY).timestamp())
    for number in (tomorrow + 1, (1 << 63) - 1):
        refused(trusted, root.message(said(root, number=number)), "not-understood")
    trusted.believe(root.message(said(root, number=tomorrow)), NOON)


def test_an_older_message_is_refused_the_same_again_is_not_and_each_server_counts_by_itself() -> None:
    root, other = made_root(), made_root(0, "ts5.lab.test")
    trusted = trust(root, other)
    trusted.believe(root.message(said(root, other, number=5)), NOON)
    trusted.believe(root.message(said(root, other, number=5)), NOON)
    refused(trusted, root.message(said(root, number=4)), "old")
    trusted.believe(other.message(said(root, other, number=1)), NOON)
    refused(trusted, root.message(said(root, number=4)), "old")
    again = Trust.kept(json.loads(json.dumps(trusted.as_data())))
    refused(again, root.message(said(root, number=4)), "old")


def test_a_root_that_ended_is_never_trusted_again_whoever_says_so() -> None:
    old, new = made_root(0), made_root(1)
    trusted = trust(old)
    trusted.believe(old.message(said(old, new)), NOON)
    trusted.believe(new.message(said(new, number=2, ended=[code(old)])), NOON)
    assert trusted.as_data()["ended"] == {f"CN={SERVER}": [code(old)]}
    assert trusted.roots == (new.certificate,)
    refused(trusted, old.message(said(old, new, number=3)), "wrong-issuer")
    trusted.believe(new.message(said(old, new, number=3)), NOON)
    assert trusted.roots == (new.certificate,)
    refused(trusted, new.message(said(old, number=4)), "not-understood")
    assert not trusted.follow(new.letter(said(old)))
    assert trusted.roots == (new.certificate,)
    with pytest.raises(BadMessage):
        trusted.follow(old.letter(said(old)))


def test_who_was_away_follows_the_letters_of_the_roots_that_he_knows() -> None:
    first, second, third = made_root(0), made_root(1), made_root(2)
    trusted = trust(first)
    with pytest.raises(BadMessage):
        trusted.follow(second.letter(said(second, third)))
    with pytest.raises(BadMessage):
        trusted.follow(first.message(said(first, second)))
    assert trusted.follow(first.letter(said(first, second)))
    assert not trusted.follow(first.letter(said(first, second)))
    assert trusted.follow(second.letter(said(second, third)))
    trusted.believe(third.message(said(third, ended=[code(first), code(second)])), NOON)
    assert trusted.roots == (third.certificate,)


@pytest.mark.parametrize(
    "change",
    [
        {"roots": []}, {"roots": ["rubbish"]}, {"roots": None}, {"ended": [1]}, {"ended": ["x"] * 300},
        {"number": "x"}, {"number": -1}, {"number": 1 << 70}, {"settings": []}, {"server": "x" * 300}, {"revoked": 5},
        {"number": float("inf")}, {"number": float("nan")}, {"server": "\ud800"}, {"settings": {"x": "\ud800"}},
    ],
)  # fmt: skip
def test_what_was_signed_and_makes_no_sense_is_refused(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = made_root()
    words = json.loads(body_of(said(root)))
    monkeypatch.setattr("tests.tanos.subordinate.below.body_of", lambda _: json.dumps({**words, **change}).encode())
    refused(trust(root), root.message(said(root)), "not-understood")


def test_what_is_too_long_is_not_signed() -> None:
    with pytest.raises(ValueError, match="too long"):
        body_of(said(made_root(), settings={"x": "y" * LARGEST}))


VALUES = st.none() | st.integers() | st.text(max_size=40) | st.lists(st.text(max_size=4), max_size=3)
FRAMES = VALUES | st.dictionaries(st.sampled_from(["body", "signature", "certificate", "x"]), VALUES, max_size=4)


@given(FRAMES)
def test_no_rubbish_is_believed(frame: object) -> None:
    trusted = trust(made_root())
    with pytest.raises(BadMessage):
        trusted.believe(from_frame(frame), NOON)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_no_rubbish_of_the_right_shape_is_believed(body: bytes, signature: bytes, certificate: bytes) -> None:
    trusted = trust(made_root())
    with pytest.raises(BadMessage):
        trusted.believe(Signed(body, signature, certificate), NOON)
    with pytest.raises(BadMessage):
        trusted.follow(Signed(body, signature, b""))
    with pytest.raises(BadMessage):
        trusted.believe(made_root().message(said(made_root()))._replace(body=body), NOON)


@given(st.dictionaries(st.sampled_from(["roots", "ended", "met", "heard", "revoked"]), VALUES, max_size=4))
def test_a_trust_that_cannot_be_read_is_none(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no trust"):
        Trust.kept(data)
