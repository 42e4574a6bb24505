"""Hostile and broken submissions: what each does, and what its honest part deserves.

Each answers the second exercise rightly, for 3 points, and does something to the first, which gives 3 more.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.toy_course import EXERCISES, KL, cell_of, solution
from course_build.grading.status import BLANK, GRADED, IN_PART, LOOK, UNREADABLE

RIGHT = solution(KL)
STUB = "\n".join(EXERCISES[KL].stubs)
WRONG = EXERCISES[KL].mutants[0].code  # twice the right answer: loses both parts
ANSWER = f"{KL}-answer-1"
BOTH, OTHER = 6.0, 3.0
TOO_LONG = "took longer than|did not come back within"  # which of the two, a busy machine decides
ANY = ""  # a status that depends on how busy the machine is
# Each process stays below what one may map; together they hold more than all may.
MEMORY = """import mmap, os, time
for _ in range(8):
    if os.fork() == 0:
        pages = mmap.mmap(-1, 300 * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        time.sleep(99)
time.sleep(99)"""

# Takes the place of what collects, asks whoever judges what would be right, and hands that in.
SPY = """import exercises
def spying(exercise, part, answers, given):
    import importlib, numpy
    from exercises._collect import collect_part
    class Anything(dict):
        def __contains__(self, name): return name != "error"
        def __missing__(self, name): return numpy.zeros(())
    found = {}
    def explain(got, name, expected, **rest):
        found[name] = numpy.asarray(expected, dtype=float)
        return []
    try:
        judges = importlib.import_module("exercises." + exercise + ".judge")
        judges.explain = explain
        next(one for one in judges.PARTS if one.name == part).judge(given, Anything())
    except Exception:
        pass
    return found or collect_part(exercise, part, answers, given)
exercises.collect_part = spying"""
MANY_DIMENSIONS = """import exercises
def collect_part(exercise, *arguments):
    import numpy
    from exercises import _collect
    many = {"error": numpy.zeros((2,) * 24, numpy.int8)}
    return many if exercise == "kl-between-clouds" else _collect.collect_part(exercise, *arguments)
exercises.collect_part = collect_part"""
BACKLOG = """import os, socket
server = socket.socket(socket.AF_UNIX)
server.bind("/tmp/server")
server.listen(4096)
for _ in range(4096):
    client = socket.socket(socket.AF_UNIX)
    client.setblocking(False)
    client.connect("/tmp/server")
    client.send(b"x" * 100_000)
    client.close()"""
ENDLESS_NAMES = "raise type('x' * 30_000_000, (Exception,), {})('y' * 30_000_000)"
ENDLESS_TEXTS = [
    *("markdown", "![" * 10_000),
    *("markdown", "[](files/" * 2_000),
    *("markdown", "~" * 10**6),
    *("code", "from" + " \n" * 300_000),
    *("code", 'f"{' * 100_000),
]
SHARED_MEMORY = """import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
for _ in range(40):
    number = libc.shmget(0, 2**28, 0o1600)
    assert number >= 0, "refused"
    ctypes.memset(libc.shmat(number, None, 0), 1, 2**28)"""


@dataclass(frozen=True)
class Case:
    """A submission to the first exercise, and what must come of the whole.

    Attributes
    ----------
    score : float
        In all.
    status : str
        Of the first notebook; `ANY` if it does not matter.
    says : str
        A pattern that the notes match.
    told : str
        Words that the messages hold.
    answer : str
        The text of the answer cell; "" leaves it as it was handed out.
    extra : str
        The text of a cell of the student's own, before it.
    edit : callable
        What else is done to the notebook's dictionary.
    raw : bytes
        The file itself, if it is no notebook.
    """

    score: float
    status: str = GRADED
    says: str = ""
    told: str = ""
    answer: str = RIGHT
    extra: str = ""
    edit: Callable[[dict], None] | None = None
    raw: bytes | None = None

    def write(self, notebook: dict) -> str | bytes:
        """The file that is handed in, made from the notebook that was handed out."""
        if self.raw is not None:
            return self.raw
        if self.answer:
            cell_of(notebook, ANSWER)["source"] = self.answer
        if self.extra:
            position = notebook["cells"].index(cell_of(notebook, ANSWER))
            notebook["cells"].insert(
                position, {"cell_type": "code", "metadata": {}, "outputs": [], "source": self.extra}
            )
        if self.edit:
            self.edit(notebook)
        return json.dumps(notebook)


def function(body: str, before: str = "import os") -> str:
    """An answer whose function does something else."""
    return f"{before}\ndef kl_between(mean_q, logvar_q, mean_p, logvar_p):\n    {body}"


def gallery(target: str, port: int) -> dict[str, Case]:
    """Every case by name; nobody may touch or read `target`, a folder outside, nor reach `port`."""
    secrets = f"""
import os, pathlib
found = []
for place in ({target!r}, {target!r} + "/gradebook.db", {target!r} + "/source", "/root/.ssh", "/etc/shadow", "/home"):
    try:
        found.append(str(os.listdir(place) if os.path.isdir(place) else open(place, "rb").read(9)))
    except OSError:
        pass
for folder, _, files in os.walk("/"):
    found += [folder + "/" + name for name in files if name.endswith((".ipynb", ".db", "seed-ps1"))]
found = [name for name in found if not name.startswith(("/usr", "/proc")) and "site-packages" not in name]
"""
    return {
        # It never ends
        "loops in a function": Case(OTHER, IN_PART, TOO_LONG, answer=function("while True: pass")),
        "loops at top level": Case(BOTH, IN_PART, TOO_LONG, extra="while True: pass"),
        "sleeps": Case(BOTH, IN_PART, TOO_LONG, extra="import time; time.sleep(1e6)"),
        "loops in C": Case(BOTH, IN_PART, TOO_LONG, extra="sum(range(10**12))"),
        "loops and catches everything": Case(
            BOTH,
            IN_PART,
            TOO_LONG,
            extra="while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        ),
        # It ends too soon
        "os._exit in a function": Case(OTHER, IN_PART, "ended the process", answer=function("os._exit(0)")),
        "os._exit at top level": Case(BOTH, IN_PART, "ended the process", extra="import os; os._exit(0)"),
        "kills everybody else": Case(BOTH, extra="import os; os.kill(-1, 9)"),
        "kills itself": Case(BOTH, IN_PART, "ended the process", extra="import os; os.kill(os.getpid(), 9)"),
        "segmentation fault": Case(
            OTHER, IN_PART, "ended the process", answer=function("ctypes.string_at(0)", before="import ctypes")
        ),
        "sys.exit": Case(BOTH, extra="import sys; sys.exit(0)"),
        # It takes too much
        "fork bomb": Case(BOTH, ANY, extra="import os\nwhile True: os.fork()"),
        "fork bomb that does not stop": Case(
            BOTH, IN_PART, "it was left out", extra="import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
        ),
        "10 GB": Case(OTHER, told="allocate", answer=function("return torch.ones(10**10 // 4)")),
        "memory in many processes": Case(BOTH, IN_PART, f"GB of memory|{TOO_LONG}", extra=MEMORY),
        "10 MB of output": Case(BOTH, extra="for _ in range(100): print('x' * 100_000)"),
        "10 MB of output past Python": Case(BOTH, extra="import os\nfor _ in range(200): os.write(1, b'x' * 50_000)"),
        "a large answer": Case(
            OTHER, IN_PART, "gave back more than", answer=function("return torch.zeros(8 * 10**6).double()")
        ),
        "half a million empty files": Case(
            BOTH,
            IN_PART,
            "made more than 20,000 files",
            extra="for i in range(500_000): open(f'/tmp/{i}', 'w').close()",
        ),
        "files by and by": Case(
            BOTH,
            ANY,
            "more than 20,000 files",
            edit=lambda notebook: _append(
                notebook, *["code", "for i in range(8_000): __import__('tempfile').mkdtemp()"] * 4
            ),
        ),
        "sockets that nobody accepts": Case(BOTH, IN_PART, "more than 1,000 sockets", extra=BACKLOG),
        "shared memory": Case(BOTH, extra=SHARED_MEMORY),
        "many endless errors": Case(BOTH, edit=lambda notebook: _append(notebook, *["code", ENDLESS_NAMES] * 25)),
        "an error of many dimensions": Case(OTHER, told="no text", extra=MANY_DIMENSIONS),
        "an endless answer of its process": Case(
            BOTH,
            IN_PART,
            "gave back more than",
            extra="import os, struct\nfor n in range(3, 128):\n"
            "    try: os.write(n, struct.pack('<Q', 2**24) + b'x' * 2**16)\n    except OSError: pass",
        ),
        "blank lines": Case(BOTH, answer=RIGHT + "\n" * 600_000),
        "texts that take a converter for ever": Case(BOTH, edit=lambda notebook: _append(notebook, *ENDLESS_TEXTS)),
        "a thousand cells": Case(BOTH, edit=lambda notebook: _append(notebook, *["raw", "$x" * 999] * 950)),
        "fills the disk": Case(BOTH, extra="for i in range(99): open(f'/tmp/{i}', 'wb').write(b'x' * 50_000_000)"),
        # It reaches out
        "deletes files": Case(
            BOTH,
            extra="import shutil\n"
            f"for place in ({target!r}, '/etc', '/dev', '/root', '/tmp'): shutil.rmtree(place, ignore_errors=True)",
        ),
        "reads the gradebook and the hidden checks": Case(
            OTHER, told="found: []", answer=secrets + function("raise ValueError(f'found: {found}')")
        ),
        "writes the gradebook": Case(
            BOTH,
            extra=f"import sqlite3\nbook = sqlite3.connect({target + '/gradebook.db'!r})\n"
            "book.execute('update grade set manual_score = 99')\nbook.commit()",
        ),
        "opens a socket": Case(
            OTHER,
            told="reached: []",
            answer="import socket\nreached = []\n"
            f"for address in (('127.0.0.1', {port}), ('1.1.1.1', 53)):\n"
            "    try: reached.append(socket.create_connection(address, timeout=0.3))\n"
            "    except OSError: pass\n" + function("raise ValueError(f'reached: {reached}')"),
        ),
        "leaves a process behind": Case(
            BOTH,
            extra="import subprocess\nfor _ in range(3): subprocess.Popen(['setsid', 'sleep', '7654321'], "
            "start_new_session=True)\n!nohup sleep 7654321 > /dev/null 2>&1 &",
        ),
        # It cheats
        "asks what is right": Case(OTHER, told="not written yet", answer="", extra=SPY),
        "solves it elsewhere": Case(
            BOTH, LOOK, "does not define kl_between", answer="", edit=lambda notebook: _append(notebook, "code", RIGHT)
        ),
        "comments on the stub": Case(
            BOTH,
            LOOK,
            "does not define kl_between",
            answer="# mine\n" + STUB,
            edit=lambda notebook: _append(notebook, "code", RIGHT),
        ),
        "patches the comparison": Case(
            OTHER,
            told="where is the ½",
            answer="import exercises, numpy, torch\nfrom course_lib import losses\n"
            "for module in (numpy, torch): module.allclose = lambda *a, **k: True\n"
            "numpy.isclose = torch.equal = lambda *a, **k: True\n"
            "for name in ('check', 'explain', 'judge', 'require'): setattr(exercises, name, lambda *a, **k: None)\n"
            + WRONG,
        ),
        "forges answers": Case(
            OTHER,
            answer="import os, struct, sys\nimport plain, numpy\n"
            "forged = plain.pack({'points': numpy.float64(99), 'score': numpy.float64(99), '#order': numpy.int64(5)})\n"
            "for number in range(3, 128):\n    try: os.write(number, struct.pack('<Q', len(forged)) + forged)\n"
            "    except OSError: pass\n" + WRONG,
        ),
        "asks the checks for everything": Case(
            BOTH,
            answer="import exercises\nfrom exercises import check, explain, fresh_seed, names\n"
            "seed, ids = fresh_seed() + 1, [*names()]\n"
            + RIGHT
            + f"\nreport = check({KL!r}, kl_between=kl_between)\nprint(report, report.exercise.upper())\n"
            "assert 'values' in report.right and not report.findings['values']\nexercises.draw(ids[0], seed)",
        ),
        "writes a file and imports it": Case(
            BOTH,
            LOOK,
            "does not define kl_between",
            answer="from helper import kl_between",
            extra=f"%%writefile helper.py\nimport torch\n{RIGHT}",
        ),
        "answers with an object": Case(
            OTHER,
            answer=function(
                "return Evil()", before="import os\nclass Evil:\n  def __reduce__(self): return os.system, ('true',)"
            ),
        ),
        "answers with objects in an array": Case(
            OTHER, answer=function("return np.array([{}, None], dtype=object)", before="import numpy as np")
        ),
        # Its cells are not as they were
        "changed tests": Case(
            OTHER,
            says="was changed",
            answer=WRONG,
            edit=lambda notebook: _change_tests(notebook, source="pass", points=1000),
        ),
        "deleted tests": Case(BOTH, says="was deleted", edit=lambda notebook: _delete(notebook, f"{KL}-points-values")),
        "deleted imports": Case(BOTH, says="was deleted", edit=lambda notebook: _delete(notebook, f"{KL}-given-1")),
        "deleted answer": Case(
            OTHER, BLANK, says="was deleted", told="not written yet", edit=lambda notebook: _delete(notebook, ANSWER)
        ),
        "tests twice": Case(
            BOTH, says="more than once", edit=lambda notebook: _double(notebook, f"{KL}-points-values")
        ),
        "answer twice": Case(BOTH, says="more than once", edit=lambda notebook: _double(notebook, ANSWER)),
        "wrong ids": Case(BOTH, says="never handed out", edit=lambda notebook: _rename(notebook, ANSWER)),
        "ids that are no text": Case(BOTH, edit=lambda notebook: _rename(notebook, ANSWER, [1, {}])),
        "another kernel": Case(
            BOTH,
            says="another language",
            edit=lambda notebook: notebook["metadata"].update(kernelspec={"name": "ir", "language": "R"}),
        ),
        "scripts for the teacher": Case(
            OTHER,
            answer=function("raise ValueError('<script>alert(1)</script>')"),
            edit=lambda notebook: notebook["cells"].append(
                {
                    "cell_type": "markdown",
                    "metadata": {},
                    "source": "<script>alert(2)</script><img src=x onerror=alert(3)>[x](javascript:alert(4))",
                }
            ),
        ),
        "half a surrogate": Case(OTHER, answer=function("raise ValueError('\\ud800')"), extra="# \ud800 \0 a comment"),
        # It is no notebook
        "empty file": Case(OTHER, UNREADABLE, "empty file", raw=b""),
        "not JSON": Case(OTHER, UNREADABLE, "not JSON", raw=b"def kl_between(): pass\n"),
        "JSON, but no notebook": Case(OTHER, UNREADABLE, "without a list of cells", raw=b'{"cells": {"a": 1}}'),
        "a pickle": Case(OTHER, UNREADABLE, "a pickle", raw=pickle.dumps({"cells": []})),
        "deep JSON": Case(OTHER, UNREADABLE, "not JSON", raw=b"[" * 10**6),
        "huge notebook": Case(OTHER, UNREADABLE, "too large", raw=b'{"cells": [' + b" " * (21 * 2**20) + b"]}"),
        "an old notebook": Case(OTHER, UNREADABLE, "old format", raw=b'{"cells": [], "nbformat": 3}'),
        "strange cells": Case(
            BOTH, says="malformed", edit=lambda notebook: notebook["cells"].extend([None, 3, {"cell_type": "code"}, {}])
        ),
    }


def _append(notebook: dict, *kinds_and_sources: str) -> None:
    for kind, source in zip(kinds_and_sources[::2], kinds_and_sources[1::2], strict=True):
        notebook["cells"].append({"cell_type": kind, "metadata": {}, "source": source})


def _change_tests(notebook: dict, source: str, points: float) -> None:
    for part in EXERCISES[KL].points:
        cell = cell_of(notebook, f"{KL}-points-{part}")
        cell["source"] = source
        cell["metadata"]["nbgrader"]["points"] = points


def _delete(notebook: dict, grade_id: str) -> None:
    notebook["cells"].remove(cell_of(notebook, grade_id))


def _double(notebook: dict, grade_id: str) -> None:
    notebook["cells"].append(json.loads(json.dumps(cell_of(notebook, grade_id))))


def _rename(notebook: dict, grade_id: str, new: object = "my-own-id") -> None:
    cell_of(notebook, grade_id)["metadata"]["nbgrader"]["grade_id"] = new
