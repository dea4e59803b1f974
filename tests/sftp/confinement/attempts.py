"""Arbitrary code inside a confined process: `python -m … DIRECTORY UID HOW VERSION` prints what came of each attempt.

Everything on disk is open to everybody by its modes, so that nothing but the confinement refuses. HOW is `drop-box`
(as the process of a connection), `landlock` (the same reach, every system call), `ordinary` (the filter of processes
that do much, every file) or `free`. VERSION is that of Landlock: what this kernel has, or what an older one had.
"""
# The system calls themselves are what is tried here, not their names in Python:
# ruff: noqa: PTH101, PTH102, PTH104, PTH106, PTH108, PTH208, PTH211

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import sys
import termios
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sftp.files.confined import keep_to, needs
from tanos.confinement import landlock, seccomp
from tanos.confinement.calls import numbers, this_machine

LIBC = ctypes.CDLL(None, use_errno=True)
LARGEST = 1 << 20
ABSTRACT = f"\0tanos-confinement-{os.getpid()}"
KEPT: list[socket.socket] = []
DESCRIPTORS = 64
MADE = (
    "appliance.db",
    "appliance.toml",
    "ssh/ssh_host_ed25519_key",
    "root/tanium.pvk",
    "requests/1A2B/reporting.pvk",
)


def lay_out(directory: Path, uid: int) -> Path:
    """Make what looks like a home of user `uid`, open to everybody; return it."""
    home = directory / "home"
    for name in ("dropbox/incoming/there", "dropbox/outgoing/there", *MADE):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("secret")
    (home / "run").mkdir()
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o777)
        os.chown(path, uid, uid)
    return home


def libc(name: str, *arguments: object) -> None:
    """Call a function of the C library; raise OSError."""
    if getattr(LIBC, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def attempts(home: Path) -> dict[str, Callable[[], object]]:
    """Return what is tried, by name."""
    box, parent = home / "dropbox", os.getppid()
    incoming, outgoing = box / "incoming", box / "outgoing"
    opened = os.open(incoming / "there", os.O_RDWR)
    tcp, datagram = socket.socket(), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    terminal, _keyboard = os.openpty()
    pair, _other = socket.socketpair()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(ABSTRACT)
    KEPT.extend([_other, listener])
    secrets = {f"open {name}": partial(os.open, home / name, os.O_RDONLY) for name in MADE}
    by_openat2 = {f"openat2 {name}": partial(openat2, home / name) for name in MADE}
    return {
        "make and remove in /incoming": lambda: made(incoming),
        "read /outgoing": lambda: os.close(openat2(outgoing / "there")),
        **secrets,
        **by_openat2,
        "open /etc/passwd": lambda: os.open("/etc/passwd", os.O_RDONLY),
        "open by /proc/self/root": lambda: os.open(f"/proc/self/root{home}/root/tanium.pvk", os.O_RDONLY),
        "open by /proc/PID/root": lambda: openat2(Path(f"/proc/{parent}/root{home}/root/tanium.pvk")),
        "write the database": lambda: os.open(home / "appliance.db", os.O_WRONLY),
        "cut the database": lambda: os.truncate(home / "appliance.db", 0),
        "make in the home": lambda: os.open(home / "new", os.O_WRONLY | os.O_CREAT),
        "make in /tmp": lambda: os.open(home.parent / "new", os.O_WRONLY | os.O_CREAT),
        "make in /outgoing": lambda: openat2(outgoing / "new", os.O_WRONLY | os.O_CREAT),
        "write in /outgoing": lambda: openat2(outgoing / "there", os.O_WRONLY),
        "remove in /outgoing": lambda: os.unlink(outgoing / "there"),
        "remove a key": lambda: os.unlink(home / "root/tanium.pvk"),
        "rename out": lambda: os.rename(incoming / "there", home / "run/there"),
        "rename in": lambda: os.rename(home / "root/tanium.pvk", incoming / "key"),
        "rename across": lambda: os.rename(outgoing / "there", incoming / "other"),
        "hard link in": lambda: os.link(home / "root/tanium.pvk", incoming / "key"),
        "hard link out": lambda: os.link(incoming / "there", home / "run/there"),
        "symbolic link": lambda: os.symlink(home / "root/tanium.pvk", incoming / "link"),
        "directory": lambda: os.mkdir(incoming / "directory"),
        "remove a directory": lambda: os.rmdir(home / "run"),
        "fifo": lambda: os.mkfifo(incoming / "fifo"),
        "list the home": lambda: os.listdir(home),
        "list /": lambda: os.listdir("/"),
        "change modes": lambda: os.chmod(home / "root/tanium.pvk", 0o666),
        "change modes of what is open": lambda: os.fchmod(opened, 0o666),
        "change owners": lambda: os.chown(incoming / "there", os.getuid(), os.getgid()),
        "set times by path": lambda: os.utime(home / "root/tanium.pvk", (0, 0)),
        "set attributes": lambda: os.setxattr(incoming / "there", "user.x", b"x"),
        "change directory": lambda: os.chdir(home),
        "run a program": run,
        "fork": fork,
        "trace the front": lambda: libc("ptrace", 0x4206, parent, 0, 0),
        "read the front's memory": lambda: libc("process_vm_readv", parent, 0, 0, 0, 0, 0),
        "signal the front": lambda: os.kill(parent, 0),
        "signal by pidfd": lambda: signal.pidfd_send_signal(os.pidfd_open(parent), 0),
        "socket": lambda: socket.socket().close(),
        "unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "connect": lambda: tcp.connect(("127.0.0.1", 9)),
        "listen": lambda: tcp.bind(("127.0.0.1", 0)),
        "abstract socket": lambda: datagram.sendto(b"x", ABSTRACT),
        "pass a descriptor": lambda: socket.send_fds(pair, [b"x"], [opened]),
        "mount": lambda: libc("mount", b"none", b"/tmp/not there", b"tmpfs", 0, None),
        "namespace": lambda: libc("unshare", 0x10000000),
        "keyring": lambda: libc("syscall", seccomp_number("keyctl"), 0, -3, 1, 0, 0),
        "bpf": lambda: libc("syscall", seccomp_number("bpf"), 0, 0, 0),
        "perf": lambda: libc("syscall", seccomp_number("perf_event_open"), 0, 0, -1, -1, 0),
        "io_uring": lambda: libc("syscall", seccomp_number("io_uring_setup"), 1, ctypes.create_string_buffer(120)),
        "userfaultfd": lambda: libc("syscall", seccomp_number("userfaultfd"), 1),
        "module": lambda: libc("syscall", seccomp_number("finit_module"), -1, b"", 0),
        "kexec": lambda: libc("syscall", seccomp_number("kexec_load"), 0, 0, 0, 0x3E0000),
        "a call of tomorrow": lambda: libc("syscall", 999),
        "a call of x32": lambda: libc("syscall", 0x40000000 + 39),
        "type for another": lambda: fcntl.ioctl(terminal, termios.TIOCSTI, b"x"),
        "code in memory": lambda: libc("mprotect", page(), 4096, 5),
        "a larger file": lambda: os.pwrite(opened, b"x", LARGEST),
        "more descriptors": lambda: [os.dup(opened) for _ in range(DESCRIPTORS + 1)],
        "raise a limit": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST * 2, LARGEST * 2)),
        "a core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
        "memory": lambda: bytearray(1 << 30) and None,
        "thread": thread,
        "set times of what is open": lambda: os.utime(opened, (0, 0)),
        "change root": lambda: os.chroot(home),
    }


def made(incoming: Path) -> None:
    """Make, cut, rename and remove a file of one's own."""
    descriptor = openat2(incoming / "mine", os.O_RDWR | os.O_CREAT)
    os.ftruncate(descriptor, 5)
    os.close(descriptor)
    os.rename(incoming / "mine", incoming / "ours")
    os.unlink(incoming / "ours")


def openat2(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open as nothing but the kernel's openat2 does, without bounds."""
    how = (
        flags.to_bytes(8, sys.byteorder) + (0o600 if flags & os.O_CREAT else 0).to_bytes(8, sys.byteorder) + bytes(8)
    )
    descriptor: int = LIBC.syscall(437, -100, os.fsencode(path), how, len(how))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return descriptor


def seccomp_number(name: str) -> int:
    """Return the number of a call here."""
    return numbers(this_machine())[name]


def page() -> ctypes.c_void_p:
    """Return the address of a page."""
    LIBC.mmap.restype = ctypes.c_void_p
    return ctypes.c_void_p(LIBC.mmap(None, 4096, 3, 0x22, -1, 0))


def run() -> None:
    """Run a program to its end."""
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def fork() -> None:
    """Fork and let the child end."""
    if not (pid := os.fork()):
        os._exit(0)
    os.waitpid(pid, 0)


def thread() -> None:
    """Start a thread and wait for its end."""
    one = threading.Thread(target=len, args=("",))
    one.start()
    one.join()


def outcome(attempt: Callable[[], object]) -> str:
    """Try; return `done` or the name of the error."""
    try:
        attempt()
    except MemoryError:
        return "MemoryError"
    except ValueError:
        return "EPERM"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "done"


def hold(home: Path, how: str) -> None:
    """Confine this process."""
    box = home / "dropbox"
    if how == "drop-box":
        incoming = os.open(box / "incoming", os.O_RDONLY)
        held = keep_to(box, incoming, largest=LARGEST, descriptors=DESCRIPTORS)
        assert held.landlock and held.seccomp, held
    elif how == "landlock":
        assert landlock.apply(needs(box, largest=0, descriptors=0).reach)
    elif how == "ordinary":
        assert seccomp.apply(seccomp.ORDINARY)


def main(directory: Path, uid: int, how: str, version: int) -> None:
    landlock.version = lambda: version  # type: ignore[assignment]  # as an older kernel says
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    tried = attempts(directory / "home")
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    hold(directory / "home", how)
    print(json.dumps({name: outcome(attempt) for name, attempt in tried.items()}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
