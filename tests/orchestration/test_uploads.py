"""What the app's upload field takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.archives.formats import SUFFIXES
from orchestration.desk.form import UPLOADS


@pytest.mark.parametrize("suffix", [".html", ".htm", ".xhtml", *SUFFIXES])
def test_every_archive_that_can_be_read_can_be_uploaded(suffix: str) -> None:
    assert Path("a" + suffix).suffix in UPLOADS
