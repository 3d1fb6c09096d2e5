from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.desk.handed import MOST_TEXT, Handed, plain_name
from orchestration.desk.runs import Asked, Run, RunState
from schemas.dsl import parse_dsl
from schemas.errors import SourceError

PAGES = {"a.html": "<p>one", "in/a.html": "<p>two"}


def test_each_page_is_a_file_of_its_own_whatever_it_is_called(tmp_path: Path) -> None:
    files = Handed(tmp_path).files(PAGES)
    assert list(files.values()) == ["a.html", "a.html"]
    assert [Path(path).read_text("utf-8") for path in files] == ["<p>one", "<p>two"]


def test_what_no_run_reads_is_deleted_when_it_is_swept(tmp_path: Path) -> None:
    handed = Handed(tmp_path)
    handed.sweep(handed.files(PAGES))
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_reads_stays_until_the_run_is_over(tmp_path: Path) -> None:
    handed, run = Handed(tmp_path), Run("", Asked([], parse_dsl("title,")))
    files = handed.files(PAGES)
    handed.keep([*files, "/elsewhere/b.html"], run)
    handed.sweep(files)
    assert all(Path(path).exists() for path in files)
    run.state = RunState.ENDED
    handed.sweep()
    assert list(tmp_path.iterdir()) == []


def test_too_much_text_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than 20,000,000 characters"):
        Handed(tmp_path).files({"a.html": "a" * (MOST_TEXT + 1)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "..", "/", "a/..", "\\", "\x00", "\u202e\u2066"])
def test_a_name_that_says_nothing_is_page_html(name: str) -> None:
    assert plain_name(name) == "page.html"
