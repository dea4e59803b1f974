"""Who serves clients signs their keys: by an intermediate that is asked for in time, for who proves his id alone."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tanos.client_trust.client_keys import ClientKey
from tanos.client_trust.identity import Identity
from tanos.client_trust.trust import own_identifier
from tanos.services.certifying import Certifier
from tanos.services.client.keyring import Keyring
from tanos.services.client.settings import ClientSettings
from tanos.services.frames import Frame
from tanos.services.protocol import NEW, OLD, Hello, Part
from tests.tanos.services.saying import authority_root, code_of, grant
from tests.tanos.services.segments import client, segments, until

ONE = Identity.made()
HELLO = Hello(Part.CLIENT, ONE.id, "pc1", NEW, "7.4")


class Asked:
    """A Tanium Server that is asked for intermediates."""

    def __init__(self) -> None:
        self.count, self.by, self.is_away = 0, 0, False

    async def __call__(self, words: Frame) -> Frame:
        if self.is_away:
            raise ConnectionResetError
        self.count += 1
        return grant({**words, "holder": "zs1"}, self.by)


class Time:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def question(by: Identity, request: bytes | None = None) -> Frame:
    """Return what a client of that identity asks, for a key or for what is called one."""
    request = ClientKey(by.id).request() if request is None else request
    words = {"request": request, "key": by.public, "proof": by.sign(request)}
    return {name: b64encode(each).decode() for name, each in words.items()}


async def certified(certifier: Certifier) -> str:
    """Return by which intermediate a key was signed, or why not."""
    answer = await certifier.answer(HELLO, question(ONE), uses_tls=True)
    if "refused" in answer:
        return str(answer["refused"])
    return own_identifier(x509.load_der_x509_certificate(b64decode(answer["certified"]["intermediate"])))


async def test_an_intermediate_is_asked_for_once_then_in_time_and_where_another_root_signs() -> None:
    asked, time = Asked(), Time()
    certifier = Certifier(asked, time, lambda: time.now.timestamp())
    first = await certified(certifier)
    assert await certified(certifier) == first
    assert asked.count == 1
    time.now += timedelta(days=27, minutes=1)
    second = await certified(certifier)
    assert (second != first, asked.count) == (True, 2)
    certifier.issuer, asked.by = code_of(1), 1
    time.now += timedelta(seconds=10)
    assert await certified(certifier) not in {first, second}
    assert await certified(certifier) != second
    assert asked.count == 3


async def test_an_intermediate_that_is_revoked_signs_nothing_more_and_another_is_asked_for() -> None:
    asked, time, revoked = Asked(), Time(), set[bytes]()
    certifier = Certifier(asked, time, lambda: time.now.timestamp(), lambda der: der in revoked)
    first = await certified(certifier)
    held = certifier._present.held
    assert held is not None
    revoked.add(held.certificate.public_bytes(Encoding.DER))
    assert await certified(certifier) == "no-intermediate", "it is not asked for again and again"
    time.now += timedelta(seconds=3)
    assert await certified(certifier) not in {first, "no-intermediate"}


async def test_while_none_is_to_be_had_the_present_one_goes_on_and_without_one_clients_are_told() -> None:
    asked, time = Asked(), Time()
    certifier = Certifier(asked, time, lambda: time.now.timestamp())
    asked.is_away = True
    assert await certified(certifier) == "no-intermediate"
    asked.is_away = False
    assert await certified(certifier) == "no-intermediate", "it is not asked for again and again"
    time.now += timedelta(seconds=3)
    first = await certified(certifier)
    asked.is_away = True
    time.now += timedelta(days=28)
    assert await certified(certifier) == first
    time.now += timedelta(days=3)
    assert await certified(certifier) == "no-intermediate"


async def test_who_does_not_prove_an_id_has_nothing_signed_for_it_and_costs_no_intermediate() -> None:
    server, other = Asked(), Identity.made()
    certifier = Certifier(server)
    replayed = {**question(ONE), "request": question(other)["request"]}
    for asked in (question(other), replayed, {"request": question(ONE)["request"]}, {}, None):
        assert await certifier.answer(HELLO, asked, uses_tls=True) == {"refused": "id-not-proved"}
    assert server.count == 0
    assert "certified" in await certifier.answer(HELLO, question(ONE), uses_tls=True)


async def test_what_is_asked_for_anothers_id_over_the_wire_is_refused_and_who_it_is_goes_on() -> None:
    async with segments(release="7.4", has_hub=False) as running:
        target = running.target(by_zone=False)
        async with client(target, release="7.4") as pc1:
            await until(lambda: pc1.connection and pc1.keyring and pc1.keyring.key.certified)
            thief = ClientSettings(NEW)
            thief.id = pc1.hello.id
            async with client(target, "pc2", "7.4", settings=thief) as pc2:
                await until(lambda: pc2.registrations)
                assert pc2.keyring is not None and pc2.keyring.key.certified is None


def test_a_client_keeps_its_identity_and_one_of_before_7_4_has_another_id_from_then_on(tmp_path: Path) -> None:
    state = tmp_path / "pc1.json"
    before = ClientSettings(OLD, state)
    first = ClientSettings(NEW, state)
    assert first.id == first.identity.id != before.id
    assert ClientSettings(NEW, state).id == ClientSettings(OLD, state).id == first.id
    assert state.stat().st_mode & 0o777 == 0o600
    state.unlink()
    assert ClientSettings(NEW, state).id != first.id


@pytest.mark.parametrize("asked", [{"request": 5}, {"request": "!"}, {"proof": "A" * 9000}, b"AAAA", b"A" * 4096])
async def test_rubbish_is_signed_by_nobody(asked: Any) -> None:
    certifier = Certifier(Asked())
    asked = question(ONE, asked) if isinstance(asked, bytes) else {**question(ONE), **asked}
    assert await certifier.answer(HELLO, asked, uses_tls=True) == {"refused": "not-understood"}
    old = Hello(Part.CLIENT, "c1", "pc1", OLD, "7.2")
    for hello, uses_tls in ((HELLO, False), (old, True)):
        assert await certifier.answer(hello, asked, uses_tls=uses_tls) == {"refused": "tls-required"}


def test_who_has_no_key_asks_again_soon_and_then_ever_more_seldom() -> None:
    time = Time()
    keyring = Keyring(ClientSettings(NEW), [authority_root()], time)
    waited = []
    for _ in range(10):
        assert keyring.is_due
        keyring.question()
        waited.append(keyring.due_in)
        time.now += timedelta(seconds=waited[-1])
    assert waited == [5, 10, 20, 40, 80, 160, 320, 600, 600, 600]
