"""One symbol, one name, one colour: the notation shared by the mathematics, the plots and the page.

Every symbol of the course is declared here once. The book's macros (`katex_macros`), its style sheet
(`stylesheet`), the notation page and every figure read this table, so that the red z of an equation is the
red z of the picture under it. Colours reach a contrast of 4.5 : 1 against the page in both modes (WCAG AA,
held by a test), and never carry meaning alone: each symbol also has its letter.
"""

from __future__ import annotations

from dataclasses import dataclass

LIGHT_PAGE, DARK_PAGE = "#ffffff", "#14181e"


@dataclass(frozen=True)
class Symbol:
    r"""One symbol of the course.

    Attributes
    ----------
    key : str
        What the colour is called in code and in the style sheet (`notation.color("z")`).
    macro : str
        The command that writes it in a formula, without the backslash.
    latex : str
        What the command stands for.
    code : str
        Its name in `course_lib` and in the chapters' code.
    shape : str
        Its shape for a batch of n examples.
    meaning : str
        One phrase.
    light, dark : str
        Hexadecimal colour on the light and on the dark page.
    """

    key: str
    macro: str
    latex: str
    code: str
    shape: str
    meaning: str
    light: str
    dark: str


_HUES = {  # key: (on the light page, on the dark page)
    "x": ("#0b5cad", "#6cb2ff"),
    "x_hat": ("#00707f", "#4ccbdc"),
    "encoder": ("#6b3fa0", "#c3a1ff"),
    "z": ("#b3261e", "#ff8a80"),
    "decoder": ("#1b6e2d", "#7dd68b"),
    "mean": ("#9a4600", "#ffb066"),
    "std": ("#705800", "#e6c34a"),
    "noise": ("#5a5f66", "#b0b7c0"),
    "loss": ("#a3195b", "#ff8cc6"),
}


def _symbol(key: str, macro: str, latex: str, code: str, shape: str, meaning: str) -> Symbol:
    return Symbol(key, macro, latex, code, shape, meaning, *_HUES[key])


SYMBOLS = (
    _symbol("x", "x", "x", "x", "(n, D)", "data; for MNIST the D = 784 pixels of an image, each in [0, 1]"),
    _symbol("x_hat", "xhat", r"\hat{x}", "x_hat", "(n, D)", "reconstruction: the decoder's pixel means"),
    _symbol("encoder", "enc", r"f_\phi", "model.encode", "(n, D) → (n, d)", "encoder, with parameters φ"),
    _symbol("encoder", "encparams", r"\phi", "model.encoder", "", "the encoder's parameters"),
    _symbol("z", "z", "z", "z", "(n, d)", "code, or latent variable, with d dimensions"),
    _symbol("decoder", "dec", r"g_\theta", "model.decode", "(n, d) → (n, D)", "decoder, with parameters θ"),
    _symbol("decoder", "decparams", r"\theta", "model.decoder", "", "the decoder's parameters"),
    _symbol("mean", "mean", r"\mu", "q.mean", "(n, d)", "mean of the approximate posterior"),
    _symbol("std", "std", r"\sigma", "q.std", "(n, d)", "its standard deviation, one per latent dimension"),
    _symbol("std", "var", r"\sigma^2", "q.var", "(n, d)", "its variance; networks output log σ², `q.logvar`"),
    _symbol("noise", "noise", r"\varepsilon", "eps", "(n, d)", "noise drawn from N(0, I)"),
    _symbol("z", "prior", "p(z)", "", "", "prior over codes, N(0, I)"),
    _symbol("decoder", "lik", r"p_\theta(x \mid z)", "losses.log_likelihood", "(n,)", "likelihood of x given a code"),
    _symbol(
        "encoder", "post", r"q_\phi(z \mid x)", "vae.encode(x)", "(n, d)", "approximate posterior: the encoder's answer"
    ),
    _symbol(
        "z", "truepost", r"p_\theta(z \mid x)", "", "", "true posterior, fixed by the prior and the decoder together"
    ),
    _symbol("z", "agg", "q(z)", "", "", "aggregated posterior, the average of q(z | x) over the data"),
    _symbol("loss", "loss", r"\mathcal{L}", "loss", "(n,)", "loss, per example, in nats where it is a log-likelihood"),
    _symbol("loss", "elbo", r"\mathrm{ELBO}", "losses.elbo", "(n,)", "evidence lower bound, per example, in nats"),
    _symbol("loss", "kl", r"\mathrm{KL}", "q.kl()", "(n,)", "Kullback–Leibler divergence, per example, in nats"),
)


def color(key: str, dark: bool = False) -> str:
    """The colour of a symbol as a hexadecimal string.

    Parameters
    ----------
    key : str
        One of `x`, `x_hat`, `encoder`, `z`, `decoder`, `mean`, `std`, `noise`, `loss`.
    dark : bool
        Whether it will stand on the dark page.

    Raises
    ------
    KeyError
        If no symbol has that key; the message lists the keys.
    """
    if key not in _HUES:
        raise KeyError(f"got colour key {key!r}, expected one of {', '.join(_HUES)}")
    return _HUES[key][int(dark)]


def katex_macros() -> dict[str, str]:
    r"""The macros of the book's mathematics, as KaTeX's option `macros` takes them.

    Each symbol is wrapped in a class, not in a colour: the style sheet gives the class its colour in either
    mode. `\x` becomes `\htmlClass{sym-x}{x}`.
    """
    return {f"\\{s.macro}": rf"\htmlClass{{sym-{s.key}}}{{{s.latex}}}" for s in SYMBOLS}


def stylesheet() -> str:
    """CSS that colours the classes of `katex_macros` in light and in dark mode."""
    light = "".join(f".sym-{key} {{ color: {hues[0]}; }}\n" for key, hues in _HUES.items())
    dark = "".join(f'html[data-theme="dark"] .sym-{key} {{ color: {hues[1]}; }}\n' for key, hues in _HUES.items())
    return light + dark
