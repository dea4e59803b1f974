"""A key that another SSH server let in is judged here too, as far as it is known; what is revoked never comes."""

import subprocess
from base64 import b64decode
from datetime import timedelta
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tanos.keys.authorized import TurnedAway, authorize, take_away
from tanos.keys.elsewhere import LetIn, judge_let_in
from tanos.keys.public_key import read_authorized_line, read_line
from tanos.keys.revoked import KEY, KEY_ID, SERIAL, Mark, revoke
from tanos.keys.standing import CameBy, Proofs
from tests.conftest import NOON, call
from tests.tanos.keys.forms import LINE
from tests.tanos.keys.made import with_users

ONE = read_line(LINE)
HOME, AWAY = "192.0.2.1", "198.51.100.1"


@pytest.fixture
def appliance(bare_zone_server: Appliance) -> Appliance:
    """An appliance with its two accounts and no keys."""
    return with_users(bare_zone_server, "a hash")


def authorised(appliance: Appliance, line: str, user: str = "tancopy") -> None:
    """Let a key sign in here."""
    read = read_authorized_line(line.encode())
    with appliance.store.change(call(appliance)) as change:
        authorize(change, call(appliance), user, read.key, read.options)


def is_lost(appliance: Appliance, *marks: Mark) -> None:
    """Revoke."""
    with appliance.store.change(call(appliance)) as change:
        revoke(change, call(appliance), marks, "")


def why(appliance: Appliance, blob: bytes = ONE.blob, address: str = HOME) -> str:
    """Return why it is turned away; empty where it is not."""
    verdict = judge_let_in(appliance, "tancopy", blob, address)
    return verdict.id if isinstance(verdict, TurnedAway) else ""


def test_a_key_that_only_the_other_server_knows_is_its_to_judge_until_it_is_revoked(appliance: Appliance) -> None:
    came_by = CameBy(ONE.fingerprint, ONE.fingerprint, is_known=False)
    assert judge_let_in(appliance, "tancopy", ONE.blob, HOME) == LetIn(came_by)
    assert Proofs(appliance, NOON).why_ended("tancopy", came_by) is None
    is_lost(appliance, Mark(KEY, ONE.fingerprint))
    assert why(appliance) == "key-revoked"
    assert "revoked" in str(Proofs(appliance, NOON).why_ended("tancopy", came_by))


def test_a_key_that_is_known_here_keeps_its_limits(appliance: Appliance) -> None:
    authorised(appliance, f'from="{HOME}",expiry-time="20261122130000Z",direction="incoming" {LINE}')
    came_by = CameBy(ONE.fingerprint, ONE.fingerprint)
    assert judge_let_in(appliance, "tancopy", ONE.blob, HOME) == LetIn(came_by, "incoming")
    assert why(appliance, address=AWAY) == why(appliance, address="") == "key-from-elsewhere"
    appliance.clock = lambda: NOON + timedelta(hours=2)
    assert why(appliance) == "key-expired"


def test_who_is_here_by_a_known_key_goes_when_it_is_taken_away(appliance: Appliance) -> None:
    authorised(appliance, LINE)
    verdict = judge_let_in(appliance, "tancopy", ONE.blob, HOME)
    assert isinstance(verdict, LetIn)
    with appliance.store.change(call(appliance)) as change:
        take_away(change, "tancopy", ONE.fingerprint)
    assert "no longer signs in" in str(Proofs(appliance, NOON).why_ended("tancopy", verdict.came_by))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, bytes]:
    """The line of an authority, the fingerprint of a key, and the certificate of the key."""
    place = tmp_path_factory.mktemp("certified")
    keygen = ["ssh-keygen", "-q"]
    for name in ("ca", "key"):
        subprocess.run([*keygen, "-t", "ed25519", "-N", "", "-f", name], cwd=place, check=True)
    words = [*keygen, "-s", "ca", "-I", "erika", "-z", "5", "-n", "tancopy", "-V", "20261122110000Z:20261122130000Z"]
    subprocess.run([*words, "key.pub"], cwd=place, check=True)
    key = read_line((place / "key.pub").read_text()).fingerprint
    return (place / "ca.pub").read_text(), key, blob_in(place / "key-cert.pub")


def blob_in(path: Path) -> bytes:
    """Return what a line of OpenSSH holds."""
    return b64decode(path.read_text().split()[1])


def test_a_certificate_is_known_by_its_key_and_judged_where_its_authority_is_known(
    appliance: Appliance, certified: tuple[str, str, bytes]
) -> None:
    authority, key, blob = certified
    stranger = judge_let_in(appliance, "tancopy", blob, HOME)
    assert isinstance(stranger, LetIn)
    assert (stranger.came_by.key, stranger.came_by.is_known) == (key, False)
    authorised(appliance, f'cert-authority,direction="outgoing" {authority}')
    known = judge_let_in(appliance, "tancopy", blob, HOME)
    assert isinstance(known, LetIn)
    assert (known.came_by.until, known.direction) == ("2026-11-22T13:00:00Z", "outgoing")
    appliance.clock = lambda: NOON + timedelta(hours=2)
    assert why(appliance, blob) == "certificate-expired"


@pytest.mark.parametrize("what", ["key", "authority", "serial", "key id"])
def test_a_certificate_that_is_revoked_comes_in_nowhere_whoever_let_it_in(
    appliance: Appliance, certified: tuple[str, str, bytes], what: str
) -> None:
    authority, key, blob = certified
    signer = read_authorized_line(f"cert-authority {authority}".encode()).key.fingerprint
    marks = {
        "key": Mark(KEY, key),
        "authority": Mark(KEY, signer),
        "serial": Mark(SERIAL, "5", signer),
        "key id": Mark(KEY_ID, "erika"),
    }
    is_lost(appliance, marks[what])
    assert why(appliance, blob) == "key-revoked"


def test_a_certificate_that_cannot_be_read_is_turned_away(
    appliance: Appliance, certified: tuple[str, str, bytes]
) -> None:
    assert why(appliance, certified[2][:-1]) == why(appliance, b"") == "certificate-unread"
