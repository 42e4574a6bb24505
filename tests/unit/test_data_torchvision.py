"""torchvision comes in by one door, whether or not its compiled operators load."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> str:
    """What `code` prints in a fresh interpreter where any warning is an error."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_torchvision_imports_in_a_fresh_process():
    code = """
from course_lib.data import _torchvision
import torch, torchvision
assert hasattr(torch.ops.torchvision, "nms") and hasattr(torch.ops.torchvision, "qnms")
assert torchvision.datasets is _torchvision.datasets and torchvision.utils.make_grid is _torchvision.make_grid
print(_torchvision.make_grid(torch.zeros(4, 1, 2, 2), nrow=2, padding=1).shape)
"""
    assert run(code) == "torch.Size([3, 7, 7])"


def test_an_operator_declared_by_another_library_is_no_trouble():
    """Where the compiled ones cannot be loaded; where they can, torch itself ends a process that declares them."""
    code = """
import importlib.util, sys, torch
from pathlib import Path
compiled = next(Path(importlib.util.find_spec("torchvision").origin).parent.glob("_C*"))
try:
    torch.ops.load_library(str(compiled))
    print("MNIST")
    sys.exit()
except OSError:
    pass
torch.library.define("torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
from course_lib.data import _torchvision
print(_torchvision.datasets.MNIST.__name__)
"""
    assert run(code) == "MNIST"


# A package named torchvision that records what was declared when it was imported; `load_library` plays the loader.
STAND_IN = """
import sys, torch
sys.path.insert(0, {folder!r})
def load_library(path):
    assert path.startswith({folder!r}), path
    if {broken}:
        raise OSError("libtorch_cuda.so: cannot open shared object file")
torch.ops.load_library = load_library
from course_lib.data import _torchvision
import torchvision
print(torchvision.declared)
"""


@pytest.fixture
def stand_in(tmp_path):
    package = tmp_path / "torchvision"
    (package / "datasets").mkdir(parents=True)
    (package / "__init__.py").write_text(
        "import torch\ndeclared = [name for name in ('nms', 'qnms') if hasattr(torch.ops.torchvision, name)]\n"
    )
    (package / "_C.so").touch()
    (package / "datasets" / "__init__.py").touch()
    (package / "transforms.py").touch()
    (package / "datasets" / "utils.py").write_text("download_and_extract_archive = None\n")
    (package / "utils.py").write_text("make_grid = None\n")
    return tmp_path


@pytest.mark.parametrize(("broken", "declared"), [(False, "[]"), (True, "['nms', 'qnms']")])
def test_operators_are_declared_only_where_the_compiled_ones_do_not_load(stand_in, broken, declared):
    assert run(STAND_IN.format(folder=str(stand_in), broken=broken)) == declared


def test_operators_are_declared_where_there_are_no_compiled_ones(stand_in):
    (stand_in / "torchvision" / "_C.so").unlink()
    assert run(STAND_IN.format(folder=str(stand_in), broken=False)) == "['nms', 'qnms']"


def test_a_torchvision_that_is_already_imported_is_left_alone(stand_in):
    code = STAND_IN.format(folder=str(stand_in), broken=True)
    assert run(code.replace("from course_lib", "import torchvision\nfrom course_lib")) == "[]"


def test_no_other_module_of_the_library_imports_torchvision():
    importing = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "course_lib").rglob("*.py")
        if any(
            line.split()[:1] in (["import"], ["from"]) and line.split()[1].split(".")[0] == "torchvision"
            for line in path.read_text().splitlines()
            if line.strip()
        )
    ]
    assert importing == ["course_lib/data/_torchvision.py"]


def test_loading_digits_costs_no_import_of_torchvision():
    assert (
        run("import sys\nfrom course_lib import data\ndata.load('digits')\nprint('torchvision' in sys.modules)")
        == "False"
    )


def test_without_torchvision_digits_load_and_mnist_says_what_to_install():
    release = f"0.{int(torch.__version__.split('.')[1]) + 15}"
    program = """
import sys
sys.modules["torchvision"] = None
from course_lib import data
print(data.load("digits").name, data.load("shapes").name)
print(data.load("mnist", fallback="digits-28").name)
try:
    data.load("mnist")
except data.DataUnavailable as error:
    print(error)
try:
    data.image_grid(data.load("digits-28").test.x[:4], columns=2)
except ModuleNotFoundError as error:
    print(error)
"""
    loaded, fallback, *said = run(program).splitlines()
    assert (loaded, fallback) == ("digits shapes", "digits-28")
    for message in said:
        assert f"pip install --no-deps 'torchvision=={release}.*'" in message
    assert len(said) == 2
