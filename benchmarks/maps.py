"""What a map of the digits costs as they grow in number: an autoencoder, UMAP and t-SNE on one thread.

`python -m benchmarks.maps`, part of `make bench`: some twenty minutes, and MNIST is needed. Every run has a process of
its own, in which data are loaded, packages imported and functions compiled before anything is counted.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from benchmarks import machine
from course_build.resources import Resources, measure
from course_lib import data, estimators

SMALL = 500  # digits for the call that compiles; more than any neighbourhood
EXACT = 4096  # points from which on umap-learn searches neighbours by another algorithm
ALL = 60_000


class Method(NamedTuple):
    """What is measured: its name in the table, on how many digits, and the estimator for so many."""

    name: str
    sizes: tuple[int, ...]
    build: Callable[[int], object]


def _autoencoder(n: int):
    return estimators.AutoencoderEstimator()


def _umap(n: int):
    # 500 digits are to compile what n will need. A seed makes it keep to one thread.
    return estimators.UMAP(random_state=0, force_approximation_algorithm=n >= EXACT)


def _tsne(n: int):
    return estimators.TSNE(random_state=0)


METHODS = (
    Method("`AutoencoderEstimator`, 100 epochs", (1000, 5000, 20_000, ALL), _autoencoder),
    Method("`UMAP`", (1000, 5000, 20_000, ALL), _umap),
    Method("`TSNE`", (1000, 5000, 10_000), _tsne),
)


def prepare(method: Method, path: Path) -> tuple[object, np.ndarray]:
    """An estimator and the digits in that file, after a first fit to a few of them."""
    torch.set_num_threads(1)
    x = np.load(path)
    method.build(len(x)).fit_transform(x[:SMALL])
    return method.build(len(x)), x


def fit(prepared: tuple[object, np.ndarray]) -> None:
    """The call that is measured."""
    estimator, x = prepared
    estimator.fit_transform(x)


def run(methods: tuple[Method, ...] = METHODS) -> dict[str, dict[int, Resources]]:
    """Method → digits → what it took, one run each."""
    train = data.load("mnist").train
    costs: dict[str, dict[int, Resources]] = {}
    for method, n in [(each, n) for each in methods for n in each.sizes]:
        with tempfile.TemporaryDirectory() as folder:
            # From a file: who loads all digits to take a thousand has had more memory than the fit will need.
            path = Path(folder) / "digits.npy"
            np.save(path, train.sample(n).x.numpy())
            costs.setdefault(method.name, {})[n] = measure(fit, partial(prepare, method, path))
        print(f"{method.name}, {n:,} digits: {costs[method.name][n]}", file=sys.stderr, flush=True)
    return costs


class Growth(NamedTuple):
    """A power law, seconds = factor · n^exponent."""

    factor: float
    exponent: float

    def seconds(self, n: int) -> float:
        """What it says for n points."""
        return self.factor * n**self.exponent


def growth(seconds: dict[int, float]) -> Growth:
    """The line of least squares through log seconds over log n."""
    exponent, intercept = np.polyfit(np.log(list(seconds)), np.log(list(seconds.values())), 1)
    return Growth(float(np.exp(intercept)), float(exponent))


def report(costs: dict[str, dict[int, Resources]]) -> str:
    """A markdown table, how the cost grows over all sizes and from the last but one to the last, and what follows."""
    lines = [
        "| method | digits | processor seconds | seconds | MB at the peak | of them before the fit |",
        "|---|---|---|---|---|---|",
    ]
    said = []
    for name, runs in costs.items():
        for n, cost in runs.items():
            times = f"{cost.processor_seconds:.1f} | {cost.wall_seconds:.1f}"
            lines.append(f"| {name} | {n:,} | {times} | {cost.peak_bytes / 1e6:,.0f} | {cost.start_bytes / 1e6:,.0f} |")
        seconds = {n: cost.processor_seconds for n, cost in sorted(runs.items())}
        law, last = growth(seconds), growth(dict(list(seconds.items())[-2:]))
        least, most = min(runs), max(runs)
        grows = f"grows as n^{law.exponent:.2f}, at the end as n^{last.exponent:.2f}"
        said.append(f"From {least:,} to {most:,} digits the processor time of {name} {grows}.")
        if most < ALL:
            said[-1] += f" For {ALL:,} that would make {law.seconds(ALL) / 60:.0f} minutes: not tried."
    return "\n".join([*lines, "", *said])


def main() -> None:
    """Measure and print."""
    print(report(run()))
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("torch", "umap-learn", "scikit-learn"))
    print(f"\n{machine.processor()}, {versions}, one thread")


if __name__ == "__main__":
    main()
