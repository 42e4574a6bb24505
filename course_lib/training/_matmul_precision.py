"""Matrix products by the faster of torch's two libraries, where that changes nothing but the time."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

import torch
from torch.backends import mkldnn

_LOCK = threading.Lock()
_inside = 0  # how many are inside at once, in whatever threads: the first switches over, the last switches back
_before = ""


@contextmanager
def fast_matmul() -> Generator[None]:
    """Inside, oneDNN multiplies float32 matrices on the CPU, if it keeps to float32 here.

    torch's default is MKL, which leaves half of an AMD processor unused (112 against 240 Gflop/s on an EPYC with
    AVX-512). oneDNN gets float32 products only with the permission to round to bf16; it makes use of that only on
    processors with bf16 matrix units, so `_stays_exact` tries it out.
    """
    global _inside, _before
    with _LOCK:
        if _inside == 0:
            _before = mkldnn.matmul.fp32_precision
            if _before != "bf16" and _stays_exact():
                mkldnn.matmul.fp32_precision = "bf16"
        _inside += 1
    try:
        yield
    finally:
        with _LOCK:
            _inside -= 1
            if _inside == 0:
                mkldnn.matmul.fp32_precision = _before


@cache
def _stays_exact() -> bool:
    if not mkldnn.is_available():
        return False
    value, width = 1 + 2**-10, 784  # rounded to bf16 the value would be 1
    factor = torch.full((256, width), value)
    before, mkldnn.matmul.fp32_precision = mkldnn.matmul.fp32_precision, "bf16"
    try:
        product = factor @ factor.T
    finally:
        mkldnn.matmul.fp32_precision = before
    return bool((product / (width * value**2) - 1).abs().max() < 1e-5)
