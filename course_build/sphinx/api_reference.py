"""What `sphinx.ext.autodoc` needs to make the page on `course_lib` from its docstrings."""

from __future__ import annotations

from sphinx import addnodes

SETTINGS = {
    # Docstrings name types with their shapes; a second time in the signature they only make it long.
    "autodoc_typehints": "none",
    "autodoc_member_order": "bysource",
    "add_module_names": False,
    # A docstring's types are prose ("any model of the course"), nothing to link to.
    "napoleon_use_param": False,
    "napoleon_use_rtype": False,
    "napoleon_custom_sections": [("Attributes", "params_style"), ("Raises", "params_style")],
    # Between single backticks stands code, as numpydoc has it.
    "default_role": "code",
    "toc_object_entries": False,
    # [a link](notation) leads to a label, never to the module of that name.
    "myst_ref_domains": ["std"],
}


def configure(app, config) -> None:
    """Settle how docstrings are read; connected to Sphinx's event `config-inited`."""
    for name, value in SETTINGS.items():
        setattr(config, name, value)


def skip(app, what, name, member, skipped, options) -> bool | None:
    """Leave out the fields of named tuples, whose own docstring is "Alias for field number 0"."""
    return True if (getattr(member, "__doc__", None) or "").startswith("Alias for field") else None


def add_style(app, pagename, templatename, context, doctree) -> None:
    """Give the pages that describe objects their style sheet; connected to `html-page-context`."""
    if doctree is not None and next(doctree.findall(addnodes.desc), None):
        app.add_css_file("api.css", priority=900)


def setup(app):
    """Connect; called by Sphinx, which `extension` asks to."""
    for extension in ("sphinx.ext.autodoc", "sphinx.ext.napoleon"):
        app.setup_extension(extension)
    app.connect("config-inited", configure)
    app.connect("autodoc-skip-member", skip)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
