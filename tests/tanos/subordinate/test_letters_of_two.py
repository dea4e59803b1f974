"""A zone server of two Tanium Servers: the first names the other, takes it back, and neither speaks for the other."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tanos.appliance import Appliance
from tanos.certificates.root import self_signed_root
from tanos.certificates.signed_words import LETTER_HEAD, STATEMENT
from tanos.client_trust.messages import (
    BadMessage,
    Said,
    Signed,
    as_frame,
    body_of,
    from_frame,
    said_by_root,
)
from tanos.errors import AnswerRefused
from tanos.keeper import Keeper
from tanos.roots.kept import Root, find_root, rotating
from tanos.services.catalogue import ZONE_SERVER
from tanos.subordinate.held import held_keys, roots_in_use
from tanos.subordinate.issuing import issue
from tanos.subordinate.letters import letters, take_letters, write_letters
from tanos.subordinate.own import ask_for, take, wanted_roots
from tanos.subordinate.zones import asked_request, decoded
from tanos.supervising.process import Supervised
from tanos.supervising.server_keys import ServerKeys
from tests.conftest import call
from tests.tanos.exchange.conftest import Clock, clock
from tests.tanos.subordinate.servers import code_of, give_reporting_pair, zone_of_7_4
from tests.tanos.trust.made import another_root, exchange, known, meet, server, stand

__all__ = ["clock"]
Two = tuple[Appliance, Appliance, Appliance]
NAME, OTHER = "ts1.lab.test", "ts2.lab.test"


@pytest.fixture
def two(tmp_path: Path, clock: Clock) -> Two:
    """Two servers that trust each other, and a zone server to which the root of the first was given."""
    first, other = server(tmp_path, "ts1", clock), server(tmp_path, "ts2", clock)
    meet(first, other)
    for each in (first, other):
        stand(each, known(each).key, known(each).standing.accepted())
    exchange(first, other)
    exchange(first, other)
    zone = zone_of_7_4(tmp_path, clock, first)
    return first, other, zone


def tell(zone: Appliance, *servers: Appliance) -> None:
    for each in servers:
        write_letters(call(each))
        take_letters(call(zone), letters(each))


def trusted(zone: Appliance) -> list[str]:
    return [each.subject.rfc4514_string().removeprefix("CN=") for each in roots_in_use(zone)]


def forged(by: Appliance, clock: Clock, server: str = OTHER, **more: Any) -> str:
    """Return a letter that all roots of a server sign, whatever it says, and of a high number."""
    roots = [*rotating(by), find_root(by, "legacy-root")]
    number = int(clock().timestamp()) + 60
    said = Said(server, number, tuple(each.certificate for each in roots), frozenset(), frozenset(), {})
    return signed_by(by, roots, body_of(said._replace(**more)))


def signed_by(appliance: Appliance, roots: list[Root], body: bytes) -> str:
    keeper = Keeper(appliance)
    made = [keeper.sign_statement(LETTER_HEAD + body, each.server_value) for each in roots]
    return json.dumps([as_frame(Signed(body, each, b"")) for each in made])


def test_the_first_names_the_roots_of_whom_it_trusts_and_the_other_goes_on_from_there(two: Two, clock: Clock) -> None:
    first, other, zone = two
    with pytest.raises(AnswerRefused, match="bad-letter"):
        tell(zone, other)
    tell(zone, first)
    assert trusted(zone) == [f"{NAME} Root 0", f"{OTHER} Root 0"]
    another_root(other, 1)
    clock.go(seconds=1)
    tell(zone, other)
    assert trusted(zone) == [f"{NAME} Root 0", f"{OTHER} Root 0", f"{OTHER} Root 1"]


def test_whom_the_first_trusts_no_more_counts_no_more_however_often_he_comes(two: Two, clock: Clock) -> None:
    first, other, zone = two
    tell(zone, first, other)
    stand(first, known(first).key, known(first).standing.revoked())
    clock.go(seconds=1)
    write_letters(call(first))
    cut = [each for each in json.loads(letters(first)) if is_by(each, rotating(first)[0].certificate)]
    assert len(cut) == 1
    take_letters(call(zone), json.dumps(cut))  # by a hub that leaves out what the first root signed
    tell(zone, first)
    assert trusted(zone) == [f"{NAME} Root 0"]
    clock.go(seconds=1)
    another_root(other, 1)
    with pytest.raises(AnswerRefused, match="bad-letter"):
        tell(zone, other)


def is_by(frame: Any, root: x509.Certificate) -> bool:
    try:
        said_by_root(from_frame(frame), [root])
    except BadMessage:
        return False
    return True


def test_neither_speaks_for_the_other(tmp_path: Path, two: Two, clock: Clock) -> None:
    first, other, zone = two
    tell(zone, first, other)
    false = server(tmp_path, "ts1", clock)
    roots = [each.certificate for each in (*rotating(first), find_root(first, "legacy-root"))]
    named = tuple(each.certificate for each in (*rotating(other), *rotating(false)))
    for server_name in (NAME, "ts3.lab.test"):
        with pytest.raises(AnswerRefused, match="bad-letter"):
            take_letters(call(zone), forged(other, clock, server=server_name))
    take_letters(call(zone), forged(other, clock, ended=frozenset(map(code_of, roots)), roots=named))
    assert [code_of(each) for each in roots_in_use(zone)] == [code_of(roots[0]), code_of(named[0])]
    clock.go(seconds=2)
    another_root(first, 1)
    tell(zone, first)
    assert {f"{NAME} Root 0", f"{NAME} Root 1"} < set(trusted(zone))


def test_a_root_that_is_rsa_speaks_as_any_other(clock: Clock) -> None:
    key = generate_private_key(65537, 2048)
    root = self_signed_root(key, "Tanium Root", clock())
    body = body_of(Said(NAME, 7, (root,), frozenset(), frozenset(), {}))
    signed = Signed(body, key.sign(STATEMENT + LETTER_HEAD + body, PKCS1v15(), SHA256()), b"")
    assert said_by_root(signed, [root])[1] == root
    with pytest.raises(BadMessage, match="signature-wrong"):
        said_by_root(signed._replace(body=body + b" "), [root])


def test_what_one_ended_is_trusted_no_more_though_the_other_still_names_it(two: Two, clock: Clock) -> None:
    first, other, zone = two
    tell(zone, first, other)
    another_root(other, 1)
    old, new = rotating(other)
    ended = frozenset({code_of(old.certificate)})
    text = forged(other, clock, roots=(new.certificate, find_root(other, "legacy-root").certificate), ended=ended)
    frames = [each for each in json.loads(text) if not is_by(each, old.certificate)]
    with pytest.raises(AnswerRefused, match="bad-letter"):  # who knows the ended one alone cannot go on by that
        take_letters(call(zone), json.dumps(frames[:1]))
    take_letters(call(zone), json.dumps(frames))
    assert trusted(zone) == [f"{NAME} Root 0", f"{OTHER} Root 1"]
    clock.go(hours=1)
    another_root(first, 1)
    tell(zone, first)
    assert code_of(old.certificate) not in map(code_of, roots_in_use(zone))


def test_another_server_that_an_operator_puts_first_is_so_at_once(two: Two, clock: Clock) -> None:
    first, other, zone = two
    tell(zone, first, other)
    stand(other, known(other).key, known(other).standing.revoked())
    clock.go(seconds=1)
    tell(zone, other)
    assert trusted(zone) == [f"{NAME} Root 0", f"{OTHER} Root 0"], "not the first"
    Keeper(zone).trust_root(Keeper(other).root_certificate())
    tell(zone, other)
    assert trusted(zone) == [f"{OTHER} Root 0"]


def test_one_request_goes_to_both_and_no_key_is_signed_twice_below_one_root(two: Two, clock: Clock) -> None:
    first, other, zone = two
    tell(zone, first, other)
    roots = roots_in_use(zone)
    wanted = [ask_for(zone, root) for root in roots]
    assert len({each.request.check_code for each in wanted}) == 1, "one check code is compared on all three"
    for each, by in zip(wanted, (first, other), strict=True):
        take(call(zone), each, issue(call(by), each.root, each.request))
    assert len({each.check_code for each in held_keys(zone, roots)}) == 1
    assert Keeper(zone).waiting("server-tls") == {}
    clock.go(days=28)
    again = ask_for(zone, wanted_roots(zone)[0])
    take(call(zone), again, issue(call(first), again.root, again.request))
    assert again.request.check_code != wanted[0].request.check_code
    clock.go(days=28)
    later = ask_for(zone, again.root)
    assert later.request.check_code != again.request.check_code
    assert list(Keeper(zone).waiting("server-tls")) == [later.request.check_code]


async def test_a_server_that_answers_rubbish_keeps_no_key_of_the_other_away(two: Two) -> None:
    first, other, zone = two
    tell(zone, first, other)
    give_reporting_pair(zone, first)  # who has no pair waits to be met
    rubbish, good = roots_in_use(zone)
    by = {code_of(rotating(each)[0].certificate): each for each in (first, other)}

    async def ask(_: str, *, root: str, request: str) -> dict[str, str]:
        if root == code_of(rubbish):
            return {"certificate": "rubbish"}
        asked = asked_request(by[root], decoded(request))
        return {"certificate": issue(call(by[root]), good, asked)}

    async def renew() -> bool:
        return True

    service = SimpleNamespace(line=SimpleNamespace(ask=ask), renew=renew)
    keys = ServerKeys(zone, cast(dict[str, Supervised], {ZONE_SERVER.name: service}))
    assert not await keys.look()
    assert [each.root_code for each in held_keys(zone, [rubbish, good])] == [code_of(good)]
