"""The corpus of docstrings: what is in it, what is taken out, that it is the same every time and imports nothing."""

import gc
import hashlib
import inspect
import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch

from course_lib import data
from course_lib.data import docstrings


@pytest.fixture(scope="module")
def corpus():
    return data.documents()


def test_several_thousand_texts_of_known_packages(corpus):
    assert corpus.names == ("matplotlib", "networkx", "numpy", "scipy", "sklearn", "sympy", "torch")
    assert len(corpus) == len(corpus.texts) == len(corpus.labels) >= 3000
    assert corpus.labels.dtype == torch.int64
    counts = torch.bincount(corpus.labels, minlength=7)
    assert counts.min() >= 300
    assert counts.max() <= docstrings.MOST  # none outweighs the others
    assert repr(corpus) == f"Documents({len(corpus):,} docstrings of {', '.join(corpus.names)})"


def test_no_text_is_there_twice_and_none_is_short(corpus):
    assert [text for text, times in Counter(corpus.texts).items() if times > 1] == []
    words = [len(re.findall(r"[A-Za-z]{2,}", text)) for text in corpus.texts]
    assert min(words) >= 0.9 * docstrings.MIN_WORDS  # the library counts Greek letters as well


def test_no_text_gives_its_label_away(corpus):
    names = re.compile(r"(?i:matplotlib|networkx|numpy|scipy|sklearn|scikit|sympy|torch)|\b(np|plt|nx|mpl)\b")
    assert [match.group() for text in corpus.texts if (match := names.search(text))] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("PyTorch and torch.nn.Linear", " and .nn.Linear"),
        ("a NumPy array, `np.ndarray`, to_numpy()", "a  array, `.ndarray`, to_()"),
        ("scikit-learn, sklearn and scikit learn", ",  and "),
        ("matplotlib.pyplot as plt; plt.show()", ".pyplot as ; .show()"),
        ("input, snp, NP-hard, onnx", "input, snp, NP-hard, onnx"),
    ],
)
def test_names_are_taken_out_and_nothing_else(text, left):
    assert docstrings._without_names(text) == left


def test_texts_are_those_that_python_itself_knows(monkeypatch):
    """Against the objects: importing them and asking inspect gives the same words; none for what is compiled."""
    monkeypatch.setattr(docstrings, "MOST", 10**6)
    docstrings._texts.cache_clear()
    texts = {" ".join(text.split()) for text in docstrings._texts("numpy")}
    docstrings._texts.cache_clear()
    for known in (np.polynomial.Polynomial, np.median, np.linalg.lstsq, np.pad):
        assert " ".join(docstrings._without_names(inspect.getdoc(known)).split()) in texts
    assert " ".join(docstrings._without_names(inspect.getdoc(np.add)).split()) not in texts


PACKAGE = {
    "__init__.py": '"""{words} module."""\nraise SystemExit("imported")\n',
    "a.py": '''
def public():
    r"""{words} public \\d."""
    def inner():
        """{words} inner."""
def _private():
    """{words} private."""
class Public:
    """{words} class."""
    def method(self):
        """{words} method."""
    def _hidden(self):
        """{words} hidden."""
    class _Inner:
        """{words} inner class."""
def short():
    """Too short."""
def again():
    r"""{words} public \\d."""
''',
    "_private_file.py": 'def shown():\n    """{words} shown."""\n',
    "tests/b.py": 'def skipped():\n    """{words} skipped."""\n',
    "test_c.py": 'def skipped():\n    """{words} skipped too."""\n',
    "_internal/d.py": 'def skipped():\n    """{words} internal."""\n',
    "_core/e.py": 'def core():\n    """{words} core."""\n',
    "z.py": '"""Escapes \\d that Python warns about. {words} escapes."""\n',
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    words = " ".join(["word"] * docstrings.MIN_WORDS)
    for name, content in PACKAGE.items():
        path = tmp_path / "torch_toy" / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(content.replace("{words}", words))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(docstrings, "PACKAGES", ("no_such_package", "torch_toy"))
    docstrings._texts.cache_clear()
    yield
    docstrings._texts.cache_clear()


@pytest.mark.usefixtures("package")
def test_public_docstrings_of_public_files_are_read_in_order_once_and_nothing_is_imported():
    corpus = data.documents()
    assert corpus.names == ("torch_toy",)  # what is not installed is left out
    last = [text.split("word ")[-1] for text in corpus.texts]
    assert last == ["module.", "core.", "shown.", "public \\d.", "class.", "method.", "escapes."]
    assert corpus.labels.tolist() == [0] * 7
    assert "torch_toy" not in sys.modules


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(("most", "kept"), [(7, 7), (3, 3), (1, 1), (6, 6)])
def test_too_many_texts_are_thinned_out_evenly(monkeypatch, most, kept):
    monkeypatch.setattr(docstrings, "MOST", most)
    monkeypatch.setattr(docstrings, "_STRIDE", 1)
    texts = data.documents().texts
    assert len(texts) == kept
    if kept == 3:
        assert [text.split("word ")[-1] for text in texts] == ["shown.", "class.", "escapes."]


@pytest.mark.usefixtures("package")
def test_reading_stops_when_there_is_enough_and_the_order_is_that_of_the_files(monkeypatch):
    monkeypatch.setattr(docstrings, "MOST", 3)
    monkeypatch.setattr(docstrings, "_STRIDE", 2)  # __init__, _private_file and z; then _core and a
    assert [text.split("word ")[-1] for text in data.documents().texts] == ["module.", "shown.", "escapes."]


def test_what_two_packages_say_alike_is_in_neither(monkeypatch):
    said = {"numpy": ("a", "both", "b"), "scipy": ("both", "c")}
    monkeypatch.setattr(docstrings, "PACKAGES", tuple(said))
    monkeypatch.setattr(docstrings, "_texts", said.get)
    corpus = data.documents()
    assert corpus.texts == ["a", "b", "c"]
    assert corpus.labels.tolist() == [0, 0, 1]


@pytest.mark.usefixtures("package")
def test_garbage_is_collected_again_afterwards():
    assert gc.isenabled()
    data.documents()
    assert gc.isenabled()


def test_a_fresh_process_finds_the_same_texts_silently_and_imports_nothing_heavy(corpus):
    code = """
import sys
from course_lib import data
before = set(sys.modules)
corpus = data.documents()
import hashlib
digest = hashlib.sha256("".join(corpus.texts).encode()).hexdigest()
heavy = {"matplotlib", "networkx", "scipy", "sklearn"} & (set(sys.modules) - before)
print(digest, sorted(heavy))
"""
    answer = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    digest, heavy = answer.stdout.split(maxsplit=1)
    assert digest == hashlib.sha256("".join(corpus.texts).encode()).hexdigest()
    assert heavy.strip() == "[]"
    assert answer.stderr == ""


def test_every_later_call_remembers(corpus, monkeypatch):
    data.documents()  # the tests above forget some packages
    monkeypatch.setattr(docstrings, "_docstrings", None)  # no file can be read any more
    assert data.documents().texts == corpus.texts
