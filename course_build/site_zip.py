"""Packs the built site to read it offline: `python -m course_build.site_zip` writes it and puts it into the site.

The same site gives the same zip, byte by byte: files in order, their time that of the build, no rights but to read.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from datetime import datetime
from pathlib import Path

from course_build.copies import NAMES, ZIP, publish, read_facts, unlinked
from course_build.repository import ROOT

FOLDER = "through-the-bottleneck"
README = """Through the Bottleneck
======================

Open index.html in a browser. The whole course is in this folder: nothing is fetched from the network, the interactive
figures and the search run in the browser, and no server is needed.

Unpack the whole archive first: inside a zip, a browser sees one page and none of the others. The notebooks behind the
download buttons are in the folder as well; to run them you need Python, and their first cells say what else.

Built on {built}, computed on {edition}.
"""
# What a server or the next build needs, and what is a copy itself.
LEFT_OUT = {"404.html", "sitemap.xml", "robots.txt", ".buildinfo", ".nojekyll", *NAMES}
# How the search shows what it has found.
SEARCH = "_static/documentation_options.js"


def without_summaries(options: bytes) -> bytes:
    """Sphinx's options with a search that names the pages only: to quote from them it fetches, which a folder forbids.

    Raises
    ------
    ValueError
        If there is no such option: Sphinx has changed.
    """
    changed = options.replace(b"SHOW_SEARCH_SUMMARY: true", b"SHOW_SEARCH_SUMMARY: false")
    if changed == options:
        raise ValueError(f"got {SEARCH} without SHOW_SEARCH_SUMMARY: true; see how Sphinx's search fetches now")
    return changed


def write(site: Path, target: Path) -> None:
    """Write the zip of a built site.

    Parameters
    ----------
    site : Path
        The folder of the built pages, with `book/health.json` in it.
    target : Path
        The zip; everything in it lies in one folder, a README for people among it.

    Raises
    ------
    FileNotFoundError
        If the site has not been built.
    """
    facts = read_facts(site)
    built = datetime.fromisoformat(facts["built"])
    readme = README.format(built=f"{built.day} {built:%B %Y}", edition=facts["edition_says"])
    contents = {"README.txt": readme.encode()}
    for path in site.rglob("*"):
        name = path.relative_to(site).as_posix()
        if not path.is_file() or name in LEFT_OUT:
            continue
        content = path.read_bytes()
        contents[name] = unlinked(content.decode()).encode() if path.suffix == ".html" else content
    contents[SEARCH] = without_summaries(contents[SEARCH])
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", built.timetuple()[:6])
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            archive.writestr(entry, contents[name], compresslevel=9)


def main() -> int:
    """Pack `--site` to `--to`; where that is the book's own site, publish the zip in it."""
    parser = argparse.ArgumentParser(prog="python -m course_build.site_zip", description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / ZIP)
    options = parser.parse_args()
    write(options.site, options.to)
    publish(options.to, options.site)
    print(f"{options.to}: {options.to.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
