"""Gaussians: the prior, the encoder's answer, and the divergences between them."""

from course_lib.distributions.divergences import full_gaussian_kl, gaussian_kl, gaussian_kl_between
from course_lib.distributions.gaussian import LOG_2PI, Gaussian, standard_normal_log_prob

__all__ = ["LOG_2PI", "Gaussian", "full_gaussian_kl", "gaussian_kl", "gaussian_kl_between", "standard_normal_log_prob"]
