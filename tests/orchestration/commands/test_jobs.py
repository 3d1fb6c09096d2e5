"""`fieldwise jobs`: every command, on jobs whose pages answer by their markup alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.storage.review import Review
from orchestration.storage.store import Store
from tests.extractors import tiny


def product(name: str) -> str:
    data = {"@type": "Product", "name": name, "offers": {"price": "12.50"}}
    script = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    return f"{script}<h1>{name}</h1><p>Price: 12.50</p>" + "<p>It is of use.</p>" * 9


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("axe", "saw"):
        (folder / f"{name}.html").write_text(product(name.title()))
    return folder


def run(tmp_path: Path, *arguments: str, **settings: str) -> Result:
    environment = {
        "FIELDWISE_CACHE_DIR": str(tmp_path / "cache"),
        "FIELDWISE_DATA_DIR": str(tmp_path / "data"),
        "FIELDWISE_OFFLINE": "1",
        **settings,
    }
    return CliRunner().invoke(app, arguments, env=environment, prog_name="fieldwise")


def extract(tmp_path: Path, pages: Path, job: str = "tools") -> None:
    shape = ["--schema", "name, price number", "--tier", "markup", "--job", job, "-q"]
    assert run(tmp_path, "extract", str(pages), *shape).exit_code == 0


def test_jobs_are_listed_newest_first_and_searched(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages, "first")
    extract(tmp_path, pages / "axe.html", "second [one]")
    listed = run(tmp_path, "jobs").stdout
    assert listed.index("second [one]") < listed.index("first")
    assert "2 ok" in listed
    found = run(tmp_path, "jobs", "--search", "AXE", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in found] == ["second [one]"]
    assert json.loads(found[0])["pages"] == {"ok": 1}


@pytest.mark.parametrize("columns", ["80", "30", None])
def test_no_name_of_a_job_is_cut(tmp_path: Path, pages: Path, columns: str | None) -> None:
    name = "job_posting 2026-11-21 16:16:26.573917"
    extract(tmp_path, pages, name)
    terminal = {"TTY_COMPATIBLE": "1", "COLUMNS": columns} if columns else {}
    lines = run(tmp_path, "jobs", **terminal).stdout
    assert "…" not in lines
    assert (name in lines) is (columns != "30")  # there it goes on in the next line


def test_a_job_is_shown_by_name_and_by_number(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    by_name, by_number = (run(tmp_path, "jobs", "show", name).stdout for name in ("tools", "1"))
    assert by_name == by_number
    assert "name, price" in by_name
    assert str(pages) in by_name


def test_a_damaged_job_does_not_hide_the_others_and_can_be_deleted(
    tmp_path: Path, pages: Path
) -> None:
    for job in ("first", "second"):
        extract(tmp_path, pages, job)
    with sqlite3.connect(tmp_path / "data" / "results.sqlite") as connection:
        connection.execute("UPDATE jobs SET schema = X'7B' WHERE id = 2")
    connection.close()
    for shape in ([], ["--json"]):
        listed = run(tmp_path, "jobs", *shape)
        assert listed.exit_code == 1
        assert "first" in listed.stdout
        assert "not listed: 'second': job 2 does not read back" in listed.stderr
    assert run(tmp_path, "jobs", "show", "second").exit_code == 3
    assert "FIX  results:" in run(tmp_path, "doctor").stdout
    assert run(tmp_path, "jobs", "delete", "#2", "--yes").exit_code == 0
    assert run(tmp_path, "jobs").exit_code == 0


def test_an_unknown_job_is_an_error_that_says_where_to_look(tmp_path: Path) -> None:
    for command in ("show", "resume", "export", "delete"):
        done = run(tmp_path, "jobs", command, "nope")
        assert done.exit_code == 3
        assert "there is no job 'nope' (`fieldwise jobs` lists them)" in done.stderr


def test_a_correction_reaches_the_export(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    with Store(tmp_path / "data" / "results.sqlite") as store:
        job = store.job("tools")
        assert job is not None
        Review(store, job).type(str(pages / "saw.html"), 0, ("name",), "Bow saw")
    done = run(tmp_path, "jobs", "export", "tools", "--format", "csv")
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["name", "Axe", "Bow saw"]


def test_an_export_into_a_folder_says_job_and_day(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages, "tools: may/june")
    done = run(tmp_path, "jobs", "export", "1", "-o", str(tmp_path), "--format", "json")
    assert done.exit_code == 0, done.stderr
    (written,) = tmp_path.glob("tools-may-june-20??-??-??.json")
    assert len(json.loads(written.read_text())) == 2


def test_other_fields_are_a_job_of_their_own(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    shape = ["--schema", "price number", "--tier", "markup", "--job", "prices"]
    done = run(tmp_path, "jobs", "again", "tools", *shape)
    assert (done.exit_code, done.stdout) == (0, "prices\n"), done.stderr
    lines = run(tmp_path, "jobs", "export", "prices").stdout.splitlines()
    assert [json.loads(line)["records"][0]["values"] for line in lines] == [{"price": 12.5}] * 2


def test_a_stopped_job_says_so_and_is_resumed(tmp_path: Path, pages: Path) -> None:
    model = {"FIELDWISE_LARGE_MODEL": str(tiny.save(tmp_path / "weights"))}
    arguments = ["extract", str(pages), "--schema", "name,", "--tier", "large", "--job", "my job"]
    done = run(tmp_path, *arguments, "--max-cost", "1", **model)
    assert done.exit_code == 4
    assert "the limit of 1 tokens was reached" in done.stderr
    assert "fieldwise jobs resume 'my job'" in done.stderr
    assert "1 page: large " in done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "cost:       1 page: large " in run(tmp_path, "jobs", "show", "my job").stdout
    assert run(tmp_path, "jobs", "resume", "my job", **model).exit_code == 0
    assert len(run(tmp_path, "jobs", "export", "my job").stdout.splitlines()) == 2
    again = run(tmp_path, "jobs", "resume", "my job", **model)
    assert (again.exit_code, "is finished" in again.stderr) == (3, True)


def test_an_estimate_runs_no_job(tmp_path: Path, pages: Path) -> None:
    model = {"FIELDWISE_LARGE_MODEL": str(tiny.save(tmp_path / "weights"))}
    shape = ["--schema", "name,", "--tier", "large", "--estimate"]
    done = run(tmp_path, "extract", str(pages), *shape, **model)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("2 pages, estimated from 2:\n  about ")
    assert run(tmp_path, "jobs", "--json").stdout == ""


def test_files_named_from_another_folder_are_not_taken_for_the_same(
    tmp_path: Path, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pages)
    shape = ["--schema", "name,", "--tier", "markup", "--job", "tools", "-q"]
    assert run(tmp_path, "extract", "axe.html", "gone.html", *shape).exit_code == 1
    monkeypatch.chdir(tmp_path)
    done = run(tmp_path, "jobs", "resume", "tools")
    assert done.exit_code == 3
    assert f"'axe.html' was named from {pages}" in done.stderr


def test_a_job_becomes_a_gold_set_that_scores_it(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    folder = tmp_path / "gold"
    refused = run(tmp_path, "jobs", "gold", "tools", str(folder))
    assert (refused.exit_code, "--all" in refused.stderr) == (2, True)
    done = run(tmp_path, "jobs", "gold", "tools", str(folder), "--all")
    assert (done.exit_code, done.stdout) == (0, f"2 pages in {folder}\n")
    shape = ["--schema", "name, price number", "--tier", "markup", "--json", "-q"]
    scored = json.loads(run(tmp_path, "evaluate", str(folder), *shape).stdout)
    assert (scored["pages"], scored["micro"]["f1"]) == (2, 1.0)


def test_a_jobs_pictures_are_saved(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    done = run(tmp_path, "jobs", "pictures", "tools", str(tmp_path / "pictures"))
    assert done.exit_code == 0, done.stderr
    written = {Path(line).name for line in done.stdout.splitlines()}
    assert written >= {"coverage.png", "confidence.png", "time.png"}


def test_a_deleted_job_is_gone_from_list_and_file(tmp_path: Path, pages: Path) -> None:
    secret = "Zwiebelschneider-4711"
    (pages / "axe.html").write_text(product(secret))
    extract(tmp_path, pages)
    data = tmp_path / "data"
    assert secret.encode() in b"".join(path.read_bytes() for path in data.iterdir())
    asked = run(tmp_path, "jobs", "delete", "tools")
    assert (asked.exit_code, "--yes" in asked.stderr) == (2, True)
    assert run(tmp_path, "jobs", "delete", "tools", "--yes").exit_code == 0
    assert secret.encode() not in b"".join(path.read_bytes() for path in data.iterdir())
    assert "tools" not in run(tmp_path, "jobs").stdout


@pytest.mark.parametrize("number", ["9" * 20, "9" * 5000])
def test_a_number_too_large_for_a_job_is_no_job(tmp_path: Path, number: str) -> None:
    done = run(tmp_path, "jobs", "show", number)
    assert done.exit_code == 3
    assert "there is no job" in done.stderr


def test_a_job_cannot_be_named_as_a_number(tmp_path: Path, pages: Path) -> None:
    extract(tmp_path, pages)
    shape = ["--schema", "name,", "--tier", "markup", "--job", "1", "-q"]
    done = run(tmp_path, "extract", str(pages), *shape)
    assert done.exit_code == 3
    assert "a job cannot be named '1': that is a job's number" in done.stderr
    assert run(tmp_path, "jobs", "show", "#1").stdout == run(tmp_path, "jobs", "show", "1").stdout
