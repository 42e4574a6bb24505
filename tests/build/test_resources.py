"""What a call costs: memory that is known, time that waits, and children that fail."""

import operator
import os
import sys
import time
from functools import partial

import pytest

from course_build import resources

MEGABYTE = 10**6
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no process its peak memory")


def test_the_peak_is_that_of_the_call_and_not_of_the_parent():
    """The parent's 600 MB would be in the child's ru_maxrss; the child's 300 MB are written, not only reserved."""
    held = operator.mul(b"x", 600 * MEGABYTE)
    small = resources.measure(partial(time.sleep, 0.4))
    large = resources.measure(partial(operator.mul, b"x", 300 * MEGABYTE))
    assert len(held) == 600 * MEGABYTE
    assert small.peak_bytes - small.start_bytes < 20 * MEGABYTE
    assert small.peak_bytes < 550 * MEGABYTE
    assert 290 * MEGABYTE < large.peak_bytes - large.start_bytes < 320 * MEGABYTE
    assert small.wall_seconds >= 0.4  # waiting takes time, but no processor
    assert 0 <= small.processor_seconds < 0.2 * small.wall_seconds
    assert large.processor_seconds > 0


def test_a_failure_comes_back_with_its_traceback():
    with pytest.raises(RuntimeError, match=r"failed in its process:\n(.|\n)*ZeroDivisionError"):
        resources.measure(partial(operator.truediv, 1, 0))


def test_a_process_that_dies_is_reported_with_its_exit_code():
    with pytest.raises(RuntimeError, match="died with exit code 7 before it could answer"):
        resources.measure(partial(os._exit, 7))


def test_what_cannot_be_sent_is_refused():
    with pytest.raises(TypeError, match="expected a function at the top of a module"):
        resources.measure(lambda: None)


def test_what_is_prepared_is_handed_on_and_not_counted():
    """As much is written beforehand as in the call: the peak grows by the call's share only."""
    prepare = partial(operator.mul, b"x", 200 * MEGABYTE)
    took = resources.measure(partial(operator.add, b"x"), prepare)  # one byte longer, and so a copy
    alone = resources.measure(time.perf_counter)
    assert 190 * MEGABYTE < took.start_bytes - alone.start_bytes < 220 * MEGABYTE
    assert 190 * MEGABYTE < took.peak_bytes - took.start_bytes < 220 * MEGABYTE
    waited = resources.measure(bool, partial(time.sleep, 2))
    assert waited.wall_seconds < 2  # a busy machine may make `bool` wait, but not that long


def test_here_gives_the_result_with_its_cost():
    slept, took = resources.here(partial(time.sleep, 0.2))
    assert slept is None
    assert took.wall_seconds >= 0.2 > took.processor_seconds >= 0
    product, took = resources.here(partial(operator.mul, 6, 7))
    assert product == 42
    assert took.peak_bytes >= took.start_bytes > 10 * MEGABYTE
