"""What the three estimators share: checks at the door, scaling, one call of `training.fit`, codes and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from course_lib import _validate, training
from course_lib.estimators._scaling import Scaling

_DTYPES = [np.float64, np.float32]  # anything else becomes the first
_BLOCK = 2000  # rows that pass through a network at once


class CodeEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):
    """An autoencoder behind scikit-learn's interface; a subclass says how to scale, what to build and what to score."""

    @abstractmethod
    def _choose_scaling(self, x: np.ndarray) -> Scaling:
        """From the units of x, shape (n, D), to those of the model."""

    @abstractmethod
    def _build(self, x: Tensor, seed: int) -> nn.Module:
        """The untrained model for scaled data x, shape (n, D)."""

    @abstractmethod
    def _codes(self, x: Tensor) -> Tensor:
        """Codes of scaled data: (n, D) → (n, d)."""

    def _describe(self, x: Tensor) -> None:
        """Set, from the scaled training data, the attributes that only this kind of model has; most have none."""

    @abstractmethod
    def score(self, X, y=None) -> float:
        """How well the model does on X, shape (n, D); higher is better."""

    def fit(self, X, y=None):
        """Learn the scaling and train the model; returns self.

        Parameters
        ----------
        X : array-like
            Shape (n, D), finite, n ≥ 2; float32 and float64 are kept, everything else becomes float64.
        y : None
            Ignored.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, if all its features are constant, or if a parameter is unusable.
        course_lib.training.Diverged
            If the loss stops being finite.
        """
        for learned in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, learned)  # a fit that fails leaves an estimator that is not fitted
        X = validate_data(self, X, dtype=_DTYPES, ensure_min_samples=2)
        width = _validate.positive_int(self.n_components, "n_components")
        if width > X.shape[1]:
            raise ValueError(f"got n_components = {width}, expected at most the {X.shape[1]} features of X")
        if not callable(self.learning_rate):
            _validate.positive_number(self.learning_rate, "learning_rate")
        self.scaling_ = self._choose_scaling(X)
        x = torch.from_numpy(self.scaling_.apply(X))
        self.seed_ = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.model_ = self._build(x, self.seed_).to(x.dtype)
        self.history_ = training.fit(
            self.model_,
            x,
            epochs=self.epochs,
            seed=self.seed_,
            batch_size=self.batch_size,
            lr=self.learning_rate,
            progress=bool(self.verbose),
        )
        self._describe(x)
        return self

    def transform(self, X) -> np.ndarray:
        """Codes of X: (n, D) → (n, n_components), in the dtype of X."""
        X, x = self._scaled(X)
        return _in_blocks(self._codes, x).astype(X.dtype, copy=False)

    def inverse_transform(self, X) -> np.ndarray:
        """Decoded codes, in the units of the training data: (n, n_components) → (n, D), in the dtype of the codes."""
        check_is_fitted(self, "history_")
        codes = check_array(X, dtype=_DTYPES)
        decoded = _in_blocks(self.model_.decode, torch.from_numpy(codes.astype(self.scaling_.offset.dtype)))
        return self.scaling_.undo(decoded).astype(codes.dtype, copy=False)

    @property
    def _n_features_out(self) -> int:
        return self.model_.latent_dim

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _scaled(self, X) -> tuple[np.ndarray, Tensor]:
        """X as it was checked, and what the model is given of it."""
        check_is_fitted(self, "history_")
        X = validate_data(self, X, reset=False, dtype=_DTYPES)
        return X, torch.from_numpy(self.scaling_.apply(X.astype(self.scaling_.offset.dtype, copy=False)))

    def _squared_error(self, X) -> float:
        """Mean over samples of ‖x − x̂‖², summed over features, in squared units of the data."""
        X, x = self._scaled(X)
        x_hat = self.scaling_.undo(_in_blocks(lambda block: self.model_.decode(self._codes(block)), x))
        return float(np.square(X - x_hat).sum(axis=1, dtype=np.float64).mean())


def widths(hidden) -> list[int]:
    """The widths of hidden layers as a list; TypeError if it is a single number or something else."""
    if isinstance(hidden, str) or not isinstance(hidden, Iterable):
        raise TypeError(f"got hidden = {hidden!r}, expected a sequence of widths, such as (256, 128)")
    return list(hidden)


def _in_blocks(function: Callable[[Tensor], Tensor], rows: Tensor) -> np.ndarray:
    with torch.no_grad():
        return torch.cat([function(block) for block in rows.split(_BLOCK)]).numpy()
