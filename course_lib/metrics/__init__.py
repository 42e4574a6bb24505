"""What is measured about a model: no gradients, every seed explicit, blocks instead of one large batch."""

from course_lib.metrics._blocks import Estimate
from course_lib.metrics.bounds import BoundEstimate, LikelihoodEstimate, elbo, log_likelihood
from course_lib.metrics.code_space import active_units, codes, kl_per_dimension, principal_angles
from course_lib.metrics.posterior import CodeInformation, aggregated_posterior_log_prob, code_information
from course_lib.metrics.retrieval import precision_at_k
from course_lib.metrics.samples import (
    Confidence,
    class_perplexity,
    confidence,
    nearest_squared_distance,
    reconstruction_error,
)

__all__ = [
    "BoundEstimate",
    "CodeInformation",
    "Confidence",
    "Estimate",
    "LikelihoodEstimate",
    "active_units",
    "aggregated_posterior_log_prob",
    "class_perplexity",
    "code_information",
    "codes",
    "confidence",
    "elbo",
    "kl_per_dimension",
    "log_likelihood",
    "nearest_squared_distance",
    "precision_at_k",
    "principal_angles",
    "reconstruction_error",
]
