"""Links to the PDF and the zip: only to what is there, and only where a page asks for them."""

from __future__ import annotations

import pytest

from course_build.copies import PDF, ZIP, publish, unlinked

PLACE = "<main><!-- copies --><!-- end of copies --></main>"


@pytest.fixture
def site(tmp_path):
    """A page that names copies, deep down, and one that does not."""
    site = tmp_path / "site"
    (site / "book").mkdir(parents=True)
    (site / "book" / "status.html").write_text(PLACE)
    (site / "other.html").write_text("<main></main>")
    return site


def test_a_copy_is_linked_once_it_is_there(site, tmp_path):
    """By a relative address, with its size; the second comes after the first, and once each."""
    for name in (ZIP, PDF, ZIP):
        (tmp_path / name).write_bytes(b"x" * 2_600_000)
        publish(tmp_path / name, site)
        page = (site / "book" / "status.html").read_text()
        assert f'<a href="../{name}">' in page
        assert "(3 MB)" in page
    assert page.count("<a ") == 2
    assert page.index(PDF) < page.index(ZIP)
    assert (site / PDF).stat().st_size == 2_600_000
    assert (site / "other.html").read_text() == "<main></main>"


def test_a_page_can_be_had_as_it_was(site, tmp_path):
    """For the zip, which holds no copies."""
    (tmp_path / PDF).write_bytes(b"x")
    publish(tmp_path / PDF, site)
    assert unlinked((site / "book" / "status.html").read_text()) == PLACE
