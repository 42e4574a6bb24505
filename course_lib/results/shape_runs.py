"""Many VAEs trained on shapes with known factors: what was measured of each, without the models."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from torch import Tensor

from course_lib import _validate
from course_lib.results import _files

KIND, DATASET = "runs", "shapes"
OBJECTIVES = ("beta-vae", "beta-tcvae")


@dataclass(frozen=True, eq=False, repr=False)
class ShapeRuns:
    """m models that differ in what they minimised, in the weight β and in the seed; d dimensions, K factors.

    Attributes
    ----------
    objective : Tensor
        Which of `OBJECTIVES` was minimised, int64, shape (m,): 0 weights the whole KL, 1 the total correlation.
    beta, seed : Tensor
        The weight, float64, and the seed of weights, shuffle and noise, int64, shape (m,).
    rate, distortion : Tensor
        Mean KL, and minus the mean log-likelihood given a drawn code, on held-out pictures, nats, shape (m,).
    information, total_correlation, dimension_wise : Tensor
        Parts of the mean KL over all pictures (`metrics.kl_decomposition`), nats, shape (m,).
    active_units : Tensor
        Dimensions in use, int64, shape (m,).
    mig, sap : Tensor
        Gap of each factor, shape (m, K); a model's score is the mean of its row (`metrics.mutual_information_gap`,
        `metrics.separated_attribute_predictability`, both of drawn codes).
    table : Tensor
        Mutual information of each dimension and each factor, nats, shape (m, d, K).
    """

    objective: Tensor
    beta: Tensor
    seed: Tensor
    rate: Tensor
    distortion: Tensor
    information: Tensor
    total_correlation: Tensor
    dimension_wise: Tensor
    active_units: Tensor
    mig: Tensor
    sap: Tensor
    table: Tensor

    @property
    def elbo(self) -> Tensor:
        """The bound on log p(x), minus distortion minus rate, shape (m,); there is no β in it."""
        return -self.distortion - self.rate

    def __len__(self) -> int:
        return len(self.beta)

    def __repr__(self) -> str:
        return f"ShapeRuns({len(self)} models, {len(self.beta.unique())} weights β, {len(self.seed.unique())} seeds)"

    def select(self, objective: str, beta: float | None = None) -> ShapeRuns:
        """The runs with that objective and, if it is given, that β; may be none.

        Raises
        ------
        ValueError
            If there is no such objective.
        """
        kept = self.objective == OBJECTIVES.index(_validate.choice(objective, "objective", OBJECTIVES))
        if beta is not None:
            kept = kept & (self.beta == beta)
        return ShapeRuns(*(getattr(self, field.name)[kept] for field in fields(self)))


def manifest() -> dict:
    """What the runs say of themselves: `dataset`, `command`, `settings`, `note`, `sha256`, `versions`."""
    return _files.load(KIND, DATASET)[1]


def load() -> ShapeRuns:
    """The runs that the course ships, verified.

    Raises
    ------
    CorruptFileError
        If the file is truncated, altered or foreign.
    """
    return ShapeRuns(**_files.load(KIND, DATASET)[0])


def save(runs: ShapeRuns, *, command: str, settings: dict, note: str) -> Path:
    """Write runs among what the course ships; returns the path.

    Raises
    ------
    ValueError
        If a field is not as long as the others, or not finite.
    """
    tensors = {field.name: getattr(runs, field.name) for field in fields(runs)}
    for name, value in tensors.items():
        if len(value) != len(runs) or not bool(value.isfinite().all()):
            raise ValueError(f"got {name} of shape {tuple(value.shape)}, expected {len(runs)} finite rows")
    return _files.save(KIND, DATASET, tensors, {"command": command, "settings": settings, "note": note})
