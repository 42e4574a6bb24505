"""Which dimension of a code responds to which factor, and whether it is one dimension to a factor."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import _validate


class FactorGap(NamedTuple):
    """How far, for each factor, the best dimension is ahead of the second best.

    Attributes
    ----------
    score : float
        Mean of `gaps` over factors.
    gaps : Tensor
        Best minus second best, shape (K,), each between 0 and 1.
    table : Tensor
        What dimension j says about factor k, shape (d, K): the numbers that are compared.
    """

    score: float
    gaps: Tensor
    table: Tensor

    def __repr__(self) -> str:
        return f"{self.score:.3f} (by factor: {', '.join(f'{gap:.3f}' for gap in self.gaps.tolist())})"


def factor_information(codes: Tensor, factors: Tensor, *, bins: int = 20) -> Tensor:
    """Mutual information between each dimension of a code and each factor.

    Parameters
    ----------
    codes : Tensor
        Float, shape (n, d). For a VAE give draws from q(z | x) and not its means: cutting takes no notice of
        scale, so that the small wobble of a collapsed dimension's mean would count for more than its KL, which is the
        most that the dimension can tell.
    factors : Tensor
        int64, at least 0, shape (n, K): the level of each factor.
    bins : int
        Intervals of equal width, from the least to the largest code, into which each dimension is cut, at least 2.

    Returns
    -------
    Tensor
        float64, shape (d, K), nats, at least 0 and at most the entropy of the factor. Read off counts: for independent
        data it is not 0 but about (bins − 1)(levels − 1) / 2n.

    Raises
    ------
    ValueError, TypeError
        If codes and factors do not fit together, or a level is negative.
    """
    factors = _checked(codes, factors)
    if _validate.positive_int(bins, "bins") < 2:
        raise ValueError("got bins = 1, expected at least 2: in a single one every code says the same")
    low, high = codes.amin(dim=0), codes.amax(dim=0)
    share = (codes - low) / torch.where(high > low, high - low, torch.ones_like(low))
    cells = (share * bins).long().clamp(max=bins - 1)  # the largest code belongs to the last interval
    return torch.stack([torch.stack([_information(cell, factor) for factor in factors.T]) for cell in cells.T])


def mutual_information_gap(codes: Tensor, factors: Tensor, *, bins: int = 20) -> FactorGap:
    """The mutual information gap, MIG: how far one dimension alone knows each factor.

    Parameters
    ----------
    codes, factors, bins
        As in `factor_information`; d ≥ 2, and every factor has at least two levels among the n.

    Returns
    -------
    FactorGap
        Each gap is the largest mutual information with the factor minus the second largest, divided by the factor's
        entropy: 1 where one dimension tells it exactly and no other one anything. A dimension that knows two factors
        is not punished; two dimensions that share a factor are.

    References
    ----------
    Chen et al. (2018), equation 6. They integrate over q(z | x); cutting into 20 bins is Locatello et al. (2019).
    """
    table = factor_information(codes, factors, bins=bins)
    _refuse_constants(factors)
    return _gap(table, table / torch.stack([_entropy(factor) for factor in factors.T]))


def separated_attribute_predictability(codes: Tensor, factors: Tensor, ordered: tuple[bool, ...]) -> FactorGap:
    """The SAP score: how far one dimension alone *predicts* each factor, by a line or by thresholds.

    Parameters
    ----------
    codes, factors
        As in `factor_information`; d ≥ 2, and every factor has at least two levels among the n.
    ordered : tuple of bool
        For each factor, whether its levels are in an order, as `Factor.ordered` says.

    Returns
    -------
    FactorGap
        Each gap is the best dimension's score minus the second best's. The score is R², the squared correlation with
        the level, for an ordered factor; for one that is not, the mean over levels of the share guessed right by the
        best tree with as many leaves as there are levels, that is by thresholds. Both are measured on the data they
        were fitted to.

    References
    ----------
    Kumar, Sattigeri & Balakrishnan (2018), section 3.
    """
    factors = _checked(codes, factors)
    _refuse_constants(factors)
    if len(ordered) != factors.shape[1]:
        raise ValueError(f"got ordered for {len(ordered)} factors, expected it for {factors.shape[1]}")
    columns = [
        _squared_correlation(codes, factor) if is_ordered else _thresholds(codes, factor)
        for factor, is_ordered in zip(factors.T, ordered, strict=True)
    ]
    table = torch.stack(columns, dim=1)
    return _gap(table, table)


def _checked(codes: Tensor, factors: Tensor) -> Tensor:
    _validate.data_matrix(codes, name="codes")
    if not isinstance(factors, Tensor) or factors.dtype != torch.int64 or factors.ndim != 2:
        raise TypeError("got factors that are no int64 tensor of shape (n, K), expected the level of each factor")
    _validate.same_length(codes, factors, ("codes", "factors"))
    if int(factors.min()) < 0:
        raise ValueError("got a negative level, expected levels counted from 0")
    return factors


def _refuse_constants(factors: Tensor) -> None:
    if bool((factors.amin(dim=0) == factors.amax(dim=0)).any()):
        raise ValueError("got a factor with a single level, expected at least two: there is nothing to know about it")


def _entropy(levels: Tensor) -> Tensor:
    return torch.special.entr(levels.bincount().double() / len(levels)).sum()


def _information(first: Tensor, second: Tensor) -> Tensor:
    pairs = first * (int(second.max()) + 1) + second
    return (_entropy(first) + _entropy(second) - _entropy(pairs)).clamp(min=0)


def _gap(table: Tensor, comparable: Tensor) -> FactorGap:
    if len(table) < 2:
        raise ValueError("got codes with 1 dimension, expected at least 2: a gap is between two")
    first, second = comparable.topk(2, dim=0).values
    return FactorGap(float((first - second).mean()), first - second, table)


def _squared_correlation(codes: Tensor, levels: Tensor) -> Tensor:
    z, v = codes.double() - codes.double().mean(dim=0), levels.double() - levels.double().mean()
    scale = z.square().sum(dim=0) * v.square().sum()
    return torch.where(scale > 0, (v @ z).square() / scale.clamp(min=torch.finfo(scale.dtype).tiny), 0.0)


def _thresholds(codes: Tensor, levels: Tensor) -> Tensor:
    from sklearn.metrics import balanced_accuracy_score  # imported here: two seconds that other metrics do not need
    from sklearn.tree import DecisionTreeClassifier

    scores, y = [], levels.numpy()
    for z in codes.T.numpy():
        tree = DecisionTreeClassifier(
            max_leaf_nodes=int(levels.unique().numel()), class_weight="balanced", random_state=0
        )
        scores.append(balanced_accuracy_score(y, tree.fit(z[:, None], y).predict(z[:, None])))
    return torch.tensor(scores, dtype=torch.float64)
