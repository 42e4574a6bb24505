"""Makes the PDF's structure tree small: Chromium writes an element for every span, and formulas have thousands.

The tree is what a screen reader walks. `NonStruct` elements mean nothing in it by definition; their content belongs to
the next element around them, a paragraph or a formula.
"""

from __future__ import annotations

from collections.abc import Iterator

from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, NumberObject

MEANINGLESS = "/NonStruct"


def flatten(writer: PdfWriter) -> None:
    """Remove every element that means nothing, and leave what is in it to the element around it; in place.

    Raises
    ------
    ValueError
        If the PDF has no structure.
    """
    if "/StructTreeRoot" not in writer.root_object:
        raise ValueError("got a PDF without a structure tree, expected a tagged one; print it with another Chromium")
    root = writer.root_object["/StructTreeRoot"]
    owners: dict[int, IndirectObject] = {}  # number of a removed element → the one that has its content now
    for document in _kids(root):
        _adopt(document, owners)
    for parents in _leaves(root["/ParentTree"]):
        for index in range(1, len(parents), 2):
            entry = parents[index]
            if isinstance(entry.get_object(), ArrayObject):
                array = entry.get_object()
                array[:] = ArrayObject(_owner(element, owners) for element in array)
            else:
                parents[index] = _owner(entry, owners)
    writer.compress_identical_objects(remove_duplicates=False, remove_unreferenced=True)


def _adopt(reference: IndirectObject, owners: dict[int, IndirectObject]) -> None:
    """Give an element the content of all meaningless ones below it, level by level."""
    element = reference.get_object()
    page = element.get("/Pg") and element.raw_get("/Pg")
    kept = ArrayObject()
    waiting = [(kid, page) for kid in reversed(_kids(element))]
    while waiting:
        kid, page_of_kid = waiting.pop()
        if isinstance(kid, NumberObject):
            kept.append(_mark(kid, page_of_kid, page))
            continue
        child = kid.get_object()
        if child.get("/S") == MEANINGLESS:
            owners[kid.idnum] = reference
            page_of_child = child.raw_get("/Pg") if "/Pg" in child else page_of_kid
            page = page or page_of_child
            waiting += [(one, page_of_child) for one in reversed(_kids(child))]
            child.clear()  # while it refers to others, none of them is unreferenced
            continue
        kept.append(kid)
        if "/S" in child:
            child[NameObject("/P")] = reference
            _adopt(kid, owners)
    if page:
        element[NameObject("/Pg")] = page
    element[NameObject("/K")] = kept


def _kids(element: DictionaryObject) -> list:
    if "/K" not in element:
        return []
    kids = element.raw_get("/K")
    resolved = kids.get_object()
    return list(resolved) if isinstance(resolved, ArrayObject) else [kids]


def _leaves(tree: DictionaryObject) -> Iterator[ArrayObject]:
    """The lists of a number tree, which is one list or has branches."""
    if "/Kids" in tree:
        for branch in tree["/Kids"]:
            yield from _leaves(branch.get_object())
    else:
        yield tree["/Nums"]


def _mark(number: NumberObject, page: IndirectObject, default: IndirectObject):
    """Marked content by its number, with its page where that is not its element's."""
    if page == default:
        return number
    return DictionaryObject(
        {NameObject("/Type"): NameObject("/MCR"), NameObject("/Pg"): page, NameObject("/MCID"): number}
    )


def _owner(reference, owners: dict[int, IndirectObject]):
    while isinstance(reference, IndirectObject) and reference.idnum in owners:
        reference = owners[reference.idnum]
    return reference
