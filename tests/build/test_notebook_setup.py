"""The set-up cell, run as it stands in notebooks: on a machine that has everything, and where it lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from course_build.notebooks.setup_cell import cell

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "https://github.com/ada/bottleneck"
INSTALL = '%pip install "course_lib @ git+https://github.com/ada/bottleneck@main"'

LIBRARY = "import sys, types\nlibrary = types.ModuleType('course_lib')\nsys.modules['course_lib'] = library\n"
CURRENT = f"{LIBRARY}library.__version__ = '0.1.7'\n"
OLD = f"{LIBRARY}library.__version__ = '0.0.9'\n"
MISSING = "import sys\nsys.path.insert(0, {folder!r})\n"  # where course_lib raises what Python raises without it

COLAB = """
google, colab, output = (types.ModuleType(name) for name in ("google", "google.colab", "google.colab.output"))
output.enable_custom_widget_manager = lambda: print("widgets enabled")
colab.output = google.colab = colab
colab.output = output
sys.modules |= {"google": google, "google.colab": colab, "google.colab.output": output}
"""
# pip in the place of pip: says what it was asked for, and does what a test wants it to do.
PIP = """
import subprocess
def run(command, **options):
    print("pip was asked for", *command[1:])
    {deed}
    return subprocess.CompletedProcess(command, {code}, "", {stderr!r})
subprocess.run = run
"""


@pytest.fixture
def ran(tmp_path):
    """A function that runs the cell in IPython, in a process of its own after some preparation: what is printed."""
    (tmp_path / "course_lib.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'course_lib'\", name='course_lib')"
    )

    def run(prepare: str, imported=(), repository: str | None = REPOSITORY) -> list[str]:
        text = f"import types\n{prepare}".replace("{folder!r}", repr(str(tmp_path)))
        program = (
            "from IPython.core.interactiveshell import InteractiveShell\n"
            f"exec({text!r})\n"
            "shell = InteractiveShell.instance(colors='nocolor')\n"
            f"result = shell.run_cell({cell(imported, repository, 'main')!r}, store_history=False)\n"
            "print('ready' if result.success else 'stopped')\n"
        )
        environment = {"PATH": "/nowhere", "IPYTHONDIR": str(tmp_path), "HOME": str(tmp_path)}
        command = [sys.executable, "-c", program]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip().splitlines()

    return run


def test_where_the_library_is_nothing_happens(ran):
    """And nothing is said."""
    assert ran(CURRENT) == ["ready"]


def test_without_the_library_one_line_says_what_to_do(ran):
    """No traceback: what is wrong, the command, and what comes after; without a repository, the way from a clone."""
    asked = "restart the kernel, and run this cell again."
    assert ran(MISSING) == [f"Not ready: course_lib is not installed. Run {INSTALL}, {asked}", "stopped"]
    clone = '%pip install "path/to/your/clone/of/the/course"'
    assert ran(MISSING, repository=None) == [f"Not ready: course_lib is not installed. Run {clone}, {asked}", "stopped"]


def test_an_old_library_is_named_with_its_version(ran):
    """The first two numbers count."""
    broken = "raise OSError('torch is\\nbroken')"
    said, end = ran(f"open('course_lib.py', 'w').write({broken!r})")
    assert said.startswith("Not ready: course_lib cannot be imported: torch is broken. Run ")
    assert end == "stopped"


def test_a_chapter_with_maps_asks_for_the_extra(ran):
    """Only where it is imported."""
    said, _ = ran(CURRENT + "import importlib.util\nimportlib.util.find_spec = lambda name: None\n", {"umap", "torch"})
    assert "umap is not installed" in said
    assert '"course_lib[maps] @ git+' in said
    assert "[maps]" not in cell({"torch"}, REPOSITORY, "main")


def test_on_colab_the_library_is_installed_and_torch_stays(ran):
    """In the place of an old one, from the repository, beside Colab's own torch; then figures are allowed."""
    deed = "open('course_lib.py', 'w').write('__version__ = \\'0.1.0\\'')"
    said = ran(OLD + MISSING + COLAB + PIP.format(deed=deed, code=0, stderr=""))
    assert said[0].startswith("Installing course_lib")
    asked = "pip was asked for -m pip install --quiet course_lib @ git+https://github.com/ada/bottleneck@main"
    assert said[1].startswith(asked)
    assert said[1].split()[-2].startswith("torch==")
    assert said[1].split()[-1].startswith("numpy==")
    assert said[2:] == ["widgets enabled", "ready"]


def test_on_colab_again_nothing_is_installed(ran):
    """The cell may be run as often as one likes."""
    assert ran(CURRENT + COLAB + PIP.format(deed="raise SystemExit", code=1, stderr="")) == ["widgets enabled", "ready"]


def test_on_colab_without_network_one_line_says_so(ran):
    """Of pip's many lines, the one with the error."""
    stderr = "  Running git clone\n  fatal: unable to access: Could not resolve host: github.com\nhint: see above\n"
    said = ran(MISSING + COLAB + PIP.format(deed="pass", code=1, stderr=stderr))
    assert said[2].startswith("Not ready: pip says: fatal: unable to access: Could not resolve host: github.com. Run ")
    assert said[3:] == ["stopped"]


def test_on_colab_without_a_repository_nothing_is_tried(ran):
    """Nobody knows what to install."""
    said = ran(MISSING + COLAB + PIP.format(deed="pass", code=0, stderr=""), repository=None)
    assert said[0].startswith('Not ready: course_lib is not installed. Run %pip install "path/to/your/clone')


def test_a_real_pip_that_reaches_nothing(ran):
    """The command itself, with an index and a repository that are not there: one line, no traceback."""
    poison = (
        "import os\nos.environ |= {'PIP_INDEX_URL': 'http://127.0.0.1:9/', 'PIP_RETRIES': '0', 'PIP_NO_INDEX': '1'}\n"
    )
    said = ran(MISSING + poison + COLAB, repository="file:///nowhere/bottleneck")
    assert said[0].startswith("Installing course_lib")
    assert said[1].startswith("Not ready: pip says: ")
    assert said[2:] == ["stopped"]
