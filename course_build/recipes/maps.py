"""Make the maps that the chapter on five maps compares: `python -m course_build.recipes maps-mnist`, about 30 minutes.

Every map is made in a process of its own, so that its peak memory is its own, and kept in a temporary folder until all
are there: an interrupted run continues with those that are missing.
"""

from __future__ import annotations

import json
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA

from course_build import resources
from course_lib import _storage, checkpoints, data, estimators, metrics, training
from course_lib.results import maps

SAMPLES = {"maps-mnist": (4000, 2000), "maps-digits-28": (1000, 797)}  # fitted, and at most so many held out
PERPLEXITIES = NEIGHBOURS = (2, 5, 15, 30, 50, 100, 200)
SEEDS = (0, 1, 2)
EPOCHS_TRIED = (25, 50, 100, 200, 400, 800)
VALIDATION = 4000  # at most so many training images that no map is fitted on
NETWORKS = {"autoencoder": estimators.AutoencoderEstimator, "vae": estimators.VAEEstimator}
INVERTED = 50
JUDGED, SURE = 5000, 0.9
MEASURED = {
    "processor_seconds": "of fit_transform on the fitted images (t-SNE: on all), compiled and imported before",
    "seconds": "that passed meanwhile",
    "peak_mb": "the most memory that the process had had in RAM by then, interpreter, libraries and data included",
    "start_mb": "the same before fit_transform",
    "squared_error": "of the held-out images, from their (mean) codes: summed over pixels, averaged over images",
    "own_sure": f"share of {JUDGED} pictures decoded from a Gaussian fitted to the codes of the fitted images of which "
    f"the judge is more than {SURE:.0%} sure",
    "prior_sure": "the same for pictures decoded from N(0, I)",
    "kl_divergence": "what t-SNE minimised, in nats, at its end",
    "common_neighbours": "metrics.out_of_sample_consistency of the fitted images' places with those that transform "
    "gives them in another order (in the same order it would look them up)",
    "disparity": "from the same comparison",
    "displacement": "from the same comparison",
    "fell_back_to_random": "1 where umap-learn could not compute its spectral start and took a random one",
    "inverse_squared_error": f"as squared_error, by inverse_transform from the places of {INVERTED} held-out images",
}
NOTE = (
    "PCA, autoencoder, VAE and UMAP were fitted on the fitted images, a random sample of the training images, and map "
    "the held-out ones, a random sample of the test images. t-SNE has no map for new points: it was run on all of them "
    "at once, without labels. Autoencoder and VAE (784-256-128-2, Bernoulli) were trained for as many epochs as scored "
    "best, with seed 0, on other training images. Everything else is left at the libraries' defaults. One thread."
)


class Spec(NamedTuple):
    """Which map: as in `maps.Map`."""

    method: str
    setting: int | None = None
    init: str | None = None
    seed: int = 0


class Sample(NamedTuple):
    """Rows of the training images to fit on, of test images to hold out, and of training images to choose by."""

    fitted: torch.Tensor
    held_out: torch.Tensor
    validation: torch.Tensor


def specs(fitted: int, held_out: int) -> tuple[Spec, ...]:
    """All maps of so many images, without settings that reach for more neighbours than there are.

    t-SNE looks for 3 · perplexity neighbours of a point among all images, UMAP for n_neighbors among the fitted.
    """
    wanted = [Spec("pca"), *(Spec(network, seed=seed) for network in NETWORKS for seed in SEEDS)]
    wanted += [Spec("tsne", perplexity, "pca") for perplexity in PERPLEXITIES]
    wanted += [Spec("tsne", perplexity, "pca", seed) for perplexity in (5, 30) for seed in SEEDS[1:]]
    wanted += [Spec("tsne", 30, "random", seed) for seed in SEEDS]
    wanted += [Spec("umap", neighbours, "spectral", seed) for neighbours in NEIGHBOURS for seed in SEEDS]
    wanted += [Spec("umap", 15, "random", seed) for seed in SEEDS]
    most = {"tsne": (fitted + held_out) / 3, "umap": fitted}
    return tuple(spec for spec in wanted if spec.setting is None or spec.setting < most[spec.method])


def sample(name: str) -> Sample:
    """The rows, drawn with seed 0: the same for every map."""
    images, (fitted, held_out) = data.load(_dataset(name)), SAMPLES[name]
    generator = torch.Generator().manual_seed(0)
    train, test = (torch.randperm(len(split), generator=generator) for split in (images.train, images.test))
    return Sample(train[:fitted], test[:held_out], train[fitted : fitted + VALIDATION])


def build(spec: Spec, epochs: int) -> BaseEstimator:
    """The estimator that makes a map; only networks have epochs."""
    if spec.method == "pca":
        return PCA(2, random_state=spec.seed)
    if spec.method == "tsne":
        return estimators.TSNE(perplexity=spec.setting, init=spec.init, random_state=spec.seed)
    if spec.method == "umap":
        return estimators.UMAP(n_neighbors=spec.setting, init=spec.init, random_state=spec.seed)
    schedule = training.Cosine(3e-3, epochs, warmup=epochs / 50)
    settings = {"likelihood": "bernoulli", "epochs": epochs, "learning_rate": schedule, "random_state": spec.seed}
    return NETWORKS[spec.method](2, **settings)


def choose_epochs(name: str) -> dict[str, dict[str, float]]:
    """Network → epochs → score on training images that no map sees, with seed 0."""
    images, rows = data.load(_dataset(name)), sample(name)
    fitted, others = (images.train.x[index].numpy() for index in (rows.fitted, rows.validation))
    return {
        network: {str(epochs): build(Spec(network), epochs).fit(fitted).score(others) for epochs in EPOCHS_TRIED}
        for network in NETWORKS
    }


def make(name: str, spec: Spec, epochs: int, path: Path) -> None:
    """Make and measure one map and write it to `path`; meant for a process of its own."""
    torch.set_num_threads(1)
    images, rows = data.load(_dataset(name)), sample(name)
    fitted, held_out = images.train.x[rows.fitted].numpy(), images.test.x[rows.held_out].numpy()
    shown = np.vstack([fitted, held_out]) if spec.method == "tsne" else fitted
    estimator, trial = build(spec, epochs), build(spec, epochs=1)
    clone(trial).fit(shown[:700])  # compiles; 700 are more than 3 times every perplexity
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        places, cost = resources.here(partial(estimator.fit_transform, shown))
    for warning in said:
        print(f"{spec}: {warning.message}", flush=True)
    measured = {
        "processor_seconds": cost.processor_seconds,
        "seconds": cost.wall_seconds,
        "peak_mb": cost.peak_bytes / 1e6,
        "start_mb": cost.start_bytes / 1e6,
    }
    if any("Falling back to random initialisation" in str(warning.message) for warning in said):
        measured["fell_back_to_random"] = 1
    if spec.method == "tsne":
        measured["kl_divergence"] = float(estimator.kl_divergence_)
        places, new = places[: len(fitted)], places[len(fitted) :]
    else:
        new = estimator.transform(held_out)
        measure = _measure_umap if spec.method == "umap" else _measure_decoder
        measured |= measure(estimator, fitted, held_out, places, new, f"judge-{images.name}")
    tensors = {"fitted": torch.from_numpy(places).float(), "held_out": torch.from_numpy(new).float()}
    _storage.save(path, tensors, {"measured": {key: round(value, 4) for key, value in measured.items()}})


def _measure_umap(estimator, fitted, held_out, places, new, judge) -> dict[str, float]:
    """Whether `transform` is the map that was fitted, and what its inverse is worth."""
    order = np.random.default_rng(0).permutation(len(fitted))
    again = torch.from_numpy(estimator.transform(fitted[order]))
    consistency = metrics.out_of_sample_consistency(torch.from_numpy(places[order]), again)
    decoded = estimator.inverse_transform(new[:INVERTED])
    error = float(np.square(held_out[:INVERTED] - decoded).sum(axis=1, dtype=np.float64).mean())
    return {**consistency._asdict(), "inverse_squared_error": error}


def _measure_decoder(estimator, fitted, held_out, places, new, judge) -> dict[str, float]:
    """What the decoder makes of codes of held-out images, and of codes drawn at random if it is a network."""
    decoded = estimator.inverse_transform(new)
    measured = {"squared_error": float(np.square(held_out - decoded).sum(axis=1, dtype=np.float64).mean())}
    if type(estimator) not in NETWORKS.values():
        return measured
    normal = np.random.default_rng(0).standard_normal((JUDGED, 2)).astype(np.float32)
    own = places.mean(axis=0) + normal @ np.linalg.cholesky(np.cov(places.T)).T.astype(np.float32)
    for density, z in {"own": own, "prior": normal}.items():
        verdict = metrics.confidence(checkpoints.load(judge), torch.from_numpy(estimator.inverse_transform(z)))
        measured[f"{density}_sure"] = float((verdict.confidence > SURE).double().mean())
    return measured


def train(name: str) -> None:
    """Make all maps of a data set that are still missing, then save them together."""
    folder, rows = state(name), sample(name)
    chosen = folder / "epochs.json"
    if not chosen.exists():
        _storage.write_atomically(chosen, json.dumps(choose_epochs(name)).encode())
    scores = json.loads(chosen.read_text())
    epochs = {network: int(max(tried, key=tried.get)) for network, tried in scores.items()}
    made = []
    for spec in specs(len(rows.fitted), len(rows.held_out)):
        path = folder / f"{'-'.join(map(str, spec))}.safetensors"
        if not path.exists():
            cost = resources.measure(partial(make, name, spec, epochs.get(spec.method, 0), path))
            print(f"{name}, {spec}: {cost}", flush=True)
        places, about = _storage.load(path)
        made.append(maps.Map(*spec, places["fitted"], places["held_out"], about["measured"]))
    maps.save(
        maps.Maps(_dataset(name), rows.fitted, rows.held_out, tuple(made)),
        command=f"python -m course_build.recipes {name}",
        settings={"epochs": epochs, "scores_by_epochs": scores, "judge": f"judge-{_dataset(name)}"},
        measured=MEASURED,
        note=NOTE,
    )
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _dataset(name: str) -> str:
    return name.removeprefix(f"{maps.KIND}-")


def state(name: str) -> Path:
    """Where the maps of that name wait until all are made; another recipe has another folder."""
    recipe = _storage.sha256(Path(__file__).read_bytes())[:12]
    return Path(tempfile.gettempdir()) / f"course-{name}-{recipe}-run"
