"""The measure of bad pages counts what it says it counts."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.bad_pages import Judged, judge, judge_unread, report


def test_labels_come_from_the_manifests(tmp_path: Path) -> None:
    pages = {"yard": "<p>Boat builder, Bergen</p>", "botwall-yard": "<p>Are you a robot?</p>"}
    (tmp_path / "jobs" / "html").mkdir(parents=True)
    for name, html in pages.items():
        (tmp_path / "jobs" / "html" / f"{name}.html").write_text(html)
    lines = [json.dumps({"id": name}) for name in [*pages, "not here"]]
    (tmp_path / "jobs" / "manifest.jsonl").write_text("\n".join(lines))

    assert [(page.name, page.label, page.found) for page in judge(tmp_path)] == [
        ("yard", "good", None),
        ("botwall-yard", "botwall", "bot wall"),
    ]


def test_the_report_names_what_went_against_its_label() -> None:
    missed = Judged("jobs", "a", "expired", None)
    text = report([missed, Judged("jobs", "b", "good", None)])

    assert "| jobs | expired | 1 | 0 | 0.0% |" in text
    assert "- jobs/a: expired, called good" in text
    assert "jobs/b" not in text


def test_pages_that_nobody_read_for_it_are_counted_apart(tmp_path: Path) -> None:
    for folder in ("yard/html", "yard/html_nomarkup", "finetune", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "yard" / "manifest.jsonl").write_text('{"id": "boat"}\n{"id": "expired"}')
    for name in ("boat", "expired"):
        for kind in ("html", "html_nomarkup"):
            (tmp_path / "yard" / kind / f"{name}.html").write_text("<p>Boat builder, Bergen</p>")
    (tmp_path / "finetune" / "jobs.jsonl").write_text('{"text": "Cook\\nSoup <b>daily"}\n{"a": 1}')
    (tmp_path / "docs" / "gone.html").write_text("<title>404 Not Found</title><h1>Not found</h1>")

    found = [(p.set_name, p.name, p.found) for p in judge_unread(tmp_path, [tmp_path / "docs"])]
    assert found == [
        ("yard, no markup (not read for this)", "boat", None),
        ("jobs (not read for this)", "0", None),
        ("docs (not read for this)", "gone.html", "gone"),
    ]
