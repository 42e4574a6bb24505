"""The sandbox holds, and where there is none nothing is run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import exercises
from benchmarks.toy_course import KL, solution
from course_build.grading import __main__ as program
from course_build.grading import sandbox
from course_build.grading.session import Session, SessionTerminated
from tests.grading.conftest import SHORT
from tests.grading.gallery import MEMORY, TOO_LONG


@pytest.fixture(scope="module")
def session(found_sandbox):
    """One process in the sandbox, for what leaves it alive."""
    with Session(found_sandbox, replace(SHORT, wall_factor=100.0)) as running:  # a busy machine fails nothing here
        yield running


def test_a_solution_gives_right_numbers(session):
    assert session.run_cell("import torch") == ""
    assert session.run_cell(solution(KL)) == ""
    for part in exercises.definition(KL):
        given = exercises.draw_part(KL, part.name, seed=7)
        assert exercises.judge_part(KL, part.name, given, session.collect(KL, part.name, given)) == []


def test_an_error_comes_back_in_one_line(session):
    assert session.run_cell("1 / 0").startswith("ZeroDivisionError: ")
    assert session.run_cell("def f(:").startswith("SyntaxError")


def test_magics_and_shell_commands_work(session):
    assert session.run_cell("%matplotlib inline\nlines = !echo hello\nassert lines == ['hello'], lines") == ""


@pytest.mark.parametrize(
    ("attempt", "error"),
    [
        ("open('/probe', 'w')", "OSError"),
        ("open(course_lib.__file__, 'a')", "OSError"),
        ("open('/dev/probe', 'w')", "Error"),
        ("open('/etc/passwd')", "FileNotFoundError"),
        (f"open({__file__!r})", "FileNotFoundError"),
        (f"open({sandbox.__file__!r})", "FileNotFoundError"),
        ("socket.create_connection(('127.0.0.1', 9), timeout=1)", "Error"),
        ("socket.create_connection(('192.0.2.1', 9), timeout=1)", "OSError"),
        ("socket.socket(socket.AF_VSOCK)", "PermissionError"),
        ("os.setuid(12345)", "PermissionError"),
        ("os.chroot('/tmp')", "PermissionError"),
        ("os.memfd_create('x')", "PermissionError"),
        ("subprocess.check_call(['unshare', '--user', 'true'])", "CalledProcessError"),
        ("libc.mount(b'none', b'/tmp', b'tmpfs', 0, 0) == -1 and raise_errno()", "PermissionError"),
        ("libc.syscall(0x40000000 + 39) == -1 and raise_errno()", "OSError"),
        ("libc.syscall(425, 1, 0) == -1 and raise_errno()", "OSError"),  # io_uring_setup
        ("libc.shmget(0, 1, 0o1600) == -1 and raise_errno()", "PermissionError"),
        ("libc.semget(0, 1, 0o1600) == -1 and raise_errno()", "PermissionError"),
        ("libc.msgget(0, 0o1600) == -1 and raise_errno()", "PermissionError"),
        ("libc.mq_open(b'/queue', 0o102, 0o600, None) == -1 and raise_errno()", "PermissionError"),
        ("libc.inotify_init1(0) == -1 and raise_errno()", "PermissionError"),
        ("libc.vmsplice(0, None, 0, 0) == -1 and raise_errno()", "PermissionError"),
        ("resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "ValueError"),
        ("numpy.ones(10**10)", "MemoryError"),
    ],
)
def test_what_is_tried_inside_is_refused(session, attempt, error):
    told = session.run_cell(f"{PREPARED}\n{attempt}")
    assert error in told.split(":")[0] or (error == "OSError" and told.split(":")[0] in OS_ERRORS), told


PREPARED = """import course_lib, ctypes, numpy, os, resource, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def raise_errno(): raise OSError(ctypes.get_errno(), 'refused')"""
OS_ERRORS = ("PermissionError", "TimeoutError", "ConnectionRefusedError", "BlockingIOError")


def test_processes_are_counted(session):
    bomb = "import os, signal\nchildren = []\ntry:\n    while len(children) < 1000:\n        child = os.fork()\n"
    bomb += "        if child == 0: signal.pause()\n        children.append(child)\nexcept OSError: pass\n"
    bomb += "for child in children: os.kill(child, 9), os.waitpid(child, 0)\n"
    assert session.run_cell(bomb + f"assert 4 < len(children) <= {SHORT.processes}, len(children)") == ""


def test_nothing_of_the_environment_comes_in(session, monkeypatch):
    assert session.run_cell("import os\nassert not {'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'CI'} & set(os.environ)") == ""


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("while True: pass", TOO_LONG),
        ("import os; os._exit(3)", "ended the process it ran in"),
        (
            "import os, plain\nfor n in range(3, 128):\n  try: os.write(n, b'\\xff' * 8)\n  except OSError: pass",
            "gave back more",
        ),
    ],
)
def test_an_end_is_named(found_sandbox, code, how):
    with Session(found_sandbox, SHORT) as running, pytest.raises(SessionTerminated, match=how):
        running.run_cell(code)


def test_memory_of_all_processes_together_is_limited(found_sandbox):
    """To fill it takes a slow machine longer than a cell has elsewhere in these tests."""
    with (
        Session(found_sandbox, replace(SHORT, seconds=60.0)) as running,
        pytest.raises(SessionTerminated, match=r"used more than 1\.5 GB"),
    ):
        running.run_cell(MEMORY)


def test_files_are_put_down_to_the_cell_that_made_them(found_sandbox):
    """Also where it was done before anybody looked: the next cell is not blamed, and not left out in its place."""
    with Session(found_sandbox, replace(SHORT, files=200)) as running:
        assert running.run_cell("import os") == ""
        with pytest.raises(SessionTerminated, match="more than 200 files"):
            running.run_cell("for i in range(300): os.mkdir(f'/tmp/{i}')")


GRADER = """
import sys, time
from tests.grading.conftest import SHORT, missing
from course_build.grading import sandbox
from course_build.grading.session import Session
with Session(sandbox.Sandbox(sys.argv[1]), SHORT) as running:
    print("\\n".join(str(process.pid) for process in running._family()), flush=True)
    if sys.argv[2] == "killed":
        time.sleep(600)
"""


@pytest.mark.parametrize("end", ["done", "killed"])
def test_nothing_outlives_its_grader(found_sandbox, end):
    """Neither when a session ends, nor when the grader itself is killed."""
    root = Path(__file__).resolve().parents[2]
    program = [sys.executable, "-c", GRADER, found_sandbox.kind, end]
    with subprocess.Popen(program, cwd=root, stdout=subprocess.PIPE, text=True) as grader:
        pids = [int(grader.stdout.readline())]
        if end == "killed":
            grader.kill()
        pids += map(int, grader.stdout.read().split())
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=120)
    assert alive == []


def test_no_sandbox_holds_nothing():
    """The probe finds out: without a sandbox it complains of what it should."""
    flaws = sandbox.Sandbox("none").flaws()
    assert "it can read the grader" in flaws
    assert "it sees processes outside" in flaws


def test_without_a_sandbox_nothing_is_graded(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sandbox.NoSandbox, match="apt-get install bubblewrap") as refused:
        sandbox.find()
    assert "--unsandboxed" in str(refused.value)
    assert sandbox.find(unsandboxed=True).kind == "none"
    pytest.importorskip("nbgrader")
    assert program.main(["ps1", "--course", str(tmp_path / "course")]) == 1
    assert "nothing here can lock it in" in capsys.readouterr().err
    assert not (tmp_path / "course").exists()


def test_a_sandbox_with_a_hole_is_refused(monkeypatch):
    """A sandbox that starts and does not hold counts as none."""
    monkeypatch.setattr(sandbox, "_bubblewrap", lambda folders, calls: [])
    monkeypatch.setattr(shutil, "which", lambda program: program)
    with pytest.raises(sandbox.NoSandbox, match="it can read the grader"):
        sandbox.find()


def test_the_limits_of_the_kernel_are_below_those_of_the_machine(session):
    assert session.run_cell("import resource as r\nassert 0 < r.getrlimit(r.RLIMIT_AS)[1] < 2**43") == ""
    assert sys.maxsize > 2**32  # RLIMIT_AS is meant for 64 bits
