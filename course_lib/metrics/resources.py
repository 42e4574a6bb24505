"""What a call costs: seconds of processor time and the most memory it needs, in a process of its own."""

from __future__ import annotations

import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

_STATUS = Path("/proc/self/status")


class Resources(NamedTuple):
    """What a call took.

    Attributes
    ----------
    processor_seconds : float
        Time that processors worked for it, summed over threads.
    wall_seconds : float
        Time that passed; longer where it waited, shorter where several threads worked.
    peak_bytes : int
        The most memory that the process had in RAM, interpreter and libraries included.
    start_bytes : int
        The most that it had had in RAM before the call: what importing the library and the function's module takes.
    """

    processor_seconds: float
    wall_seconds: float
    peak_bytes: int
    start_bytes: int

    def __repr__(self) -> str:
        peak, start = self.peak_bytes / 1e6, self.start_bytes / 1e6
        return f"{self.processor_seconds:.1f} s of processor time, {peak:.0f} MB at the peak ({start:.0f} MB before)"


def measure(fn: Callable[[], object]) -> Resources:
    """Call fn() in a fresh child process, drop what it returns, and say what it took.

    Parameters
    ----------
    fn : callable
        Without arguments, and importable by name: a function at the top of a module, or `functools.partial` of one with
        small settings. Not a lambda, and not a function of a notebook's cell: the child cannot import those.

    Returns
    -------
    Resources
        Seconds and bytes of the call, without the start of the process and the imports of the function's module.

    Raises
    ------
    TypeError
        If fn cannot be sent to another process.
    RuntimeError
        If it raises (with its traceback), or if the process dies, as it does when the system has no more memory.
    OSError
        On Windows, which keeps no such record for the standard library.

    Notes
    -----
    Why a child: memory that an earlier call has freed stays with the process, so that the second of two calls in one
    process seems to need less. Linux counts the parent's memory into a child's `ru_maxrss`; its `VmHWM`, which
    is read here, starts anew.

    What is imported or compiled inside fn is counted (umap compiles for many seconds at its first call); call fn once
    inside itself, or import at the top of its module, to leave that out. Load the data inside fn, small settings by
    `partial`: an array in a `partial` is copied on its way. To tell the memory of the data from that of the method,
    measure the loading alone and subtract. Processes that fn starts (joblib with `n_jobs` > 1) are not counted, neither
    their time nor their memory. Processor time grows with threads that spin, and on a busy machine a little; wall time
    grows a lot: fix `OMP_NUM_THREADS`, repeat, and report the median.
    A script that calls `measure` needs `if __name__ == "__main__":` around its main part, since the child imports it.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(fn, sender))
    try:
        child.start()
    except Exception as error:  # pickle has three kinds of them
        raise TypeError(
            f"got {fn!r}, which cannot be sent to another process ({error}); expected a function at the top of a "
            "module, or functools.partial of one"
        ) from error
    sender.close()  # ours; with the child's copy gone too, a dead child ends the waiting
    try:
        answer, failure = receiver.recv()
    except EOFError:
        child.join()
        raise RuntimeError(
            f"the process that called {fn!r} died with exit code {child.exitcode} before it could answer; "
            "−9: the system ended it, as it does when memory is short; 1, with an AttributeError above: the child "
            "found no such function at the top of its module"
        ) from None
    finally:
        receiver.close()
        child.join()
    if failure:
        raise RuntimeError(f"{fn!r} failed in its process:\n{failure}")
    return Resources(*answer)


def _report(fn: Callable[[], object], sender: Connection) -> None:
    """Call, measure, send (the four numbers, None), or (None, the traceback)."""
    try:
        start, wall, processor = peak_bytes(), time.perf_counter(), time.process_time()
        fn()
        answer = time.process_time() - processor, time.perf_counter() - wall, peak_bytes(), start
    except Exception:
        sender.send((None, traceback.format_exc()))
    else:
        sender.send((answer, None))


def peak_bytes() -> int:
    """The most memory that this process has had in RAM, in bytes, interpreter and libraries included."""
    if _STATUS.is_file():
        line = next(line for line in _STATUS.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        raise OSError("got Windows, expected Linux or macOS: only those tell a process its peak memory; use WSL")
    import resource  # absent from Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
