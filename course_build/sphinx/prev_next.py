"""The links at the foot of a page say why one page follows the other.

The sentence is `next:` in the front matter of the earlier page; the page after it shows the same sentence with its link
back. The links themselves are `templates/components/prev-next.html`.
"""

from __future__ import annotations

from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")


def add_templates(app, config) -> None:
    """Let the book's templates come before the theme's; connected to Sphinx's event `config-inited`."""
    config.templates_path.append(str(TEMPLATES))


def add_reasons(app, pagename, templatename, context, doctree) -> None:
    """Give each neighbour of a page its `why`; connected to Sphinx's event `html-page-context`."""
    _, before, _ = app.builder.relations.get(pagename, (None, None, None))
    for side, earlier in (("prev", before), ("next", pagename)):
        if context.get(side):
            context[side] = {**context[side], "why": app.env.metadata[earlier].get("next")}
