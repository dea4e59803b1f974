"""The numbers of the system calls that filters speak of, on x86_64 and on aarch64 (`-`: not there).

Invariant: these numbers are promised by the kernel for ever; a test compares them with the system's headers. What was
added to Linux after `NEWEST` has the same number everywhere.
"""

import os
import sys
from collections.abc import Mapping

NEWEST = 450
"""The last call that Linux 6.1 knows."""
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""As the kernel names them to a filter (AUDIT_ARCH_…)."""
_TABLE = """
    accept,43,202 accept4,288,242 acct,163,89 add_key,248,217 adjtimex,159,171 bind,49,200 bpf,321,280 brk,12,214
    chmod,90,- chown,92,- chroot,161,51 clock_adjtime,305,266 clock_getres,229,114 clock_gettime,228,113
    clock_nanosleep,230,115 clock_settime,227,112 clone,56,220 clone3,435,435 close,3,57 connect,42,203
    copy_file_range,326,285 delete_module,176,106 dup,32,23 dup2,33,- dup3,292,24 execve,59,221 execveat,322,281
    exit,60,93 exit_group,231,94 fallocate,285,47 fanotify_init,300,262 fanotify_mark,301,263 fchmod,91,52
    fchmodat,268,53 fchown,93,55 fchownat,260,54 fcntl,72,25 fdatasync,75,83 finit_module,313,273 flock,73,32
    fremovexattr,199,16 fsconfig,431,431 fsetxattr,190,7 fsmount,432,432 fsopen,430,430 fspick,433,433 fstat,5,80
    fstatfs,138,44 fsync,74,82 ftruncate,77,46 futex,202,98 futex_waitv,449,449 getdents64,217,61 geteuid,107,175
    getpeername,52,205 getpid,39,172 getppid,110,173 getrandom,318,278 getrusage,98,165 getsockname,51,204
    getsockopt,55,209 gettid,186,178 gettimeofday,96,169 getuid,102,174 init_module,175,105 io_uring_enter,426,426
    io_uring_register,427,427 io_uring_setup,425,425 ioctl,16,29 ioperm,173,- iopl,172,- kcmp,312,272
    kexec_file_load,320,294 kexec_load,246,104 keyctl,250,219 lchown,94,- link,86,- linkat,265,37 listen,50,201
    lookup_dcookie,212,18 lremovexattr,198,15 lseek,8,62 lsetxattr,189,6 madvise,28,233 membarrier,324,283
    migrate_pages,256,238 mknod,133,- mknodat,259,33 mmap,9,222 modify_ldt,154,- mount,165,40
    mount_setattr,442,442 move_mount,429,429 move_pages,279,239 mprotect,10,226 mremap,25,216 munmap,11,215
    name_to_handle_at,303,264 nanosleep,35,101 newfstatat,262,79 nfsservctl,180,42 open_by_handle_at,304,265
    open_tree,428,428 openat2,437,437 perf_event_open,298,241 personality,135,92 pidfd_getfd,438,438
    pivot_root,155,41 poll,7,- ppoll,271,73 prctl,157,167 pread64,17,67 process_madvise,440,440
    process_mrelease,448,448 process_vm_readv,310,270 process_vm_writev,311,271 pselect6,270,72 ptrace,101,117
    pwrite64,18,68 quotactl,179,60 quotactl_fd,443,443 read,0,63 readv,19,65 reboot,169,142 recvfrom,45,207
    removexattr,197,14 rename,82,- renameat,264,38 renameat2,316,276 request_key,249,218 restart_syscall,219,128
    rseq,334,293 rt_sigaction,13,134 rt_sigprocmask,14,135 rt_sigreturn,15,139 sched_getaffinity,204,123
    sched_yield,24,124 select,23,- sendto,44,206 set_robust_list,273,99 setdomainname,171,162 sethostname,170,161
    setitimer,38,103 setns,308,268 setsockopt,54,208 settimeofday,164,170 setxattr,188,5 shutdown,48,210
    sigaltstack,131,132 socket,41,198 socketpair,53,199 swapoff,168,225 swapon,167,224 symlink,88,-
    symlinkat,266,36 syncfs,306,267 sync_file_range,277,84 sysinfo,99,179 syslog,103,116 time,201,- umount2,166,39
    unlink,87,- unlinkat,263,35 unshare,272,97 userfaultfd,323,282 utimensat,280,88 vhangup,153,58 write,1,64
    writev,20,66
"""


def numbers(machine: str) -> Mapping[str, int]:
    """Return the numbers of the calls that a machine has."""
    column = list(ARCHITECTURES).index(machine) + 1
    rows = (word.split(",") for word in _TABLE.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


def this_machine() -> str:
    """Return what this process is compiled for; empty where filters are not known."""
    machine = os.uname().machine
    return machine if machine in ARCHITECTURES and sys.maxsize > 1 << 32 else ""
