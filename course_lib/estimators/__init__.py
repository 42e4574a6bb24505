"""The models behind scikit-learn's interface, for pipelines, grid searches and comparisons with PCA.

`fit`, `transform`, `inverse_transform`, `score` and `get_feature_names_out` mean what they mean for
`sklearn.decomposition.PCA`. Codes and reconstructions are NumPy arrays in the dtype of X, float32 or float64; the model
is trained in that dtype. X must be finite, dense, of at least two rows, and at least one feature must vary.
"""

from course_lib.estimators.autoencoder import AutoencoderEstimator
from course_lib.estimators.linear import LinearAutoencoderEstimator
from course_lib.estimators.vae import VAEEstimator

__all__ = ["AutoencoderEstimator", "LinearAutoencoderEstimator", "VAEEstimator"]
