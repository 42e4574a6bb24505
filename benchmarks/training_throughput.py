"""Training throughput of `training.fit` beside three loops over the same model: what the library's loop gains.

Examples per second of *processor* time on one thread: on a machine that is shared with other jobs, wall time would
measure those. All loops run in turn in one process, round after round, and only ratios within a round are compared.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import models, training
from course_lib.data._torchvision import datasets, transforms
from course_lib.training._matmul_precision import fast_matmul

BATCH, LR = 256, 1e-3
OURS = "`training.fit`"
USUAL = "(a) usual loop: `DataLoader`, PIL, `ToTensor`, Sigmoid + BCE, default Adam"
PLAIN = "(b) plain preloaded loop: `x[rows]`, Sigmoid + BCE, default Adam"
PRODUCTS = "(c) bare matrix products of forward and backward, nothing else"
# Our throughput, at least so many times theirs; the usual loop's cost depends on the processor, so it is only shown.
REQUIRED = {PLAIN: 1.75, PRODUCTS: 0.5}


class Pictures(datasets.MNIST):
    """torchvision's MNIST over images in memory: its own way of fetching one, PIL included."""

    def __init__(self, pixels: Tensor):
        self.data, self.targets = pixels, torch.zeros(len(pixels), dtype=torch.int64)
        self.transform, self.target_transform = transforms.ToTensor(), None


class TutorialVAE(nn.Module):
    """The VAE 784-256-128-2 as tutorials write it: probabilities out of a Sigmoid, no checks."""

    def __init__(self):
        super().__init__()
        relu = nn.ReLU()
        self.encoder = nn.Sequential(nn.Linear(784, 256), relu, nn.Linear(256, 128), relu, nn.Linear(128, 4))
        self.decoder = nn.Sequential(
            nn.Linear(2, 128), relu, nn.Linear(128, 256), relu, nn.Linear(256, 784), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Negative ELBO of the batch, summed."""
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return F.binary_cross_entropy(self.decoder(z), x, reduction="sum") + kl


def ours(x: Tensor, pixels: Tensor) -> None:
    """One epoch of the library's loop, its checks at the door included."""
    training.fit(models.VAE(latent_dim=2), x, epochs=1, batch_size=BATCH, lr=LR, device="cpu", progress=False)


def usual(x: Tensor, pixels: Tensor) -> None:
    """One epoch as in most tutorials."""
    loader = torch.utils.data.DataLoader(Pictures(pixels), batch_size=BATCH, shuffle=True)
    model = TutorialVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    total = 0.0
    for images, _ in loader:
        total += _step(model, optimizer, images.view(-1, 784))


def plain(x: Tensor, pixels: Tensor) -> None:
    """One epoch without a DataLoader: what a careful reader writes first."""
    model = TutorialVAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    order, total = torch.randperm(len(x)), 0.0
    for i in range(0, len(x), BATCH):
        total += _step(model, optimizer, x[order[i : i + BATCH]])


def _step(model: TutorialVAE, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    optimizer.zero_grad()
    loss = model(x)
    (loss / len(x)).backward()
    optimizer.step()
    return loss.item()


@fast_matmul()
def products(x: Tensor, pixels: Tensor) -> None:
    """The matrix products of one epoch, into buffers, by the library that `fit` uses: no loop can be faster."""
    layers = []
    for fan_in, fan_out in ((784, 256), (256, 128), (128, 4), (2, 128), (128, 256), (256, 784)):
        given, weight = torch.rand(BATCH, fan_in), torch.rand(fan_out, fan_in)
        layers.append((given, weight, torch.empty(BATCH, fan_out), torch.empty_like(given), torch.empty_like(weight)))
    for _ in range(0, len(x), BATCH):
        for given, weight, out, _, _ in layers:
            torch.mm(given, weight.T, out=out)
        for i, (given, weight, out, grad_given, grad_weight) in enumerate(layers):
            torch.mm(out.T, given, out=grad_weight)
            if i > 0:  # nobody needs the gradient of the data
                torch.mm(out, weight, out=grad_given)


LOOPS: dict[str, Callable[[Tensor, Tensor], None]] = {OURS: ours, USUAL: usual, PLAIN: plain, PRODUCTS: products}


def measure(x: Tensor, pixels: Tensor, rounds: int) -> dict[str, list[float]]:
    """Examples per CPU-second of each loop, one number a round; every round starts with another loop."""
    for loop in LOOPS.values():  # the first call pays for memory and lazy imports
        loop(x[: 4 * BATCH], pixels[: 4 * BATCH])
    speeds: dict[str, list[float]] = {name: [] for name in LOOPS}
    names = list(LOOPS)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            started = time.process_time()
            LOOPS[name](x, pixels)
            speeds[name].append(len(x) / (time.process_time() - started))
    return speeds


def report(speeds: dict[str, list[float]]) -> tuple[str, bool]:
    """A markdown table, and whether every required ratio was reached."""
    lines = ["| loop | examples per CPU-second | ratio of ours to it (min–max) | required | |", "|---|---|---|---|---|"]
    reached = True
    for name, values in speeds.items():
        median = f"{statistics.median(values):,.0f}"
        if name == OURS:
            lines.append(f"| {name} | {median} | | | |")
            continue
        ratios = [mine / theirs for mine, theirs in zip(speeds[OURS], values, strict=True)]
        ratio, bound = statistics.median(ratios), REQUIRED.get(name, 0.0)
        reached &= ratio >= bound
        spread = f"{ratio:.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
        required = f"≥ {bound:g} | {'ok' if ratio >= bound else 'MISSED'}" if bound else "|"
        lines.append(f"| {name} | {median} | {spread} | {required} |")
    return "\n".join(lines), reached
