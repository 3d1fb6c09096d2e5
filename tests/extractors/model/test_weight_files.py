from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from extractors.model.weight_files import disk_errors, git_blob_id, local_weights, need_room
from schemas.errors import ModelMissing, StoreError


def model_folder(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"GGUF" if name.endswith(".gguf") else b"{}")
    return folder


def test_a_gguf_file_is_weights(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF and more")

    weights = local_weights(path)

    assert (weights.name, weights.path, weights.format) == ("own", path, "gguf")
    assert (weights.origin, weights.licence) == ("local", None)


def test_a_text_named_gguf_is_not_weights(tmp_path: Path) -> None:
    path = tmp_path / "own.gguf"
    path.write_text("version https://git-lfs.github.com/spec/v1")

    with pytest.raises(ModelMissing, match="not a GGUF file"):
        local_weights(path)


def test_a_folder_with_config_tokenizer_and_safetensors_is_weights(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "config.json", "tokenizer.json", "model.safetensors")

    weights = local_weights(folder)

    assert (weights.name, weights.path, weights.format) == ("own", folder, "safetensors")


def test_an_optimum_export_is_weights(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "config.json", "tokenizer.json", "model.onnx")

    assert local_weights(folder).format == "onnx"


def test_a_folder_with_one_gguf_file_stands_for_that_file(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "q4.gguf", "README.md")

    assert local_weights(folder).path == folder / "q4.gguf"


def test_of_two_gguf_files_one_must_be_named(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "q4.gguf", "q8.gguf")

    with pytest.raises(ModelMissing, match="2 GGUF files"):
        local_weights(folder)


def test_a_folder_without_config_is_refused_by_name_of_what_it_lacks(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "tokenizer.json", "model.safetensors")

    with pytest.raises(ModelMissing, match=r"lacks config\.json$"):
        local_weights(folder)


def test_a_folder_without_one_of_its_shards_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "config.json", "tokenizer.json", "a.safetensors")
    index = {"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    with pytest.raises(ModelMissing, match=r"lacks b\.safetensors"):
        local_weights(folder)


def test_a_shard_index_that_is_no_json_is_refused(tmp_path: Path) -> None:
    folder = model_folder(tmp_path / "own", "config.json", "tokenizer.json", "a.safetensors")
    (folder / "model.safetensors.index.json").write_text("<html>")

    with pytest.raises(ModelMissing, match="cannot be read"):
        local_weights(folder)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_forbidden_disk_is_a_store_error(tmp_path: Path, code: int) -> None:
    with pytest.raises(StoreError, match="cannot be kept in"), disk_errors(tmp_path):
        raise OSError(code, "as the system says it")


def test_other_system_errors_pass_as_they_are(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError), disk_errors(tmp_path):
        raise ConnectionResetError(errno.ECONNRESET, "reset")


def test_more_than_the_disk_holds_does_not_fit(tmp_path: Path) -> None:
    need_room(tmp_path, 1)
    with pytest.raises(StoreError, match="do not fit"):
        need_room(tmp_path, 1 << 60)


@pytest.mark.parametrize(
    ("data", "blob_id"),
    [
        (b"", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        (b"hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
    ],
)
def test_blob_ids_are_those_of_git(tmp_path: Path, data: bytes, blob_id: str) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(data)

    assert git_blob_id(path) == blob_id
