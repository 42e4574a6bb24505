"""No script of a student runs in the browser of whoever grades, and nothing is fetched for it: feedback and formgrader.

Each trick stands in a cell of its own, below honest words that have to stay readable: in Markdown, in raw cells, in
code, in the answer and in what it raises. RUN becomes a call of `owned`, which every page here has; GET becomes an
address that nobody has a reason to ask for. Whether a cell is shown as text or rendered without harm does not matter.

MathJax, which nbgrader's pages fetch from elsewhere, is not let in: links in formulas are not tried.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from benchmarks.toy_course import ASSIGNMENT, KL, PRICE, cell_of, solution, submitted
from course_build.browser import chromium
from course_build.grading.classroom import Row, grade_class
from course_build.grading.gradebook import CourseFolder
from tests.grading.conftest import SHORT, missing

# Everything is graded and visited when the first test asks for it; one process does all of it.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PATIENCE = 120  # seconds: a test must fail for what a page does, not for how busy the machine is
STUDENT, HONEST, TOKEN = "mallory", "ada", "a-token-for-tests"
MATHJAX = "https://cdnjs.cloudflare.com/ajax/libs/mathjax/2.7.7/latest.js?config=TeX-AMS_CHTML-full,Safe"
NO_MATHJAX = "window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest() {}}}}};"
FEEDBACK, FORMGRADER = "feedback", "formgrader"
AGAIN = "formgrader, autograded there"  # its button takes the notebook that was handed in
BARE = ("a page without care", "")
PLACES = [(where, notebook) for where in (FEEDBACK, FORMGRADER, AGAIN) for notebook in (KL, PRICE)]

MARKDOWN = [
    "[x](javascript:RUN)",
    "[x](JaVaScRiPt:RUN)",
    "[x](java&#115;cript:RUN)",
    "[x](java&#115cript:RUN)",
    "[x](java&#x73;cript:RUN)",
    "[x](java&amp;#115;cript:RUN)",
    "[x](javascript&#58;RUN)",
    "[x](javascript&colon;RUN)",
    "[x](javascript\\:RUN)",
    "[x](java&Tab;script:RUN)",
    "[x](java&NewLine;script:RUN)",
    "[x](java&#9;script:RUN)",
    "[x](java\tscript:RUN)",
    "[x](java\nscript:RUN)",
    "[x](<java\tscript:RUN>)",
    "[x](< javascript:RUN>)",
    "[x](\x01javascript:RUN)",
    "[x](&#1;javascript:RUN)",
    "[x](java%73cript:RUN)",
    "[x](javascript%3ARUN)",
    "[x](files/javascript:RUN)",
    "[x](files/java&#115;cript:RUN)",
    "[x](vbscript:RUN)",
    "[x](d&#97;ta:text/html;base64,PHNjcmlwdD5vd25lZCgwKTwvc2NyaXB0Pg==)",
    "[x](blob&#58;https://host.invalid/1)",
    "[x](file:///GET)",
    "[x](view-source:GET)",
    "[x][one]\n\n[one]: javascript:RUN",
    "[x][two]\n\n[two]: java&#115;cript:RUN",
    "[x][three]\n\n[three]:\njavascript:RUN",
    "[x][four]\n\n[four]: <java&#115;cript:RUN>",
    "[five]\n\n[five]: javascript\\:RUN",
    "<javascript:RUN>",
    "<JAVASCRIPT:RUN>",
    "# [x](java&#115;cript:RUN)",
    "> - ~~*[x](java&#115;cript:RUN)*~~",
    "| a |\n|---|\n| [x](java&#115;cript:RUN) |",
    "[^1]\n\n[^1]: [x](java&#115;cript:RUN)",
    '[x](https://host.invalid "\\"onmouseover=RUN x=\\"")',
    '[x](https://host.invalid"onmouseover="RUN)',
    "![x](GET)",
    "![x](http&#58;//host.invalid/canary.png)",
    "![x](//host.invalid/canary.png)",
    "![x](/canary.png)",
    "![x](../../canary.png)",
    "![x][picture]\n\n[picture]: GET",
    "[![x](GET)](java&#115;cript:RUN)",
    '![" onerror=RUN x="](x)',
    "```mermaid\n<img src=x onerror=RUN>\n```",
    "```mermaid\n&lt;img src=x onerror=RUN&gt;\n```",
    '```"><img/src=x/onerror=RUN>\n```',
    "```html\n<img src=x onerror=RUN>\n```",
    "~~~\n~~~~\n~~~~~text\n~~~\r~~~~\r~~~~~~~~~~\n<img src=x onerror=RUN>\n[x](java&#115;cript:RUN)",
    "$$ <img src=x onerror=RUN> $$",
    "\\begin{a}<img src=x onerror=RUN>\\end{a}",
    "\\\\[<img src=x onerror=RUN>\\\\]",
]
HTML = [
    "<script>RUN</script>",
    "<script src=GET></script>",
    "<ScRiPt/x>RUN</sCrIpT/x>",
    "<script>document.title = 'owned'</script>",
    "<script>fetch('GET')</script>",
    "<img src=x onerror=RUN>",
    "<img src=x onerror=RUN",
    "<img/src=x/onerror=RUN//",
    "<img src=GET>",
    "<img srcset='GET 1x'>",
    "<picture><source srcset=GET><img></picture>",
    "<svg onload=RUN></svg>",
    "<svg><script>RUN</script></svg>",
    "<svg><image href=GET width=9 height=9 /></svg>",
    "<svg><animate onbegin=RUN attributeName=x dur=1s /></svg>",
    "<svg><a xlink:href=javascript:RUN><text y=20>x</text></a></svg>",
    "<math><a xlink:href=javascript:RUN>x</a></math>",
    "<iframe src=javascript:RUN></iframe>",
    "<iframe srcdoc='<script>RUN</script>'></iframe>",
    "<iframe src=GET></iframe>",
    "<object data=GET></object>",
    "<embed src=GET>",
    "<video src=GET poster=GET autoplay></video>",
    "<audio src=x onerror=RUN></audio>",
    "<link rel=stylesheet href=GET>",
    "<style>@import 'GET'; body { background: url(GET) }</style>",
    "<div style='background: url(GET)'>x</div>",
    "<table background=GET><tr><td background=GET>x</table>",
    "<body onload=RUN background=GET>",
    "<input type=image src=GET>",
    "<input autofocus onfocus=RUN>",
    "<details open ontoggle=RUN><summary onclick=RUN>x</summary></details>",
    "<marquee onstart=RUN>x</marquee>",
    "<style>@keyframes k {}</style><p style='animation: k 1s' onanimationstart=RUN>x</p>",
    "<x onpointerenter=RUN onmousemove=RUN tabindex=0 onfocus=RUN>x</x>",
    "<a href=javascript:RUN>x</a>",
    "<a href='java&#115;cript:RUN'>x</a>",
    "<a href='java\tscript:RUN'>x</a>",
    "<a href='&#1;javascript:RUN'>x</a>",
    "<a href='data:text/html,<script>RUN</script>'>x</a>",
    "<a href=#top onclick=RUN onmouseover=RUN>x</a>",
    "<a href=#top ping=GET>x</a>",
    "<form action=javascript:RUN><button>x</button><input type=submit></form>",
    "<form id=canary-form></form><button form=canary-form formaction=javascript:RUN>x</button>",
    "<button onclick=RUN>x</button>",
    "<meta http-equiv=refresh content='0; url=GET'>",
    "<base href=GET>",
    "<noscript><p title='</noscript><img src=x onerror=RUN>'></noscript>",
    "<!--><img src=x onerror=RUN>-->",
    "<!-- --!><img src=x onerror=RUN> -->",
    "<![CDATA[<img src=x onerror=RUN>]]>",
    "<?x <img src=x onerror=RUN>?>",
    "</textarea></title></style></script></pre></div><img src=x onerror=RUN>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=RUN&gt;'>",
    "<svg></p><style><a id='</style><img src=x onerror=RUN>'>",
    "&lt;img src=x onerror=RUN&gt;",
    "&amp;lt;img src=x onerror=RUN&amp;gt;",
    "\uff1cimg src=x onerror=RUN\uff1e",
    # A form of its own in nbgrader's: with it, whoever clicks gives points.
    f"<div class=nbgrader_cell><b id={KL}-points-values></b><a class=full-credit href=#top>x</a></div>",
    f"<div class=nbgrader_cell><b id={PRICE}-points-free-width></b><a class=full-credit href=#top>x</a></div>",
]
CODE = [
    "# </pre></div></div><script>RUN</script><img src=x onerror=RUN>",
    '"""</pre><svg onload=RUN>"""  # <a href=javascript:RUN>x</a>',
    "%%html\n<script>RUN</script><img src=GET>",
    "%%javascript\nRUN",
]
KNOWN_TO_WORK = [
    "<script>RUN</script>",
    "<img src=GET>",
    "<meta http-equiv=refresh content='0; url=GET'>",
    "<b onmousemove=RUN>x</b>",
    "<a href=javascript:RUN>x</a>",
    "<button onclick=RUN>x</button>",
]
RAW_KINDS = cycle([None, "text/html", "", "text/markdown", "application/javascript", "image/svg+xml"])
RAISES = (
    "</pre><script>RUN</script><img src=x onerror=RUN>\x1b]8;;javascript:RUN\x07x\x1b]8;;\x07\x1b[31m<svg onload=RUN>"
)


class Tricks:
    """All tricks that were written down, by number."""

    def __init__(self, canary: str):
        self.canary, self.texts = canary, []

    def write(self, text: str, about: str) -> str:
        """A text with a call and an address that tell what they belong to."""
        number = len(self.texts)
        self.texts.append(f"{about}: {text}")
        return text.replace("RUN", f"owned({number})").replace("GET", f"{self.canary}canary-{number}")

    def honest(self) -> str:
        """The words above the trick that is written next."""
        return words(len(self.texts))

    def named(self, found: list[str]) -> list[str]:
        """Calls and addresses, each with the trick it belongs to, as far as that can be told."""
        numbers = [re.search(r"(?:owned|canary)-(\d+)", one) for one in found]
        return sorted({self.texts[int(n[1])] if n else one for n, one in zip(numbers, found, strict=True)})


@dataclass
class Visit:
    """What a page did while somebody read it, moved and clicked."""

    title: str = ""
    text: str = ""
    ran: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    oddities: list[str] = field(default_factory=list)


@dataclass
class Seen:
    """All visits by place and notebook, None where there was no page; the tricks, and which cells hold them."""

    rows: dict[str, Row]
    visits: dict[tuple[str, str], Visit | None]
    tricks: Tricks
    numbers: dict[str, range]


def words(number: int) -> str:
    """What a trick is hidden below."""
    return f"Honest words {number}."


@pytest.fixture(scope="module")
def seen(course, found_sandbox, tmp_path_factory):
    """A hostile submission: handed in, graded, and looked at everywhere."""
    root = tmp_path_factory.mktemp("browser") / "course"
    shutil.copytree(course, root)
    with canary_server() as (canary, fetched):
        tricks = Tricks(canary)
        numbers = hand_in(root, tricks)
        rows = grade_class(CourseFolder(root), ASSIGNMENT, root / "submitted", found_sandbox, SHORT, jobs=2)
        # In a thread: each has room for one Playwright, and the tests of the pages keep theirs to the end.
        with jupyter(root) as server, ThreadPoolExecutor(1) as other:
            visits = other.submit(look, root, server, tricks, fetched).result()
    return Seen({row.student: row for row in rows}, visits, tricks, numbers)


@contextmanager
def canary_server() -> Iterator[tuple[str, list[str]]]:
    """A server on a host of its own that nobody has a reason to ask: its address, and what it was asked for."""
    fetched: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            fetched.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.end_headers()
            self.wfile.write(f"owned({self.path!r})".encode())

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", fetched
        server.shutdown()


def hand_in(root: Path, tricks: Tricks) -> dict[str, range]:
    """Write the submissions; which tricks are in which notebook: in one Markdown and code, in the other raw cells."""
    numbers = {}
    for name, fill in ((KL, markdown_and_code), (PRICE, raw)):
        first = len(tricks.texts)
        released = root / "release" / ASSIGNMENT / f"{name}.ipynb"
        contents = {STUDENT: submitted(released, edit=partial(fill, tricks=tricks))}
        contents[HONEST] = submitted(released, solution(name), edit=picture)
        for student, content in contents.items():
            folder = root / "submitted" / student / ASSIGNMENT
            folder.mkdir(parents=True, exist_ok=True)
            (folder / released.name).write_text(content)
        numbers[name] = range(first, len(tricks.texts))
    return numbers


def picture(notebook: dict) -> None:
    """A picture as JupyterLab pastes it into Markdown, on whose bytes nobody can rely."""
    notebook["cells"].append(cell("markdown", "![x](attachment:x.png)", attachments={"x.png": {"image/png": "AAAA"}}))


def markdown_and_code(notebook: dict, tricks: Tricks) -> None:
    """Tricks in Markdown and code, in the answer and in what it raises."""
    cells = []
    for text in MARKDOWN + HTML:
        honest = tricks.honest()
        cells.append(cell("markdown", f"{honest}\n\n{tricks.write(text, 'Markdown')}"))
    for text in CODE:
        honest = tricks.honest()
        cells.append(cell("code", f"{tricks.write(text, 'code')}\n# {honest}", outputs=[], execution_count=None))
    answer = [f"# {tricks.honest()}", f"# {tricks.write(CODE[0], 'answer')}"]
    honest = tricks.honest()
    raised = tricks.write(RAISES, "error")
    answer += [
        "def kl_between(mean_q, logvar_q, mean_p, logvar_p):",
        f"    raise type({raised[6:]!r}, (ValueError,), {{}})({honest + raised!r})",
    ]
    cell_of(notebook, f"{KL}-answer-1")["source"] = "\n".join(answer)
    notebook["cells"] = cells + notebook["cells"]  # before nbgrader's own: the first of two equal ids is found


def raw(notebook: dict, tricks: Tricks) -> None:
    """Tricks in raw cells, which a page may take for HTML, in both kinds of text."""
    cells = []
    for text, kind in zip(HTML + MARKDOWN, RAW_KINDS, strict=False):
        about = {} if kind is None else {"raw_mimetype": kind}
        honest = tricks.honest()
        cells.append(cell("raw", f"{honest}\n\n{tricks.write(text, f'raw, {kind}')}", metadata=about))
    cell_of(notebook, f"{PRICE}-answer-1")["source"] = solution(PRICE)
    notebook["cells"] = cells + notebook["cells"]


def cell(kind: str, source: str, **more: object) -> dict:
    """A cell of the student's own."""
    return {"cell_type": kind, "metadata": {}, "source": source, **more}


@contextmanager
def jupyter(root: Path) -> Iterator[str]:
    """A Jupyter server with formgrader in a course folder, in a home of its own; its address."""
    home = root.parent / "home"
    (home / "tmp").mkdir(parents=True)
    places = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    # Without JUPYTER_NO_CONFIG it would start all that is installed beside nbgrader.
    own = {"HOME": str(home), "TMPDIR": str(home / "tmp"), "JUPYTER_NO_CONFIG": "1", **places}
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": "0",
        "ServerApp.open_browser": "False",
        "ServerApp.allow_root": "True",
        "ServerApp.jpserver_extensions": "{'nbgrader.server_extensions.formgrader': True}",
        "IdentityProvider.token": TOKEN,
    }
    program = [sys.executable, "-m", "jupyter_server", *(f"--{name}={value}" for name, value in options.items())]
    log = home / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            program,
            cwd=root,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            yield address(process, Path(places["JUPYTER_RUNTIME_DIR"]), log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # it holds nothing that has to be saved
            process.wait()


def address(process: subprocess.Popen, runtime: Path, log: Path) -> str:
    """Where a Jupyter server is, once it says so."""
    end = time.monotonic() + PATIENCE
    about = runtime / f"jpserver-{process.pid}.json"
    while not (about.exists() and about.read_text().endswith("}")):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.05)
    return json.loads(about.read_text())["url"]


def look(root: Path, server: str, tricks: Tricks, fetched: list[str]) -> dict[tuple[str, str], Visit | None]:
    """Open all pages of the submission, and one without any care, one after the other."""
    with ExitStack() as opened:
        try:
            browser = opened.enter_context(chromium(PATIENCE))
        except RuntimeError as error:
            missing(str(error))

        def visited(url: str, page: Path | None = None) -> Visit | None:
            fetched.clear()
            found = visit(browser, url, page, tricks.canary)
            if found is not None:
                found.asked += [urljoin(tricks.canary, path) for path in fetched]
            return found

        visits = {BARE: visited("http://bare.invalid/", bare_page(root.parent / "bare.html", tricks))}
        for where, name in PLACES:
            if where == FEEDBACK:
                page = root / "feedback" / STUDENT / ASSIGNMENT / f"{name}.html"
                assert page.is_file()
                visits[where, name] = visited(f"http://feedback.invalid/{name}.html", page)
                continue
            if (where, name) == (AGAIN, KL):
                ask(f"{server}formgrader/api/submission/{ASSIGNMENT}/{STUDENT}/autograde", method="POST")
            everybody = ask(f"{server}formgrader/api/submitted_notebooks/{ASSIGNMENT}/{name}")
            number = next(one["id"] for one in everybody if one["student"] == STUDENT)
            visits[where, name] = visited(f"{server}formgrader/submissions/{number}/")
        return visits


def bare_page(path: Path, tricks: Tricks) -> Path:
    """A page that lets some of the tricks pass."""
    texts = "\n".join(tricks.write(text, "bare") for text in KNOWN_TO_WORK)
    path.write_text(f"<title>bare</title><div id=notebook-container>{texts}</div>")
    return path


def ask(url: str, method: str = "GET"):
    """What formgrader's own scripts would get from it."""
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def visit(browser: Browser, url: str, file: Path | None, canary: str) -> Visit | None:
    """Open a page, move over everything in its notebook, focus it and click it. None if formgrader has no such page."""
    found = Visit()
    own = urlsplit(url).netloc
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        context.set_default_timeout(1000 * PATIENCE)
        context.expose_function("owned", lambda *about: found.ran.append(f"owned-{'-'.join(map(str, about))}"))
        page = context.new_page()
        phases = ["reading"]

        def answer(route: Route) -> None:
            asked, where = route.request.url, urlsplit(route.request.url).netloc
            leaves = route.request.is_navigation_request() and route.request.frame == page.main_frame
            if not (leaves and phases[-1] == "clicking"):  # a link may lead to where it says
                found.asked.append(asked)
            if leaves and asked != url:
                route.fulfill(status=204)  # a browser stays where it is
            elif asked == MATHJAX:
                route.fulfill(body=NO_MATHJAX, content_type="text/javascript")
            elif file is not None and asked == url:
                route.fulfill(path=file, content_type="text/html; charset=utf-8")
            elif where == urlsplit(canary).netloc or (where == own and file is None and "canary" not in asked):
                route.continue_()
            else:
                route.abort()

        context.route("**/*", answer)
        context.on("dialog", lambda dialog: (found.opened.append(f"dialog {dialog.message}"), dialog.dismiss()))
        context.on("page", lambda other: (found.opened.append(f"window {other.url}"), other.close()))
        page.on("download", lambda download: found.opened.append(f"download {download.url}"))
        if file is None:
            context.request.get(urljoin(url, f"/login?token={TOKEN}"))
        response = page.goto(url)
        if response.status == 404:
            return None
        assert response.ok, f"{response.status} {url}"
        page.wait_for_load_state("networkidle")
        if file is None and not page.evaluate(WORKS):
            found.oddities.append("formgrader does not work")
        found.text = page.inner_text("#notebook-container")
        found.links = page.evaluate(LINKS)
        found.oddities += page.evaluate(ODDITIES)
        read(page)
        phases.append("clicking")
        click(page)
        found.title = page.title()
        found.opened += [f"frame {frame.url}" for frame in page.frames if frame != page.main_frame]
    return found


WORKS = "() => Boolean(window.formgrader?.grades?.loaded && window.formgrader.comments?.loaded)"
# The scheme of every link, as a browser sees it; on a page of the web's a relative one is https.
LINKS = """() => [...document.querySelectorAll("#notebook-container :is(a, area, form, button, input)")].flatMap((e) =>
    ["href", "xlink:href", "action", "formaction"].map((name) => e.getAttribute(name)).filter((to) => to !== null)
    .map((to) => { try { return new URL(to, "https://host.invalid/").protocol + " " + e.outerHTML.slice(0, 90) }
                   catch { return "no address: " + to } }))"""
# In the notebook: handlers, elements that act on the whole page, and ids of nbgrader's fields that are there twice.
ODDITIES = """() => [
    ...[...document.querySelectorAll("#notebook-container *")].filter((element) =>
        element.matches("script, style, link, meta, base, iframe, object, embed, form") ||
        [...element.attributes].some((attribute) => attribute.name.startsWith("on"))),
    ...[...document.querySelectorAll(".score, .comment")].flatMap((field) => {
        const all = [...document.querySelectorAll(`[id="${field.id}"]`)];
        return field.id && all.length > 1 ? all.filter((element) => element !== field) : [];
    }),
].map((element) => element.outerHTML.slice(0, 90))"""
TOUCHED = """() => {
    const names = "pointerover pointerenter pointermove mouseover mouseenter mousemove mousedown mouseup mouseout " +
        "dblclick contextmenu wheel focus focusin blur keydown keyup input toggle dragstart copy paste touchstart";
    for (const element of document.querySelectorAll("#notebook-container, #notebook-container *")) {
        element.focus?.();
        for (const name of names.split(" ")) element.dispatchEvent(new MouseEvent(name, { bubbles: true }));
    }
}"""
MORE_THAN_TEXT = "#notebook-container :not(div, p, pre, code, span, br, b, i, em, strong)"
CENTRE = """(element) => {
    element.scrollIntoView({ block: "center", behavior: "instant" });
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x + width / 2, y + height / 2];
}"""
CLICKED = "(element) => { element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })) }"
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def read(page: Page) -> None:
    """Let every single thing believe that it was touched, and move a real mouse over all that is more than text."""
    page.evaluate(TOUCHED)
    for element in page.query_selector_all(MORE_THAN_TEXT):
        page.mouse.move(*element.evaluate(CENTRE))
    settle(page)


def click(page: Page) -> None:
    """Click whatever can be clicked, nbgrader's own buttons too."""
    for element in page.query_selector_all(MORE_THAN_TEXT):
        element.evaluate(CLICKED)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the page has drawn and fetched what it wanted to."""
    page.evaluate(DRAWN)
    page.wait_for_load_state("networkidle")


def name_of(place: tuple[str, str]) -> str:
    """A place in the name of a test."""
    return ", ".join(place)


@pytest.fixture(params=PLACES, ids=name_of)
def place(request, seen):
    """One page: where it is, of which notebook, and its visit."""
    found = seen.visits[request.param]
    if found is None:
        assert request.param[0] == AGAIN, "formgrader has no such page"
        found = Visit(title=request.param[1])  # it refused, which is as safe
    return request.param, found


def test_the_tricks_work_where_nothing_is_done_about_them(seen):
    found = seen.visits[BARE]
    worked = seen.tricks.named(found.ran + [url for url in found.asked if "canary" in url])
    assert worked == sorted(f"bare: {text}" for text in KNOWN_TO_WORK)


def test_a_pasted_picture_is_no_trick(seen):
    assert (seen.rows[HONEST].status, seen.rows[HONEST].score) == ("graded", 6.0)


def test_no_script_of_a_student_runs(seen, place):
    (_, notebook), found = place
    assert seen.tricks.named(found.ran) == []
    assert (found.title, found.opened, found.oddities) == (notebook, [], [])


def test_nothing_is_fetched_for_a_student(seen, place):
    _, found = place
    assert seen.tricks.named([url for url in found.asked if "canary" in url]) == []


def test_only_nbgrader_asks_another_host(place):
    _, found = place
    hosts = {url: urlsplit(url).netloc for url in found.asked}
    own = next(iter(hosts.values()), None)  # of the page itself
    assert {url for url, host in hosts.items() if host != own and "canary" not in url} <= {MATHJAX}


def test_links_lead_to_pages_only(place):
    _, found = place
    assert [link for link in found.links if not link.startswith(("http: ", "https: ", "mailto: "))] == []


@pytest.mark.parametrize("place", [place for place in PLACES if place[0] != AGAIN], indirect=True, ids=name_of)
def test_what_was_written_honestly_can_be_read(seen, place):
    (_, notebook), found = place
    assert [seen.tricks.texts[n] for n in seen.numbers[notebook] if words(n) not in found.text] == []
