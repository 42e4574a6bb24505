"""A reader's own environment: whatever it holds, threads are no more than processors and do not spin."""

from __future__ import annotations

import os
import subprocess
import sys

import joblib
import pytest
import torch

from course_lib import _threads

OPENMP = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY")
SAY = "; import os; print(torch.get_num_threads(), os.environ.get('OMP_WAIT_POLICY'))"


def said(program: str, **environ: str) -> tuple[int, str]:
    """Threads and policy after a program, run with none of the variables that this suite runs with."""
    clean = {key: value for key, value in os.environ.items() if key not in OPENMP}
    command = [sys.executable, "-c", program + SAY]
    run = subprocess.run(command, env=clean | environ, capture_output=True, text=True, check=True)
    threads, policy = run.stdout.split()
    return int(threads), policy


def test_the_library_first_means_threads_that_wait_in_patience():
    """The policy is in the environment before torch is loaded, which reads it once."""
    assert said("import course_lib, torch") == (joblib.cpu_count(), "PASSIVE")


def test_torch_first_means_one_thread():
    """As in a notebook, whose imports are in the order of the alphabet."""
    assert said("import torch, course_lib") == (1, "None")
    assert said("import torch; torch.set_num_threads(7); import course_lib") == (1, "None")


@pytest.mark.parametrize("first", ["course_lib, torch", "torch, course_lib"])
def test_what_the_environment_asks_for_is_kept(first):
    assert said(f"import {first}", OMP_WAIT_POLICY="ACTIVE") == (joblib.cpu_count(), "ACTIVE")
    assert said(f"import {first}", OMP_NUM_THREADS="1")[0] == 1


@pytest.mark.parametrize(("processors", "expected"), [(2, 2), (4, 4), (8, 4)])
def test_threads_are_lowered_and_never_raised(monkeypatch, processors, expected):
    counts = [4]
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setattr(torch, "get_num_threads", lambda: counts[-1])
    monkeypatch.setattr(torch, "set_num_threads", counts.append)
    monkeypatch.setattr(joblib, "cpu_count", lambda: processors)
    assert _threads.cap_threads() == expected
    assert len(counts) <= 2
