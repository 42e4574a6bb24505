"""Figures to touch: each is a Python class and one ES module, alive in the published page, in Jupyter and in Colab."""

from course_lib.widgets._base import CourseWidget as CourseWidget
from course_lib.widgets._convolutions import pack_convolutions as pack_convolutions
from course_lib.widgets._convolutions import rounded_convolutions as rounded_convolutions
from course_lib.widgets._decoders import pack_decoder as pack_decoder
from course_lib.widgets._decoders import quantised as quantised
from course_lib.widgets._decoders import worst_pixel_error as worst_pixel_error
from course_lib.widgets._join import figure_modules as figure_modules
from course_lib.widgets._style import stylesheet as stylesheet
from course_lib.widgets.code_grid import CodeGrid as CodeGrid
from course_lib.widgets.factor_sliders import FactorSliders as FactorSliders
from course_lib.widgets.five_maps import FiveMaps as FiveMaps
from course_lib.widgets.interpolation import InterpolationStrip as InterpolationStrip
from course_lib.widgets.latent_explorer import LatentExplorer as LatentExplorer
from course_lib.widgets.latent_sliders import LatentSliders as LatentSliders
from course_lib.widgets.manifold_grid import ManifoldGrid as ManifoldGrid
from course_lib.widgets.noise_process import NoiseProcess as NoiseProcess
from course_lib.widgets.pca_axis import PCAAxis as PCAAxis
from course_lib.widgets.pca_components import PCAComponents as PCAComponents
from course_lib.widgets.rate_distortion import RateDistortion as RateDistortion
from course_lib.widgets.reparameterization import Reparameterization as Reparameterization
from course_lib.widgets.the_bound import TheBound as TheBound
from course_lib.widgets.two_gaussians import TwoGaussians as TwoGaussians
