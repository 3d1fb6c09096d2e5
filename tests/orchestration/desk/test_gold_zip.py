"""Gold sets as ZIP files: what is of a set is taken, nothing lands outside the folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from orchestration.desk.gold_zip import MOST_BYTES, pack, unpack
from schemas.errors import GoldError


def zipped(file: Path, *names: str) -> Path:
    with zipfile.ZipFile(file, "w") as packed:
        for name in names:
            packed.writestr(name, name)
    return file


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    for name in ("html/a.html", "gold/a.json", "manifest.jsonl"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_text(name)
    pack(tmp_path / "set", tmp_path / "set.zip")
    unpack(tmp_path / "set.zip", tmp_path / "again")
    assert files(tmp_path / "again") == ["gold/a.json", "html/a.html", "manifest.jsonl"]
    assert (tmp_path / "again/gold/a.json").read_text() == "gold/a.json"


def test_a_set_in_a_folder_is_found_and_other_files_are_left_out(tmp_path: Path) -> None:
    names = ("may/gold/a.json", "may/html/a.html", "may/readme.txt", "may/html/a.exe")
    unpack(zipped(tmp_path / "set.zip", *names), tmp_path / "set")
    assert files(tmp_path / "set") == ["gold/a.json", "html/a.html"]


def test_nothing_lands_outside_the_folder(tmp_path: Path) -> None:
    names = ("../../gold/a.json", "/html/b.html", "gold/../gold/...json", "..\\gold\\c.json")
    unpack(zipped(tmp_path / "set.zip", *names), tmp_path / "in" / "set")
    assert files(tmp_path / "in") == ["set/gold/a.json", "set/gold/c.json", "set/html/b.html"]
    assert files(tmp_path)[-1] == "set.zip"


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 broken", b"<p>no zip</p>"])
def test_what_is_no_zip_is_refused(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "set.zip").write_bytes(body)
    with pytest.raises(GoldError, match="no ZIP file that can be read"):
        unpack(tmp_path / "set.zip", tmp_path / "set")


def test_a_zip_without_gold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldError, match=r"holds no gold/\*\.json"):
        unpack(zipped(tmp_path / "set.zip", "html/a.html"), tmp_path / "set")


def test_a_set_that_says_it_is_too_large_is_not_unpacked(tmp_path: Path) -> None:
    file = zipped(tmp_path / "set.zip", "html/a.html", "gold/a.json")
    body = bytearray(file.read_bytes())
    entry = body.index(b"PK\x01\x02")  # of the directory, which says how large a member is
    body[entry + 24 : entry + 28] = (MOST_BYTES).to_bytes(4, "little")
    file.write_bytes(body)
    with pytest.raises(GoldError, match="too large for the app"):
        unpack(file, tmp_path / "set")
    assert not (tmp_path / "set").exists()
