from __future__ import annotations

from dataclasses import replace

from orchestration.naming import named, short_names
from tests.orchestration.samples import WALL


def test_an_archives_pages_go_by_the_archives_own_name() -> None:
    names = short_names(["/tmp/1/three.zip", "/tmp/2/a.html"])
    sources = ["/tmp/1/three.zip::x/a.html", "/tmp/2/a.html", "https://ex.org/::x"]
    results = named([replace(WALL, source=source) for source in sources], names)
    assert [r.source for r in results] == ["three.zip::x/a.html", "a.html", "https://ex.org/::x"]
