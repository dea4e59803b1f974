"""Another pair takes the place of tanium.pub and tanium.pvk; the keys of `pki.db`."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tanos.appliance import Appliance
from tanos.certificates.check_code import fingerprint
from tanos.certificates.issue import draft_certificate
from tanos.certificates.request import examine_request
from tanos.errors import Damaged, NotToBeAsked, NotYet
from tanos.exchange.held_root import needed_root
from tanos.keeper import Keeper
from tests.conftest import NOON


class Died(BaseException):
    """The process ends here."""


@pytest.fixture
def keeper(bare_tanium_server: Appliance) -> Keeper:
    """The keeper of a server that has its root."""
    keeper = Keeper(bare_tanium_server)
    keeper.make_root()
    return keeper


def shown(pem: bytes) -> str:
    return fingerprint(x509.load_pem_x509_certificate(pem))


def signs(appliance: Appliance) -> bool:
    """Say whether a fresh keeper signs by what lies there."""
    keeper = Keeper(appliance)
    request, _ = examine_request(keeper.make_request("reporting", "zs1.lab.test", ()))
    der = keeper.sign_certificate(draft_certificate(request, needed_root(appliance), now=NOON).tbs)
    x509.load_der_x509_certificate(der).verify_directly_issued_by(needed_root(appliance))
    keeper.discard(request.check_code)
    return True


def lying(appliance: Appliance) -> set[str]:
    return {path.name for path in appliance.root.iterdir()}


def test_another_root_takes_the_place_and_the_former_key_is_nowhere(
    bare_tanium_server: Appliance, keeper: Keeper
) -> None:
    before = (bare_tanium_server.root / "tanium.pvk").read_bytes()
    with (bare_tanium_server.root / "tanium.pvk").open("rb") as former:
        pem = keeper.make_next_root("legacy-root 1")
        assert needed_root(bare_tanium_server).subject.rfc4514_string() == "CN=legacy-root"
        keeper.adopt_next_root(shown(pem))
        assert former.read().strip(b"\0") == b""
    assert keeper.root_certificate() == pem
    assert lying(bare_tanium_server) == {"tanium.pub", "tanium.pvk"}
    assert (bare_tanium_server.root / "tanium.pvk").read_bytes() != before
    assert stat.S_IMODE((bare_tanium_server.root / "tanium.pvk").stat().st_mode) == 0o600
    assert signs(bare_tanium_server)


@pytest.mark.parametrize("name", ["rename", "fsync", "write"])
@pytest.mark.parametrize("number", range(6))
def test_whenever_it_dies_both_halves_are_of_one_root(
    bare_tanium_server: Appliance, keeper: Keeper, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    old, new = keeper.root_certificate(), keeper.make_next_root("legacy-root 1")
    where, left = (Path, number) if name == "rename" else (os, number)
    real = getattr(where, name)

    def dying(*words: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Died
        return real(*words)

    with monkeypatch.context() as killed:
        killed.setattr(where, name, dying)
        with suppress(Died):
            keeper.adopt_next_root(shown(new))
    after = Keeper(bare_tanium_server)
    assert after.root_certificate() in (old, new)
    assert signs(bare_tanium_server)
    after.recover()
    assert lying(bare_tanium_server) == {"tanium.pub", "tanium.pvk"}
    assert signs(bare_tanium_server)


def test_only_the_one_that_was_seen_takes_the_place(bare_tanium_server: Appliance, keeper: Keeper) -> None:
    old, first = keeper.root_certificate(), keeper.make_next_root("legacy-root 1")
    keeper.make_next_root("legacy-root 1")
    with pytest.raises(NotYet) as refused:
        keeper.adopt_next_root(shown(first))
    assert refused.value.id == "stale"
    keeper.drop_next_root()
    assert (keeper.root_certificate(), lying(bare_tanium_server)) == (old, {"tanium.pub", "tanium.pvk"})


@pytest.mark.parametrize("name", ["legacy-root", "legacy-root 1"])
def test_what_was_drafted_for_the_former_root_is_not_signed_by_the_next(
    bare_tanium_server: Appliance, keeper: Keeper, name: str
) -> None:
    request, _ = examine_request(keeper.make_request("reporting", "zs1.lab.test", ()))
    draft = draft_certificate(request, needed_root(bare_tanium_server), now=NOON)
    keeper.adopt_next_root(shown(keeper.make_next_root(name)))
    for each in (keeper, Keeper(bare_tanium_server, for_others=True)):
        with pytest.raises(NotYet) as refused:
            each.sign_certificate(draft.tbs)
        assert refused.value.id == "stale"


def test_a_zone_server_makes_no_root(bare_zone_server: Appliance) -> None:
    keeper = Keeper(bare_zone_server)
    for make in (keeper.make_next_root, keeper.make_root_key):
        with pytest.raises(NotToBeAsked):
            make("zs1.lab.test Root 0")


def test_roots_of_the_file_are_kept_by_their_names_and_let_go(bare_tanium_server: Appliance, keeper: Keeper) -> None:
    name = "ts1.lab.test Root 0"
    pem = keeper.make_root_key(name)
    file = bare_tanium_server.root / "pki.db"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(NotToBeAsked):
        keeper.make_root_key(name)
    other = keeper.make_root_key("ts1.lab.test Root 1")
    assert Keeper(bare_tanium_server).root_keys() == {name: pem, "ts1.lab.test Root 1": other}
    assert file.read_text().count("BEGIN PRIVATE KEY") == 2
    keeper.drop_root_key(name)
    keeper.drop_root_key(name)
    assert keeper.root_keys() == {"ts1.lab.test Root 1": other}
    assert file.read_text().count("BEGIN PRIVATE KEY") == 1


@pytest.mark.parametrize(
    "text", ["", "rubbish", "[]", '{"format": "other", "roots": {}}', '{"format": "tanos pki 1"}']
)
def test_a_damaged_file_of_roots_is_told_and_not_written_over(
    bare_tanium_server: Appliance, keeper: Keeper, text: str
) -> None:
    (bare_tanium_server.root / "pki.db").write_text(text)
    for ask in (keeper.root_keys, lambda: keeper.make_root_key("ts1.lab.test Root 0")):
        with pytest.raises(Damaged) as damaged:
            ask()
        assert damaged.value.id == "pki-damaged"
    assert (bare_tanium_server.root / "pki.db").read_text() == text
