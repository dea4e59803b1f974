"""A request of which one character changed on the way is refused, or gives the identical DER."""

from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tanos.certificates.request import examine_request
from tanos.errors import AnswerRefused
from tanos.finding import refusals
from tanos.pasting.awaited import Awaited
from tanos.pasting.exposed import labelled_private_key
from tanos.pasting.intake import read_pasted
from tests.data.pastes.parts import LEAF, TEXT, der, pem

DER = der(TEXT)
LIKELY = "AQz9+/=-_ \n\r>\0\x1b\u200b\u0410"
"""Of each kind that is treated differently, one."""


def outcome(raw: bytes) -> str:
    """Return `same`, or the id that refuses; anything else is a failure of the reader."""
    try:
        found = read_pasted(raw, Awaited.REQUEST).ders[0]
        if found == DER:
            return "same"
        stopping = refusals(examine_request(found)[1])
    except AnswerRefused as error:
        return error.id
    return stopping[0].id if stopping else "ANOTHER REQUEST"


def changed(text: str, replacements: str) -> Iterator[bytes]:
    for at, char in enumerate(text):
        for other in replacements:
            if other != char:
                yield (text[:at] + other + text[at + 1 :]).encode()


def test_one_character_replaced_anywhere_never_makes_another_request() -> None:
    outcomes = {outcome(raw) for raw in changed(TEXT, LIKELY)}
    assert "ANOTHER REQUEST" not in outcomes
    assert {"same", "bad-signature", "bad-base64", "cut-short", "not-pem", "control-characters"} <= outcomes


def test_one_character_lost_doubled_or_swapped_never_makes_another_request() -> None:
    outcomes = set()
    for at in range(len(TEXT)):
        before, char, after = TEXT[:at], TEXT[at], TEXT[at + 1 :]
        for text in (before + after, before + char + char + after, before + after[:1] + char + after[1:]):
            outcomes.add(outcome(text.encode()))
    assert "ANOTHER REQUEST" not in outcomes


@pytest.mark.soak
def test_every_byte_at_every_position_never_makes_another_request() -> None:
    raw = TEXT.encode()
    for at in range(len(raw)):
        for byte in range(256):
            assert outcome(raw[:at] + bytes([byte]) + raw[at + 1 :]) != "ANOTHER REQUEST"


@settings(max_examples=300, deadline=None, database=None)
@given(at=st.integers(0, len(TEXT) - 1), inserted=st.text(min_size=1, max_size=3))
def test_characters_put_in_anywhere_never_make_another_request(at: int, inserted: str) -> None:
    raw = (TEXT[:at] + inserted + TEXT[at:]).encode("utf-8", "replace")
    assert outcome(raw) != "ANOTHER REQUEST"


@settings(max_examples=300, deadline=None, database=None)
@given(tail=st.binary(min_size=1, max_size=40))
def test_bytes_after_the_der_are_refused(tail: bytes) -> None:
    assume(not labelled_private_key(tail))
    for text, awaited in ((TEXT, Awaited.REQUEST), (LEAF, Awaited.CERTIFICATE)):
        label = text.split("-----")[1].removeprefix("BEGIN ")
        with pytest.raises(AnswerRefused) as caught:
            read_pasted(armoured(label, der(text) + tail), awaited)
        assert caught.value.id == "trailing-data"


@settings(max_examples=500, deadline=None, database=None)
@given(raw=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_rubbish_is_refused_by_an_id_and_never_by_a_traceback(raw: bytes) -> None:
    for awaited in (Awaited.REQUEST, Awaited.CERTIFICATE):
        with pytest.raises(AnswerRefused):
            read_pasted(raw, awaited)


@settings(max_examples=300, deadline=None, database=None)
@given(inside=st.binary(max_size=200))
def test_rubbish_in_good_armour_is_refused_by_an_id(inside: bytes) -> None:
    for label, awaited in (("CERTIFICATE REQUEST", Awaited.REQUEST), ("PKCS7", Awaited.CERTIFICATE)):
        with pytest.raises(AnswerRefused):
            examine_request(read_pasted(armoured(label, inside), awaited).ders[0])


def armoured(label: str, data: bytes) -> bytes:
    return pem(label, data).encode()
