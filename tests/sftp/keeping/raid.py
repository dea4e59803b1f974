"""Arbitrary code inside a process of a served appliance: every way to a private key that its writers could think of.

Invariant: an attempt that gives bytes of a private key, or a descriptor from which they come, is counted by its name;
all others are told with how they failed. It changes nothing unless it succeeds.
"""

# The system calls themselves are what is tried here, not their names in Python:
# ruff: noqa: PTH104, PTH108, PTH116, PTH118, PTH119, PTH120, PTH211
import ctypes
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from functools import partial

from tests.sftp.keeping.calls import LIBC, MARK, by_a_child, check, opened, syscall
from tests.sftp.keeping.looks import LOOKS

AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
CAT = shutil.which("cat") or "/bin/cat"
Attempt = Callable[[], bytes]


def raid(home: str, files: list[str], keepers: list[int], front: int) -> dict[str, str]:
    """Try everything; return what came of each, `opened` where a private key was had."""
    came = {}
    for name, attempt in attempts(home, files, keepers, front):
        try:
            came[name] = "opened" if MARK in attempt() else "nothing"
        except (OSError, ValueError) as error:
            came[name] = type(error).__name__
    return came


def attempts(home: str, files: list[str], keepers: list[int], front: int) -> Iterator[tuple[str, Attempt]]:
    """Yield everything that is tried, by name."""
    for file in files:
        path = os.path.join(home, file)
        for name, way in WAYS.items():
            yield f"{name} {file}", partial(way, path, home)
        for pid in (*keepers, front, 1):
            yield f"through /proc/{pid}/root {file}", partial(opened, f"/proc/{pid}/root{path}")
    for pid in keepers:
        for name, peek in LOOKS.items():
            yield f"{name} {pid}", partial(peek, pid)


def opened_to_write(path: str, _home: str) -> bytes:
    os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    return MARK


def by_descriptor(path: str, home: str) -> bytes:
    directory = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    return os.read(os.open(os.path.relpath(path, home), os.O_RDONLY, dir_fd=directory), 1 << 16)


def by_place(path: str, _home: str) -> bytes:
    """Open it as a place only, which is allowed to everybody, then for reading."""
    place = os.open(path, os.O_PATH)
    return opened(f"/proc/self/fd/{place}")


def by_place_again(path: str, _home: str) -> bytes:
    place = os.open(path, os.O_PATH)
    file = check(LIBC.openat(AT_FDCWD, f"/proc/self/fd/{place}".encode(), os.O_RDONLY))
    return os.read(file, 1 << 16)


def by_parent(path: str, _home: str) -> bytes:
    """From a place of its directory."""
    place = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open(os.path.basename(path), os.O_RDONLY, dir_fd=place), 1 << 16)


def by_going_there(path: str, _home: str) -> bytes:
    before = os.open(".", os.O_PATH)
    try:
        os.chdir(os.path.dirname(path))
        return opened(os.path.basename(path))
    finally:
        os.fchdir(before)


def by_openat2(path: str, _home: str) -> bytes:
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    return os.read(syscall("openat2", AT_FDCWD, path.encode(), how, 24), 1 << 16)


def by_link(path: str, home: str) -> bytes:
    new = os.path.join(home, "dropbox/incoming", f"link-{os.getpid()}")
    os.link(path, new)
    return taken(new)


def by_link_of_a_place(path: str, home: str) -> bytes:
    new = os.path.join(home, "dropbox/incoming", f"place-{os.getpid()}")
    place = os.open(path, os.O_PATH)
    check(LIBC.linkat(place, b"", AT_FDCWD, new.encode(), AT_EMPTY_PATH))
    return taken(new)


def by_symlink(path: str, home: str) -> bytes:
    new = os.path.join(home, "dropbox/incoming", f"symlink-{os.getpid()}")
    os.symlink(path, new)
    return taken(new)


def by_moving(path: str, home: str) -> bytes:
    new = os.path.join(home, "dropbox/incoming", f"moved-{os.getpid()}")
    os.rename(path, new)
    try:
        return opened(new)
    finally:
        os.rename(new, path)


def by_moving_its_directory(path: str, home: str) -> bytes:
    directory, name = os.path.split(path)
    new = os.path.join(home, "dropbox", f"moved-{os.getpid()}")
    os.rename(directory, new)
    try:
        return opened(os.path.join(new, name))
    finally:
        os.rename(new, directory)


def by_swapping_its_directory(path: str, home: str) -> bytes:
    """Exchange the directory of the keys with one that may be read (renameat2, RENAME_EXCHANGE)."""
    top = os.path.join(home, os.path.relpath(path, home).split("/")[0]).encode()
    run = os.path.join(home, "run").encode()
    syscall("renameat2", AT_FDCWD, top, AT_FDCWD, run, 2)
    try:
        return opened(path.replace(top.decode(), run.decode()))
    finally:
        syscall("renameat2", AT_FDCWD, top, AT_FDCWD, run, 2)


def by_mounting(path: str, home: str) -> bytes:
    there = os.path.join(home, "dropbox/incoming").encode()
    check(LIBC.mount(os.path.dirname(path).encode(), there, b"", 0x1000, b""))
    try:
        return opened(os.path.join(there.decode(), os.path.basename(path)))
    finally:
        LIBC.umount2(there, 2)


def by_another_root(path: str, _home: str) -> bytes:
    def enter() -> bytes:
        os.chroot(os.path.dirname(path))
        return opened("/" + os.path.basename(path))

    return by_a_child(enter)


def by_new_namespaces(path: str, home: str) -> bytes:
    def mount() -> bytes:
        check(LIBC.unshare(0x10020000))
        check(LIBC.mount(b"none", b"/", None, 0x44000, None))
        return by_mounting(path, home)

    return by_a_child(mount)


def by_another_program(path: str, _home: str) -> bytes:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        try:
            os.execv(CAT, ["cat", path])
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading, "rb") as output:
        data = output.read()
    os.waitpid(child, 0)
    return data


def by_copying(path: str, home: str) -> bytes:
    new = os.path.join(home, "dropbox/incoming", f"copy-{os.getpid()}")
    shutil.copyfile(path, new)
    return taken(new)


def by_handle(path: str, home: str) -> bytes:
    handle = ctypes.create_string_buffer((128).to_bytes(4, "little") + bytes(132))
    number = ctypes.c_int()
    check(LIBC.name_to_handle_at(AT_FDCWD, path.encode(), handle, ctypes.byref(number), 0))
    directory = os.open(home, os.O_RDONLY)
    return os.read(check(LIBC.open_by_handle_at(directory, handle, os.O_RDONLY)), 1 << 16)


def by_the_disk(path: str, home: str) -> bytes:
    """Make the disk's device and open it."""
    new = os.path.join(home, "run", f"disk-{os.getpid()}")
    os.mknod(new, 0o60600, os.stat(path).st_dev)
    try:
        os.close(os.open(new, os.O_RDONLY))
        return MARK
    finally:
        os.unlink(new)


def by_io_uring(_path: str, _home: str) -> bytes:
    syscall("io_uring_setup", 4, ctypes.create_string_buffer(120))
    return MARK


def removed(path: str, home: str) -> bytes:
    """Remove it: no key is had so, but one is lost."""
    kept = os.path.join(home, "dropbox", f"kept-{os.getpid()}")
    os.link(path, kept)
    os.unlink(path)
    os.rename(kept, path)
    return MARK


WAYS: dict[str, Callable[[str, str], bytes]] = {
    "open": opened,
    "open to write": opened_to_write,
    "by descriptor": by_descriptor,
    "by place": by_place,
    "by place, the system call": by_place_again,
    "by its directory's place": by_parent,
    "by going there": by_going_there,
    "openat2": by_openat2,
    "by a link": by_link,
    "by a link of a place": by_link_of_a_place,
    "by a symlink": by_symlink,
    "by moving it": by_moving,
    "by moving its directory": by_moving_its_directory,
    "by swapping its directory": by_swapping_its_directory,
    "by mounting": by_mounting,
    "by new namespaces": by_new_namespaces,
    "by another program": by_another_program,
    "by copying": by_copying,
    "by handle": by_handle,
    "by the disk": by_the_disk,
    "by io_uring": by_io_uring,
    "by another root": by_another_root,
    "through /proc/self/root": lambda path, _: opened(f"/proc/self/root{path}"),
    "through /proc/thread-self/root": lambda path, _: opened(f"/proc/thread-self/root{path}"),
    "by another spelling": lambda path, home: opened(f"{home}/dropbox/../{os.path.relpath(path, home)}"),
    "remove": removed,
}
"""What gives a key's bytes, or would destroy one; tried on each file."""


def forged(descriptor: int, requests: list[bytes], letters: list[bytes]) -> list[str]:
    """Say anything at all over the line to the keeper; return every answer."""
    answers = []
    line = socket.socket(fileno=os.dup(descriptor))
    for letter in letters:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            socket.send_fds(line, [letter], [theirs.fileno()])
    for request in requests:
        ours, theirs = socket.socketpair()
        with ours:
            socket.send_fds(line, [b"c"], [theirs.fileno()])
            theirs.close()
            ours.settimeout(60)
            answers.append(_answer(ours, request))
    line.close()
    return answers


def _answer(connection: socket.socket, request: bytes) -> str:
    try:
        connection.recv(1)
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        data = b""
        while piece := connection.recv(1 << 16):
            data += piece
    except OSError as error:
        return type(error).__name__
    return data[4:].decode()


def taken(path: str) -> bytes:
    """Read what was brought to the drop box, and leave nothing there."""
    try:
        return opened(path)
    finally:
        os.unlink(path)
