"""What a call costs: seconds of processor time and the most memory it needs, in a process of its own."""

from __future__ import annotations

import multiprocessing
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
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
        The most that it had had in RAM before the call: what the library, the function's module and `prepare` take.
    """

    processor_seconds: float
    wall_seconds: float
    peak_bytes: int
    start_bytes: int

    def __repr__(self) -> str:
        peak, start = self.peak_bytes / 1e6, self.start_bytes / 1e6
        return f"{self.processor_seconds:.1f} s of processor time, {peak:.0f} MB at the peak ({start:.0f} MB before)"


def here(fn: Callable[[], object]) -> tuple[object, Resources]:
    """Call fn() in this process; return what it returns, and what it took.

    Peaks are those of the process since it began: only in a fresh one, as in `measure`, is the peak that of fn.
    """
    start, wall, processor = _peak_bytes(), time.perf_counter(), time.process_time()
    result = fn()
    took = time.process_time() - processor, time.perf_counter() - wall
    return result, Resources(*took, _peak_bytes(), start)


def measure(fn: Callable[..., object], prepare: Callable[[], object] | None = None) -> Resources:
    """Call fn() in a fresh child process, drop what it returns, and say what it took.

    Parameters
    ----------
    fn : callable
        Without arguments, and importable by name: a function at the top of a module, or `functools.partial` of one with
        small settings. Not a lambda, and not a function of a notebook's cell: the child cannot import those.
    prepare : callable, optional
        The same, called in the child first and not counted: it loads, imports, compiles. fn then takes one argument,
        what `prepare` returned.

    Returns
    -------
    Resources
        Seconds and bytes of the call, without the start of the process, the imports of the function's module and
        `prepare`.

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

    What is imported or compiled inside fn is counted (umap compiles for many seconds at its first call): do it in
    `prepare`, and load the data there; `start_bytes` then says what that took. Small settings go by `partial`: an array
    in a `partial` is copied on its way. Processes that fn starts (joblib with `n_jobs` > 1) are not counted, neither
    their time nor their memory. Processor time grows with threads that spin, and on a busy machine a little; wall time
    grows a lot: fix `OMP_NUM_THREADS`, repeat, and report the median.
    A script that calls `measure` needs `if __name__ == "__main__":` around its main part, since the child imports it.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(fn, prepare, sender))
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


def _report(fn: Callable[..., object], prepare: Callable[[], object] | None, sender: Connection) -> None:
    """Prepare, call, measure, send (the four numbers, None), or (None, the traceback)."""
    try:
        _, answer = here(fn if prepare is None else partial(fn, prepare()))
    except Exception:
        sender.send((None, traceback.format_exc()))
    else:
        sender.send((tuple(answer), None))


def _peak_bytes() -> int:
    """The most memory that this process has had in RAM."""
    lines = _STATUS.read_text(encoding="utf-8").splitlines() if _STATUS.is_file() else []
    if peak := next((line for line in lines if line.startswith("VmHWM:")), None):
        return int(peak.split()[1]) * 1024
    if sys.platform == "win32":
        raise OSError("got Windows, expected Linux or macOS: only those tell a process its peak memory; use WSL")
    import resource  # absent from Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
