"""The program in the sandbox: runs a notebook's cells and calls its functions, one order at a time.

It decides nothing. Orders come through one pipe, answers leave through another, both as frames of eight bytes of length
and `plain` bytes; names that begin with # are ours, all others an exercise's. Limits on time, memory in all and output
are kept outside, by ending this process; what the kernel can refuse (one process's memory, the number of processes and
files, the size of a file) is set here, before any cell is run.
"""

from __future__ import annotations

import os
import resource
import struct
import sys
from pathlib import Path

import numpy as np
import plain

ORDERS, ANSWERS = (int(number) for number in sys.argv[1:3])


def main() -> None:
    """Set the limits, say so, then obey until the orders end."""
    os.chdir("/tmp" if os.access("/tmp", os.W_OK) else ".")
    limits = _receive()
    _set_limits(limits)
    shell = _shell()
    _send({"#order": limits["#order"]})
    first = os.getpid()
    while order := _receive():
        number = order.pop("#order")
        answer = _OBEYED[str(order.pop("#do"))](shell, order)
        if os.getpid() != first:
            os._exit(0)  # a child that a cell forked and that came back here: one of us answers
        _send({**answer, "#order": number})


def _set_limits(order: dict[str, np.ndarray]) -> None:
    import exercises  # noqa: F401  torch comes with it: what it maps is not the student's

    for name in ("NPROC", "NOFILE", "FSIZE", "CPU"):
        _limit(getattr(resource, f"RLIMIT_{name}"), int(order[name]))
    _limit(resource.RLIMIT_CORE, 0)
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _limit(resource.RLIMIT_AS, mapped + int(order["memory"]))


def _limit(which: int, most: int) -> None:
    hard = resource.getrlimit(which)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def _shell():
    """IPython, so that magics and `!commands` of a notebook mean what they meant to its author."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    sys.path.insert(0, "")  # as in a notebook: `%%writefile helper.py`, then `import helper`
    shell.enable_gui = lambda gui=None: None  # `%matplotlib inline` asks for it; there is no window in here
    return shell


def _run_cell(shell, order: dict[str, np.ndarray]) -> dict[str, object]:
    """Run one cell; answer with what it raised, in one line."""
    result = shell.run_cell(str(order["#source"]), store_history=False)
    error = result.error_before_exec or result.error_in_exec
    return {"#raised": f"{type(error).__name__[:100]}: {str(error)[:300]}"} if error is not None else {}


def _collect(shell, order: dict[str, np.ndarray]) -> dict[str, object]:
    """Call the functions that one part of an exercise asks for on the inputs in the order."""
    from exercises import collect_part

    return collect_part(str(order.pop("#exercise")), str(order.pop("#part")), shell.user_ns, order)


def _forget(shell, order: dict[str, np.ndarray]) -> dict[str, object]:
    """An empty namespace, for the next notebook."""
    shell.reset(new_session=True)
    return {}


def _receive() -> dict[str, np.ndarray]:
    head = _read(8)
    return plain.unpack(_read(struct.unpack("<Q", head)[0])) if head else {}


def _read(count: int) -> bytes:
    blob = bytearray()
    while len(blob) < count:
        piece = os.read(ORDERS, min(count - len(blob), 2**20))
        if not piece:
            return b""
        blob += piece
    return bytes(blob)


def _send(answer: dict[str, object]) -> None:
    blob = plain.pack(answer)
    view = memoryview(struct.pack("<Q", len(blob)) + blob)
    while view:
        view = view[os.write(ANSWERS, view) :]


_OBEYED = {"cell": _run_cell, "collect": _collect, "forget": _forget}

if __name__ == "__main__":
    main()
