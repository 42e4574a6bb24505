"""Tries an exercise: its solution must be right, its stub "not written yet", and every mutant must be found out."""

from __future__ import annotations

import io
import linecache
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout

import exercises
from course_build.exercises.source import Exercise

SEEDS = (0, 1, 2, 3)  # 0 is what the learner's own check draws


def namespace(cells: list[str], name: str) -> dict[str, object]:
    """Execute cells one after the other, as a notebook does, and return what they define."""
    defined: dict[str, object] = {"__name__": name}
    for number, code in enumerate(cells):
        file = f"<{name} {number}>"
        # So that messages can quote the line, as they do in a notebook.
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        with redirect_stdout(io.StringIO()):
            exec(compile(code, file, "exec"), defined)
    return defined


def trial(exercise: Exercise, answers: Mapping[str, Callable], seed: int) -> dict[str, list[str]]:
    """What the check finds wrong with a namespace: part → messages."""
    given = exercises.draw(exercise.id, seed)
    return exercises.judge(exercise.id, given, exercises.collect(exercise.id, answers, given)).findings


def solved(exercise: Exercise) -> dict[str, object]:
    """The namespace of the solution."""
    return namespace([*exercise.given, *exercise.answers], exercise.id)


def problems(exercise: Exercise) -> list[str]:
    """Everything that is wrong with an exercise, a sentence each; empty where it may be given to students."""
    parts = [part.name for part in exercises.definition(exercise.id)]
    if parts != (collected := [one.part for one in exercises.collectors(exercise.id)]):
        return [f"the check judges the parts {parts}, and collects for {collected}"]
    if parts != list(exercise.points):
        return [f"the check has the parts {parts}, the source gives points to {list(exercise.points)}"]
    call = ", ".join(f"{name}={name}" for name in exercises.functions(exercise.id))
    found = []
    if exercise.check != f'exercises.check("{exercise.id}", {call})':
        found.append(f'the check cell is {exercise.check}, expected exercises.check("{exercise.id}", {call})')
    names = solved(exercise)
    stub = namespace([*exercise.given, *exercise.stubs], exercise.id)
    for seed in SEEDS:
        for part, messages in trial(exercise, names, seed).items():
            found += [f"seed {seed}: the solution loses {part}: {message}" for message in messages]
        for part, messages in trial(exercise, stub, seed).items():
            if messages != [exercises.NOT_WRITTEN_YET]:
                found.append(f"seed {seed}: the stub gets {messages} for {part}, expected that it is not written yet")
        for number, mutant in enumerate(exercise.mutants, start=1):
            wrong = {**names, **_redefined(exercise, mutant.code)}
            found += [
                f"seed {seed}, mutant {number}: {text}" for text in _mismatch(trial(exercise, wrong, seed), mutant)
            ]
    return found


def _redefined(exercise: Exercise, code: str) -> dict[str, object]:
    return namespace([*exercise.given, *exercise.answers, code], exercise.id)


def _mismatch(findings: dict[str, list[str]], mutant) -> list[str]:
    lost = {part: " · ".join(messages) for part, messages in findings.items() if messages}
    found = [f"loses {part} ({lost[part]}), which it should not" for part in lost.keys() - mutant.loses.keys()]
    found += [f"keeps {part}, which it should lose" for part in mutant.loses.keys() - lost.keys()]
    for part in lost.keys() & mutant.loses.keys():
        if mutant.loses[part] not in lost[part]:
            found.append(f"loses {part} with “{lost[part]}”, which does not say “{mutant.loses[part]}”")
    return found
