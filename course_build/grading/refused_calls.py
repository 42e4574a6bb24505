"""System calls that no notebook needs: a filter in seccomp's classic BPF, for bubblewrap's `--seccomp`.

Without it a process could make itself a user namespace, be root in there and mount a file system in memory; or keep
what counts as nobody's memory in files without a name, in shared memory and queues of System V and POSIX, in pages that
a pipe holds, in lists of watched files. See seccomp(2), and linux/filter.h for the instructions.
"""

from __future__ import annotations

import errno
import platform
import struct

# machine → (its number in linux/audit.h, the numbers of its calls in asm/unistd.h)
MACHINES = {
    "x86_64": (
        0xC000003E,
        {"clone": 56, "unshare": 272, "setns": 308, "mount": 165, "memfd_create": 319, "ptrace": 101}
        | {"bpf": 321, "userfaultfd": 323, "perf_event_open": 298, "add_key": 248, "request_key": 249, "keyctl": 250}
        | {"shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240}
        | {"inotify_init": 253, "inotify_init1": 294, "fanotify_init": 300, "vmsplice": 278, "socket": 41},
    ),
    "aarch64": (
        0xC00000B7,
        {"clone": 220, "unshare": 97, "setns": 268, "mount": 40, "memfd_create": 279, "ptrace": 117}
        | {"bpf": 280, "userfaultfd": 282, "perf_event_open": 241, "add_key": 217, "request_key": 218, "keyctl": 219}
        | {"shmget": 194, "semget": 190, "msgget": 186, "mq_open": 180}
        | {"inotify_init1": 26, "fanotify_init": 262, "vmsplice": 75, "socket": 198},
    ),
}
NEW_USER_NAMESPACE = 0x10000000
# From here on, calls of Linux 5.1 and later, with one number on all machines: clone3, whose flags no filter can read,
# io_uring, new ways to mount, whatever comes. Libraries do without, as on an older kernel. x32, the same calls by other
# names, is numbered higher still.
NEWER = 424
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data


def refused_calls() -> bytes:
    """The filter for this machine.

    Raises
    ------
    RuntimeError
        On a machine whose calls are not listed here.
    """
    if platform.machine() not in MACHINES:
        raise RuntimeError(f"got a {platform.machine()}, expected one of {', '.join(MACHINES)}")
    return b"".join(_filter(*MACHINES[platform.machine()]))


def _filter(machine: int, calls: dict[str, int]) -> list[bytes]:
    refused = _instruction(RETURN, REFUSE | errno.EPERM)
    # A test skips the next instruction where it fails, so each is followed by what happens where it holds.
    lines = [_instruction(LOAD, MACHINE), _instruction(EQUAL, machine, 1, 0), refused]
    lines += [_instruction(LOAD, NUMBER), _instruction(AT_LEAST, NEWER, 0, 1)]
    lines += [_instruction(RETURN, REFUSE | errno.ENOSYS)]
    # Of sockets only those that belong to a network of its own: not AF_VSOCK, which leads to a virtual machine's host.
    families = [
        test for family in FAMILIES for test in (_instruction(EQUAL, family, 0, 1), _instruction(RETURN, ALLOW))
    ]
    lines += [_instruction(EQUAL, calls["socket"], 0, len(families) + 2), _instruction(LOAD, FIRST_ARGUMENT)]
    lines += [*families, refused]
    for name in calls.keys() - {"clone", "socket"}:
        lines += [_instruction(EQUAL, calls[name], 0, 1), refused]
    lines += [_instruction(EQUAL, calls["clone"], 1, 0), _instruction(RETURN, ALLOW)]
    lines += [_instruction(LOAD, FIRST_ARGUMENT), _instruction(ANY_BIT, NEW_USER_NAMESPACE, 0, 1), refused]
    return [*lines, _instruction(RETURN, ALLOW)]


def _instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant)
