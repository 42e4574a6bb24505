"""Each figure of the pages twice, for the light and for the dark page; a browser fetches the one that it shows.

The second picture comes with the first: in the output of a chapter's cell (`course_lib.dark`), or beside the expected
picture of an exercise. Here both become files, and an image of the page becomes two, of which one is displayed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from course_lib.dark import DARK, KEY, LIGHT

_IMAGE = re.compile(
    r'<img (?P<before>[^>]*?)src="(?P<folder>[^"]*_images/)(?P<name>[^"/]+)\.png"(?P<after>[^>]*?) ?/?>'
)


def pair(site: Path, executed: Path, exercises: Path) -> None:
    """Let every page show the figures that exist twice in its own mode.

    Parameters
    ----------
    site : Path
        The folder of the built pages.
    executed : Path
        The execution cache. What it holds of earlier versions of a chapter does no harm: no page shows that.
    exercises : Path
        The folder of the expected pictures, `<id>.png` and `<id>-dark.png`.
    """
    images = site / "_images"
    twice = {}
    for name, dark in (*_from_chapters(executed), *_from_exercises(exercises)):
        if (images / f"{name}.png").is_file():
            (images / f"{name}-dark.png").write_bytes(dark)
            twice[name] = _size(images / f"{name}.png"), _size(images / f"{name}-dark.png")
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        shown = _IMAGE.sub(lambda match: both(match, twice), page)
        if shown != page:
            path.write_text(shown, encoding="utf-8")


def both(match: re.Match, twice: dict) -> str:
    """The image tag that was found, or the two that replace it where its picture exists twice."""
    if match["name"] not in twice:
        return match[0]
    attributes = " ".join((match["before"] + match["after"]).replace('loading="lazy"', "").split())
    classes = re.search(r'class="([^"]*)" ?', attributes)
    attributes = attributes.replace(classes[0], "") if classes else attributes
    tags = []
    # What is not displayed is not near the window either, so a browser that loads lazily never fetches it.
    for kind, suffix, size in zip((LIGHT, DARK), ("", "-dark"), twice[match["name"]], strict=True):
        kinds = f"{kind} {classes[1]}" if classes else kind
        source = f'src="{match["folder"]}{match["name"]}{suffix}.png" {size}'
        tags.append(f'<img class="{kinds}" {attributes.strip()} {source} loading="lazy" />')
    return "".join(tags)


def _from_chapters(executed: Path) -> Iterator[tuple[str, bytes]]:
    for path in executed.rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                if dark := output.get("metadata", {}).get("image/png", {}).get(KEY):
                    light = base64.b64decode(output["data"]["image/png"])
                    # MyST-NB names a picture by its hash.
                    yield hashlib.sha256(light).hexdigest(), base64.b64decode(dark)


def _from_exercises(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.glob("*-dark.png"):
        yield path.stem.removesuffix("-dark"), path.read_bytes()


def _size(path: Path) -> str:
    with Image.open(path) as image:
        return f'width="{image.width}" height="{image.height}"'
