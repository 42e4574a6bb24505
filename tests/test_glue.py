"""Glued numbers are the records that MyST-NB reads, and nothing at all outside a notebook."""

import sys

import IPython.display
import pytest
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


class Number:
    """Shown as 43.65: MyST-NB stores what a notebook would show, so a string would keep its quotes."""

    def __repr__(self):
        return "43.65"


def test_the_record_is_the_one_that_mystnb_writes(shown):
    glue(pca2_error="43.65")
    mystnb.glue("pca2_error", Number(), display=False)
    ours, theirs = shown
    assert ours == theirs


def test_each_name_gets_its_own_record_in_order(shown):
    glue(a="1", b=2)
    records = [(args[0], options["metadata"]["scrapbook"]["name"]) for args, options in shown]
    key = "application/papermill.record/text/plain"
    assert records == [({key: "1"}, "a"), ({key: "2"}, "b")]


def test_nothing_happens_in_plain_python(monkeypatch, capsys):
    glue(a="1")
    monkeypatch.delitem(sys.modules, "IPython")
    glue(a="1")
    assert capsys.readouterr().out == ""
