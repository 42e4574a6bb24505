"""What is minimised, and why: likelihoods, the KL and the bounds made of both.

One reduction throughout: every function returns one number *per example*, summed over pixels and over latent
dimensions, in nats. The mean over examples is the caller's. A mean over pixels would silently multiply the weight
of the KL by the number of pixels, the most common bug of this field (the chapter on the VAE shows what it does).
"""

from course_lib.distributions import gaussian_kl
from course_lib.losses.bounds import iwae, linear_elbo, log_importance_weights
from course_lib.losses.diffusion import bound_weights, decoder_nll, denoising_terms, prior_kl, reverse_kl, step_kl
from course_lib.losses.discrete import code_likelihood_terms, vector_quantisation_terms
from course_lib.losses.evidence import (
    ELBO,
    bernoulli_log_likelihood,
    elbo,
    elbo_terms,
    gaussian_log_likelihood,
    log_likelihood,
)
from course_lib.losses.objectives import classification_terms, reconstruction_terms, squared_error
from course_lib.losses.total_correlation import BatchDensities, batch_densities, tc_elbo_terms

__all__ = [
    "ELBO",
    "BatchDensities",
    "batch_densities",
    "bernoulli_log_likelihood",
    "bound_weights",
    "classification_terms",
    "code_likelihood_terms",
    "decoder_nll",
    "denoising_terms",
    "elbo",
    "elbo_terms",
    "gaussian_kl",
    "gaussian_log_likelihood",
    "iwae",
    "linear_elbo",
    "log_importance_weights",
    "log_likelihood",
    "prior_kl",
    "reconstruction_terms",
    "reverse_kl",
    "squared_error",
    "step_kl",
    "tc_elbo_terms",
    "vector_quantisation_terms",
]
