"""The variational autoencoder as an estimator."""

from __future__ import annotations

import math

import numpy as np
from torch import Tensor

from course_lib import _validate, models, training
from course_lib.estimators import _scaling
from course_lib.estimators._base import CodeEstimator, widths

_MIN_NOISE = 1e-3  # of the features' mean variance, for data that lie in a plane


class VAEEstimator(CodeEstimator):
    """Variational autoencoder with scikit-learn's interface.

    `transform` gives the mean of q(z | x), `inverse_transform` the mean of p(x | z). X is scaled as in
    `AutoencoderEstimator`, and what is said there about units, range, outliers and constant features holds here.
    With `inverse_transform(random.standard_normal((n, d)))` it generates.

    Parameters
    ----------
    n_components : int
        Number d of latent dimensions, from 1 to the number D of features.
    hidden : sequence of int
        Widths between input and code; the decoder mirrors them.
    likelihood : {"gaussian", "bernoulli"}
        p(x | z). "bernoulli" takes X in [0, 1] only, and nothing is scaled.
    noise_variance : float, optional
        Variance of the Gaussian likelihood, above 0, in squared units of X; it weighs the reconstruction against the
        KL. The default is that of probabilistic PCA, the mean variance outside the first d principal axes (Tipping &
        Bishop 1999, equation 8), and at least a thousandth of the mean variance of all; a linear model would
        then use every latent dimension. A "bernoulli" model has none.
    epochs : int
        Passes over the data. An epoch takes n / batch_size steps, so small data need more of them.
    learning_rate : float or training.Schedule
        Of Adam.
    batch_size : int
        Samples per step.
    random_state : int, RandomState or None
        Of the first weights, the shuffle and the noise. An int gives the same result each time; None draws from NumPy's
        global state.
    verbose : bool
        Whether to show a progress bar.

    Attributes
    ----------
    model_ : models.VAE
        Works in scaled units.
    noise_variance_ : float
        Variance of the Gaussian likelihood in squared units of X; NaN for "bernoulli".
    scaling_ : NamedTuple
        `.offset`, shape (D,), and `.scale`: the model sees (X − offset) / scale.
    history_ : training.History
        In nats, of the scaled data: the ELBO of a "gaussian" model is that of X plus D log scale.
    seed_ : int
        What `random_state` gave.
    n_features_in_ : int
        Number D of features; `feature_names_in_` are their names, where they have any.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 5))
    >>> VAEEstimator(n_components=2, hidden=(8,), epochs=5).fit_transform(x).shape
    (200, 2)
    """

    def __init__(
        self,
        n_components=2,
        *,
        hidden=(256, 128),
        likelihood="gaussian",
        noise_variance=None,
        epochs=100,
        learning_rate=1e-3,
        batch_size=256,
        random_state=0,
        verbose=False,
    ):
        self.n_components = n_components
        self.hidden = hidden
        self.likelihood = likelihood
        self.noise_variance = noise_variance
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def score(self, X, y=None) -> float:
        """Mean ELBO of X per sample, in nats: a lower bound on the mean log-likelihood, as `PCA.score` is one itself.

        For "gaussian" it is about the density of X in its own units. One code is drawn for each sample, with the
        noise of `seed_`, so that the same X always scores the same. A "bernoulli" model needs X in [0, 1].
        """
        _, x = self._scaled(X)
        elbo = training.evaluate(self.model_, x, seed=self.seed_)["elbo"]
        return elbo - x.shape[1] * math.log(self.scaling_.scale)

    def _choose_scaling(self, x: np.ndarray) -> _scaling.Scaling:
        return _scaling.for_sigmoid(x, self.likelihood)

    def _build(self, x: Tensor, seed: int) -> models.VAE:
        options = {"input_dim": x.shape[1], "hidden": widths(self.hidden), "likelihood": self.likelihood, "seed": seed}
        self.noise_variance_ = math.nan
        if self.likelihood == "gaussian":
            squared_unit = self.scaling_.scale**2
            if self.noise_variance is None:
                self.noise_variance_ = _residual_variance(x, self.n_components) * squared_unit
            else:
                self.noise_variance_ = _validate.positive_number(self.noise_variance, "noise_variance")
            options["noise_variance"] = self.noise_variance_ / squared_unit
        return models.VAE(self.n_components, **options)

    def _codes(self, x: Tensor) -> Tensor:
        return self.model_.encode(x).mean


def _residual_variance(x: Tensor, n_components: int) -> float:
    """Mean variance of x, shape (n, D), outside its first principal axes, or a thousandth of the mean of all."""
    variances = models.PCA(n_components).fit(x).eigenvalues_
    outside = float(variances[n_components:].sum()) / max(len(variances) - n_components, 1)
    return max(outside, _MIN_NOISE * float(variances.mean()))
