"""The one place where arguments are checked.

Every message says what was got, what was expected and how to fix it. Values are looked at once, at the door: `fit`,
`evaluate`, metrics, estimators and plots call `data_matrix`. Models call `rows`, which looks at shape and dtype alone:
it costs nothing, no GPU waits for it, and `torch.func` and `torch.compile` go through.
"""

from course_lib._validate.tensors import ROUNDING, code_grid, data_matrix, pixels, rows, same_length, same_shape
from course_lib._validate.values import MAX_SIZE, choice, extent, flag, generator, positive_int, positive_number, seed

__all__ = [
    "MAX_SIZE",
    "ROUNDING",
    "choice",
    "code_grid",
    "data_matrix",
    "extent",
    "flag",
    "generator",
    "pixels",
    "positive_int",
    "positive_number",
    "rows",
    "same_length",
    "same_shape",
    "seed",
]
