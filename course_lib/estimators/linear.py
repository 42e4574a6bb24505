"""The linear autoencoder as an estimator: PCA reached by gradient descent."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from course_lib import models
from course_lib.estimators import _scaling
from course_lib.estimators._base import CodeEstimator


class LinearAutoencoderEstimator(CodeEstimator):
    """Linear autoencoder with the interface of `sklearn.decomposition.PCA`.

    X is centred and divided by one number, the root of its mean variance, before the model sees it; codes are what
    the model says of that. Neither changes the subspace that PCA finds, and `inverse_transform` undoes both. Long
    enough training reaches this subspace and PCA's error. The codes are not PCA's: they are coordinates in some basis
    of the plane (Baldi & Hornik 1989), while `components_` are the principal axes.
    A constant feature comes back as it is once the weights to it have died out.

    Parameters
    ----------
    n_components : int
        Width d of the code, from 1 to the number D of features.
    epochs : int
        Passes over the data. An epoch takes n / batch_size steps, so small data need more of them.
    learning_rate : float or training.Schedule
        Of Adam. The last digits of PCA's subspace take one that falls, such as `training.Cosine(1e-2, epochs)`.
    batch_size : int
        Samples per step.
    random_state : int, RandomState or None
        Of the first weights and the shuffle. An int gives the same result each time; None draws from NumPy's global
        state.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    components_ : ndarray
        Shape (d, D), orthonormal rows by falling variance; signed as PCA's are (largest entry positive) and equal to
        them where the subspace is.
    explained_variance_ : ndarray
        Shape (d,); variance of the training data along each component, with divisor n − 1 as in PCA.
    mean_ : ndarray
        Shape (D,); mean of the training data.
    model_ : models.LinearAutoencoder
        Works in scaled units.
    scaling_ : NamedTuple
        `.offset`, equal to `mean_`, and `.scale`: the model sees (X − offset) / scale.
    history_ : training.History
        The loss is the squared error in scaled units, that is divided by scale².
    seed_ : int
        What `random_state` gave.
    n_features_in_ : int
        Number D of features; `feature_names_in_` are their names, where they have any.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 5)) * [4, 3, 1, 1, 1]
    >>> LinearAutoencoderEstimator(n_components=2, epochs=5).fit_transform(x).shape
    (200, 2)
    """

    def __init__(
        self, n_components=2, *, epochs=100, learning_rate=3e-3, batch_size=256, random_state=0, verbose=False
    ):
        self.n_components = n_components
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def score(self, X, y=None) -> float:
        """Minus the squared error, summed over features and averaged over samples; at most 0, in squared units of X.

        `sklearn.decomposition.PCA.score` is something else, a log-likelihood.
        """
        return -self._squared_error(X)

    def _choose_scaling(self, x: np.ndarray) -> _scaling.Scaling:
        return _scaling.to_unit_variance(x)

    def _build(self, x: Tensor, seed: int) -> models.LinearAutoencoder:
        return models.LinearAutoencoder(x.shape[1], self.n_components, seed=seed)

    def _codes(self, x: Tensor) -> Tensor:
        return self.model_.encode(x)

    def _describe(self, x: Tensor) -> None:
        axes, variances = models.principal_axes(self.model_.decoder.weight, x)
        largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
        self.components_ = (axes * largest.sign()).numpy()
        self.explained_variance_ = variances.numpy() * self.scaling_.scale**2 * len(x) / (len(x) - 1)
        self.mean_ = self.scaling_.offset
