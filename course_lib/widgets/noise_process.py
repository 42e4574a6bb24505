"""Points that dissolve into noise, and a trained network that leads noise back to the figure."""

from __future__ import annotations

from typing import ClassVar

import matplotlib.pyplot as plt
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from course_lib import _validate, metrics, models, notation
from course_lib.widgets._base import CourseWidget
from course_lib.widgets._traits import Real, one_of

DIRECTIONS = ("forward", "reverse")
SAMPLERS = ("ddpm", "ddim", "ddim-10")
FEW_STEPS = 10
NEAR = 0.2  # a point this near to some point of the data has found the figure
MAX_POINTS = 300


class NoiseProcess(CourseWidget):
    """Add noise to points step by step, and take it away again with the denoiser of a two-dimensional `Diffusion`.

    Make one with `NoiseProcess.from_model`. The page runs both chains itself.

    Attributes
    ----------
    points, beta, variance, widths, weights
        The data and the model; see the head of `js/noise-process.mjs`.
    t : int
        The time that is shown, 0 (data) to T (noise).
    direction : {"forward", "reverse"}
        Whether the encoder adds noise or the decoder takes it away.
    sampler : {"ddpm", "ddim", "ddim-10"}
        How the decoder does it: with noise in each step, without, or without and in ten large steps.
    seed : int
        Of the noise, at least 0.
    """

    module = "noise-process"
    shared: ClassVar = ("t", "direction", "sampler", "seed")

    points = traitlets.Bytes().tag(sync=True)
    beta = traitlets.List(Real()).tag(sync=True)
    variance = traitlets.List(Real()).tag(sync=True)
    widths = traitlets.List(traitlets.Int()).tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)
    t = traitlets.Int(0, min=0).tag(sync=True)
    direction = traitlets.Enum(DIRECTIONS, "forward").tag(sync=True)
    sampler = traitlets.Enum(SAMPLERS, "ddpm").tag(sync=True)
    seed = traitlets.Int(0, min=0).tag(sync=True)

    @traitlets.validate("t")
    def _a_time_of_the_model(self, proposal) -> int:
        return one_of(proposal, self.beta)

    @classmethod
    def from_model(cls, model: models.Diffusion, points: Tensor, **traits) -> NoiseProcess:
        """A figure of a trained diffusion and the points that it was trained on.

        Parameters
        ----------
        model : Diffusion
            Of two dimensions, with the denoiser "mlp".
        points : Tensor
            Data, float, shape (n, 2), n at most 300: each is moved in the page.
        **traits
            `t`, `direction`, `sampler`, `seed`, `name`.

        Raises
        ------
        ValueError
            If the model is of another kind or there are too many points.
        """
        points = _validate.data_matrix(points, name="points")
        if model.config["input_dim"] != 2 or model.config["denoiser"] != "mlp" or model.pixels:
            raise ValueError(f"got {model.config}, expected a Diffusion(2, denoiser='mlp'): the page draws a plane")
        if points.shape[1] != 2 or len(points) > MAX_POINTS:
            raise ValueError(f"got points of shape {tuple(points.shape)}, expected (n, 2) with n at most {MAX_POINTS}")
        layers = [layer for layer in model.denoiser.network if isinstance(layer, nn.Linear)]
        numbers = [value for layer in layers for value in (layer.weight, layer.bias)]
        return cls(
            points=points.float().numpy().tobytes(),
            beta=model.schedule.beta.tolist(),
            variance=model.reverse_variance.tolist(),
            widths=[layers[0].in_features, *(layer.out_features for layer in layers)],
            weights=b"".join(value.detach().float().numpy().tobytes() for value in numbers),
            **traits,
        )

    def data(self) -> Tensor:
        """The points, shape (n, 2)."""
        return torch.frombuffer(bytearray(self.points), dtype=torch.float32).reshape(-1, 2)

    def model(self) -> models.Diffusion:
        """The diffusion that the page runs, made from the figure's state alone."""
        model = models.Diffusion(2, width=self.widths[1], depth=len(self.widths) - 2, steps=len(self.beta) - 1)
        model.schedule = models.NoiseSchedule(torch.tensor(self.beta, dtype=torch.float64))
        model.reverse_variance = torch.tensor(self.variance, dtype=torch.float64)
        flat = torch.frombuffer(bytearray(self.weights), dtype=torch.float32)
        nn.utils.vector_to_parameters(flat, model.denoiser.network.parameters())
        return model.eval()

    def chains(self) -> dict[str, dict[int, Tensor]]:
        """The encoder's chain and the three ways back: name → time → points (n, 2), all from `seed`."""
        model, data = self.model(), self.data()
        generator = torch.Generator().manual_seed(self.seed)
        forward = {0: data}
        for t in range(1, model.schedule.steps + 1):
            beta = float(model.schedule.beta[t])
            eps = torch.randn(data.shape, generator=generator)
            forward[t] = (1 - beta) ** 0.5 * forward[t - 1] + beta**0.5 * eps
        chains = {"forward": forward, "ddpm": {}, "ddim": {}, "ddim-10": {}}
        start = torch.randn(data.shape, generator=generator)
        models.ddpm(model, len(data), start=start, generator=generator, watch=chains["ddpm"].__setitem__)
        for name, steps in (("ddim", model.schedule.steps), ("ddim-10", min(FEW_STEPS, model.schedule.steps))):
            models.ddim(model, len(data), start=start, steps=steps, watch=chains[name].__setitem__)
        return chains

    def share_near(self, points: Tensor) -> float:
        """The share of points (m, 2) that lie within 0.2 of a point of the data."""
        near = metrics.nearest_squared_distance(points, self.data()) <= NEAR**2
        return float(near.double().mean())

    def still(self) -> Figure:
        """The figure at five times on its way into noise, and on the way back by DDPM."""
        total, chains = len(self.beta) - 1, self.chains()
        times = [round(total * share) for share in (0, 0.1, 0.3, 0.6, 1)]
        figure, axes = plt.subplots(2, 5, figsize=(8, 3.5), layout="constrained", sharex=True, sharey=True)
        for row, (name, key) in enumerate((("forward", "x"), ("ddpm", "x_hat"))):
            for ax, t in zip(axes[row], times, strict=True):
                ax.scatter(*chains[name][t].T, s=2, color=notation.color(key))
                ax.set(xlim=(-2.6, 2.6), ylim=(-2.6, 2.6), xticks=[], yticks=[], aspect="equal")
                if row == 0:
                    ax.set_title(f"t = {t}", fontsize=10)
            axes[row][0].set_ylabel("adding noise →" if row == 0 else "← taking it away", fontsize=9)
        return figure

    def describe(self) -> str:
        """What the still shows."""
        chains = self.chains()
        ends = {name: round(100 * self.share_near(chain[0])) for name, chain in chains.items()}
        return (
            f"Two rows of five scatter plots. Above, {len(self.data())} points of a figure spread step by step until, "
            f"at time {len(self.beta) - 1}, they are a round cloud. Below, read from right to left, another cloud "
            f"contracts to the same figure: at the end {ends['ddpm']} % of its points lie within {NEAR} of the figure "
            f"by DDPM, {ends['ddim']} % by DDIM in all steps and {ends['ddim-10']} % by DDIM in ten."
        )
