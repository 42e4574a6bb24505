"""PCA, the linear autoencoder, probabilistic PCA and the linear VAE against NumPy, SciPy, scikit-learn and theory."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.decomposition import PCA as SklearnPCA
from torch.distributions import MultivariateNormal

from course_lib import losses, metrics, models, training

K = 3


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def signed(axes):
    """Rows with their largest entry positive: the sign that PCA documents."""
    return axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1))


def minimise(model, loss, steps=3000):
    """Full-batch L-BFGS, to machine precision where the problem lets it."""
    free = [p for p in model.parameters() if p.requires_grad]
    options = {"max_iter": steps, "max_eval": 2 * steps, "history_size": 30, "line_search_fn": "strong_wolfe"}
    optimizer = torch.optim.LBFGS(free, tolerance_grad=1e-11, tolerance_change=1e-15, **options)

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    return loss().item()


def cosines(a, b):
    """|cos| between corresponding rows."""
    return torch.cosine_similarity(a, b, dim=1).abs()


# PCA


def test_pca_equals_an_independent_svd(toy):
    pca, x = models.PCA(K).fit(toy), toy.numpy()
    _, singular, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(pca.mean_.numpy(), x.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(pca.eigenvalues_.numpy(), singular**2 / len(x), rtol=1e-10)
    np.testing.assert_allclose(pca.components_.numpy(), signed(axes[:K]), atol=1e-10)
    projected = (x - x.mean(axis=0)) @ axes[:K].T @ axes[:K] + x.mean(axis=0)
    np.testing.assert_allclose(pca.reconstruct(toy).numpy(), projected, atol=1e-10)
    np.testing.assert_allclose(pca.decode(pca.encode(toy)).numpy(), projected, atol=1e-10)


def test_pca_equals_scikit_learn_up_to_sign_and_divisor(toy):
    pca, reference, n = models.PCA(K).fit(toy), SklearnPCA(K).fit(toy.numpy()), len(toy)
    np.testing.assert_allclose(pca.components_.numpy(), signed(reference.components_), atol=1e-10)
    np.testing.assert_allclose(pca.eigenvalues_[:K].numpy(), reference.explained_variance_ * (n - 1) / n, rtol=1e-10)
    codes = np.abs(reference.transform(toy.numpy()))
    np.testing.assert_allclose(pca.encode(toy).abs().numpy(), codes, atol=1e-9)


def test_pca_error_is_the_sum_of_the_dropped_eigenvalues_and_smaller_for_no_other_plane(toy, toy_spectrum):
    pca = models.PCA(K).fit(toy)
    torch.testing.assert_close(pca.eigenvalues_, toy_spectrum, rtol=1e-12, atol=1e-12)
    assert metrics.reconstruction_error(pca, toy).mean == pytest.approx(toy_spectrum[K:].sum().item(), rel=1e-12)
    centred = toy - toy.mean(dim=0)
    for seed in range(20):
        basis = torch.linalg.qr(pca.components_.T + 0.1 * normal(6, K, seed=seed))[0]
        error = losses.squared_error(centred, centred @ basis @ basis.T).mean()
        assert error > toy_spectrum[K:].sum()


def test_pca_codes_are_uncorrelated_with_the_eigenvalues_as_variances(toy, toy_spectrum):
    z = models.PCA(K).fit(toy).encode(toy)
    torch.testing.assert_close(torch.cov(z.T, correction=0), toy_spectrum[:K].diag(), rtol=0, atol=1e-10)


def test_pca_adds_up_the_same_covariance_in_blocks():
    x = normal(4096 + 5, 3) @ normal(3, 3, seed=1) + 10
    expected = np.linalg.eigvalsh(np.cov(x.numpy().T, bias=True))[::-1]
    np.testing.assert_allclose(models.PCA(1).fit(x).eigenvalues_.numpy(), expected, rtol=1e-10)


def test_pca_works_with_fewer_examples_than_columns_and_in_float32(toy):
    few = models.PCA(6).fit(toy[:4].float())
    assert few.components_.dtype == few.encode(toy[:4].float()).dtype == torch.float32
    assert (few.eigenvalues_ >= 0).all()
    torch.testing.assert_close(few.reconstruct(toy[:4].float()), toy[:4].float(), rtol=1e-5, atol=1e-5)


# The linear autoencoder


@pytest.fixture
def solved(toy):
    """A linear autoencoder at its optimum, found by alternating least squares, and the toy centred."""
    x = toy - toy.mean(dim=0)
    decoder = normal(6, K, seed=5)
    for _ in range(300):
        encoder = torch.linalg.pinv(decoder)  # the best encoder for this decoder …
        decoder = torch.linalg.lstsq(x @ encoder.T, x).solution.T  # … and the best decoder for that encoder
    model = models.LinearAutoencoder(6, K).double()
    with torch.no_grad():
        for parameter, value in ((model.encoder.weight, torch.linalg.pinv(decoder)), (model.decoder.weight, decoder)):
            parameter.copy_(value)
        model.encoder.bias.zero_(), model.decoder.bias.zero_()
    return model, x


def test_alternating_least_squares_reaches_the_least_error_and_the_projector(solved, toy, toy_spectrum):
    model, x = solved
    error = losses.squared_error(x, model.reconstruct(x)).mean().item()
    assert error == pytest.approx(toy_spectrum[K:].sum().item(), abs=1e-9)
    axes = np.linalg.svd(x.numpy())[2][:K]
    product = (model.decoder.weight @ model.encoder.weight).detach().numpy()
    assert np.linalg.norm(product - axes.T @ axes) < 1e-6
    assert metrics.principal_angles(model.decoder.weight.T, torch.from_numpy(axes)).max() < 1e-4


@pytest.mark.parametrize("seed", range(3))
def test_loss_is_the_same_for_every_invertible_map_between_encoder_and_decoder(seed):
    model, x, a = models.LinearAutoencoder(6, K, seed=seed).double(), normal(8, 6), normal(K, K, seed=seed)
    before = model.reconstruct(x)
    with torch.no_grad():
        model.encoder.weight.copy_(a @ model.encoder.weight)
        model.encoder.bias.copy_(a @ model.encoder.bias)
        model.decoder.weight.copy_(model.decoder.weight @ torch.linalg.inv(a))
    torch.testing.assert_close(model.reconstruct(x), before, rtol=1e-9, atol=1e-9)


def test_principal_axes_are_recovered_from_the_data_where_the_svd_of_the_decoder_alone_fails(solved, toy, toy_spectrum):
    model, _ = solved
    expected = models.PCA(K).fit(toy).components_
    mixed = (model.decoder.weight @ normal(K, K, seed=3)).detach()
    axes, variances = models.principal_axes(mixed, toy)
    torch.testing.assert_close(cosines(axes, expected), torch.ones(K).double(), rtol=0, atol=1e-9)
    torch.testing.assert_close(axes @ axes.T, torch.eye(K).double(), rtol=0, atol=1e-12)
    torch.testing.assert_close(variances, toy_spectrum[:K], rtol=1e-9, atol=0)
    assert cosines(torch.linalg.svd(mixed, full_matrices=False)[0].T, expected).max() < 0.99


def test_weight_decay_makes_the_axes_identifiable_with_shrunken_singular_values(toy, toy_spectrum):
    model, x, decay = models.LinearAutoencoder(6, K, seed=1).double(), toy - toy.mean(dim=0), 0.05
    model.encoder.bias.data.zero_(), model.decoder.bias.data.zero_()
    weights = model.encoder.weight, model.decoder.weight
    minimise(
        model, lambda: losses.squared_error(x, model.reconstruct(x)).mean() + decay * sum((w**2).sum() for w in weights)
    )
    left, singular, _ = torch.linalg.svd(model.decoder.weight.detach(), full_matrices=False)
    torch.testing.assert_close(singular, (1 - decay / toy_spectrum[:K]).sqrt(), rtol=0, atol=1e-6)
    torch.testing.assert_close(model.encoder.weight, model.decoder.weight.T, rtol=0, atol=1e-5)
    ones = torch.ones(K).double()
    torch.testing.assert_close(cosines(left.T, models.PCA(K).fit(toy).components_), ones, rtol=0, atol=1e-6)


def test_biases_stand_in_for_centring_and_without_either_the_second_moment_is_found(toy):
    second_moment = np.linalg.eigh(toy.numpy().T @ toy.numpy())[1][:, ::-1][:, :K].T.copy()
    pca = models.PCA(K).fit(toy)
    for biased, expected in ((True, pca.components_), (False, torch.from_numpy(second_moment))):
        model = models.LinearAutoencoder(6, K, seed=1).double()
        for bias in (model.encoder.bias, model.decoder.bias):
            bias.data.zero_()
            bias.requires_grad_(biased)
        error = minimise(model, lambda m=model: losses.squared_error(toy, m.reconstruct(toy)).mean())
        assert metrics.principal_angles(model.decoder.weight.T, expected).max() < 1e-2
        least = metrics.reconstruction_error(pca, toy).mean
        assert error == pytest.approx(least, abs=1e-7) if biased else error > least + 0.1


# Probabilistic PCA


def dense(ppca):
    """Its marginal as a dense Gaussian."""
    noise = ppca.noise_variance_ * torch.eye(len(ppca.mean_)).double()
    return stats.multivariate_normal(ppca.mean_.numpy(), (ppca.weight_ @ ppca.weight_.T + noise).numpy())


def test_ppca_takes_noise_from_the_discarded_eigenvalues_and_the_rest_from_the_kept(toy, toy_spectrum):
    ppca = models.ProbabilisticPCA(K).fit(toy)
    torch.testing.assert_close(ppca.noise_variance_, toy_spectrum[K:].mean(), rtol=1e-12, atol=0)
    gram = ppca.weight_.T @ ppca.weight_
    torch.testing.assert_close(gram, (toy_spectrum[:K] - toy_spectrum[K:].mean()).diag(), rtol=1e-9, atol=1e-9)
    assert metrics.principal_angles(ppca.weight_.T, models.PCA(K).fit(toy).components_).max() < 1e-5


def test_ppca_log_likelihood_equals_a_dense_gaussian_and_scikit_learn(toy):
    ppca, new = models.ProbabilisticPCA(K).fit(toy), toy[:20] + normal(20, 6)
    np.testing.assert_allclose(ppca.log_likelihood(new).numpy(), dense(ppca).logpdf(new.numpy()), rtol=1e-10)
    reference, n = SklearnPCA(K).fit(toy.numpy()), len(toy)
    reference.explained_variance_ *= (n - 1) / n  # its variances have divisor n − 1, maximum likelihood has n
    reference.noise_variance_ *= (n - 1) / n
    np.testing.assert_allclose(ppca.log_likelihood(new).numpy(), reference.score_samples(new.numpy()), rtol=1e-9)


def test_ppca_mean_log_likelihood_is_the_formula_of_tipping_and_bishop_and_a_maximum(toy, toy_spectrum):
    ppca, noise = models.ProbabilisticPCA(K).fit(toy), toy_spectrum[K:].mean()
    formula = -0.5 * (6 * np.log(2 * np.pi) + toy_spectrum[:K].log().sum() + 3 * noise.log() + 6)
    best = ppca.log_likelihood(toy).mean()
    torch.testing.assert_close(best, formula, rtol=1e-12, atol=0)
    for seed in range(10):
        weight = ppca.weight_ + 0.05 * normal(6, K, seed=seed)
        for factor in (0.95, 1.0, 1.05):
            covariance = weight @ weight.T + factor * noise * torch.eye(6).double()
            assert MultivariateNormal(ppca.mean_, covariance).log_prob(toy).mean() < best


def test_ppca_posterior_equals_conditioning_the_dense_joint_gaussian(toy):
    ppca, x = models.ProbabilisticPCA(K).fit(toy), toy[:5]
    evidence = ppca.weight_ @ ppca.weight_.T + ppca.noise_variance_ * torch.eye(6).double()
    gain = torch.linalg.solve(evidence, ppca.weight_).T  # Cov(z, x) Cov(x)⁻¹
    mean, covariance = ppca.posterior(x)
    torch.testing.assert_close(mean, (x - toy.mean(dim=0)) @ gain.T, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(covariance, torch.eye(K).double() - gain @ ppca.weight_, rtol=1e-9, atol=1e-9)


@pytest.mark.usefixtures("global_random_state_untouched")
def test_ppca_samples_follow_its_marginal_and_its_generator(toy):
    ppca, n = models.ProbabilisticPCA(K).fit(toy), 50_000
    draws = [ppca.sample(n, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    mean, cov = torch.from_numpy(dense(ppca).mean), torch.from_numpy(dense(ppca).cov)
    variances = cov.diagonal()
    assert ((draws[0].mean(dim=0) - mean).abs() < 4 * (variances / n).sqrt()).all()
    spread = ((variances[:, None] * variances + cov**2) / n).sqrt()  # of an entry of a Gaussian sample covariance
    assert ((torch.cov(draws[0].T) - cov).abs() < 4 * spread).all()


# The linear VAE


def linear_vae_at(weight, ppca):
    """The linear VAE with this decoder, the noise and mean of `ppca`, and the best diagonal q for them."""
    vae = models.LinearVAE(*weight.shape).double()
    precision = weight.T @ weight / ppca.noise_variance_ + torch.eye(weight.shape[1]).double()
    with torch.no_grad():
        vae.decoder.weight.copy_(weight)
        vae.decoder.bias.copy_(ppca.mean_)
        vae.log_noise.copy_(ppca.noise_variance_.log())
        vae.encoder.weight.copy_(torch.linalg.solve(precision, weight.T) / ppca.noise_variance_)
        vae.logvar.copy_(-precision.diagonal().log())
    return vae


def test_linear_vae_reaches_the_exact_log_likelihood_on_the_axes_and_loses_it_on_rotated_ones(toy):
    ppca = models.ProbabilisticPCA(K).fit(toy)
    exact = torch.from_numpy(dense(ppca).logpdf(toy.numpy()))
    torch.testing.assert_close(losses.linear_elbo(linear_vae_at(ppca.weight_, ppca), toy).elbo, exact)
    for seed in range(3):
        rotated = ppca.weight_ @ torch.linalg.qr(normal(K, K, seed=seed))[0]
        evidence = rotated @ rotated.T + ppca.noise_variance_ * torch.eye(6).double()
        torch.testing.assert_close(MultivariateNormal(ppca.mean_, evidence).log_prob(toy), exact)
        bound = losses.linear_elbo(linear_vae_at(rotated, ppca), toy).elbo
        precision = rotated.T @ rotated / ppca.noise_variance_ + torch.eye(K).double()
        gap = 0.5 * (precision.diagonal().log().sum() - torch.logdet(precision))
        assert gap > 0.01
        torch.testing.assert_close(exact - bound, gap.expand(len(toy)))


def test_linear_vae_trained_from_random_weights_reaches_the_closed_form(toy, toy_spectrum):
    vae, ppca = models.LinearVAE(6, K, seed=3).double(), models.ProbabilisticPCA(K).fit(toy)
    loss = minimise(vae, lambda: -losses.linear_elbo(vae, toy).elbo.mean())
    assert -loss == pytest.approx(ppca.log_likelihood(toy).mean().item(), abs=1e-8)
    assert vae.noise_variance.item() == pytest.approx(toy_spectrum[K:].mean().item(), abs=1e-5)
    torch.testing.assert_close(vae.decoder.bias, toy.mean(dim=0), rtol=0, atol=1e-4)
    columns = vae.decoder.weight.detach().T
    columns = columns[columns.norm(dim=1).argsort(descending=True)]
    torch.testing.assert_close((columns**2).sum(dim=1), toy_spectrum[:K] - toy_spectrum[K:].mean(), rtol=0, atol=1e-4)
    ones = torch.ones(K).double()
    torch.testing.assert_close(cosines(columns, models.PCA(K).fit(toy).components_), ones, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("noise", "beta"), [(1.0, 1.0), (1.0, 4.0), (2.0, 2.0), (0.55, 1.0), (5.0, 2.0)])
def test_a_latent_is_active_if_and_only_if_its_eigenvalue_exceeds_beta_times_the_noise(toy, toy_spectrum, noise, beta):
    vae = models.LinearVAE(6, 5, noise_variance=noise, learn_noise=False, seed=3).double()

    def loss():
        bound = losses.linear_elbo(vae, toy)
        return (beta * bound.kl - bound.reconstruction).mean()

    minimise(vae, loss)
    assert vae.noise_variance.item() == pytest.approx(noise, rel=1e-6)
    norms = (vae.decoder.weight.detach() ** 2).sum(dim=0).sort(descending=True).values
    torch.testing.assert_close(norms, (toy_spectrum[:5] - beta * noise).clamp(min=0), rtol=0, atol=1e-4)
    assert metrics.active_units(vae, toy) == (toy_spectrum[:5] > beta * noise).sum()


def test_linear_models_are_seeded_leave_the_global_state_alone_and_are_rebuilt_from_their_config():
    before = torch.random.get_rng_state()
    x = normal(4, 6).float()
    for kind in (models.LinearAutoencoder, models.LinearVAE):
        first, again, other = kind(6, 2, seed=5), kind(6, 2, seed=5), kind(6, 2, seed=6)
        assert torch.equal(first.reconstruct(x), again.reconstruct(x))
        assert not torch.equal(first.reconstruct(x), other.reconstruct(x))
        other.load_state_dict(kind(**first.config).state_dict())
        other.load_state_dict(first.state_dict())
        assert torch.equal(first.reconstruct(x), other.reconstruct(x))
    fixed = models.LinearVAE(6, 2, noise_variance=0.25, learn_noise=False)
    rebuilt = models.LinearVAE(**fixed.config)
    assert rebuilt.noise_variance == fixed.noise_variance
    assert not rebuilt.log_noise.requires_grad
    assert torch.equal(torch.random.get_rng_state(), before)


# Real MNIST


@pytest.fixture(scope="module")
def ppcas(mnist):
    return {k: models.ProbabilisticPCA(k).fit(mnist.train.x) for k in (2, 30)}


@pytest.fixture(scope="module")
def pcas(mnist):
    return {k: models.PCA(k).fit(mnist.train.x) for k in (2, 30)}


@pytest.fixture(scope="module")
def numpy_eigen(mnist):
    """Mean, eigenvalues and axes of the training images by NumPy in float64, for comparison."""
    x = mnist.train.x.numpy().astype(np.float64)
    mean = x.mean(axis=0)
    x -= mean
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    return mean, values[::-1], vectors[:, ::-1]


@pytest.mark.parametrize(("k", "published"), [(2, 43.645), (30, 13.866)])
def test_mnist_pca_test_error_is_that_of_hinton_and_salakhutdinov(mnist, pcas, numpy_eigen, k, published):
    error = metrics.reconstruction_error(pcas[k], mnist.test.x).mean
    assert error == pytest.approx(published, abs=0.005)
    mean, values, vectors = numpy_eigen
    x = mnist.test.x.numpy() - mean
    dropped = x - x @ vectors[:, :k] @ vectors[:, :k].T
    assert error == pytest.approx((dropped**2).sum(axis=1).mean(), abs=1e-4)
    train = metrics.reconstruction_error(pcas[k], mnist.train.x).mean
    assert train == pytest.approx(values[k:].sum(), abs=1e-3)


@pytest.mark.parametrize(("k", "nats"), [(2, 14.360), (30, 394.616)])
def test_mnist_ppca_test_log_likelihood(mnist, ppcas, k, nats):
    assert ppcas[k].log_likelihood(mnist.test.x).double().mean().item() == pytest.approx(nats, abs=0.01)


def test_mnist_eigenvalues_predict_how_many_latents_survive_each_noise(pcas, numpy_eigen):
    values = pcas[2].eigenvalues_
    assert [int((values > bound).sum()) for bound in (1, 0.5, 0.1)] == [12, 23, 69]
    assert values[0].item() == pytest.approx(5.117, abs=0.005)
    assert values[0] < 784 / 2  # the mean over pixels in place of the sum: nothing survives
    np.testing.assert_allclose(values.numpy(), numpy_eigen[1], atol=1e-5)


def test_mnist_linear_autoencoder_finds_the_plane_of_pca_by_gradient_descent(mnist, pcas):
    pca, linear = pcas[2], models.LinearAutoencoder(784, 2)
    training.fit(linear, mnist.train.x - pca.mean_, epochs=6, lr=training.Cosine(3e-2, 6))
    error = metrics.reconstruction_error(linear, mnist.test.x - pca.mean_).mean
    assert error == pytest.approx(metrics.reconstruction_error(pca, mnist.test.x).mean, abs=0.3)
    assert metrics.principal_angles(linear.decoder.weight.T, pca.components_).max() < 3


def test_mnist_bernoulli_floor_and_mean_image(mnist):
    x = mnist.test.x.double()
    perfect = losses.bernoulli_log_likelihood(x, torch.logit(x, eps=1e-12)).mean()
    assert -perfect.item() == pytest.approx(45.534, abs=0.001)
    mean = mnist.train.x.double().mean(dim=0).expand_as(x)
    constant = losses.bernoulli_log_likelihood(x, torch.logit(mean, eps=1e-12)).mean()
    assert -constant.item() == pytest.approx(205.80, abs=0.01)
    assert losses.squared_error(x, mean).mean().item() == pytest.approx(52.897, abs=0.001)
