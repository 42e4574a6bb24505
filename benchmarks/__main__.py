"""Run the benchmarks and print their tables: `make bench`, or `python -m benchmarks`. Exits 1 if a bound is missed."""

from __future__ import annotations

import sys

import torch

from benchmarks import figures, machine, maps, pages, training_throughput
from course_lib import data

EXAMPLES, ROUNDS = 12_800, 9  # fifty batches; nine rounds take about two minutes


def main() -> int:
    """Measure, print, and answer with the exit status."""
    torch.set_num_threads(1)
    try:
        x, source = data.load("mnist").train.sample(EXAMPLES).x, "MNIST"
    except data.DataUnavailable:
        x, source = _synthetic(), "synthetic pixels (MNIST could not be had)"
    pixels = (x * 255).round().to(torch.uint8).reshape(-1, 28, 28)
    print(f"VAE 784-256-128-2, batch {training_throughput.BATCH}, one epoch of {len(x):,} images: {source}, ", end="")
    print(f"medians of {ROUNDS} interleaved rounds\n", flush=True)
    table, reached = training_throughput.report(training_throughput.measure(x, pixels, ROUNDS))
    print(f"{table}\n\n{machine.processor()}, torch {torch.__version__}, {torch.get_num_threads()} thread")
    table, kept = figures.report()
    print(f"\n{table}\n\n{pages.report()}\n", flush=True)
    if source == "MNIST":
        maps.main()
    else:
        print("Maps were not measured: on synthetic pixels their cost would be another")
    return 0 if reached and kept else 1


def _synthetic() -> torch.Tensor:
    """Pixels as sparse as MNIST's: four in five are black."""
    drawn = torch.rand(EXAMPLES, 784, generator=torch.Generator().manual_seed(0))
    return ((drawn - 0.8).clamp(min=0) / 0.2 * 255).round() / 255


if __name__ == "__main__":
    sys.exit(main())
