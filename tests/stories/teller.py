"""Reads a story (`*.story`) and acts it out with a real `ssh` against a real lab.

    on zs1   zone-server create-csr --yes        runs `ssh zs1 …  --json`; it must succeed
      paste  {ts1's key}                         what is pasted (standard input)
      paste file NAME                            the same from tests/data
      keep   check_code as the code              remember a field of the answer
      is     already_issued  true                hold a field of the answer
      same   check_code  {the code}
    desk     courier ts1-files zs1-files         runs `tanos …` at the operator's own desk
      refused  weak-hash                         it must be refused with this id (exit 3)
      not yet  step-missing                      (exit 4)     not offered  (exit 5)    wrong use  needs-yes  (exit 2)
      shut out                                   ssh must not get in
      by       second key                        signs in by that one
      as       erika                             signs in as that user, by password, and
      answers  {the password}                    answers one question of the sign-in, and the next
      answers  code of {the secret}              by what a device shows that has this secret
    menu     zs1  C-U-1-3                        types that line into the menu of lines, and
      types  yes                                 what it asks for then
      shows  is not locked                       must stand in what comes back
    key                                          the operator gets another key; {second key} is its public line
    later    zs1                                 the time of what is on trial there is over

A line `with zs2,zs3` gives the lab further appliances. Lines that begin with `#` and lines without indent that begin
with none of these words are prose.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stories.answering import Device, answering
from tests.stories.meanwhile import second_key, time_is_over

DATA = Path(__file__).parents[1] / "data"
DESK = ""
KEY, LATER, MENU = "the second key", "later", "menu "
ENDINGS = {"refused": 3, "not yet": 4, "not offered": 5, "wrong use": 2, "shut out": 255}


@dataclass
class Step:
    """One command and what is held of it."""

    line: int
    where: str
    words: str
    told: list[str] = field(default_factory=list)


def steps(text: str) -> list[Step]:
    """Read the steps of a story."""
    found: list[Step] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("on "):
            _, where, words = line.split(maxsplit=2)
            found.append(Step(number, where, words))
        elif line.startswith("desk "):
            found.append(Step(number, DESK, line.removeprefix("desk ").strip()))
        elif line.strip() == "key":
            found.append(Step(number, KEY, ""))
        elif line.startswith("later "):
            found.append(Step(number, LATER, line.removeprefix("later ").strip()))
        elif line.startswith(MENU):
            _, where, words = line.split(maxsplit=2)
            found.append(Step(number, MENU + where, words))
        elif line.startswith("  ") and line.strip() and found:
            found[-1].told.append(line.strip())
    return found


def further(text: str) -> tuple[str, ...]:
    """Return the options that give the lab the further appliances of a story."""
    lines = [line.split() for line in text.splitlines() if line.startswith("with ")]
    return ("--with", lines[0][1]) if lines else ()


class Teller:
    """Acts a story out; `memory` holds what was kept."""

    def __init__(self, ssh_config: Path) -> None:
        self.ssh_config = ssh_config
        self.memory: dict[str, str] = _addresses(ssh_config)
        self._second = Path()
        self._devices: dict[str, Device] = {}

    def tell(self, text: str) -> None:
        """Act out every step; an AssertionError names the line that did not hold."""
        for step in steps(text):
            self._act(step)

    def _keep(self, name: str, value: str) -> None:
        """Remember a field; of a code (`the first code`) its first group too (`first group`)."""
        self.memory[name] = value
        if name.endswith(" code"):
            self.memory[name.removeprefix("the ").removesuffix(" code") + " group"] = value.partition("-")[0]

    def _filled(self, text: str) -> str:
        for name, value in self.memory.items():
            text = text.replace("{" + name + "}", value)
        return text

    def _act(self, step: Step) -> None:
        words = self._filled(step.words)
        if step.where == KEY:
            self._second = second_key(self.ssh_config.parent.parent)
            self.memory["second key"] = self._second.with_suffix(".pub").read_text().strip()
            return
        if step.where == LATER:
            time_is_over(self.ssh_config.parent / words)
            return
        if step.where.startswith(MENU):
            self._choose(step.where.removeprefix(MENU), words, [self._filled(line) for line in step.told])
            return
        if step.where == DESK:
            command = [sys.executable, "-m", "menus", *words.split(), "-F", str(self.ssh_config)]
            done = self._ran(command, self._pasted(step))
        elif answers := self._answers(step):
            with answering(answers) as (options, environment):
                command = ["ssh", "-F", str(self.ssh_config), *options, step.where, words + " --json"]
                done = self._ran(command, self._pasted(step), environment)
        else:
            by = (
                ["-i", str(self._second)]
                if any(line.split() == ["by", "second", "key"] for line in step.told)
                else []
            )
            done = self._ran(
                ["ssh", "-F", str(self.ssh_config), *by, step.where, words + " --json"], self._pasted(step)
            )
        said = f"line {step.line}: {words}\n{done.stdout.decode()}{done.stderr.decode()}"
        answer = json.loads(done.stdout) if done.stdout.startswith(b"{") else {}
        self._hold_ending(step, done.returncode, answer, said)
        for line in step.told:
            self._hold(line, answer, said)

    def _ran(
        self, command: list[str], pasted: bytes, environment: dict[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        owner = self.ssh_config.stat()
        at_the_desk = command[0] != "ssh" and owner.st_uid
        account: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid} if at_the_desk else {}
        return subprocess.run(
            command, input=pasted, capture_output=True, timeout=60, check=False, env=environment, **account
        )  # whose configuration it is, who must run it: ssh wants that of what it includes

    def _choose(self, where: str, line: str, told: list[str]) -> None:
        """Type a line into the menu, then what it asks for; hold what it shows."""
        typed = [each.removeprefix("types").strip() for each in told if each.startswith("types")]
        said = self._ran(["ssh", "-F", str(self.ssh_config), where], "\n".join([line, *typed, ""]).encode())
        shown = " ".join(said.stdout.decode().split())
        for each in told:
            if each.startswith("shows "):
                assert each.removeprefix("shows ").strip() in shown, said.stdout.decode()

    def _answers(self, step: Step) -> list[str]:
        """Return who signs in by password, and what he types then; empty where a key does."""
        told = [self._filled(line).split(maxsplit=1) for line in step.told]
        user = [rest for verb, *rest in told if verb == "as"]
        typed = [rest[0] for verb, *rest in told if verb == "answers"]
        return [*user[0], *(self._typed(each) for each in typed)] if user else []

    def _typed(self, answer: str) -> str:
        """Return an answer; a code of a device is never given twice."""
        secret = answer.removeprefix("code of ")
        if secret == answer:
            return answer
        return self._devices.setdefault(secret, Device(secret)).code()

    def _pasted(self, step: Step) -> bytes:
        for line in step.told:
            if line.startswith("paste file "):
                return (DATA / line.removeprefix("paste file ").strip()).read_bytes()
            if line.startswith("paste "):
                return self._typed(self._filled(line.removeprefix("paste ").strip())).encode() + b"\n"
        return b""

    def _hold_ending(self, step: Step, status: int, answer: dict[str, Any], said: str) -> None:
        for ending, code in ENDINGS.items():
            for line in step.told:
                if line == ending or line.startswith(ending + " "):
                    wanted = line.removeprefix(ending).strip()
                    assert status == code, f"expected exit {code}, not {status}: {said}"
                    assert not wanted or answer["error"]["id"] == wanted, said
                    return
        assert status == 0, said

    def _hold(self, line: str, answer: dict[str, Any], said: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb == "keep":
            name, _, kept = rest.strip().partition(" as ")
            self._keep(kept.strip(), str(_field(answer, name.strip(), said)))
        elif verb in {"is", "same"}:
            name, _, wanted = rest.strip().partition(" ")
            seen = _field(answer, name, said)
            shown = json.dumps(seen) if isinstance(seen, bool | int | list | type(None)) else str(seen)
            assert shown == self._filled(wanted.strip()), f"{name} is {shown}, not {wanted.strip()}: {said}"
        elif verb not in {"paste", "by", "as", "answers"} and not line.startswith(tuple(ENDINGS)):
            raise AssertionError(f"not understood: {line}")


def _field(answer: dict[str, Any], name: str, said: str) -> Any:
    value: Any = answer
    for part in name.split("."):
        assert part.isdigit() or part in value, f"no field {name}: {said}"
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def _addresses(ssh_config: Path) -> dict[str, str]:
    appliances = json.loads((ssh_config.parent / "lab.json").read_text())["appliances"]
    ports = {name: appliance["ssh_port"] for name, appliance in appliances.items()}
    addresses = {f"{name}'s address": f"127.0.0.1:{port}" for name, port in ports.items()}
    return addresses | {f"{name}'s port": str(port) for name, port in ports.items()}
