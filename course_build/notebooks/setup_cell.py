"""The first cell of every notebook: it brings `course_lib` to Colab, and elsewhere says in one line what is missing.

The cell is the source of `set_up` below and a call of it, so that what is tested here is what runs there.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection

from course_lib import __version__

# The modules that come with an extra of course_lib: module → extra.
EXTRAS = {"umap": "maps"}


def set_up(needed, also, source, remedy):
    """Check that the course's library is here; on Colab, install it. Running it again does no harm."""
    import importlib.metadata
    import importlib.util
    import subprocess
    import sys

    class NotReady(Exception):
        def _render_traceback_(self):  # one line instead of forty
            return [f"Not ready: {self}"]

    def problem():
        try:
            import course_lib
        except Exception as error:
            said = str(error) or type(error).__name__
            is_missing = getattr(error, "name", "") == "course_lib"
            return "course_lib is not installed" if is_missing else f"course_lib cannot be imported: {said}"
        if [int(part) for part in course_lib.__version__.split(".")[:2]] < needed:
            return f"course_lib {course_lib.__version__} is too old, {'.'.join(map(str, needed))} is needed"
        missing = [name for name in also if importlib.util.find_spec(name) is None]
        return f"{', '.join(missing)} is not installed" if missing else ""

    on_colab = "google.colab" in sys.modules
    trouble = problem()
    if trouble and on_colab and source:
        print("Installing course_lib, about a minute …")
        kept = [f"{name}=={importlib.metadata.version(name)}" for name in ("torch", "numpy")]  # Colab's own stay
        command = [sys.executable, "-m", "pip", "install", "--quiet", source, *kept]
        pip = subprocess.run(command, capture_output=True, text=True)
        for name in [name for name in sys.modules if name.split(".")[0] in ("course_lib", "exercises")]:
            del sys.modules[name]  # an older one
        importlib.invalidate_caches()
        said = [line.strip() for line in pip.stderr.splitlines() if line.strip()]
        worst = [line for line in said if "error" in line.lower() or "fatal" in line.lower()]
        trouble = f"pip says: {(worst or said or ['nothing'])[-1][:200]}" if pip.returncode else problem()
    if trouble:
        raise NotReady(f"{' '.join(trouble.split())}. {remedy}") from None
    if on_colab:
        from google.colab import output

        output.enable_custom_widget_manager()  # for the interactive figures


def cell(imported: Collection[str], repository: str | None, ref: str) -> str:
    """The code of the cell.

    Parameters
    ----------
    imported : collection of str
        The top-level modules that the notebook imports; those of an extra bring the extra.
    repository : str or None
        The address of the course's repository; None where nobody knows it.
    ref : str
        The branch, tag or commit to install from.
    """
    also = sorted(set(imported) & EXTRAS.keys())
    extras = f"[{','.join(EXTRAS[name] for name in also)}]" if also else ""
    source = f"course_lib{extras} @ git+{repository}@{ref}" if repository else None
    what = f'"{source}"' if source else f'"path/to/your/clone/of/the/course{extras}"'
    remedy = f"Run %pip install {what}, restart the kernel, and run this cell again."
    needed = [int(part) for part in __version__.split(".")[:2]]
    call = f"set_up(\n    needed={needed},\n    also={also},\n    source={source!r},\n    remedy={remedy!r},\n)"
    return f"# @title Set-up: run this first\n{inspect.getsource(set_up)}\n\n{call}"
