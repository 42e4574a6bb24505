"""A digit classifier that has seen no model of the course: the judge of what decoders draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from torch import Tensor, nn

from course_lib import _validate
from course_lib.losses import classification_terms
from course_lib.models._building import check_sizes, seeded, settings
from course_lib.models._mlp import mlp


@dataclass(eq=False, repr=False)
class Classifier(nn.Module):
    """Multilayer perceptron from pixels to the logits of the classes.

    It knows no answer "none of these": on pictures that show nothing it may be as sure as on digits, so that its
    confidence alone is no proof of a digit (`metrics.confidence`).

    Parameters
    ----------
    input_dim : int
        Width D of the data, at least 1.
    hidden : sequence of int
        Widths in between; the default makes 784-256-10.
    classes : int
        Number of classes, at least 1.
    activation : {"relu", "gelu", "sigmoid"}
        Between the layers.
    seed : int
        Seed of the first weights.

    Raises
    ------
    ValueError
        If a width is below 1 or the activation is unknown.
    """

    objective = staticmethod(classification_terms)

    _: KW_ONLY
    input_dim: int = 784
    hidden: Sequence[int] = (256,)
    classes: int = 10
    activation: str = "relu"
    seed: int = 0

    def __post_init__(self):
        super().__init__()
        check_sizes(self, "input_dim", "hidden", "classes")
        self.config = settings(self)
        with seeded(self.seed):
            self.network = mlp([self.input_dim, *self.hidden, self.classes], self.activation)

    def forward(self, x: Tensor) -> Tensor:
        """Equal to `logits(x)`: (n, D) → (n, classes)."""
        return self.logits(x)

    def logits(self, x: Tensor) -> Tensor:
        """Logarithms of the classes' probabilities up to one constant per example: (n, D) → (n, classes)."""
        return self.network(_validate.rows(x, self.input_dim, next(self.parameters())))
