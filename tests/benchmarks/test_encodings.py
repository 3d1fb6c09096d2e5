"""The report on html5lib's encoding tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.encodings import judged, main

RIGHT = b"#data\n<meta charset=koi8-r>\n#encoding\nkoi8-r\n"
WRONG = b"\n#data\n<p>x\n#encoding\nshift_jis\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIELDWISE_EVALDATA", str(tmp_path))
    tests = tmp_path / "hostile" / "html5lib-tests" / "encoding"
    (tests / "scripted").mkdir(parents=True)
    (tests / "tests1.dat").write_bytes(RIGHT)
    (tests / "scripted" / "tests1.dat").write_bytes(WRONG)
    return tests


def test_each_test_is_judged(folder: Path) -> None:
    (folder / "tests2.dat").write_bytes(RIGHT + WRONG)

    assert [(one.file, one.number, one.found == one.encoding) for one in judged(folder)] == [
        ("scripted/tests1.dat", 1, False),
        ("tests1.dat", 1, True),
        ("tests2.dat", 1, True),
        ("tests2.dat", 2, False),
    ]


def test_the_report_gives_the_share_and_a_reason_for_each_miss(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main() == 0
    printed = capsys.readouterr().out
    assert "| all | 2 | 1 | 50.0% |" in printed
    assert "a script writes the declaration" in printed


def test_a_miss_without_a_reason_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tests2.dat").write_bytes(WRONG)
    assert main() == 1
    assert "not explained" in capsys.readouterr().out


def test_a_saved_page_that_loses_a_letter_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = folder.parents[1] / "html"
    pages.mkdir()
    (pages / "enc-1.html").write_bytes("<meta charset=koi8-r><p>Łódź".encode())
    main()
    assert "1 saved pages of a wrong charset: 0 lose a letter" in capsys.readouterr().out
