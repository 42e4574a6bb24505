"""Schedules against their formulas at chosen times."""

import math

import pytest

from course_lib.training import Constant, Cosine, Cyclical, LinearWarmup
from course_lib.training.schedules import as_schedule

TIMES = [0, 0.25, 1, 2.5, 4, 5, 7.75, 10, 1000]


def test_constant():
    assert [Constant(3.5)(t) for t in TIMES] == [3.5] * len(TIMES)


def test_linear_warmup_is_a_straight_line_and_then_level():
    warmup = LinearWarmup(5, start=0.2, end=1.2)
    assert [warmup(t) for t in TIMES] == pytest.approx([0.2, 0.25, 0.4, 0.7, 1.0, 1.2, 1.2, 1.2, 1.2])
    assert [LinearWarmup(4)(t) for t in (0, 1, 2, 4, 9)] == [0, 0.25, 0.5, 1, 1]
    assert LinearWarmup(2, start=1, end=0)(0.5) == 0.75


def test_cyclical_rises_over_its_share_and_repeats_with_its_period():
    cycle = Cyclical(period=4, rising=0.5, end=2.0)
    assert [cycle(t) for t in (0, 0.5, 1, 2, 3, 3.999)] == pytest.approx([0, 0.5, 1, 2, 2, 2])
    for t in (0.3, 1.7, 3.1):
        assert cycle(t + 4) == pytest.approx(cycle(t))
        assert cycle(t + 40) == pytest.approx(cycle(t))
    assert cycle(4) == 0
    assert Cyclical(period=10, rising=1.0)(7) == pytest.approx(0.7)


def test_cosine_warms_up_falls_and_ends_at_0():
    cosine = Cosine(1e-3, epochs=20, warmup=4)
    assert [cosine(t) for t in (0, 1, 3)] == pytest.approx([0, 2.5e-4, 7.5e-4])
    assert cosine(4) == 1e-3
    assert cosine(12) == pytest.approx(5e-4)  # half of the way down
    assert cosine(8) == pytest.approx(1e-3 * math.cos(math.pi / 8) ** 2)
    assert cosine(20) == pytest.approx(0, abs=1e-18)
    assert cosine(25) == pytest.approx(0, abs=1e-18)
    assert Cosine(2.0, epochs=10)(0) == 2.0


def test_schedules_are_values():
    assert LinearWarmup(5) == LinearWarmup(5)
    assert repr(Cosine(1e-3, 20)) == "Cosine(peak=0.001, epochs=20, warmup=0.0)"  # by which a resumed run is known
    assert as_schedule(2) == Constant(2.0)
    assert as_schedule(as_schedule(Cyclical(3))) == Cyclical(3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearWarmup(0), "got epochs = 0"),
        (lambda: LinearWarmup(-1), "got epochs = -1"),
        (lambda: Cyclical(0), "got period = 0"),
        (lambda: Cyclical(5, rising=0), "got rising = 0"),
        (lambda: Cyclical(5, rising=1.5), "got rising = 1.5"),
        (lambda: Cosine(0, 10), "got peak = 0"),
        (lambda: Cosine(float("nan"), 10), "got peak = nan"),
        (lambda: Cosine(1e-3, 0), "got epochs = 0"),
        (lambda: Cosine(1e-3, 10, warmup=10), "got warmup = 10"),
        (lambda: Cosine(1e-3, 10, warmup=-1), "got warmup = -1"),
    ],
)
def test_bad_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
