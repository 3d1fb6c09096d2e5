"""What `pip install` gets: every file of the packages, and types that a user's checker reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "extractors", "orchestration", "ui")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], str]:
    """The names in the wheel of a copy of this tree, and what setuptools said of it."""
    copy = tmp_path_factory.mktemp("built")
    for package in PACKAGES:
        junk = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, copy / package, ignore=junk)
    for name in ("app.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    command = [sys.executable, "-c", BUILD, str(copy / "dist")]
    said = subprocess.run(
        command, cwd=copy, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout
    (wheel,) = (copy / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist()), said


def test_every_file_of_the_packages_is_in_the_wheel(built: tuple[set[str], str]) -> None:
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {*ours, "app.py"} - built[0] == set()


def test_no_folder_is_left_for_setuptools_to_guess_at(built: tuple[set[str], str]) -> None:
    assert "is absent from the `packages` configuration" not in built[1]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_says_that_it_has_types(package: str, built: tuple[set[str], str]) -> None:
    assert f"{package}/py.typed" in built[0]
