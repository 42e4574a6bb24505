"""The course is built in floors: every module imports only from lower ones. And a module stays small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "course_lib"
MAX_LINES = 260

# A unit is a module or package directly under one of the first three; the others are units as a whole.
FLOORS = {
    "course_lib._storage": 0,
    "course_lib._threads": 0,
    "course_lib.notation": 1,
    "course_lib._validate": 1,
    "course_lib.contrast": 2,
    "course_lib.data": 2,
    "course_lib.distributions": 2,
    "course_lib.latent": 2,
    "course_lib.protocols": 3,
    "course_lib.losses": 4,
    "course_lib.gradients": 4,
    "course_lib.models": 5,
    "course_lib.training": 6,
    "course_lib.checkpoints": 6,
    "course_lib.estimators": 7,
    "course_lib.metrics": 7,
    "course_lib.dark": 7,
    "course_lib.results": 7,
    "course_lib.plots": 8,
    "course_lib.glue": 8,
    "course_lib.widgets": 9,
    "course_lib": 10,
    "exercises": 11,
    "course_build.repository": 12,
    "course_build.browser": 12,
    "course_build.copies": 12,
    "course_build.node": 12,
    "course_build.resources": 12,
    "course_build.fingerprint": 12,
    "course_build.contents": 13,
    "course_build.exercises": 14,
    "course_build.notebooks": 15,
    "course_build.binder_requirements": 16,
    "course_build.book": 16,
    "course_build.lint_javascript": 16,
    "course_build.site_pictures": 16,
    "course_build.site_zip": 16,
    "course_build.grading": 16,
    "course_build.pdf": 16,
    "course_build.recipes": 16,
    "course_build.sphinx": 16,
    "benchmarks": 17,
    "tests": 18,
}
ROOMS = ("course_lib", "course_build")
PLACES = ("course_lib", "exercises", "course_build", "benchmarks", "tests")
# It runs as a student's notebook would, where helpers lie beside it.
LOOKS_BESIDE_ITSELF = {"course_build/grading/inside/runner.py"}
MODULES = sorted(path for place in PLACES for path in (ROOT / place).rglob("*.py"))


def name_of(path: Path) -> str:
    """The name a file is imported by: course_lib/models/vae.py → course_lib.models.vae."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def unit(module: str) -> str:
    """The unit a module belongs to."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] in ROOMS else parts[0]


NAMES = {name_of(path) for path in MODULES}


def imported(path: Path) -> set[str]:
    """Every module a file imports, anywhere in it, with relative imports made absolute."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            # `from package import module`, or a name that the package itself defines?
            found.update(
                f"{module}.{alias.name}" if f"{module}.{alias.name}" in NAMES else module for alias in node.names
            )
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_module_has_a_floor():
    """A new module is given its floor here before it is used."""
    assert {unit(name) for name in NAMES} - {"course_build"} <= FLOORS.keys()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_imports_from_lower_floors_only(path):
    """No circles and no short cuts upwards; siblings on one floor do not know each other."""
    here = unit(name_of(path))
    ours = {unit(name) for name in imported(path) if name.split(".")[0] in PLACES} - {here}
    if path.name == "__main__.py" or here == "course_build":
        return  # a program stands on top, and nothing is built on it
    assert {name for name in ours if FLOORS[name] >= FLOORS[here]} == set()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_nothing_is_built_on_a_program(path):
    """Tests and benchmarks run it."""
    if path.relative_to(ROOT).parts[0] not in ("benchmarks", "tests"):
        assert {name for name in imported(path) if name.endswith("__main__") and name in NAMES} == set()


@pytest.mark.parametrize("package", sorted({name.rpartition(".")[0] for name in NAMES} - {""}))
def test_a_package_has_no_circle(package):
    """Also inside one room."""
    graph = {name: set() for name in NAMES if name.startswith(f"{package}.")}
    for path in MODULES:
        if name_of(path) in graph:
            graph[name_of(path)] = imported(path) & graph.keys()
    while leaves := {name for name, below in graph.items() if not below & graph.keys()}:
        graph = {name: below for name, below in graph.items() if name not in leaves}
    assert graph == {}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_has_one_name(path):
    """No bridge: nothing changes where modules are looked for, so none is found twice."""
    changed = {
        ast.unparse(node)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("sys.path."))
        or (
            isinstance(node, ast.Assign | ast.AugAssign)
            and "sys.path" in ast.unparse(getattr(node, "targets", [node])[0])
        )
    }
    assert bool(changed) == (named(path) in LOOKS_BESIDE_ITSELF)


def test_the_book_holds_no_python():
    """Its cells are in its chapters."""
    assert list((ROOT / "book").rglob("*.py")) == []


@pytest.mark.parametrize("path", [path for path in MODULES if LIBRARY in path.parents], ids=named)
def test_a_module_is_one_idea(path):
    """What outgrows this is two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_the_path_of_a_vae_is_five_files_and_400_lines():
    """From x to a trained model, docstrings included: what a student reads in an hour."""
    path = ("distributions/gaussian", "losses/evidence", "models/_mlp", "models/vae", "training/epoch")
    assert sum(len((LIBRARY / f"{file}.py").read_text(encoding="utf-8").splitlines()) for file in path) <= 400
    on_it = {f"course_lib.{file.replace('/', '.')}" for file in path}
    for file in path:  # what else these import are packages around the five, checks, and what seeds a model
        rest = {name for name in imported(LIBRARY / f"{file}.py") if name in NAMES} - on_it
        assert rest <= {
            "course_lib._validate",
            "course_lib.distributions",
            "course_lib.losses",
            "course_lib.models._building",
            "course_lib.protocols",
        }


def test_torchvision_comes_through_one_door():
    """Only the private module that makes it importable beside a CPU-only torch imports it."""
    importing = {
        path.relative_to(LIBRARY).as_posix()
        for path in MODULES
        if LIBRARY in path.parents and any(name.split(".")[0] == "torchvision" for name in imported(path))
    }
    assert importing == {"data/_torchvision.py"}


def test_nothing_is_ever_unpickled():
    """No module imports what would run code from a file; joblib only counts processors."""
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    library = [path for path in MODULES if LIBRARY in path.parents]
    found = {path.name: names for path in library if (names := imported(path) & forbidden)}
    assert found == {"_threads.py": {"joblib"}}
    assert "joblib.load" not in (LIBRARY / "_threads.py").read_text(encoding="utf-8")
