"""scikit-learn's t-SNE, with checks of its input that scikit-learn leaves out."""

from __future__ import annotations

import math

from sklearn import manifold

from course_lib import _validate
from course_lib.estimators import _neighbourhoods


class TSNE(manifold.TSNE):
    """`sklearn.manifold.TSNE`, which see for parameters and attributes, with more checks of the input.

    Refused before anything is computed: NaN and infinity; a perplexity of a third of the points or more; data of which
    all rows are equal. Warned of: more copies of a row than its neighbourhood holds. Features that are constant, such
    as the corners of images, are fine as long as one varies: they add nothing to any distance.

    There is no `transform`: t-SNE moves the places of the points themselves, and nothing that it learns says where a
    new one would lie.

    Notes
    -----
    *A third.* Nearest neighbours are sought 3 · perplexity + 1 deep, since beyond that their weights vanish. With a
    perplexity of n/3 these are all points: what was to be a neighbourhood is everything. scikit-learn then cuts the
    search short without a word, and refuses a perplexity of n only. The original implementation has this bound too.

    *Equal rows.* The default start divides by the spread along the first principal axis; where it is 0 the process may
    die of a segmentation fault (it does with scikit-learn 1.9), and from a random start a cloud comes out that looks
    like one of any other data.

    *Copies.* A point with c copies has them as neighbours with equal weights, so that its perplexity is c or more,
    whatever was asked for; with more than 3 · perplexity copies it has no other neighbour.

    References
    ----------
    van der Maaten & Hinton (2008); van der Maaten (2014) for the neighbours.

    Examples
    --------
    >>> import numpy as np
    >>> TSNE(perplexity=5).fit_transform(np.random.default_rng(0).normal(size=(40, 5))).shape
    (40, 2)
    """

    def fit_transform(self, X, y=None):
        """Places of the rows of X: (n, D) → (n, n_components), float32.

        Parameters
        ----------
        X : array-like or sparse matrix
            Shape (n, D), finite; distances, shape (n, n), for `metric="precomputed"`.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            If X or the perplexity is unusable.
        """
        checked = _neighbourhoods.checked(X)
        n, perplexity = checked.shape[0], _validate.positive_number(self.perplexity, "perplexity")
        if 3 * perplexity >= n:
            raise ValueError(
                f"got perplexity = {perplexity:g} for {n} points, expected less than a third of them, {n / 3:.4g}: the "
                "3 · perplexity nearest neighbours of a point would be all points; lower it or take more points"
            )
        if self.metric != "precomputed":
            _, most = _neighbourhoods.copies(checked)
            reached = min(most - 1, int(3 * perplexity + 1))
            _neighbourhoods.warn_of_copies(
                most,
                math.floor(perplexity) + 2,
                f"its copies alone make its perplexity {reached}, more than the {perplexity:g} asked for, and leave "
                "little or nothing for other neighbours",
                "map each row once, np.unique(X, axis=0), or raise the perplexity",
            )
        return super().fit_transform(X, y)
