"""What the process that receives asks of the front door, and is not told."""

import socket

import pytest

from sftp.files import teller
from tanos.errors import NotYet


def test_a_front_door_that_cannot_read_what_was_decided_is_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        monkeypatch.setattr(teller, "EVENTS", ours.fileno())
        theirs.sendall(b"\n")
        with pytest.raises(NotYet, match="not-served") as refused:
            teller.Teller().wanted()
    assert "started again" in str(refused.value.remedy)
