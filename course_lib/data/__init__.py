"""Data sets by name: MNIST, and digits and texts that are always there.

>>> from course_lib import data
>>> digits = data.load("digits")
>>> digits.test.x.shape
torch.Size([360, 64])

MNIST comes from `$COURSE_DATA`, else from the cache folder, else by download; its files are verified each time before
they are used. `python -m course_lib.data` says which source answers.
"""

from course_lib._storage import CorruptFileError
from course_lib.data.dataset import Dataset, Factor, Split
from course_lib.data.docstrings import Documents, documents
from course_lib.data.errors import DataUnavailable
from course_lib.data.grid import image_grid
from course_lib.data.loading import edition, load
from course_lib.data.verify import checksums

__all__ = [
    "CorruptFileError",
    "DataUnavailable",
    "Dataset",
    "Documents",
    "Factor",
    "Split",
    "checksums",
    "documents",
    "edition",
    "image_grid",
    "load",
]
