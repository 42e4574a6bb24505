"""The deep autoencoder as an estimator."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from course_lib import models
from course_lib.estimators import _scaling
from course_lib.estimators._base import CodeEstimator, widths


class AutoencoderEstimator(CodeEstimator):
    """Deep autoencoder with scikit-learn's interface.

    The decoder ends in a sigmoid, but X may hold any real numbers: the smallest value of each feature is taken off and
    the result divided by one number, the widest range of all features, so that the training data fill [0, 1] at most.
    `inverse_transform` undoes it. Images in [0, 1] with black and white in them are therefore left as they are. Three
    things follow. Minimising the squared error in scaled units minimises it in the units of X, so that, as in PCA, a
    feature with a small spread counts little: put a `StandardScaler` in front where units differ. Nothing is decoded
    to below a feature's training minimum, or more than the widest range above it. And one extreme value makes
    everything else small: clip outliers first. A constant feature is learned like any other, not decoded exactly.

    Parameters
    ----------
    n_components : int
        Width d of the code, from 1 to the number D of features.
    hidden : sequence of int
        Widths between input and code; the decoder mirrors them.
    likelihood : {"gaussian", "bernoulli"}
        What training minimises: the squared error, or the cross-entropy. "bernoulli" takes X in [0, 1] only, and
        nothing is scaled.
    epochs : int
        Passes over the data. An epoch takes n / batch_size steps, so small data need more of them.
    learning_rate : float or training.Schedule
        Of Adam.
    batch_size : int
        Samples per step.
    random_state : int, RandomState or None
        Of the first weights and the shuffle. An int gives the same result each time; None draws from NumPy's global
        state.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    model_ : models.Autoencoder
        Works in scaled units.
    scaling_ : NamedTuple
        `.offset`, shape (D,), and `.scale`: the model sees (X − offset) / scale.
    history_ : training.History
        The loss of a "gaussian" model is the squared error in scaled units, that is divided by scale².
    seed_ : int
        What `random_state` gave.
    n_features_in_ : int
        Number D of features; `feature_names_in_` are their names, where they have any.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 5))
    >>> AutoencoderEstimator(n_components=2, hidden=(8,), epochs=5).fit(x).get_feature_names_out()
    array(['autoencoderestimator0', 'autoencoderestimator1'], dtype=object)
    """

    def __init__(
        self,
        n_components=2,
        *,
        hidden=(256, 128),
        likelihood="gaussian",
        epochs=100,
        learning_rate=1e-3,
        batch_size=256,
        random_state=0,
        verbose=False,
    ):
        self.n_components = n_components
        self.hidden = hidden
        self.likelihood = likelihood
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def score(self, X, y=None) -> float:
        """Minus the squared error, summed over features and averaged over samples; at most 0, in squared units of X.

        That holds for both likelihoods: a "bernoulli" model is not scored by the cross-entropy it was trained on.
        """
        return -self._squared_error(X)

    def _choose_scaling(self, x: np.ndarray) -> _scaling.Scaling:
        return _scaling.for_sigmoid(x, self.likelihood)

    def _build(self, x: Tensor, seed: int) -> models.Autoencoder:
        return models.Autoencoder(
            self.n_components, input_dim=x.shape[1], hidden=widths(self.hidden), likelihood=self.likelihood, seed=seed
        )

    def _codes(self, x: Tensor) -> Tensor:
        return self.model_.encode(x)
