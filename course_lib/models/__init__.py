"""The models of the course, one idea a file. No loss, no data, no optimiser and no plot inside."""

from course_lib.models.autoencoder import Autoencoder
from course_lib.models.classifier import Classifier
from course_lib.models.convolutional import ConvVAE
from course_lib.models.linear import PCA, LinearAutoencoder, LinearVAE, principal_axes
from course_lib.models.ppca import ProbabilisticPCA
from course_lib.models.vae import VAE

__all__ = [
    "PCA",
    "VAE",
    "Autoencoder",
    "Classifier",
    "ConvVAE",
    "LinearAutoencoder",
    "LinearVAE",
    "ProbabilisticPCA",
    "principal_axes",
]
