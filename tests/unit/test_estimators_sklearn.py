"""scikit-learn's own test suite for estimators, on each of ours; none of its checks is expected to fail."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from course_lib.estimators import AutoencoderEstimator, LinearAutoencoderEstimator, VAEEstimator


@parametrize_with_checks(
    [
        LinearAutoencoderEstimator(epochs=20),
        AutoencoderEstimator(hidden=(8,), epochs=20),
        VAEEstimator(hidden=(8,), epochs=20),
    ]
)
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)
