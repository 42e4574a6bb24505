"""What is measured about a model: no gradients, every seed explicit, blocks instead of one large batch."""

from course_lib.metrics._blocks import Estimate
from course_lib.metrics.bounds import BoundEstimate, LikelihoodEstimate, elbo, log_likelihood
from course_lib.metrics.code_space import active_units, encode_dataset, kl_per_dimension, principal_angles
from course_lib.metrics.coverage import PriorCoverage, prior_coverage
from course_lib.metrics.decomposition import KLDecomposition, kl_decomposition
from course_lib.metrics.diffusion import DiffusionBound, diffusion_bound
from course_lib.metrics.discrete import CodebookUse, codebook_use, discrete_elbo
from course_lib.metrics.disentanglement import (
    FactorGap,
    factor_information,
    mutual_information_gap,
    separated_attribute_predictability,
)
from course_lib.metrics.distances import DistanceCorrelation, pairwise_distance_correlation, triplet_accuracy
from course_lib.metrics.interpolation import InterpolationValidity, interpolation_validity
from course_lib.metrics.neighbourhoods import continuity, trustworthiness
from course_lib.metrics.out_of_sample import Consistency, out_of_sample_consistency
from course_lib.metrics.posterior import aggregated_posterior_log_prob, posteriors
from course_lib.metrics.retrieval import knn_accuracy, precision_at_k
from course_lib.metrics.samples import (
    Confidence,
    class_perplexity,
    confidence,
    nearest_squared_distance,
    reconstruction_error,
)
from course_lib.metrics.sharpness import sharpness

__all__ = [
    "BoundEstimate",
    "CodebookUse",
    "Confidence",
    "Consistency",
    "DiffusionBound",
    "DistanceCorrelation",
    "Estimate",
    "FactorGap",
    "InterpolationValidity",
    "KLDecomposition",
    "LikelihoodEstimate",
    "PriorCoverage",
    "active_units",
    "aggregated_posterior_log_prob",
    "class_perplexity",
    "codebook_use",
    "confidence",
    "continuity",
    "diffusion_bound",
    "discrete_elbo",
    "elbo",
    "encode_dataset",
    "factor_information",
    "interpolation_validity",
    "kl_decomposition",
    "kl_per_dimension",
    "knn_accuracy",
    "log_likelihood",
    "mutual_information_gap",
    "nearest_squared_distance",
    "out_of_sample_consistency",
    "pairwise_distance_correlation",
    "posteriors",
    "precision_at_k",
    "principal_angles",
    "prior_coverage",
    "reconstruction_error",
    "separated_attribute_predictability",
    "sharpness",
    "triplet_accuracy",
    "trustworthiness",
]
