"""The search for published solutions finds them wherever they hide, and nothing else."""

from __future__ import annotations

import gzip
import html
import io
import json
import zipfile
import zlib

import pytest
from matplotlib.figure import Figure

from course_build.exercises import leaks as exercise_leaks
from course_build.exercises.fragment import fragment
from course_build.exercises.leaks import leaks, squeezed
from course_build.exercises.source import FOLDER, read

ASSIGNED, OPEN = (read(FOLDER / name) for name in ("kl-between-clouds", "price-of-halving"))
LINE = "distance = (mean_q - mean_p) * torch.exp(-logvar_p / 2)  # in standard deviations of p"


def as_pdf(text: str) -> bytes:
    """A page as a printer gets it: numbers of letters in a font that holds no others."""
    content = io.BytesIO()
    figure = Figure(figsize=(12, 1))
    figure.text(0, 0.5, text.replace("$", r"\$"), fontsize=8)
    figure.savefig(content, format="pdf")
    return content.getvalue()


def as_zip(path, text: str):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.txt", text)


def test_the_line_is_one_of_the_solution():
    """Else the tests below would look for nothing."""
    assert LINE in ASSIGNED.answers[0]


@pytest.mark.parametrize("secret", [ASSIGNED.canary, LINE], ids=["canary", "line"])
@pytest.mark.parametrize("kind", ["html", "ipynb", "js", "inv", "pdf", "gz", "zip"])
def test_a_leak_is_found(tmp_path, secret, kind):
    """In a page with coloured code, in JSON, and in what is compressed."""
    path = tmp_path / "deep" / f"file.{kind}"
    path.parent.mkdir()
    coloured = "".join(f"<span class='n'>{html.escape(word)}</span> " for word in secret.split())
    if kind == "zip":
        as_zip(path, secret)
    else:
        content = {
            "html": f"<pre>{coloured}</pre>".encode(),
            "ipynb": json.dumps({"source": ["\t" + secret + "\n", 'x = "ÿ"']}).encode(),
            "js": f"Search.setIndex({{text: '{secret}'}})".encode(),
            "inv": b"# Sphinx inventory version 2\n# Project\n# Version\n# zlib\n" + zlib.compress(secret.encode()),
            "pdf": as_pdf(secret),
            "gz": gzip.compress(secret.encode()),
        }[kind]
        path.write_bytes(content)
    (tmp_path / "other.html").write_text("<p>Nothing.</p>")
    found = leaks(tmp_path, [ASSIGNED, OPEN])
    assert len(found) == 1
    assert found[0].startswith(f"deep/file.{kind}: ")


def test_a_line_of_twenty_letters_is_found_and_what_stands_everywhere_is_not(tmp_path, monkeypatch):
    body = "with torch.inference_mode():\n    x_hat = z @ decoder.T + mean\nreturn z"
    monkeypatch.setattr(exercise_leaks, "solution_bodies", lambda exercise: [body])
    (tmp_path / "page.html").write_text(f"<pre>{body}</pre>")
    line = "a line of the solution of kl-between-clouds: x_hat = z @ decoder.T + mean"
    assert leaks(tmp_path, [ASSIGNED]) == [f"page.html: {line}"]


def test_what_may_be_published_is_no_leak(tmp_path):
    """The fragments of both, and the solution of the one for self-study, whose mutants may not."""
    (tmp_path / "page.md").write_text(fragment(ASSIGNED) + fragment(OPEN))
    assert "3 / 8 * std**2" in fragment(OPEN)
    assert leaks(tmp_path, [ASSIGNED, OPEN]) == []
    (tmp_path / "page.md").write_text(OPEN.mutants[0].code)
    assert leaks(tmp_path, [ASSIGNED, OPEN]) == [f"page.md: the canary of {OPEN.id}"]


def test_an_empty_folder_is_no_proof(tmp_path):
    """Nothing would be found in nothing."""
    with pytest.raises(FileNotFoundError, match="run make book"):
        leaks(tmp_path, [ASSIGNED])


def test_white_space_marks_and_escapes_do_not_count():
    """One form for a line of code, however it is written."""
    forms = ['<b>a</b> = f(&quot;x&quot;)\n  + "ÿ"', 'a=f(\\"x\\")\\n+\\"\\u00ff\\"', 'a = f("x") + "ÿ"']
    assert {squeezed(form) for form in forms} == {'a=f("x")+"ÿ"'}
