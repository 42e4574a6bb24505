"""Glued numbers are the records that MyST-NB reads, and nothing at all outside a notebook."""

import sys

import IPython.display
import pytest
from myst_nb.core.variables import format_plain_text
from myst_nb.ext import glue as mystnb

from course_lib.glue import glue


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as if a kernel were running."""
    calls = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    for home, name in ((IPython.display, "display"), (mystnb, "ipy_display")):
        monkeypatch.setattr(home, name, lambda *args, **options: calls.append((args, options)))
    return calls


def test_the_record_is_the_one_that_mystnb_writes(shown):
    glue(pca2_error="43.60")
    mystnb.glue("pca2_error", "43.60", display=False)
    ours, theirs = shown
    assert ours == theirs


def test_each_name_gets_its_own_record_in_order(shown):
    glue(a="1", b=2)
    records = [(args[0], options["metadata"]["scrapbook"]["name"]) for args, options in shown]
    key = "application/papermill.record/text/plain"
    assert records == [({key: "'1'"}, "a"), ({key: "'2'"}, "b")]


@pytest.mark.parametrize(
    ("given", "printed"),
    [("5.20", "5.20"), ("-147.5", "−147.5"), ("-23 to 11", "−23 to 11"), ("pre-trained", "pre-trained")],
)
def test_the_page_prints_what_was_formatted_with_a_true_minus(shown, given, printed):
    glue(a=given)
    ((record,), _) = shown[0]
    assert format_plain_text(record["application/papermill.record/text/plain"], "") == printed


def test_nothing_happens_in_plain_python(monkeypatch, capsys):
    glue(a="1")
    monkeypatch.delitem(sys.modules, "IPython")
    glue(a="1")
    assert capsys.readouterr().out == ""
