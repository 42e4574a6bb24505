"""What t-SNE and UMAP share: both look at the neighbours of each point, and fail quietly where those mean nothing."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

_BLOCK = 1000  # sparse rows that are made dense at once


def checked(X, *, finite: bool = True):
    """X as an array or a CSR matrix of at least two rows; ValueError if one of them holds NaN or infinity."""
    X = check_array(X, accept_sparse="csr", ensure_min_samples=2, ensure_all_finite=False)
    if finite:
        bad = sum(int((~np.isfinite(rows)).any(axis=1).sum()) for rows in _dense(X))
        if bad:
            raise ValueError(
                f"got NaN or infinity in {bad} of the {X.shape[0]} rows of X, expected finite numbers only: "
                "distances to such a row are no numbers; leave these rows out or fill the gaps"
            )
    return X


def copies(X) -> tuple[int, int]:
    """How many different rows there are, and how often the most frequent of them occurs.

    Raises
    ------
    ValueError
        If all rows are equal.
    """
    # Digests instead of np.unique: a tenth of the time and no copy. Adding 0 makes −0 and 0 the same.
    counts = Counter(hash(row.tobytes()) for rows in _dense(X) for row in rows + 0)
    if len(counts) == 1:
        raise ValueError(
            f"got X whose {X.shape[1]} features are all constant over {X.shape[0]} samples, expected at least one that "
            "varies: all distances are 0, and whatever a map shows of them is made up"
        )
    return len(counts), max(counts.values())


def warn_of_copies(most: int, limit: int, consequence: str, cure: str) -> None:
    """Warn if a row occurs so often that its copies take up its whole neighbourhood."""
    if most >= limit:
        message = f"got a row that occurs {most} times, expected fewer than {limit} of a kind: {consequence}; {cure}"
        warnings.warn(message, UserWarning, stacklevel=3)


def _dense(X) -> Iterator[np.ndarray]:
    if issparse(X):
        yield from (X[start : start + _BLOCK].toarray() for start in range(0, X.shape[0], _BLOCK))
    else:
        yield X
