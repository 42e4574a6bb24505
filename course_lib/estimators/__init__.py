"""The models behind scikit-learn's interface, for pipelines, grid searches and comparisons with PCA.

`fit`, `transform`, `inverse_transform`, `score` and `get_feature_names_out` mean what they mean for
`sklearn.decomposition.PCA`. Codes and reconstructions are NumPy arrays in the dtype of X, float32 or float64; the model
is trained in that dtype. X must be finite, dense, of at least two rows, and at least one feature must vary.

`TSNE` and `UMAP`, which the course compares with, are those of scikit-learn and umap-learn with more checks at the
door. umap-learn is optional (`pip install umap-learn`) and takes seconds to import: only the first use of `UMAP` does.
"""

from importlib import import_module

from course_lib.estimators.autoencoder import AutoencoderEstimator
from course_lib.estimators.linear import LinearAutoencoderEstimator
from course_lib.estimators.tsne import TSNE
from course_lib.estimators.vae import VAEEstimator

# Not UMAP: `import *` must not need a package that is optional.
__all__ = ["TSNE", "AutoencoderEstimator", "LinearAutoencoderEstimator", "VAEEstimator"]


def __getattr__(name: str):
    if name != "UMAP":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.umap").UMAP
