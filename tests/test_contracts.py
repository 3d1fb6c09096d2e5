"""What the whole repository keeps to, beyond the lint rules and the import contracts."""

from __future__ import annotations

import ast
import gc
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "extractors", "orchestration", "ui")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
APP = ROOT / "app.py"
CODE = [*MODULES, *(path for path in [APP] if path.exists())]
EVERY_FILE = sorted([*CODE, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
MAX_LINES = 400
BANNED_NAMES = {"base", "common", "helpers", "manager", "utils"}  # they say nothing about a module
NEEDS_EXTRA = {"ui.tools": "mcp"}  # modules that are imported where their extra is there
HEAVY = {"optimum", "torch"}  # the extra `export` alone may need them


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    gc.disable()  # Python 3.11 fails where a finalizer runs within a parse
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    finally:
        gc.enable()


def imported(path: Path) -> set[str]:
    """The modules that the file names in its imports, in functions too."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def third_party(path: Path) -> set[str]:
    ours = {*PACKAGES, "app", "tests", "benchmarks"}
    tops = {name.split(".")[0] for name in imported(path)}
    return tops - ours - sys.stdlib_module_names


def requirements(*extras: str) -> set[str]:
    """The distributions that pyproject.toml asks for itself, names normalised."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {normalised(re.split(r"[^\w.-]", line)[0]) for line in lines}


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def public_names(path: Path) -> Iterator[list[str]]:
    for node in tree(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            yield ast.literal_eval(node.value)


def reading_order(name: str) -> tuple[int, str]:
    """Constants, classes, functions, each by the alphabet: ruff's order for `__all__`."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_public_names_are_sorted(path: Path) -> None:
    for names in public_names(path):
        assert names == sorted(set(names), key=reading_order)


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_module_with_something_to_import_says_what(path: Path) -> None:
    defines = any(isinstance(node, ast.ClassDef | ast.FunctionDef) for node in tree(path).body)
    assert any(public_names(path)) or not defines or path.name == "errors.py"


@pytest.mark.parametrize("path", EVERY_FILE, ids=named)
def test_names_say_what_a_file_is_for(path: Path) -> None:
    assert not BANNED_NAMES & {part.lower() for part in (*path.parts, path.stem)}


@pytest.mark.parametrize("path", EVERY_FILE, ids=named)
def test_a_file_is_short_enough_to_hold_in_mind(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < MAX_LINES


@pytest.mark.parametrize("path", CODE, ids=named)
def test_every_import_is_declared(path: Path) -> None:
    owners = packages_distributions()
    asked = requirements("export", "mcp", "planner", "render")
    for name in third_party(path):
        found = {normalised(owner) for owner in owners.get(name, [name])}
        # whichever build of the runtime this platform has, the import is the same
        found |= {"onnxruntime"} if "onnxruntime-gpu" in found else set()
        assert found & asked, f"{name} is not among the dependencies of pyproject.toml"


@pytest.mark.parametrize("path", CODE, ids=named)
def test_only_the_settings_read_the_environment(path: Path) -> None:
    if named(path) == "orchestration/settings.py":
        return
    reads = {
        ast.unparse(node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"}
    }
    assert reads == set()


@pytest.mark.parametrize("path", [APP, *(ROOT / "ui").glob("*.py")], ids=named)
def test_the_app_only_draws(path: Path) -> None:
    """What import-linter holds for the packages: the app reaches pages and models by the engine."""
    banned = {"httpx", "huggingface_hub", "onnxruntime", "pydantic_settings", *HEAVY}
    assert not banned & third_party(path)
    assert not [name for name in imported(path) if name.startswith("extractors")]


def test_importing_everything_needs_no_torch() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in MODULES
        if path.name not in {"__init__.py", "__main__.py"}
    ]
    names = [name for name in names if find_spec(NEEDS_EXTRA.get(name, "sys"))]
    script = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module(name)
print(sorted({HEAVY!r} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_no_lock_but_that_of_the_export_has_torch(lock: str) -> None:
    assert not HEAVY & set(pins(lock))


def test_the_locks_agree() -> None:
    runtime = pins("requirements.txt")
    for lock in ("requirements-dev.txt", "requirements-export.txt"):
        for name, lines in runtime.items():
            assert pins(lock)[name] == lines, f"{name} differs in {lock}: run `make lock`"


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.txt", ()),
        ("requirements-dev.txt", ("dev",)),
        ("requirements-export.txt", ("export",)),
    ],
)
def test_a_lock_has_all_that_is_asked_for(lock: str, extras: tuple[str, ...]) -> None:
    missing = requirements(*extras) - set(pins(lock))
    assert not missing, "run `make lock`"


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.txt")), ids=named)
def test_a_lock_names_no_host_and_no_folder(lock: Path) -> None:
    assert not re.search(r"://|file:|--index|--find-links|[ =]/\w", lock.read_text())


@cache
def pins(lock: str) -> dict[str, set[str]]:
    """Normalised name to its pinned lines; a name may be pinned once for each Python."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9][\w.-]*)==", line):
            found.setdefault(normalised(match[1]), set()).add(line.rstrip(" \\"))
    return found
