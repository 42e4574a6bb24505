"""The small library behind *Through the Bottleneck: autoencoders, from PCA to the VAE*."""

__version__ = "0.1.0"
