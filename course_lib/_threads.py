"""No more threads than processors, and none that spins while it waits.

A container with a CPU quota shows all cores of its host, and torch starts a thread for each. OpenMP's threads spin
while they wait, unless `OMP_WAIT_POLICY` is PASSIVE when torch is loaded: two spinning threads that share a processor
with another notebook train 10 to 30 times slower than one.
"""

from __future__ import annotations

import os
import sys

if "torch" not in sys.modules:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import joblib
import torch


def cap_threads() -> int:
    """Lower torch's thread count if it is too high, and return what it is then.

    Returns
    -------
    int
        At most the processors that affinity and CPU quota leave; 1 where torch was loaded before this module, with
        threads that spin, and the environment does not say that it wants them (`OMP_NUM_THREADS`, `OMP_WAIT_POLICY`).
    """
    chosen = {"OMP_NUM_THREADS", "OMP_WAIT_POLICY"} & os.environ.keys()
    allowed = joblib.cpu_count() if chosen else 1
    if torch.get_num_threads() > allowed:
        torch.set_num_threads(allowed)
    return torch.get_num_threads()
