"""What a chapter shows of an exercise: MyST for sphinx-exercise. The solution is in it only where it may be read."""

from __future__ import annotations

from collections.abc import Sequence

from course_build.exercises.source import Exercise, without_canary

LEVEL_NAMES = {"understand": "Understand", "derive": "Derive", "implement": "Implement", "explore": "Explore"}


def fragment(exercise: Exercise, *, picture: str = "", notebook: str = "") -> str:
    """The Markdown of one exercise.

    Parameters
    ----------
    exercise : Exercise
        As read from its source.
    picture : str
        Where the expected picture is; "" for none.
    notebook : str
        Where the student's notebook is, for the link; "" for none.

    Returns
    -------
    str
        An `exercise`, with folded hints in it, and after it a folded `solution` where `self_study` allows it.
    """
    handed_in = "for yourself, with a solution" if exercise.self_study else "to hand in"
    level, points = LEVEL_NAMES[exercise.level], f"{exercise.total} point{'s' * (exercise.total > 1)}"
    pieces = [
        f"::::::{{exercise}} {exercise.title}\n:label: ex-{exercise.id}",
        f"*{level} · {points} · about {exercise.minutes} minutes · {handed_in}*",
        exercise.statement,
        _code("\n\n\n".join([*exercise.given, *exercise.stubs, exercise.check])),
    ]
    if notebook:
        pieces.append(f"Do it in {{download}}`its notebook <{notebook}>`, where `exercises.check` says what is wrong.")
    for number, hint in enumerate(exercise.hints, start=1):
        pieces.append(_folded(f"Hint {number}", hint))
    if picture:
        # Lazily: who does not unfold it does not load it.
        image = f"```{{image}} {picture}\n:alt: {exercise.expected_alt}\n:loading: lazy\n```"
        pieces.append(_folded("What a right answer draws", image))
    pieces.append("::::::")
    if exercise.self_study:
        pieces.append(_solution(exercise))
    return "\n\n".join(pieces) + "\n"


def table(exercises: Sequence[Exercise]) -> str:
    """The Markdown of a table of exercises, with how much there is in all."""
    rows = ["| chapter | exercise | level | points | minutes | |", "|---|---|---|---|---|---|"]
    for exercise in exercises:
        kind = "self-study" if exercise.self_study else "assigned"
        rows.append(
            f"| {exercise.number} | {{ref}}`{exercise.title} <ex-{exercise.id}>` (`{exercise.id}`) | {exercise.level} "
            f"| {exercise.total} | {exercise.minutes} | {kind} |"
        )
    points, minutes = (sum(numbers) for numbers in zip(*((one.total, one.minutes) for one in exercises), strict=True))
    rows.append(f"| | {len(exercises)} exercises | | {points} | {minutes} | |")
    return "\n".join(rows) + "\n"


def _solution(exercise: Exercise) -> str:
    code = "\n\n\n".join(map(_without_marks, exercise.answers))
    return (
        f"::::::{{solution}} ex-{exercise.id}\n:label: solution-{exercise.id}\n:class: dropdown\n\n"
        f"{_code(code)}\n\n{without_canary(exercise.note)}\n\n::::::"
    )


def _without_marks(code: str) -> str:
    lines = without_canary(code).splitlines()
    return "\n".join(line for line in lines if line.strip() not in ("# BEGIN SOLUTION", "# END SOLUTION"))


def _code(code: str) -> str:
    return f"```python\n{code}\n```"


def _folded(title: str, markdown: str) -> str:
    return f":::{{admonition}} {title}\n:class: dropdown hint\n\n{markdown}\n\n:::"
