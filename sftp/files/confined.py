"""What the process of one drop box connection needs: files of two directories, the descriptors it was given, threads.

Invariants: it reads, writes, makes, renames and removes plain files in `incoming`, reads `outgoing`, and does nothing
else to any file. It starts nothing, makes no socket, signals nobody, maps nothing as code, takes no descriptor from
others, and changes no mode, owner, link or attribute; times only of what it has open. It goes on only where the
kernel holds each path that it opens beneath the two directories (`openat2`), whether or not Landlock is there too.
"""

from pathlib import Path

from tanos.confinement.beneath import holds
from tanos.confinement.confine import Confinement, Held, confine
from tanos.confinement.landlock import KEEP_FILES, LOOK, Reach, handled, version
from tanos.confinement.limits import Limits
from tanos.confinement.seccomp import Case, Filter
from tanos.confinement.told import not_confined

MORE_MEMORY = 512 << 20
"""Bytes beyond what a process has when it starts; a connection at work was seen to use a tenth."""
_FILES = """
    read readv write writev pread64 pwrite64 close fstat newfstatat lseek openat2 getdents64 unlink unlinkat
    rename renameat renameat2 ftruncate fsync fdatasync flock fcntl dup copy_file_range fstatfs
"""
_CLIENT = "recvfrom getsockopt getsockname getpeername shutdown poll ppoll select pselect6"
_ITSELF = """
    munmap mremap madvise brk futex set_robust_list rseq rt_sigprocmask rt_sigaction rt_sigreturn sigaltstack
    restart_syscall exit exit_group clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time getpid
    getppid gettid getuid geteuid getrandom sched_yield sched_getaffinity setitimer getrusage sysinfo membarrier
"""
_THREAD, _CODE, _ALL = 0x00010000, 0x4, (1 << 64) - 1
_PR_SET_NAME = 15
CALLS = Filter(
    frozenset((_FILES + _CLIENT + _ITSELF).split()),
    only=True,
    cases=(
        Case("clone", 0, _THREAD, _THREAD, allowed=True),
        Case("mmap", 2, _CODE, 0, allowed=True),
        Case("mprotect", 2, _CODE, 0, allowed=True),
        Case("sendto", 4, _ALL, 0, allowed=True),  # along what is connected, to no other address
        Case("utimensat", 1, _ALL, 0, allowed=True),
        Case("prctl", 0, 0xFFFFFFFF, _PR_SET_NAME, allowed=True),
    ),
)
_ = CALLS.program, handled(version())  # once, before processes fork that need them


def needs(dropbox: Path, *, largest: int, descriptors: int) -> Confinement:
    """Return what a connection needs that may write files of `largest` bytes and have that many `descriptors`."""
    reach = Reach({f"{dropbox}/incoming": KEEP_FILES, f"{dropbox}/outgoing": LOOK})
    return Confinement(reach, CALLS, Limits(largest, descriptors, MORE_MEMORY))


def keep_to(dropbox: Path, incoming: int, *, largest: int, descriptors: int) -> Held:
    """Hold this process to the drop box, whose `/incoming` is open already; say what holds it.

    Raises Damaged `not-confined` where the kernel does not open beneath it, OSError where a directory is missing.
    """
    held = confine(needs(dropbox, largest=largest, descriptors=descriptors))
    if not holds(incoming):
        raise not_confined()
    return held
