"""A real JupyterLab on this machine, for the tests that open a notebook in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MAX_SECONDS = 300


@contextmanager
def serving(folder: Path, notebook: str) -> Iterator[str]:
    """The address of a notebook of this folder in a JupyterLab with empty settings, stopped afterwards."""
    runtime = folder / "runtime"
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0", "--ip=127.0.0.1"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    environment = os.environ | {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
    }
    environment.pop("COURSE_BOOK", None)
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            yield f"{_address(server, runtime, folder / 'log')}lab/tree/{notebook}"
        finally:
            server.terminate()
            server.wait()  # it ends its kernels first, which a busy machine takes its time for


def _address(server: subprocess.Popen, runtime: Path, log: Path) -> str:
    """Where the server says that it listens."""
    for _ in range(10 * MAX_SECONDS):
        for path in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text())["url"]
            except json.JSONDecodeError:
                pass  # it is being written
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start within {MAX_SECONDS} s:\n{log.read_text()}")
