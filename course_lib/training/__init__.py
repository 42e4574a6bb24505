"""Training: one readable loop for all models, schedules, history, resume."""

from course_lib.training._divergence import Diverged
from course_lib.training.epoch import train_epoch
from course_lib.training.history import History
from course_lib.training.loop import evaluate, fit
from course_lib.training.schedules import Constant, Cosine, Cyclical, LinearWarmup, Schedule

__all__ = [
    "Constant",
    "Cosine",
    "Cyclical",
    "Diverged",
    "History",
    "LinearWarmup",
    "Schedule",
    "evaluate",
    "fit",
    "train_epoch",
]
