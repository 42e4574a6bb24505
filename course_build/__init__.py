"""What turns the course's sources into pages, notebooks, a PDF, grades and weights. It stays here: nothing ships it.

Floors, each importing only from those above it in this list:

    repository, browser, copies     where the course lies and what its products are called
    exercises                       the source of an exercise: read, tried, drawn, guarded against leaks
    notebooks                       chapters and exercises as notebooks
    sphinx, pdf, grading, recipes   pages; the book on paper; a class; what is computed beforehand
"""
