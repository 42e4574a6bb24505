"""Execute the chapters two at a time, into the cache from which MyST-NB then takes their outputs.

Left alone, MyST-NB executes one chapter after the other and keys its cache on the chapter's code only. Here the
cache folder is keyed on all that a chapter's output depends on besides its own code: the library with its weights,
the lock file and the edition of the data. A chapter that raises is never cached and ends the build.

What is executed is the chapter's notebook, as readers get it: its set-up cell, then its code, in an empty folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from sphinx.errors import ExtensionError
from sphinx.util import logging

from course_build.fingerprint import fingerprint
from course_build.notebooks.chapters import runnable
from course_build.repository import Origin, origin_here

LOGGER = logging.getLogger(__name__)
WORKERS = 2

# One torch thread a kernel, asleep when it waits: two chapters then fill two cores without fighting for them.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "TQDM_DISABLE": "1",  # a page has nobody to watch a progress bar
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "COURSE_BOOK": "1",  # interactive figures then put their whole state into the page
}


@dataclass
class ExecutedChapter:
    """A notebook of the book: where it is, what it holds, what executing it took."""

    name: str
    path: Path
    notebook: NotebookNode
    timeout: int
    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_mb: float = 0.0

    @property
    def has_code(self) -> bool:
        """Whether there is anything to execute."""
        return any(cell.cell_type == "code" for cell in self.notebook.cells)


def cache_key(library: Path, lock: Path, edition: str) -> str:
    """Hash of all that a chapter's output depends on besides its own code.

    Parameters
    ----------
    library : Path
        The folder of `course_lib`: what its code does, and its weights; no comment, no docstring.
    lock : Path
        constraints.txt.
    edition : str
        The data the book is built on, "mnist" or "digits-28".
    """
    # This file decides what a record holds.
    return hashlib.sha256((edition + fingerprint(library, lock, Path(__file__))).encode()).hexdigest()[:16]


def execute_chapters(app, env, docnames: Iterable[str]) -> None:
    """Execute what the cache does not hold, longest first, and write what each chapter took to execution.json.

    Connected to Sphinx's event `env-before-read-docs`.

    Raises
    ------
    ExtensionError
        If a chapter failed; all others have been executed and cached by then.
    """
    report = Path(app.outdir).parent / "execution.json"
    known = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    cache = get_cache(app.config.nb_execution_cache_path)
    chapters = [chapter for name in docnames if (chapter := read_chapter(env, name))]
    waiting = [chapter for chapter in chapters if not _find(cache, chapter)]
    # A chapter never seen before may be the longest of all.
    waiting.sort(key=lambda chapter: known.get(chapter.name, {}).get("seconds", float("inf")), reverse=True)

    failed = _execute_all(cache, waiting, origin_here(Path(app.srcdir)))
    known.update({chapter.name: _cost(chapter) for chapter in chapters if chapter.has_code and chapter not in failed})
    known = {name: cost for name, cost in known.items() if name in env.found_docs}
    report.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    if failed:
        raise ExtensionError("these chapters raised: " + ", ".join(sorted(chapter.name for chapter in failed)))


def _cost(chapter: ExecutedChapter) -> dict[str, float]:
    return {
        "seconds": round(chapter.seconds, 1),
        "processor_seconds": round(chapter.processor_seconds, 1),
        "peak_mb": round(chapter.peak_mb),
    }


def read_chapter(env, name: str) -> ExecutedChapter | None:
    """A page of the book as MyST-NB reads it; None for one that is not executed."""
    path = Path(env.doc2path(name))
    text = path.read_text(encoding="utf-8")
    # The reader MyST-NB will use: the same cells, hence the same place in the cache.
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    notebook = reader.read(text) if reader else None
    if notebook is None:
        return None
    settings = notebook.metadata.get("mystnb", {})
    if settings.get("execution_mode") == "off":
        return None
    return ExecutedChapter(name, path, notebook, settings.get("execution_timeout", env.mystnb_config.execution_timeout))


def _find(cache, chapter: ExecutedChapter) -> bool:
    try:
        record = cache.match_cache_notebook(chapter.notebook)
    except KeyError:
        return False
    chapter.seconds, chapter.peak_mb = record.data["execution_seconds"], record.data["peak_mb"]
    chapter.processor_seconds = record.data["processor_seconds"]
    return True


def executed_notebook(app, name: str) -> NotebookNode:
    """What the run of a page left, outputs included, for a page that was executed."""
    cache = get_cache(app.config.nb_execution_cache_path)
    record = cache.match_cache_notebook(read_chapter(app.env, name).notebook)
    return cache.get_cache_bundle(record.pk).nb


def _execute_all(cache, chapters: list[ExecutedChapter], origin: Origin) -> list[ExecutedChapter]:
    # Threads are enough: each chapter computes in a kernel, which is a process of its own.
    os.environ.update(KERNEL_ENVIRONMENT)
    failed = []
    with ThreadPoolExecutor(WORKERS) as pool:
        running = {pool.submit(_execute, chapter, origin): chapter for chapter in chapters}
        for done in as_completed(running):
            chapter = running[done]
            try:
                done.result()
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                failed.append(chapter)
                LOGGER.error("%s raised:\n%s", chapter.name, error)
                continue
            data = {
                "execution_seconds": chapter.seconds,
                "processor_seconds": chapter.processor_seconds,
                "peak_mb": chapter.peak_mb,
            }
            bundle = CacheBundleIn(chapter.notebook, str(chapter.path), data=data)
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            if chapter.has_code:
                LOGGER.info("executed %s: %.1f s, %.0f MB", chapter.name, chapter.seconds, chapter.peak_mb)
    return failed


def _execute(chapter: ExecutedChapter, origin: Origin) -> None:
    if not chapter.has_code:
        return  # MyST-NB would start a kernel for nothing; from the cache it takes the page as it is

    def measure(**_) -> None:
        kernel = client.km.provisioner.pid
        chapter.peak_mb = max(chapter.peak_mb, _peak_mb(kernel))
        # What the chapter costs; the seconds on the clock also depend on what else the machine does.
        chapter.processor_seconds = sum(psutil.Process(kernel).cpu_times()[:2])

    run = new_notebook(cells=runnable(chapter.notebook, origin), metadata=chapter.notebook.metadata)
    with tempfile.TemporaryDirectory() as folder:  # where a reader's notebook finds nothing, nothing is to be found
        client = NotebookClient(
            run,
            timeout=chapter.timeout,
            resources={"metadata": {"path": folder}},
            on_cell_executed=measure,
            # Times in the cells would change the hash by which MyST-NB finds the chapter.
            record_timing=False,
            store_widget_state=False,  # each interactive figure puts its own into the page
        )
        start = time.monotonic()
        # Without encryption each kernel complains about its absence on the terminal.
        client.execute(transport_encryption="auto")
        chapter.seconds = time.monotonic() - start
    _set_up, *executed = run.cells
    for cell, done in zip((c for c in chapter.notebook.cells if c.cell_type == "code"), executed, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
    chapter.notebook.metadata = run.metadata


def _peak_mb(pid: int) -> float:
    """The most memory a process has had in RAM; its memory now where the system keeps no such record (macOS)."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text(encoding="utf-8").splitlines() if status.is_file() else []
    if peak := next((line for line in lines if line.startswith("VmHWM:")), None):
        return int(peak.split()[1]) / 1024
    memory = psutil.Process(pid).memory_info()
    return getattr(memory, "peak_wset", memory.rss) / 2**20
