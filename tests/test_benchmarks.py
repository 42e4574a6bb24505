"""The benchmark compares what it says it compares; nothing here measures time."""

import pytest
import torch

from benchmarks import __main__ as command
from benchmarks import training_throughput as throughput
from course_lib import data, models


def test_all_loops_train_the_same_architecture():
    shapes = [tuple(value.shape) for value in models.VAE(latent_dim=2).parameters()]
    assert [tuple(value.shape) for value in throughput.TutorialVAE().parameters()] == shapes


def test_the_usual_loop_sees_the_same_pixels():
    x = command._synthetic()[:5]
    pictures = throughput.Pictures((x * 255).round().to(torch.uint8).reshape(-1, 28, 28))
    for row, (image, _) in zip(x, pictures, strict=True):
        assert torch.allclose(image.reshape(-1), row, atol=1e-6)


@pytest.mark.parametrize("name", throughput.LOOPS)
def test_every_loop_runs_also_with_a_smaller_last_batch(name):
    x = command._synthetic()[:300]
    throughput.LOOPS[name](x, (x * 255).round().to(torch.uint8).reshape(-1, 28, 28))


def test_ratios_are_paired_by_round_and_a_missed_one_is_said():
    speeds = {
        throughput.OURS: [100.0, 200.0, 400.0],
        throughput.USUAL: [10.0, 50.0, 50.0],  # 10, 4, 8
        throughput.PLAIN: [100.0, 160.0, 200.0],  # 1, 1.25, 2
        throughput.PRODUCTS: [200.0, 400.0, 800.0],  # 0.5
    }
    table, reached = throughput.report(speeds)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert [row[1:] for row in rows] == [
        ["200", "", "", ""],
        ["50", "8.00 (4.00–10.00)", "≥ 4", "ok"],
        ["160", "1.25 (1.00–2.00)", "≥ 1.5", "MISSED"],
        ["400", "0.50 (0.50–0.50)", "≥ 0.5", "ok"],
    ]
    assert not reached


@pytest.mark.parametrize(("reached", "kept"), [(True, True), (True, False), (False, True)])
def test_without_mnist_the_command_says_so_and_its_exit_status_says_what_was_reached(
    monkeypatch, capsys, reached, kept
):
    def unavailable(name):
        raise data.DataUnavailable("no MNIST", "no MNIST")

    monkeypatch.setattr(command.data, "load", unavailable)
    monkeypatch.setattr(command.torch, "set_num_threads", lambda n: None)
    speeds = {name: [1.0] for name in throughput.LOOPS} | {throughput.OURS: [9.0 if reached else 0.1]}
    monkeypatch.setattr(throughput, "measure", lambda x, pixels, rounds: speeds)
    monkeypatch.setattr(command.pages, "report", lambda: ("the pages", kept))
    assert command.main() == (0 if reached and kept else 1)
    printed = capsys.readouterr().out
    assert "synthetic pixels (MNIST could not be had)" in printed
    assert f"torch {torch.__version__}" in printed
    assert "the pages" in printed
