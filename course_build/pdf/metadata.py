"""What Chromium leaves to do: who wrote the book and what it is about, an outline, and a small structure tree."""

from __future__ import annotations

import io
from datetime import datetime

from pypdf import PdfWriter
from pypdf.generic import NameObject, TextStringObject

from course_build.pdf.assemble import Imprint
from course_build.pdf.outline import add_outline
from course_build.pdf.print import Print
from course_build.pdf.structure import flatten


def finish(printed: Print, imprint: Imprint, made: datetime) -> tuple[bytes, int]:
    """The PDF with its metadata, as small as it gets without loss, and how many pages it has.

    Parameters
    ----------
    printed : Print
        As Chromium printed it.
    imprint : Imprint
        Title, author and abstract.
    made : datetime
        What counts as its date: that of the build, so that the same build gives the same PDF.
    """
    writer = PdfWriter(clone_from=io.BytesIO(printed.pdf))
    writer.pdf_header = "%PDF-1.7"  # pypdf would write 1.3, which knows no structure tree
    flatten(writer)
    add_outline(writer, printed.headings)
    stamp = made.strftime("D:%Y%m%d%H%M%S+00'00'")
    writer.add_metadata(
        {
            "/Title": f"{imprint.title}: {imprint.subtitle}",
            "/Author": imprint.author,
            "/Subject": imprint.abstract,
            "/CreationDate": stamp,
            "/ModDate": stamp,
        }
    )
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    writer.page_mode = "/UseOutlines"
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue(), len(writer.pages)
