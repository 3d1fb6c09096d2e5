from __future__ import annotations

from orchestration.desk.naming import short_names


def test_files_of_the_same_name_are_told_apart() -> None:
    names = short_names(["/tmp/1/a.zip", "/tmp/2/a.html", "/tmp/3/a.html", "/tmp/4/a.html"])
    assert list(names.values()) == ["a.zip", "a.html", "a (2).html", "a (3).html"]
