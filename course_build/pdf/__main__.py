"""Prints the built book: `python -m course_build.pdf` writes `_build/through-the-bottleneck.pdf`, also into the site.

With names of chapters, such as `pca`, it prints these alone and leaves the site as it is.
"""

from __future__ import annotations

import argparse
import logging
import sys
from datetime import datetime
from pathlib import Path

import yaml

from course_build.browser import chromium
from course_build.copies import PDF, publish, read_facts
from course_build.pdf.assemble import Imprint, compose
from course_build.pdf.contents import Entry, read_contents
from course_build.pdf.metadata import finish
from course_build.pdf.print import print_book
from course_build.repository import ROOT


def make(site: Path, entries: list[Entry], target: Path) -> int:
    """Print these pages of a built site; return the number of pages on paper.

    Raises
    ------
    FileNotFoundError
        If the site has not been built.
    """
    facts = read_facts(site)
    imprint = read_imprint(facts)
    keys = [entry.key for entry in entries]

    def volume(numbers: dict[str, int]) -> str:
        return compose(site, entries, imprint, numbers, facts.get("address"))

    with chromium() as browser:
        printed = print_book(browser, volume, site / "paper.html", keys)
    content, pages = finish(printed, imprint, datetime.fromisoformat(facts["built"]))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return pages


def read_imprint(facts: dict) -> Imprint:
    """What stands on the title page, from CITATION.cff, `_config.yml` and the facts of the build."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    title, _, subtitle = citation["title"].partition(": ")
    built = datetime.fromisoformat(facts["built"])
    commit = f", commit {facts['commit'][:10]}" if facts["commit"] else ""
    return Imprint(
        title=title,
        subtitle=subtitle[:1].upper() + subtitle[1:],
        author=config["author"],
        copyright=config["copyright"],
        edition=f"Computed on {facts['edition_says']}",
        made=f"Version {citation['version']}, built on {built.day} {built:%B %Y}{commit}",
        abstract=" ".join(citation["abstract"].split()),
    )


def main() -> int:
    """Parse the command line; the exit status is 1 for a name that is no chapter."""
    parser = argparse.ArgumentParser(prog="python -m course_build.pdf", description=__doc__)
    parser.add_argument("chapters", nargs="*", help="file names without .md; without any, the whole book")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / PDF)
    options = parser.parse_args()
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it counts Chromium's objects otherwise than Chromium

    entries = read_contents(ROOT / "_toc.yml")
    if unknown := set(options.chapters) - {entry.key for entry in entries}:
        print(f"got {sorted(unknown)}, expected some of {[entry.key for entry in entries]}", file=sys.stderr)
        return 1
    chosen = [entry for entry in entries if not options.chapters or entry.key in options.chapters]
    site = options.site.resolve()
    pages = make(site, chosen, options.to)
    if not options.chapters:
        publish(options.to, site)
    print(f"{options.to}: {pages} pages, {options.to.stat().st_size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
