"""One process in the sandbox, and its limits: ask it for something, get data back, or learn how it ended.

All limits that matter are kept here, outside, where no submission can reach them: processor time and waiting time of
each order, memory of all its processes together, number of files, size of an answer. Its output is thrown away as it
streams.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import numpy as np
import psutil

from course_build.grading.inside import plain
from course_build.grading.sandbox import INSIDE, WRITABLE, Sandbox

LOOK_EVERY = 0.1  # seconds between two looks at what the processes use
KEPT_OUTPUT = 4_000
TOLD_BYTES = 4_096  # what a cell may say about its error


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    seconds : float
        Processor time for each cell and for each part of an exercise, of all processes together.
    wall_factor : float
        An order may wait this many times `seconds`: a busy machine is no reason to fail anybody.
    total_seconds : float
        Processor time for the whole submission, starts of the sandbox left out.
    memory : int
        Bytes that one process may map beyond what Python and torch do, and that all may hold together beyond a
        gigabyte.
    processes, open_files : int
        At once; open files of each process.
    files, sockets : int
        That may exist: an empty file fills no disk, but a kilobyte of the kernel's memory; a socket, up to 400.
    file_bytes, answer_bytes : int
        The largest file written, and the largest answer taken.
    """

    seconds: float = 10.0
    wall_factor: float = 4.0
    total_seconds: float = 120.0
    memory: int = 2 * 2**30
    processes: int = 64
    open_files: int = 128
    files: int = 20_000
    sockets: int = 1_000
    file_bytes: int = 64 * 2**20
    answer_bytes: int = 32 * 2**20


class SessionTerminated(Exception):
    """The process is gone before it answered; the text says how, for a teacher."""


class Session:
    """A runner in the sandbox, to be used as a context: whatever it started is gone at the end.

    Parameters
    ----------
    sandbox
        From `sandbox.find`.
    limits
        What it may use.
    stop
        Once it is set, whatever is going on ends.

    Attributes
    ----------
    spent : float
        Processor seconds of its orders so far, or their waiting time over `wall_factor`, whichever is more.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, stop: Event | None = None):
        self.sandbox, self.limits, self.stop, self.spent = sandbox, limits, stop or Event(), 0.0
        self._number, self._answer, self._output, self._looked = 0, bytearray(), b"", 0.0

    def __enter__(self) -> Session:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        os.set_blocking(self._orders, False)
        program = [sys.executable, "-P", str(INSIDE / "runner.py"), str(orders), str(answers)]
        self._process = self.sandbox.start(
            program,
            pass_fds=(orders, answers),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(orders)
        os.close(answers)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        everybody = self._family()
        self._process.kill()
        for process in everybody:  # the first of a process namespace takes all others with it, also those born since
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._process.wait()
        psutil.wait_procs(everybody, timeout=5)
        os.close(self._orders)
        os.close(self._answers)
        self._process.stdout.close()

    def run_cell(self, source: str) -> str:
        """Run a cell; the error it raised in one line, "" if none. The text comes from the submission."""
        return str(self._ask({"#do": "cell", "#source": source}, most=TOLD_BYTES).get("#raised", ""))

    def forget(self) -> None:
        """Give the next notebook an empty namespace."""
        self._ask({"#do": "forget"}, most=TOLD_BYTES)

    def collect(self, exercise: str, part: str, given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the submission's functions return for one part of an exercise: to be judged, not to be believed."""
        return self._ask({**given, "#do": "collect", "#exercise": exercise, "#part": part})

    def _start(self) -> None:
        limits = self.limits
        most = {
            "memory": limits.memory,
            "NPROC": limits.processes,
            "NOFILE": limits.open_files,
            "FSIZE": limits.file_bytes,
        }
        orders = {name: np.int64(value) for name, value in {**most, "CPU": int(2 * limits.total_seconds + 60)}.items()}
        try:
            self._ask(orders, seconds=60.0)
        except SessionTerminated as error:
            raise RuntimeError(
                f"The sandbox ({self.sandbox.kind}) did not start, and no submission is to blame: {error}\n"
                + self._output.decode(errors="replace")
            ) from error
        self.spent = 0.0

    def _ask(
        self, order: Mapping[str, object], seconds: float | None = None, most: int | None = None
    ) -> dict[str, np.ndarray]:
        seconds, most = seconds or self.limits.seconds, most or self.limits.answer_bytes
        self._number += 1  # an answer repeats it: whatever else a submission writes into the pipe is no answer
        blob = plain.pack({**order, "#order": np.int64(self._number)})
        sending = memoryview(struct.pack("<Q", len(blob)) + blob)
        begun, used = time.monotonic(), self._processor_seconds()
        while True:
            sending = self._exchange(sending)
            answer = self._complete(most)
            # Also once more with the answer: what an order leaves behind is its own, and not put down to the next.
            if looked := answer is not None or time.monotonic() - self._looked >= LOOK_EVERY:
                self._look()
            if answer is not None:
                # An order that sleeps uses no processor, but it uses up the evening.
                waited = (time.monotonic() - begun) / self.limits.wall_factor
                self.spent += max(self._processor_seconds() - used, waited)
                return answer
            if not looked:
                continue
            if self._processor_seconds() - used > seconds:
                self.spent += seconds
                raise SessionTerminated(f"took longer than {seconds:g} s of processor time")
            if self._looked - begun > seconds * self.limits.wall_factor:
                self.spent += seconds
                raise SessionTerminated(f"did not come back within {seconds * self.limits.wall_factor:g} s")

    def _look(self) -> None:
        self._looked = time.monotonic()
        if self.stop.is_set():
            raise SessionTerminated("was interrupted")
        family = self._family()
        self._watch_memory(family)
        self._watch_the_kernel(family)

    def _exchange(self, sending: memoryview) -> memoryview:
        """Write and read what is ready now; return what is still to be sent."""
        output = self._process.stdout.fileno()
        listening = [self._answers, output] if self._output is not None else [self._answers]
        readable, writable, _ = select.select(listening, [self._orders] if sending else [], [], LOOK_EVERY)
        if writable:
            try:
                sending = sending[os.write(self._orders, sending) :]
            except BrokenPipeError:
                sending = memoryview(b"")  # it is gone; the end of its answers says so next
        if output in readable:
            piece = os.read(output, 2**16)
            self._output = (self._output + piece)[-KEPT_OUTPUT:] if piece else None
        if self._answers in readable:
            piece = os.read(self._answers, 2**20)
            if not piece:
                raise SessionTerminated("ended the process it ran in")
            self._answer += piece
        return sending

    def _complete(self, most: int) -> dict[str, np.ndarray] | None:
        """The answer to the present order, once all of it is here; whatever else is in the pipe is left out."""
        while len(self._answer) >= 8:
            size = struct.unpack("<Q", self._answer[:8])[0]
            if size > most:
                raise SessionTerminated(f"gave back more than {most / 1e6:g} MB")
            if len(self._answer) < 8 + size:
                break
            blob = bytes(self._answer[8 : 8 + size])
            del self._answer[: 8 + size]
            try:
                answer = plain.unpack(blob)
            except plain.NotPlain as error:
                raise SessionTerminated("gave back something else than numbers") from error
            number = answer.pop("#order", np.int64(0))
            if number.shape == () and number == self._number:
                return answer
        return None

    def _watch_memory(self, family: Sequence[psutil.Process]) -> None:
        most = self.limits.memory + 2**30
        if _total(family, "memory_info", "rss") > most and _total(family, "memory_full_info", "uss") > most:
            raise SessionTerminated(f"used more than {most / 2**30:.1f} GB of memory")

    def _watch_the_kernel(self, family: Sequence[psutil.Process]) -> None:
        """Count files where it may write, and sockets of its own network: memory of the kernel's, mapped by nobody."""
        for process in family:
            root = f"/proc/{process.pid}/root"
            try:
                if os.stat(root).st_dev == os.stat("/").st_dev:
                    continue  # not in the sandbox, or not yet
                systems = [os.statvfs(f"{root}/{place}") for place in WRITABLE]
                sockets = int(Path(f"/proc/{process.pid}/net/sockstat").read_text().split()[2])
            except OSError:
                continue  # it ended between two looks
            if sockets > self.limits.sockets:
                raise SessionTerminated(f"opened more than {self.limits.sockets:,} sockets")
            if sum(system.f_files - system.f_ffree for system in systems) > self.limits.files:
                raise SessionTerminated(f"made more than {self.limits.files:,} files")
            return

    def _family(self) -> Sequence[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _processor_seconds(self) -> float:
        """Of all living processes and of those they have waited for."""
        return sum(sum(times[:4]) for times in _each(self._family(), "cpu_times"))


def _each(processes: Sequence[psutil.Process], what: str) -> list[tuple]:
    found = []
    for process in processes:
        try:
            found.append(getattr(process, what)())
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue  # it ended between two looks, or the kernel keeps the figure from this user
    return found


def _total(processes: Sequence[psutil.Process], what: str, figure: str) -> int:
    return sum(getattr(numbers, figure) for numbers in _each(processes, what))
