"""The library is built in floors: a module imports only from lower ones. And it stays small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[2] / "course_lib"
MOST_LINES = 260

FLOORS = {
    "notation": 0,
    "validation": 0,
    "contrast": 1,
    "data": 1,
    "distributions": 1,
    "latent": 1,
    "losses": 2,
    "gradients": 2,
    "models": 2,
    "training": 3,
    "checkpoints": 3,
    "estimators": 4,
    "metrics": 4,
    "sweeps": 4,
    "maps": 4,
    "dark": 4,
    "shape_runs": 4,
    "plots": 5,
    "collect": 5,
    "glue": 5,
    "checks": 6,
    "widgets": 6,
}
# Private modules serve any floor, so they must stand on none.
GROUND = {"_storage", "_threads"}

MODULES = sorted(LIBRARY.rglob("*.py"))


def unit(path: Path) -> str:
    """The module or package directly under course_lib that a file belongs to; "" for course_lib itself."""
    first = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def imported_names(path: Path) -> set[str]:
    """Every module a file imports, anywhere in it, with relative imports made absolute."""
    names = set()
    package = ("course_lib", *path.relative_to(LIBRARY).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names.update({module} if module.count(".") else {module, *(f"{module}.{a.name}" for a in node.names)})
    return names


def imported_units(path: Path) -> set[str]:
    """The units of course_lib that a file imports from, its own left out."""
    parts = [name.split(".") for name in imported_names(path) if name.startswith("course_lib.")]
    return {part[1] for part in parts if (LIBRARY / part[1]).is_dir() or (LIBRARY / f"{part[1]}.py").is_file()} - {
        unit(path)
    }


def test_every_module_has_a_floor():
    """A new module is given its floor here before it is used."""
    assert {unit(path) for path in MODULES} - {""} <= FLOORS.keys() | GROUND


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_module_imports_from_lower_floors_only(path):
    """Floors have no circles and no short cuts upwards; siblings on one floor do not know each other."""
    here = unit(path)
    if here == "":
        return  # course_lib/__init__.py may import anything below it
    allowed = set(GROUND) if here not in GROUND else set()
    if here in FLOORS:
        allowed |= {name for name, floor in FLOORS.items() if floor < FLOORS[here]}
    assert imported_units(path) <= allowed


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(LIBRARY)))
def test_a_module_is_one_idea(path):
    """What outgrows this is two ideas."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_torchvision_comes_through_one_door():
    """Only the private module that makes it importable beside a CPU-only torch imports it."""
    importing = {
        path.relative_to(LIBRARY).as_posix()
        for path in MODULES
        if any(name.split(".")[0] == "torchvision" for name in imported_names(path))
    }
    assert importing == {"data/_torchvision.py"}


def test_nothing_is_ever_unpickled():
    """No module imports what would run code from a file."""
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    found = {path.name: names for path in MODULES if (names := imported_names(path) & forbidden)}
    assert found == {}
