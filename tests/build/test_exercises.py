"""Every exercise keeps its promises, and the format refuses what would break them later."""

from __future__ import annotations

import pytest

from course_build.exercises.__main__ import main
from course_build.exercises.source import FOLDER, BadSource, read, read_all, solution_bodies, without_solution
from course_build.exercises.trial import problems

EXERCISES = read_all()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_an_exercise_keeps_its_promises(exercise):
    """The solution gets every point, the stub none, and each mutant loses what it should, with the right words."""
    assert problems(exercise) == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_a_stub_holds_no_line_of_the_solution(exercise):
    """Nor does anything else that a student sees."""
    seen = "\n".join([exercise.statement, *exercise.given, *exercise.stubs, exercise.check, *exercise.hints])
    for body in solution_bodies(exercise):
        for line in filter(None, map(str.strip, body.splitlines())):
            assert line not in seen


SOURCE = (FOLDER / "price-of-halving" / "exercise.md").read_text(encoding="utf-8")


@pytest.fixture
def reading(tmp_path):
    """A function that reads a changed copy of a good source."""

    def read_changed(old: str, new: str):
        assert old in SOURCE
        room = tmp_path / "price-of-halving"
        room.mkdir()
        (room / "exercise.md").write_text(SOURCE.replace(old, new, 1), encoding="utf-8")
        return read(room)

    return read_changed


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: price-of-halving", "id: another", "expected the name of its folder"),
        ("level: derive", "level: hard", "expected one of understand"),
        ("  minutes: 10\n", "", "minutes"),
        ("minutes: 10", "minutes: ten", "expected int"),
        ("{price: 2, free-width: 1}", "{price: 2, free-width: 0}", "whole numbers above 0"),
        ("{price: 2, free-width: 1}", "3", "expected part"),
        ("self_study: true", "self_study: perhaps", "expected bool"),
        ("    # BEGIN SOLUTION\n", "", "END SOLUTION"),
        ("    # END SOLUTION\n", "", "BEGIN SOLUTION"),
        ("# BEGIN SOLUTION", "### BEGIN SOLUTION", "expected exactly"),
        ("tags: [given]", "tags: [setup]", "expected one of statement, given"),
        ("tags: [given]", "tags: [hint]", "a code cell cannot be tagged hint"),
        ("tags: [mutant]", "tags: [mutant, check]", "expected one of"),
        ("tags: [check]", "tags: [given]", "got 0 cells tagged check, expected 1 to 1"),
        ("# loses price: dropped", "# dropped", "says what it loses"),
        ("# loses price: dropped", "# loses values: dropped", "says what it loses"),
        ("  image:\n    alt:", "  image:\n    other:", "alt"),
    ],
)
def test_a_bad_source_is_refused(reading, old, new, message):
    """Loudly, with the name of the file and what was expected."""
    with pytest.raises(BadSource, match=message) as caught:
        reading(old, new)
    assert str(caught.value).startswith("price-of-halving")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "math.log(2) - 3 / 8 * std**2)\n    # END",
            "math.log(2) - 3 / 8 * std)\n    # END",
            "the solution loses price",
        ),
        ("free_width=free_width)", "free_width=price)", "the check cell is"),
        ("# loses price: dropped", "# loses price: forgot", "does not say “forgot the variance term”"),
        ("# loses price: dropped", "# loses free-width: dropped", "keeps free-width"),
        ("return d * math.log(2)\n", "return d * (math.log(2) - 3 / 8 * std**2)\n", "keeps price"),
        ("{price: 2, free-width: 1}", "{free-width: 1, price: 2}", "the check has the parts"),
        ('at the width std: a number, nats."""', '."""\n    1 / 0', "the stub gets"),
    ],
)
def test_a_broken_promise_is_found(reading, old, new, message):
    """A check that cannot fail would prove nothing."""
    assert any(message in problem for problem in problems(reading(old, new)))


@pytest.mark.parametrize(
    ("code", "stub"),
    [
        ("# BEGIN SOLUTION\nx = 1\n# END SOLUTION", "# YOUR CODE HERE\nraise NotImplementedError()"),
        (
            "def f():\n    # BEGIN SOLUTION\n    return 1\n    # END SOLUTION\n\n\ny = 2",
            "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()\n\n\ny = 2",
        ),
    ],
)
def test_a_stub_takes_the_place_of_the_solution(code, stub):
    """With its indentation, and what follows stays."""
    assert without_solution(code, "x.md") == stub


@pytest.mark.parametrize(
    "code",
    [
        "# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
        "# END SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION",
        "# BEGIN SOLUTION\nx = 1",
        "x = 1",
        "# begin solution\n# BEGIN SOLUTION please\n# END SOLUTION",
    ],
)
def test_unbalanced_marks_are_refused(code):
    """As nbgrader and Otter do, and where one of them does not."""
    with pytest.raises(BadSource, match=r"x\.md"):
        without_solution(code, "x.md")


def test_the_command_names_what_it_cannot_find(capsys):
    """And succeeds on what it can."""
    assert main(["check", "price-of-halving"]) == 0
    assert "✓ price-of-halving" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["check", "no-such"])
    assert "no such exercise: no-such" in capsys.readouterr().err
