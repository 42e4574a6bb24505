"""Works on the exercises: `python -m tools.exercises check` tries the solution, the stub and every mutant of each.

Names of exercises after it restrict it to these.
"""

from __future__ import annotations

import argparse
import sys

from tools.exercise_source import Exercise, read_all
from tools.exercise_trial import problems


def check(exercises: list[Exercise]) -> int:
    """Print what is wrong with each exercise; return how many have something wrong."""
    bad = 0
    for exercise in exercises:
        found = problems(exercise)
        bad += bool(found)
        print(f"{'✗' if found else '✓'} {exercise.id}: {len(exercise.mutants)} mutants, chapter {exercise.chapter}")
        print("".join(f"    {problem}\n" for problem in found), end="")
    return bad


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.exercises", description=__doc__)
    parser.add_argument("command", choices=["check"])
    parser.add_argument("ids", nargs="*", help="exercises; all without it")
    chosen = parser.parse_args(arguments)
    exercises = read_all()
    if unknown := set(chosen.ids) - {exercise.id for exercise in exercises}:
        parser.error(f"no such exercise: {', '.join(sorted(unknown))}")
    return int(check([exercise for exercise in exercises if not chosen.ids or exercise.id in chosen.ids]) > 0)


if __name__ == "__main__":
    sys.exit(main())
