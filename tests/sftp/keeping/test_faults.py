"""What goes wrong inside the keeper is a fault and written down; what is not asked rightly is none, and is not."""

import pytest

from sftp.keeping.rights import Part, Rights
from sftp.keeping.worker import MOST_FAULTS, Worker
from tanos.appliance import Appliance
from tanos.keeper import Keeper
from tanos.keys.public_key import read_line

FRONT, ADMINISTRATOR = Rights(Part.FRONT), Rights(Part.ADMINISTRATOR, "tanadmin")


def faults(appliance: Appliance) -> str:
    """Return the log."""
    log = appliance.home / "log" / "faults.log"
    return log.read_text() if log.exists() else ""


@pytest.mark.parametrize("kind", [ValueError, KeyError, TypeError, ZeroDivisionError])
def test_a_fault_inside_the_keeper_is_written_down_and_told_by_its_reference(
    bare_tanium_server: Appliance, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(_: Keeper) -> bool:
        raise kind

    worker, keeper = Worker(bare_tanium_server), Keeper(bare_tanium_server)
    monkeypatch.setattr(Keeper, "holds_root", fail)
    answers = [worker._answer(keeper, FRONT, ["holds_root", []]) for _ in range(MOST_FAULTS + 3)]
    assert all("error" in answer for answer in answers)
    assert faults(bare_tanium_server).count(kind.__name__) == MOST_FAULTS


def test_what_is_not_asked_rightly_is_no_fault(bare_tanium_server: Appliance) -> None:
    keeper = Keeper(bare_tanium_server)
    keeper.make_root()
    keeper.make_host_keys()
    fingerprint = read_line(keeper.host_public_keys()[0]).fingerprint
    worker, keeper = Worker(bare_tanium_server), Keeper(bare_tanium_server, for_others=True)
    for rights, asked in (
        (FRONT, ["make_root", []]),
        (FRONT, 7),
        (FRONT, ["sign_exchange", ["SHA256:x", "ssh-ed25519", bytes(32)]]),
        (FRONT, ["sign_exchange", ["SHA256:x", "ssh-ed25519", b"x"]]),
        (FRONT, ["prove_host_key", ["SHA256:x", "ssh-ed25519", bytes(32)]]),
        (FRONT, ["sign_exchange", [fingerprint, "no-such", bytes(32)]]),
        (ADMINISTRATOR, ["sign_certificate", [b"no certificate"]]),
    ):
        answer = worker._answer(keeper, rights, asked)
        assert "wrong" in answer, asked
    assert faults(bare_tanium_server) == ""
