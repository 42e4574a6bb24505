"""What was computed beforehand and is no model: measurements, pictures and maps of many training runs."""

from course_lib.results import beta_sweep, maps, seeds, shape_runs

__all__ = ["beta_sweep", "maps", "seeds", "shape_runs"]
