from __future__ import annotations

from extractors.model.catalogue import find
from extractors.model.family import releases


def test_every_size_is_there_as_base_and_as_instruct() -> None:
    sizes = ("0.5B", "1.5B", "7B", "57B-A14B", "72B")
    expected = [f"Qwen2-{size}{kind}" for size in sizes for kind in ("", "-Instruct")]
    assert [release.title for release in releases()] == expected


def test_only_the_largest_has_a_licence_of_its_own() -> None:
    own = {release.title for release in releases() if release.licence != "Apache-2.0"}
    assert own == {"Qwen2-72B", "Qwen2-72B-Instruct"}


def test_base_models_answer_for_no_tier() -> None:
    roles = {release.role for release in releases() if not release.title.endswith("Instruct")}
    assert roles == {"to tune"}


def test_what_the_catalogue_can_fetch_has_the_same_name_and_role() -> None:
    for release in releases():
        known = find(release.name)
        if known is not None:
            assert (known.role, known.hub) == (release.role, release.hub)
