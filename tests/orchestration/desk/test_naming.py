from __future__ import annotations

import time

from orchestration.desk.naming import apart, short_names


def test_files_of_the_same_name_are_told_apart() -> None:
    names = short_names(["/tmp/1/a.zip", "/tmp/2/a.html", "/tmp/3/a.html", "/tmp/4/a.html"])
    assert list(names.values()) == ["a.zip", "a.html", "a (2).html", "a (3).html"]


def test_a_name_with_a_number_of_its_own_is_told_apart_too() -> None:
    names = apart({"1": "a.html", "2": "a (2).html", "3": "a.html", "4": "a (2).html"})
    assert list(names.values()) == ["a.html", "a (2).html", "a (3).html", "a (2) (2).html"]


def test_thousands_of_one_name_are_told_apart_at_once() -> None:
    started = time.perf_counter()
    names = short_names(f"/{number}/index.html" for number in range(20_000))
    assert len(set(names.values())) == 20_000
    assert time.perf_counter() - started < 10
