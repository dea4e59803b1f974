"""The programs at a real terminal: what is pasted, typed ahead, given up, hung up."""

import os
import pty
import select
import signal
import sys
import termios
import time
from pathlib import Path

import pytest

from tanos.appliance import Appliance
from tests.menus.test_programs import ENVIRONMENT, TANOS


class Terminal:
    """`tanos console` on a pty that can do no more than print."""

    def __init__(self, home: Path) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # who started the tests may ignore it, and that is inherited
            os.execve(sys.executable, [*TANOS, "console", str(home), "--user", "tanadmin"], ENVIRONMENT)
        self.said = ""

    def type(self, text: str) -> None:
        """Write to it as a terminal does."""
        data = text.encode()
        while data:
            data = data[os.write(self.fd, data[:512]) :]
            self._read(0.01)

    def wait_for(self, text: str) -> str:
        """Read until `text` was said; return what came since the last wait."""
        until = time.monotonic() + 20
        while text not in self.said and time.monotonic() < until:
            self._read(0.1)
        before, found, self.said = self.said.partition(text)
        assert found, f"{text!r} was not said after {before!r}"
        return before

    def end(self) -> int:
        """Wait for its end; return the exit status."""
        self.wait_for("Signed out.")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)

    def _read(self, seconds: float) -> None:
        if select.select([self.fd], [], [], seconds)[0]:
            try:
                self.said += os.read(self.fd, 65536).decode().replace("\r\n", "\n")
            except OSError:
                return


def test_a_paste_at_a_terminal_is_not_echoed_and_its_rest_becomes_no_answer(zone_server: Appliance) -> None:
    terminal = Terminal(zone_server.home)
    before = termios.tcgetattr(terminal.fd)
    terminal.type("2\rI\r2\r")
    terminal.wait_for("Esc gives up.")
    terminal.type("-----BEGIN CERTIFICATE-----\rQUJDREVG\r-----END CERTIFICATE-----\ryes\rZ\r2-Z-1\r")
    said = terminal.wait_for("Press Enter to go on: ")
    assert "QUJD" not in said
    assert "Refused: " in said
    assert termios.tcgetattr(terminal.fd)[:4] == before[:4]
    terminal.type("\rrr\rz\r")
    said = terminal.wait_for("Z  Log out")
    assert "Create CSR (2-Z-1)" not in said
    assert terminal.end() == 0


@pytest.mark.parametrize("typed", ["\x03", "\x1b", "\x04", "-----BEGIN\r\x03"])
def test_a_paste_at_a_terminal_can_be_given_up(zone_server: Appliance, typed: str) -> None:
    terminal = Terminal(zone_server.home)
    terminal.type("2-I-2\r")
    terminal.wait_for("Esc gives up.")
    terminal.type(typed)
    terminal.wait_for("Given up. Nothing was changed.")
    terminal.wait_for("Select: ")
    terminal.type("rr\rz\r")
    assert terminal.end() == 0


def test_keys_typed_ahead_at_a_terminal_all_arrive(zone_server: Appliance) -> None:
    terminal = Terminal(zone_server.home)
    terminal.type("2\rZ\r1\r\r\rn\ryes\r\rrr\rZ\r")
    said = terminal.wait_for("Certificate request made")
    assert "Making the key" in said
    assert terminal.end() == 0


def test_ctrl_c_leaves_a_form_and_not_the_console(zone_server: Appliance) -> None:
    terminal = Terminal(zone_server.home)
    terminal.type("2-Z-1\r")
    terminal.wait_for("Common name")
    terminal.type("\x03")
    terminal.wait_for("Select: ")
    terminal.type("rr\rz\r")
    assert terminal.end() == 0


def test_a_terminal_that_hangs_up_ends_the_console(zone_server: Appliance) -> None:
    terminal = Terminal(zone_server.home)
    terminal.wait_for("Select: ")
    os.close(terminal.fd)
    _, status = os.waitpid(terminal.pid, 0)
    assert os.waitstatus_to_exitcode(status) in {0, 129}
