"""The keeper that is killed, ends with its front, or is held to its places: nobody loses more than a question."""

import os
import signal
import socket
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sftp.keeping import guardian
from sftp.keeping.asking import FarKeeper, Line
from sftp.keeping.guardian import keeping
from sftp.keeping.rights import Part
from tanos.appliance import Appliance
from tanos.certificates.waiting_keys import WaitingKeys
from tanos.confinement.landlock import version
from tanos.errors import NotYet
from tanos.keeper import Keeper
from tests.sftp.door.processes import PATIENCE_SECONDS, is_alive, soon
from tests.sftp.keeping.asked import HASH, asked, kill_the_keeper, the_guardian, the_keeper

pytestmark = pytest.mark.usefixtures("a_busy_machine")


def test_a_killed_keeper_is_started_again_at_once_and_who_only_reads_or_signs_sees_nothing_of_it(
    appliance: Appliance,
) -> None:
    with asked(appliance) as (front, far):
        public = front.host_public_keys()
        fingerprint = Keeper(appliance)._hosts.public_keys()[0].fingerprint
        waits = []
        for _ in range(5):
            kill_the_keeper()
            began = time.monotonic()
            assert front.sign_exchange(fingerprint, "ssh-ed25519", HASH)
            waits.append(time.monotonic() - began)
            assert far.holds_root()
        assert front.host_public_keys() == public
        assert statistics.median(waits) < 10  # a fork and the loading of the host keys, on a busy machine


def test_a_question_under_which_the_keeper_dies_is_told_as_busy_and_nothing_is_half_done(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, begun = WaitingKeys.put, appliance.home / "log" / "begun"

    def slowly(self: WaitingKeys, kind: Any, key_pem: bytes, request: Any) -> None:
        if not begun.exists():
            begun.touch()
            time.sleep(PATIENCE_SECONDS)
        put(self, kind, key_pem, request)

    monkeypatch.setattr(WaitingKeys, "put", slowly)
    with asked(appliance) as (_, far):
        assert far.waiting("reporting") == {}
        keeper = the_keeper()

        def kill() -> None:
            soon(begun.exists)
            os.kill(keeper, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(NotYet, match="busy"):
            far.make_request("reporting", "ts1.lab.test", [])
        killer.join()
        assert far.waiting("reporting") == {}
        far.make_request("reporting", "ts1.lab.test", [])
        assert len(far.waiting("reporting")) == 1


def test_a_pair_made_before_the_keeper_died_is_not_kept_by_the_next(appliance: Appliance) -> None:
    with asked(appliance) as (_, far):
        line = far.new_ssh_pair("tanadmin")
        kill_the_keeper()
        with pytest.raises(NotYet, match=r"stale|busy"):  # busy where its last thread still took the question
            far.keep_ssh_pair("tanadmin", line)
        with pytest.raises(NotYet, match="stale"):
            far.keep_ssh_pair("tanadmin", line)
        assert not (appliance.ssh / "tanadmin_ed25519").exists()


def test_keeper_and_guardian_end_with_the_front_and_leave_nothing(appliance: Appliance) -> None:
    with asked(appliance) as (_, far):
        far.holds_root()
        keeper = the_keeper()
        guarding = the_guardian()
    assert not is_alive(keeper)
    assert not is_alive(guarding)
    assert not (appliance.home / "log" / "faults.log").exists()
    assert [path.name for path in appliance.run.iterdir()] == []


def test_who_was_let_ask_has_time_to_finish_when_the_front_is_gone(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "LINGER_SECONDS", 4.0)
    began = time.monotonic()
    with keeping(appliance) as line:
        with line.for_another(Part.ADMINISTRATOR, "tanadmin") as lent:
            own = Line(os.dup(lent))
        line.close()
        assert FarKeeper(appliance, own).holds_root()
    assert time.monotonic() - began > 3
    with pytest.raises(NotYet, match="busy"):
        FarKeeper(appliance, own).holds_root()
    own.close()


@pytest.mark.skipif(version() < 4, reason="needs a kernel whose Landlock is of version 4 (Linux 6.7)")
def test_the_keeper_reaches_nothing_but_its_own_directories(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    appliance.store.rows("PRAGMA user_version")
    appliance.store.close()
    (appliance.incoming / "x").write_text("x")

    def reached(_: Keeper) -> bytes:
        tries: dict[str, Callable[[], object]] = {
            "database": (appliance.home / "appliance.db").read_bytes,
            "drop box": (appliance.incoming / "x").read_bytes,
            "network": socket.socket,
            "program": lambda: os.execv("/bin/true", ["true"]),
            "root": (appliance.root / "tanium.pvk").read_bytes,
        }
        return " ".join(name for name, attempt in tries.items() if _works(attempt)).encode()

    monkeypatch.setattr(Keeper, "root_certificate", reached)
    with asked(appliance) as (_, far):
        assert far.root_certificate() == b"root"


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True
