"""Each part of the confinement on its own: what versions cover, numbers of calls, filters, limits, threads."""

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sftp.files.confined import CALLS
from tanos.confinement.calls import ARCHITECTURES, NEWEST, numbers
from tanos.confinement.confine import Confinement, confine
from tanos.confinement.landlock import Reach, Right, handled
from tanos.confinement.seccomp import NEVER, ORDINARY, RUNNING, SOCKETS, Filter, assemble
from tanos.confinement.told import Means

ROOT = Path(__file__).parents[3]
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_of_calls_are_those_of_the_system_s_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the system's headers are not installed (Debian: linux-libc-dev)")
    told = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text()))
    told.setdefault("newfstatat", told.get("fstatat", ""))  # named by another macro there

    assert {name: int(told[name]) for name in numbers(machine)} == numbers(machine)
    assert max(numbers(machine).values()) <= NEWEST


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_every_call_that_a_filter_names_has_a_number(machine: str) -> None:
    named = CALLS.calls | NEVER | RUNNING | SOCKETS | {case.call for case in (*CALLS.cases, *ORDINARY.cases)}
    missing = named - set(numbers(machine))
    assert missing <= {"unlink", "rename", "time", "poll", "select", "iopl", "ioperm", "modify_ldt"}
    assert not missing or machine == "aarch64"


@pytest.mark.parametrize("machine", ARCHITECTURES)
@pytest.mark.parametrize("rules", [CALLS, ORDINARY])
def test_a_filter_stays_within_what_the_kernel_takes_and_skips_only_forwards(machine: str, rules: Filter) -> None:
    program = assemble(rules, machine)
    steps = len(program) // 8
    assert steps < 4096
    for place in range(steps):
        code, yes, no = program[8 * place], program[8 * place + 2], program[8 * place + 3]
        assert code in {0x20, 0x15, 0x35, 0x25, 0x54, 0x06}
        assert place + 1 + max(yes, no) < steps or code == 0x06


def test_each_version_of_landlock_says_what_it_leaves_out() -> None:
    assert Right.MOVE not in handled(1)
    assert Right.MOVE in handled(2)
    assert Right.TRUNCATE not in handled(2)
    assert handled(7) == handled(99) == sum(Right)
    sentences = [str(Means(number, seccomp=True, openat2=True).sentence) for number in range(9)]
    assert "no Landlock" in sentences[0]
    assert "truncating" in sentences[2]
    assert "truncating" not in sentences[3]
    assert "signals" in sentences[5]
    assert not any("signals" in sentence or "TCP" in sentence for sentence in sentences[6:])
    assert all("names, sizes and times" in sentence for sentence in sentences[1:])


@pytest.mark.parametrize("number", [0, 6])
def test_where_there_is_no_seccomp_that_is_said(number: int) -> None:
    assert "seccomp" in str(Means(number, seccomp=True, openat2=True).sentence)
    said = str(Means(number, seccomp=False, openat2=True).sentence)
    assert said.startswith("Nothing but") if not number else "without seccomp" in said


def test_what_is_said_to_be_there_is_what_a_process_is_held_by() -> None:
    program = "from tanos.confinement.told import means; from tanos.confinement.confine import *;"
    program += "told = means(); held = confine(Confinement(Reach({})));"
    program += "print((told.landlock, told.seccomp) == (held.landlock, held.seccomp), told.openat2)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True True\n"


def test_a_process_with_two_threads_is_not_confined_by_half() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with pytest.raises(RuntimeError, match="more than one thread"):
            confine(Confinement(Reach({})))
    finally:
        done.set()
        other.join()


def test_calls_of_the_32_bit_architecture_kill_the_process(tmp_path: Path) -> None:
    source = tmp_path / "old.c"
    source.write_text('int main(void) { int r; __asm__("int $0x80" : "=a"(r) : "a"(20)); return r > 0 ? 0 : 3; }\n')
    if subprocess.run(["gcc", "-o", tmp_path / "old", source], capture_output=True, check=False).returncode:
        pytest.skip("needs gcc on x86_64")
    if subprocess.run([tmp_path / "old"], check=False).returncode != 0:
        pytest.skip("this kernel has no 32-bit calls")
    held = "import os, sys; from tanos.confinement import seccomp; seccomp.apply(seccomp.ORDINARY);"
    words = [sys.executable, "-c", held + "os.execv(sys.argv[1], sys.argv[1:])", str(tmp_path / "old")]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == -31
