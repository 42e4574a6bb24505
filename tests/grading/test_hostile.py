"""The gallery of hostile and broken submissions, graded as one class, two at once, with honest students among them."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from bs4 import BeautifulSoup

from benchmarks.toy_course import ASSIGNMENT, EXERCISES, KL, PRICE, solution, submitted
from course_build.grading.classroom import Row, grade_class, write_table
from course_build.grading.gradebook import CourseFolder, result_path
from course_build.grading.status import NEEDS_A_LOOK
from tests.grading import gallery
from tests.grading.conftest import SHORT

# The whole class is graded when the first test asks for it; one process takes all of them.
pytestmark = pytest.mark.timeout(900)
CASES = gallery.gallery("", 0)
HONEST = ("aaa-first", "zzz-last")


@dataclass
class Class:
    """What was graded, and what came of it."""

    root: Path
    rows: dict[str, Row]
    cases: dict[str, gallery.Case]
    connections: int
    before: dict[Path, bytes]

    def notebook(self, student: str) -> dict:
        """The result of the first notebook of a student."""
        return json.loads(result_path(self.root, ASSIGNMENT, student).read_text())["notebooks"][KL]


def name_of(case: str) -> str:
    """A student's name for a case."""
    return case.replace(" ", "-").replace(",", "")


@pytest.fixture(scope="module")
def graded(course, found_sandbox, tmp_path_factory):
    """The whole gallery, graded once."""
    root = tmp_path_factory.mktemp("hostile") / "course"
    shutil.copytree(course, root)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        cases = gallery.gallery(str(root), server.getsockname()[1])
        hand_in(root, cases)
        before = files(root)
        rows = grade_class(CourseFolder(root), ASSIGNMENT, root / "submitted", found_sandbox, SHORT, jobs=2)
        connections = accepted(server)
    return Class(root, {row.student: row for row in rows}, cases, connections, before)


def hand_in(root: Path, cases: dict[str, gallery.Case]) -> None:
    """Write the submissions of all cases and of two honest students in nbgrader's layout."""
    release = root / "release" / ASSIGNMENT
    for case in [*cases, *HONEST]:
        folder = root / "submitted" / name_of(case) / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{PRICE}.ipynb").write_text(submitted(release / f"{PRICE}.ipynb", solution(PRICE)))
        if case in HONEST:
            (folder / f"{KL}.ipynb").write_text(submitted(release / f"{KL}.ipynb", solution(KL)))
            continue
        content = cases[case].write(json.loads((release / f"{KL}.ipynb").read_text()))
        (folder / f"{KL}.ipynb").write_bytes(content if isinstance(content, bytes) else content.encode())


def files(root: Path) -> dict[Path, bytes]:
    """Every file that grading may not change."""
    return {
        path: path.read_bytes()
        for part in ("source", "release", "submitted")
        for path in (root / part).rglob("*")
        if path.is_file()
    }


def accepted(server: socket.socket) -> int:
    """How many connections wait at a socket."""
    try:
        server.accept()
    except BlockingIOError:
        return 0
    return 1


@pytest.mark.parametrize("case", CASES)
def test_gets_what_its_honest_part_deserves(graded, case):
    expected, row = graded.cases[case], graded.rows[name_of(case)]
    result = graded.notebook(name_of(case))
    assert (row.score, result["status"]) == (expected.score, expected.status or result["status"]), result
    assert re.search(expected.says, "; ".join(result["notes"]))
    assert expected.told in "\n".join(text for texts in result["messages"].values() for text in texts)


def test_the_second_notebook_is_graded_whatever_the_first_does(graded):
    points = {
        name: [row.parts[f"{PRICE}-points-{part}"] for part in EXERCISES[PRICE].points]
        for name, row in graded.rows.items()
    }
    assert {name: got for name, got in points.items() if got != [2.0, 1.0]} == {}


def test_honest_students_among_them_get_everything(graded):
    assert [(graded.rows[name].score, graded.rows[name].status, graded.rows[name].notes) for name in HONEST] == [
        (6.0, "graded", [])
    ] * 2


def test_nothing_outside_is_changed(graded):
    assert files(graded.root) == graded.before


def test_nobody_wrote_the_gradebook(graded):
    with sqlite3.connect(graded.root / "gradebook.db") as book:
        assert book.execute("select count(*) from grade where manual_score is not null").fetchone() == (0,)


def test_nobody_reached_a_socket(graded):
    assert graded.connections == 0


def test_nothing_survives(graded):
    left = [process.pid for process in psutil.process_iter(["cmdline"]) if "7654321" in (process.info["cmdline"] or [])]
    assert left == []


def test_the_gradebook_asks_for_a_look(graded):
    with sqlite3.connect(graded.root / "gradebook.db") as book:
        found = book.execute(
            "select distinct s.student_id from grade g join submitted_notebook n on g.notebook_id = n.id "
            "join submitted_assignment s on n.assignment_id = s.id where g.needs_manual_grade"
        ).fetchall()
    ended = {name for name, row in graded.rows.items() if row.status in NEEDS_A_LOOK}
    assert {student for (student,) in found} == ended >= {name_of("loops in a function"), name_of("empty file")}


def test_the_table_says_it_in_our_words(graded, tmp_path):
    write_table(list(graded.rows.values()), tmp_path / "grades.csv")
    text = (tmp_path / "grades.csv").read_text()
    assert len(text.splitlines()) == len(graded.rows) + 1
    assert "loops-in-a-function,graded in part,3,6,0,0,2,1," in text
    assert "empty-file,unreadable,3,6,0,0,2,1," in text
    assert "script" not in text.replace("scripts-for-the-teacher", "")


def test_feedback_runs_no_script_of_a_submission(graded):
    page = (graded.root / "feedback" / "scripts-for-the-teacher" / ASSIGNMENT / f"{KL}.html").read_text()
    assert "alert(1)" in page
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all("img", src="x")
    assert not any("alert" in script.get_text() for script in soup.find_all("script"))
    assert {urlsplit(link["href"]).scheme for link in soup.find_all(href=True)} <= {"", "http", "https", "mailto"}


def test_output_is_not_kept(graded):
    sizes = {path: path.stat().st_size for path in (graded.root / "autograded").rglob("*.ipynb")}
    assert max(sizes.values()) < 1_500_000  # a notebook may have 20 MB


def test_a_link_is_not_followed(graded, found_sandbox, tmp_path):
    """A submission that is a link to the instructor's solution is not read."""
    root = tmp_path / "course"
    shutil.copytree(graded.root, root, ignore=shutil.ignore_patterns("submitted", "feedback"))
    folder = root / "submitted" / "linker"
    folder.mkdir(parents=True)
    (folder / f"{KL}.ipynb").symlink_to(root / "source" / ASSIGNMENT / f"{KL}.ipynb")
    (row,) = grade_class(CourseFolder(root), ASSIGNMENT, root / "submitted", found_sandbox, SHORT, jobs=1)
    assert (row.score, row.status) == (0.0, "unreadable")
    assert "not a plain file" in row.notes[0]


def test_time_is_bounded(graded):
    """The slowest of all stays within its total, restarts included: nobody holds up the class."""
    assert max(row.seconds for row in graded.rows.values()) < SHORT.total_seconds * SHORT.wall_factor
