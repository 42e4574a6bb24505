"""No more threads than there are processors to run them.

A container with a CPU quota shows all cores of its host, and torch starts a thread for each. Threads that have to
wait for a processor spin: two of them on one free core trained 10 to 30 times slower than one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import torch

_MEMBERSHIP = Path("/proc/self/cgroup")
_MOUNT = Path("/sys/fs/cgroup")


def cap_threads() -> int:
    """Lower torch's thread count to `limit()` if it is higher, and return what it is then."""
    allowed = limit()
    if torch.get_num_threads() > allowed:
        torch.set_num_threads(allowed)
    return torch.get_num_threads()


def limit(
    membership: Path = _MEMBERSHIP, mount: Path = _MOUNT, environ: Mapping[str, str] = os.environ, cores: int = 0
) -> int:
    """The processors this process may keep busy: the least of affinity, CPU quota and OMP_NUM_THREADS.

    Parameters
    ----------
    membership, mount : Path
        Linux's list of the process's control groups and the folder where those are mounted; absent elsewhere.
    environ : mapping
        Where `OMP_NUM_THREADS` is looked up.
    cores : int
        Processors the scheduler may use; 0 asks the system.

    Returns
    -------
    int
        At least 1: a quota of half a processor still takes one thread.
    """
    bounds = [cores or _affinity(), *(int(quota) for quota in _quotas(membership, mount))]
    first = environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()  # "4,2": one number for each level of nesting
    if first.isdecimal() and int(first) > 0:  # anything else OpenMP ignores too
        bounds.append(int(first))
    return max(1, min(bounds))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(membership: Path, mount: Path) -> Iterator[float]:
    """Every CPU quota, in processors, that binds the process: that of its group and those of the groups around it."""
    if not membership.is_file():
        return
    for line in membership.read_text().splitlines():
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # version 2
            folders, read = [mount], _quota_v2
        elif "cpu" in controllers.split(","):  # version 1
            folders, read = [mount / controllers, mount / "cpu"], _quota_v1
        else:
            continue
        # In a container the path may be the host's, of which only the root is visible here.
        path = PurePosixPath(group.lstrip("/"))
        for folder in folders:
            for around in (path, *path.parents):
                quota = read(folder / around)
                if quota is not None:
                    yield quota


def _quota_v2(group: Path) -> float | None:
    """`cpu.max` holds "50000 100000": microseconds of processor time per period; or "max"."""
    if not (group / "cpu.max").is_file():
        return None
    quota, period = (group / "cpu.max").read_text().split()
    return None if quota == "max" else int(quota) / int(period)


def _quota_v1(group: Path) -> float | None:
    """The same in two files; a quota of -1 means none."""
    if not (group / "cpu.cfs_quota_us").is_file():
        return None
    quota = int((group / "cpu.cfs_quota_us").read_text())
    return None if quota < 0 else quota / int((group / "cpu.cfs_period_us").read_text())
