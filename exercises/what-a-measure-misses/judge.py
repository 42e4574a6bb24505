"""Judges the exercise what-a-measure-misses: any map will do that has the properties asked for, as measured here."""

from __future__ import annotations

import numpy as np
import torch

from course_lib.metrics import continuity, trustworthiness
from exercises._compare import explain
from exercises._part import Part


def draw_groups(rng):
    """Three round groups on a line in any direction, far from each other, no two of them equally far, shuffled."""
    group = rng.permutation(np.repeat([0, 1, 2], rng.integers(45, 60, size=3)))
    angle = rng.uniform(0, 2 * np.pi)
    along = 12 * rng.permutation([0.0, 1.0, 3.5])
    centres = along[:, None] * [np.cos(angle), np.sin(angle)] + rng.uniform(-5, 5, size=2)
    return {"x": centres[group] + rng.normal(size=(len(group), 2)), "group": group}


def unusable(got, n):
    """What keeps a map from being measured, in words; nothing if it is one number each for every coordinate."""
    answer = np.asarray(got.get("map", 0))
    fine = answer.dtype.kind in "biuf" and answer.shape == (n, 2) and np.isfinite(answer).all()
    shape = "a map has one place of two finite coordinates for every point, in the order of the points"
    if wrong := explain(got, "map", answer if fine else np.zeros((n, 2)), otherwise=shape):
        return wrong
    if len(np.unique(answer, axis=0)) < n:
        return ["your map puts several points on exactly the same place: who is nearest there is anybody's guess"]
    return []


def measured(x, z):
    """Trustworthiness and continuity of the five nearest; of z in the size of 1, so that no square can overflow."""
    x, z = torch.from_numpy(x), torch.from_numpy(z.astype(np.float64) / np.abs(z).max())
    return trustworthiness(x, z), continuity(x, z)


def judge_glue(given, got):
    """Many false neighbours, hardly a true one lost."""
    if wrong := unusable(got, len(given["x"])):
        return wrong
    trust, kept = measured(given["x"], got["map"])
    if kept < 0.95:
        return [
            f"continuity is {kept:.3f}: true neighbours got separated. Move each group as a whole, "
            "so that the distances inside it stay"
        ]
    if trust > 0.7:
        return [f"trustworthiness is {trust:.3f}: too few false neighbours yet. Whom could a whole group be laid onto?"]
    return []


def judge_cut(given, got):
    """Hardly a false neighbour, many true ones lost."""
    if wrong := unusable(got, len(given["x"])):
        return wrong
    trust, kept = measured(given["x"], got["map"])
    if trust < 0.95:
        return [
            f"trustworthiness is {trust:.3f}: your map shows false neighbours. Pieces must not land on each other, "
            "and a piece with fewer than six points has to look for its neighbours elsewhere"
        ]
    if kept > 0.96:
        return [
            f"continuity is {kept:.3f}: too few true neighbours are lost. Between the groups there is nothing to cut; "
            "and a lost neighbour counts by how many points are now nearer, so other points must come between"
        ]
    return []


def judge_rearrange(given, got):
    """Neighbours as they were, and the groups that were nearest to each other now farthest apart."""
    x, group = given["x"], given["group"]
    if wrong := unusable(got, len(x)):
        return wrong
    trust, kept = measured(x, got["map"])
    if min(trust, kept) < 0.99:
        return [
            f"trustworthiness is {trust:.3f} and continuity {kept:.3f}: neighbours have changed. "
            "Move whole groups, neither into each other nor bent"
        ]
    before, after = (gaps(places, group) for places in (x, got["map"].astype(np.float64)))
    if before.argmin() != after.argmax():
        return ["the two groups that are nearest to each other in x are not the farthest apart on your map"]
    return []


def gaps(places, group):
    """Distances between the mean places of groups 0 and 1, 0 and 2, 1 and 2."""
    places = places / np.abs(places).max()
    middle = np.stack([places[group == k].mean(axis=0) for k in range(3)])
    return np.linalg.norm(middle[[0, 0, 1]] - middle[[1, 2, 2]], axis=1)


PARTS = (
    Part("glue", draw_groups, judge_glue),
    Part("cut", draw_groups, judge_cut),
    Part("rearrange", draw_groups, judge_rearrange),
)
