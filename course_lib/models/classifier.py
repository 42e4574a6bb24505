"""A digit classifier that has seen no model of the course: the judge of what decoders draw."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from course_lib import validation
from course_lib.losses import classification_terms
from course_lib.models._mlp import mlp, seeded


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

    def __init__(
        self,
        *,
        input_dim: int = 784,
        hidden: Sequence[int] = (256,),
        classes: int = 10,
        activation: str = "relu",
        seed: int = 0,
    ):
        super().__init__()
        self.input_dim = validation.positive_int(input_dim, "input_dim")
        self.classes = validation.positive_int(classes, "classes")
        widths = [self.input_dim, *(validation.positive_int(width, "hidden") for width in hidden)]
        self.config = {
            "input_dim": self.input_dim,
            "hidden": widths[1:],
            "classes": self.classes,
            "activation": activation,
        }
        with seeded(seed):
            self.network = mlp([*widths, self.classes], activation)

    def forward(self, x: Tensor) -> Tensor:
        """Equal to `logits(x)`: (n, D) → (n, classes)."""
        return self.logits(x)

    def logits(self, x: Tensor) -> Tensor:
        """Logarithms of the classes' probabilities up to one constant per example: (n, D) → (n, classes)."""
        return self.network(validation.rows(x, self.input_dim, self.network[0].weight))
