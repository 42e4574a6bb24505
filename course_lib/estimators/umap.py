"""umap-learn's UMAP, with checks of its input that umap-learn leaves out; importing it takes seconds."""

from __future__ import annotations

import warnings

from course_lib import _validate
from course_lib.estimators import _neighbourhoods

try:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)  # for a part not used here
        import umap
except ModuleNotFoundError as error:
    if error.name != "umap":  # it is there, but something that it needs is not
        raise
    raise ModuleNotFoundError(
        "UMAP needs the package umap-learn, which is not installed: pip install umap-learn", name="umap"
    ) from error


class UMAP(umap.UMAP):
    """`umap.UMAP`, which see for parameters and attributes, with more checks of the input.

    Refused before anything is computed: NaN and infinity; as many neighbours as there are points, or more; data of
    which all rows are equal. Warned of: more copies of a row than it has neighbours. Features that are constant, such
    as the corners of images, are fine as long as one varies: they add nothing to any distance.

    A seed allows one thread only. Where `random_state` is given and `n_jobs` was left at −1, "as many as can be", `fit`
    makes it 1, and umap-learn has nothing to warn of; any other number it still calls overridden.

    Notes
    -----
    *Neighbours.* umap-learn cuts `n_neighbors` down to n − 1, with a warning; then all points are neighbours. A point
    counts as the first neighbour of its own.

    *Equal rows.* umap-learn maps them to a cloud that looks like one of any other data.

    *Copies.* n_neighbors equal rows have no neighbours but each other; all that ties them to the rest are points that
    have one of them as a neighbour. `unique=True` maps each row once and gives all of a kind the same place.

    *Seeds.* Where a graph falls into many pieces, as with 2 neighbours, the same seed may give another map each time:
    the eigenvectors of the spectral start are not unique then, and scipy (1.17) searches them with randomness of its
    own. `init="random"` repeats.

    References
    ----------
    McInnes, Healy & Melville (2018).

    Examples
    --------
    >>> import numpy as np
    >>> UMAP(n_neighbors=5, random_state=0).fit_transform(np.random.default_rng(0).normal(size=(40, 5))).shape
    (40, 2)
    """

    def fit(self, X, y=None, ensure_all_finite=True, **kwargs):
        """Learn the places of the rows of X; returns self.

        Parameters
        ----------
        X : array-like or sparse matrix
            Shape (n, D); distances, shape (n, n), for `metric="precomputed"`.
        y : array-like, optional
            Labels or targets, which then shape the map.
        ensure_all_finite : bool or "allow-nan"
            Whether NaN and infinity are refused; only a metric of your own may know what to make of them.
        **kwargs
            Passed on to `umap.UMAP.fit`.

        Raises
        ------
        ValueError
            If X or the number of neighbours is unusable.
        """
        checked = _neighbourhoods.checked(X, finite=ensure_all_finite is True)
        points, neighbours = checked.shape[0], _validate.positive_int(self.n_neighbors, "n_neighbors")
        if self.metric != "precomputed":
            distinct, most = _neighbourhoods.copies(checked)
            if self.unique:
                points, most = distinct, 1
            _neighbourhoods.warn_of_copies(
                most,
                neighbours,
                f"with n_neighbors = {neighbours}, itself among them, the copies see nothing but each other",
                "map each row once with unique=True, or raise n_neighbors",
            )
        if neighbours >= points:
            raise ValueError(
                f"got n_neighbors = {neighbours} for {points} points, expected fewer than {points}: every point would "
                "be the neighbour of every other; lower n_neighbors or take more points"
            )
        if self.random_state is not None and self.n_jobs == -1:
            self.n_jobs = 1
        return super().fit(X, y, ensure_all_finite, **kwargs)
