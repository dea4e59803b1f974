"""How the services stand, for a menu that is just being written.

Invariant: whoever looks waits no longer than an operator does not notice; where the supervisor does not answer in
that time the menu says so, and every line of it still works.
"""

import socket
import time

from tanos.appliance import Appliance
from tanos.message import N_
from tanos.report import Fact, Facts, Mark, Say, Section
from tanos.services.control import SOCKET
from tanos.services.enabled import disabled
from tanos.services.frames import HEAD, LONGEST, BadFrame, Frame, frame_bytes, parse_frame
from tanos.services.meeting import address_of
from tanos.services.operations import state_of
from tanos.services.unconfined import unconfined

SECONDS = 0.1


def services_at_a_glance(appliance: Appliance) -> tuple[Section, ...]:
    """Return a line a service: its name, how it stands, and whether that is as it should be."""
    try:
        answer = _asked(appliance, time.monotonic() + SECONDS)
    except (OSError, BadFrame):
        return (Say(N_("Nobody runs the services of this appliance now."), Mark.WARN),)
    off = disabled(appliance)
    lines = Facts(tuple(_line(each, is_off=each["name"] in off) for each in answer["services"]))
    return (*(Say(finding.message, Mark.WARN) for finding in unconfined(answer)), lines)


def _line(standing: Frame, *, is_off: bool) -> Fact:
    mark = Mark.OK if standing["running"] else None if is_off else Mark.FAIL
    return Fact(standing["name"], state_of(standing), mark)


def _asked(appliance: Appliance, until: float) -> Frame:
    """Raises OSError, of which TimeoutError is one, and BadFrame."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(SECONDS)
        with address_of(appliance.run / SOCKET) as address:
            line.connect(address)
        line.sendall(frame_bytes({"do": "list"}))
        length = int.from_bytes(_read(line, HEAD, until))
        if length > LONGEST:
            raise BadFrame("too long")
        return parse_frame(_read(line, length, until))


def _read(line: socket.socket, length: int, until: float) -> bytes:
    data = b""
    while len(data) < length:
        line.settimeout(max(0.001, until - time.monotonic()))
        piece = line.recv(length - len(data))
        if not piece:
            raise BadFrame("cut off")
        data += piece
    return data
