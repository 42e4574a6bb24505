"""Sphinx extension of the book: executes chapters and dresses pages; `extension` is its door."""
