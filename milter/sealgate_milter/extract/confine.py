"""What a process that reads strangers' files may still do: compute, and talk on the sockets it has.

`limit` sets resource limits; `filter_calls` installs a seccomp filter after which no file can be opened, no socket
made and no program run, so that a parser taken over by a file can neither look around nor tell anybody.
"""

import ctypes
import os
import resource
import struct

MEMORY = 1_000_000_000
"""Octets of address space."""

_COMMON = {  # name: (x86-64, arm64)
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "sched_yield": (24, 124),
    "mremap": (25, 216), "madvise": (28, 233), "setitimer": (38, 103), "getpid": (39, 172), "sendto": (44, 206),
    "recvfrom": (45, 207), "sendmsg": (46, 211), "recvmsg": (47, 212), "exit": (60, 93), "fcntl": (72, 25),
    "gettimeofday": (96, 169), "getrusage": (98, 165), "sigaltstack": (131, 132), "gettid": (186, 178),
    "futex": (202, 98), "restart_syscall": (219, 128), "clock_gettime": (228, 113), "clock_nanosleep": (230, 115),
    "exit_group": (231, 94), "getrandom": (318, 278),
}  # fmt: skip
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF: load a word, compare with a constant, return one
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050001  # the last: fail with EPERM
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def limit() -> None:
    """Limit memory; write no file, no core dump, and start no process."""
    for kind, value in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
    ):  # fmt: skip
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def filter_calls() -> bool:
    """Let only harmless system calls through from now on; tell whether this kernel could do it."""
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        return False
    column, architecture = machine
    numbers = sorted(numbers[column] for numbers in _COMMON.values())
    code = [(_LOAD, 0, 0, 4), (_JUMP_IF_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    code += [(_JUMP_IF_EQUAL, len(numbers) - at, 0, number) for at, number in enumerate(numbers)]
    code += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    program = _Program(len(code), b"".join(struct.pack("=HBBI", *line) for line in code))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not library.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)
