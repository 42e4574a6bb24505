"""The checks of exercises: what they say, and that nothing a learner's process sends can deceive or break them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import exercises
from course_build.exercises.source import FOLDER, read
from course_build.exercises.trial import solved

SOLVED = {name: solved(read(FOLDER / name)) for name in exercises.names()}


def answers(name):
    """The functions of the solution of an exercise."""
    return {function: SOLVED[name][function] for function in exercises.functions(name)}


def test_every_check_has_a_source():
    """And the other way round."""
    assert exercises.names() == sorted(path.parent.name for path in FOLDER.glob("*/exercise.md"))


@pytest.mark.parametrize("name", exercises.names())
@pytest.mark.usefixtures("global_random_state_untouched")
def test_a_check_is_reproducible(name):
    """The same seed draws the same inputs; another draws others, unless the exercise has none."""
    first, again, other = exercises.draw(name, 5), exercises.draw(name, 5), exercises.draw(name, 6)
    assert first.keys() == again.keys() == other.keys()
    for key, array in first.items():
        np.testing.assert_array_equal(array, again[key])
    assert not first or any(not np.array_equal(array, other[key]) for key, array in first.items())


@pytest.mark.parametrize("name", exercises.names())
def test_collected_data_survives_a_file_without_pickle(name, tmp_path):
    """What leaves the sandbox is judged as what stays in the process."""
    given = exercises.draw(name, 1)
    for label, data in (("given", given), ("got", exercises.collect(name, answers(name), given))):
        np.savez(tmp_path / f"{label}.npz", **data)
    read_back = []
    for label in ("given", "got"):
        with np.load(tmp_path / f"{label}.npz", allow_pickle=False) as file:
            read_back.append({key: file[key] for key in file.files})
    report = exercises.judge(name, *read_back)
    assert len(report.right) == len(report.findings)


RUBBISH = {
    "nothing": lambda array: None,
    "NaN": lambda array: np.full(array.shape, np.nan),
    "infinity": lambda array: np.full(array.shape, np.inf),
    "text": lambda array: np.full(array.shape, "right"),
    "another axis": lambda array: np.stack([array, array]),
    "nothing in it": lambda array: np.zeros((0, 3)),
    "huge": lambda array: np.full(array.shape, 1e300),
    "complex": lambda array: array.astype(complex),
    "bytes": lambda array: np.full(array.shape, b"right"),
    "dates": lambda array: np.zeros(array.shape, dtype="datetime64[s]"),
}


@pytest.mark.parametrize("kind", RUBBISH)
@pytest.mark.parametrize("name", exercises.names())
def test_no_judge_believes_rubbish(name, kind):
    """Each part is refused in words, and none raises, whatever came out of the learner's process."""
    given = exercises.draw(name, 1)
    changed = {key: RUBBISH[kind](array) for key, array in exercises.collect(name, answers(name), given).items()}
    report = exercises.judge(name, given, {key: array for key, array in changed.items() if array is not None})
    assert report.right == []
    assert all(message.strip() for messages in report.findings.values() for message in messages)


@pytest.mark.parametrize("name", exercises.names())
def test_a_judge_survives_an_odd_error(name):
    """The text of an error is the learner's too."""
    given = exercises.draw(name, 1)
    for odd in (np.zeros((2, 0)), np.asarray(3), np.asarray("x" * 10**6)):
        got = {f"{part.name}/error": odd for part in exercises.definition(name)}
        report = exercises.judge(name, given, got)
        assert report.right == []
        assert len(str(report)) < 1000 * len(report.findings)


def test_a_report_reads_well():
    """What is right, what is wrong and why, and what raised where."""

    def kl_between(mean_q, logvar_q, mean_p, logvar_p):
        return mean_q @ mean_p

    report = exercises.check("kl-between-clouds", kl_between=kl_between)
    assert str(report).splitlines()[0] == "kl-between-clouds: 0 of 2 parts are right"
    assert "your code raised RuntimeError" in str(report)
    assert "return mean_q @ mean_p" in str(report)
    right = str(exercises.check("kl-between-clouds", **answers("kl-between-clouds")))
    assert "2 of 2" in right
    assert "✗" not in right


def test_require_raises_what_a_grader_understands():
    """Nothing for a right part, `Wrong` for a wrong one, NotImplementedError for a stub."""

    def unwritten():
        raise NotImplementedError

    functions = answers("price-of-halving")
    exercises.require("price-of-halving", "price", **functions)
    with pytest.raises(exercises.Wrong, match="its minimum"):
        exercises.require("price-of-halving", "free-width", **functions | {"free_width": lambda: 1})
    with pytest.raises(NotImplementedError, match="not written yet"):
        exercises.require("price-of-halving", "free-width", **functions | {"free_width": unwritten})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda: None, "is a return missing"),
        (lambda: "1.36", "expected a tensor, an array or a number"),
        (lambda: [1.36, 1.36], "got free_width of shape (2,), expected ()"),
        (lambda: torch.tensor(float("nan")), "NaN or infinite"),
    ],
)
def test_what_is_no_number_is_named(answer, message):
    """And so is where it came from."""
    functions = answers("price-of-halving") | {"free_width": answer}
    assert message in str(exercises.check("price-of-halving", **functions))


@pytest.mark.parametrize(
    "form", [float, np.float32, torch.tensor, lambda x: torch.tensor([x], requires_grad=True), lambda x: [x]]
)
def test_a_right_number_may_have_any_form(form):
    """A float, a NumPy scalar, a tensor, with a gradient or without."""
    functions = answers("price-of-halving")
    functions["free_width"] = lambda: form(1.36)
    assert "free-width" in exercises.check("price-of-halving", **functions).right


def test_a_call_with_the_wrong_names_says_how_to_call():
    """Forgetting a function is a mistake of the call, not of the answer."""
    functions = answers("price-of-halving")
    with pytest.raises(TypeError, match=r"price=price, free_width=free_width"):
        exercises.check("price-of-halving", price=functions["price"])
    with pytest.raises(TypeError, match="expected your function itself"):
        exercises.check("price-of-halving", price=functions["price"], free_width=functions["free_width"]())
    with pytest.raises(ValueError, match="expected one of"):
        exercises.check("no-such-exercise")


def test_a_function_that_is_missing_is_named():
    """Where a whole namespace is collected from, as a grader does."""
    given = exercises.draw("price-of-halving")
    got = exercises.collect("price-of-halving", {"price": answers("price-of-halving")["price"], "other": 3}, given)
    report = exercises.judge("price-of-halving", given, got)
    assert report.right == ["price"]
    assert "free_width is not defined" in report.findings["free-width"][0]


def test_explain_prefers_right_then_a_known_mistake_then_the_shape():
    """In this order, so that a mistake that happens to equal the right answer is none."""
    right, mistakes = np.array([1.0, 2.0]), {"twice": np.array([2.0, 4.0]), "summed": 3.0, "the same": [1.0, 2.0]}

    def said(value):
        return exercises.explain({"kl": np.asarray(value)}, "kl", right, mistakes=mistakes, otherwise="look again")

    assert said([1.0, 2.0]) == []
    assert said([2.0, 4.0]) == ["twice"]
    assert said(3.0) == ["summed"]
    assert said([1.0, 2.0, 3.0]) == ["got kl of shape (3,), expected (2,); look again"]
    assert said([1.0, 5.0]) == ["1 of the 2 numbers in kl are wrong; look again"]
    assert said([np.inf, 2.0]) == ["1 of the 2 numbers in kl are NaN or infinite; look again"]
