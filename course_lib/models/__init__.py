"""The models of the course, one idea a file. No loss, no data, no optimiser and no plot inside."""

from course_lib.models.autoencoder import Autoencoder
from course_lib.models.classifier import Classifier
from course_lib.models.convolutional import ConvVAE
from course_lib.models.diffusion import Diffusion
from course_lib.models.grid_prior import GridPrior
from course_lib.models.grid_vae import GridVAE
from course_lib.models.linear import PCA, LinearAutoencoder, LinearVAE, principal_axes
from course_lib.models.noise import NoiseSchedule, cosine_noise, linear_noise
from course_lib.models.ppca import ProbabilisticPCA
from course_lib.models.quantiser import Quantised, VectorQuantiser
from course_lib.models.samplers import ddim, ddpm
from course_lib.models.vae import VAE
from course_lib.models.vqvae import VQVAE

__all__ = [
    "PCA",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "Classifier",
    "ConvVAE",
    "Diffusion",
    "GridPrior",
    "GridVAE",
    "LinearAutoencoder",
    "LinearVAE",
    "NoiseSchedule",
    "ProbabilisticPCA",
    "Quantised",
    "VectorQuantiser",
    "cosine_noise",
    "ddim",
    "ddpm",
    "linear_noise",
    "principal_axes",
]
