"""The command line: what it prints, what it writes, and its exit status."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extractors.model.models import ModelLibrary
from extractors.model.weights import WeightStore
from orchestration.cli import app
from orchestration.storage.store import Store
from schemas import library as schema_library
from schemas.json_schema import parse
from schemas.record import Tier
from tests.extractors import tiny

PAGE = "<title>Post</title><h1>Head Gardener</h1><p>Ambleford</p>"


def run(tmp_path: Path, *arguments: str, **settings: str) -> Result:
    """`fieldwise` with empty folders of its own and no way to fetch weights."""
    environment = {
        "FIELDWISE_CACHE_DIR": str(tmp_path / "cache"),
        "FIELDWISE_DATA_DIR": str(tmp_path / "data"),
        "FIELDWISE_OFFLINE": "1",
        **settings,
    }
    return CliRunner().invoke(app, arguments, env=environment, prog_name="fieldwise")


def extract(tmp_path: Path, source: Path | str, schema: str = "title,") -> tuple[int, str, str]:
    """Exit status, the first result's reason, and standard error."""
    done = run(tmp_path, "extract", str(source), "--schema", schema)
    reason = json.loads(done.stdout.splitlines()[0])["reason"] if done.stdout else ""
    return done.exit_code, reason, done.stderr


def test_a_missing_file_is_a_failed_page(tmp_path: Path) -> None:
    status, reason, stderr = extract(tmp_path, tmp_path / "nowhere.html")
    assert status == 1
    assert "no such file" in reason.lower()
    assert "nowhere.html" in stderr


def test_an_empty_file_is_a_failed_page(tmp_path: Path) -> None:
    page = tmp_path / "empty.html"
    page.write_bytes(b"")
    status, reason, _ = extract(tmp_path, page)
    assert (status, "empty" in reason) == (1, True)


def test_a_png_named_html_is_a_failed_page(tmp_path: Path) -> None:
    page = tmp_path / "picture.html"
    page.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + bytes(40))
    status, reason, _ = extract(tmp_path, page)
    assert (status, "PNG image" in reason) == (1, True)


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("page.html", b"<p>" + b"0" * 80_000_000)
    status, reason, _ = extract(tmp_path, bomb)
    assert status == 1
    assert "bomb" in reason or "ratio" in reason or "unpack" in reason or "times" in reason


def test_a_private_address_is_refused(tmp_path: Path) -> None:
    status, reason, _ = extract(tmp_path, "http://127.0.0.1:9/secret")
    assert status == 1
    assert "not on the public internet" in reason


def test_an_unreachable_network_is_a_failed_page(tmp_path: Path) -> None:
    status, reason, _ = extract(tmp_path, "http://nowhere.invalid/")
    assert status == 1
    assert reason


def test_an_unknown_schema_is_bad_usage(tmp_path: Path) -> None:
    status, _, stderr = extract(tmp_path, "page.html", "job_postin")
    assert status == 2
    assert "job_posting" in stderr


def test_an_unsupported_keyword_is_bad_usage_and_its_place_is_named(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    price = {"type": "number", "not": {"const": 0}}
    schema.write_text(json.dumps({"type": "object", "properties": {"price": price}}))
    status, _, stderr = extract(tmp_path, "page.html", str(schema))
    assert status == 2
    assert "#/properties/price/not" in stderr


def test_no_weights_means_nothing_was_run(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    status, _, stderr = extract(tmp_path, page)
    assert status == 3
    assert "qwen2-1.5b-instruct" in stderr
    assert "switch offline mode off" in stderr


def test_a_bad_output_place_is_refused_before_any_work(tmp_path: Path) -> None:
    out = str(tmp_path / "no" / "out.csv")
    done = run(tmp_path, "extract", "page.html", "--schema", "title,", "-o", out)
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_no_file_is_called_after_the_sign_for_standard_output(tmp_path: Path) -> None:
    more = ("--schema", "title,", "--format", "csv", "-o", "-")
    done = run(tmp_path, "extract", "page.html", *more)
    assert done.exit_code == 2
    assert not (tmp_path / "data").exists()


def test_the_format_follows_the_file_name(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    done = run(tmp_path, "extract", "missing.html", "--schema", "title,", "-o", str(out))
    assert done.exit_code == 1
    assert out.read_text("utf-8").splitlines()[0] == "title,source,status"


@pytest.mark.parametrize("name", schema_library.names())
def test_a_ready_schema_is_printed_as_json_schema(tmp_path: Path, name: str) -> None:
    printed = json.loads(run(tmp_path, "schemas", name).stdout)
    assert parse(printed).names == schema_library.get(name).names


def test_the_schemas_are_listed(tmp_path: Path) -> None:
    listed = run(tmp_path, "schemas").stdout
    assert [line.split()[0] for line in listed.splitlines()] == list(schema_library.names())


def test_models_are_listed_with_their_licence(tmp_path: Path) -> None:
    listed = run(tmp_path, "models").stdout
    assert "qwen2-1.5b-instruct" in listed
    assert "Apache-2.0" in listed


def test_the_doctor_says_what_to_do_without_weights(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor")
    assert done.exit_code == 3
    assert "fieldwise models pull" in done.stdout


def test_progress_is_silent_when_piped(tmp_path: Path) -> None:
    done = run(tmp_path, "extract", "missing.html", "--schema", "title,", "--quiet")
    assert done.stderr == ""


def test_a_model_is_compiled_in_either_precision_and_runs_by_its_folder(tmp_path: Path) -> None:
    weights = tiny.save(tmp_path / "weights")
    for precision in ("w8a8", "float32"):
        done = run(tmp_path, "models", "compile", str(weights), "--precision", precision)
        folder = Path(done.stdout.strip())
        assert precision in folder.name
        library = ModelLibrary(tmp_path / "cache", WeightStore(tmp_path / "cache", offline=True))
        model = library.outlines_model(Tier.SMALL, model=str(folder))
        assert model("Say it", max_tokens=3) is not None


def test_an_export_has_no_8_bit_form(tmp_path: Path) -> None:
    options = ("--via", "optimum", "--precision", "w8a8")
    done = run(tmp_path, "models", "compile", "any", *options)
    assert done.exit_code == 2
    assert "float32" in done.stderr


@pytest.mark.skipif(find_spec("torch") is not None, reason="the extra `export` is installed")
def test_an_export_without_its_extra_says_how_to_get_it(tmp_path: Path) -> None:
    weights = str(tiny.save(tmp_path / "weights"))
    done = run(tmp_path, "models", "compile", weights, "--via", "optimum")
    assert done.exit_code == 3
    assert "requirements-export.txt" in done.stderr


def test_the_command_line_starts_without_loading_what_reads_pages() -> None:
    code = "import sys, orchestration.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"extractors", "numpy", "httpx", "onnx", "bs4", "gradio"}


def test_a_sign_that_the_terminal_lacks_ends_no_command(tmp_path: Path) -> None:
    with Store(tmp_path / "results.sqlite") as store:
        store.create_job("\u804c\u4f4d", parse({"properties": {"title": {"type": "string"}}}))
    environment = {"FIELDWISE_DATA_DIR": str(tmp_path), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "orchestration", "jobs", "--json"]
    listed = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    assert json.loads(listed.stdout)["name"] == "\u804c\u4f4d"


@pytest.mark.parametrize(
    ("name", "value"),
    [("FIELDWISE_PAGE_TOKENS", "many"), ("FIELDWISE_PLANNER", "me"), ("FIELDWISE_THREADS", "-1")],
)
@pytest.mark.parametrize(
    "command", [("extract", "x.html", "--schema", "title,"), ("jobs",), ("doctor",), ("models",)]
)
def test_a_bad_setting_is_named_and_is_bad_usage(
    tmp_path: Path, command: tuple[str, ...], name: str, value: str
) -> None:
    done = run(tmp_path, *command, **{name: value})
    assert (done.exit_code, done.stdout) == (2, "")
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_bad_setting_holds_is_not_shown(tmp_path: Path) -> None:
    assert "s3cret" not in run(tmp_path, "jobs", FIELDWISE_PLANNER_ATTEMPTS="s3cret").stderr


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_a_port_that_cannot_be_is_bad_usage(tmp_path: Path, port: str) -> None:
    done = run(tmp_path, "app", "--port", port)
    assert done.exit_code == 2
    assert "--port" in done.stderr


@pytest.mark.parametrize("more", [(), ("--estimate",)])
def test_an_empty_list_of_sources_is_nothing_run(tmp_path: Path, more: tuple[str, ...]) -> None:
    done = run(tmp_path, "extract", "-", "--schema", "title,", "--tier", "markup", *more)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "no page is named" in done.stderr
    assert run(tmp_path, "jobs", "--json").stdout == ""


def listed_pages(tmp_path: Path, given: bytes, *arguments: str) -> Result:
    """`extract` with *given* at its standard input."""
    environment = {"FIELDWISE_DATA_DIR": str(tmp_path / "data"), "FIELDWISE_OFFLINE": "1"}
    command = ["extract", "-", "--schema", "title,", "--tier", "markup", *arguments]
    return CliRunner().invoke(app, command, env=environment, input=given)


def test_a_page_at_standard_input_is_no_list_of_pages(tmp_path: Path) -> None:
    done = listed_pages(tmp_path, b"\n <!doctype html>\n<title>Post</title>\n")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "holds a page, not a list" in done.stderr


def test_a_listed_file_may_have_a_name_in_any_bytes(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.html"
    Path(os.fsdecode(name)).write_text(PAGE)
    done = listed_pages(tmp_path, name + b"\n")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "ok")


def test_a_source_is_never_written_over(tmp_path: Path) -> None:
    page, link = tmp_path / "page.html", tmp_path / "link.csv"
    page.write_text(PAGE)
    link.symlink_to(page)
    done = run(tmp_path, "extract", str(page), "--schema", "title,", "-o", str(link))
    assert (done.exit_code, page.read_text()) == (2, PAGE)


def test_a_source_may_end_in_a_space(tmp_path: Path) -> None:
    page = tmp_path / "page "
    page.write_text(PAGE)
    done = run(tmp_path, "extract", str(page), "--schema", "title,", "--tier", "markup")
    assert (done.exit_code, json.loads(done.stdout)["status"]) == (0, "ok")


def test_the_help_opens_with_what_the_command_is_for(tmp_path: Path) -> None:
    said = run(tmp_path, "--help").stdout
    assert said.index("extract") < said.index("plan ") < said.index("evaluate")


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "nowhere/a.csv"])
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(
    tmp_path: Path, name: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    output = str(tmp_path / name)
    options = ("--schema", "title,", "--tier", "markup", "--job", "mine", "-o", output)
    done = run(tmp_path, "extract", str(page), *options)
    assert (done.exit_code, "Traceback" in done.stderr) == (2, False)
    assert "there is no job 'mine'" in run(tmp_path, "jobs", "export", "mine").stderr


def test_results_that_cannot_be_written_are_kept_and_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE)
    options = ("--tier", "markup", "--job", "my job", "-o", "/dev/full", "--format", "csv")
    done = run(tmp_path, "extract", str(page), "--schema", "title,", *options)
    assert done.exit_code == 3
    assert "fieldwise jobs export 'my job'" in done.stderr
    assert str(page) in run(tmp_path, "jobs", "export", "my job").stdout


def test_a_page_that_an_archive_lacks_is_told_how_to_find_those_it_has(tmp_path: Path) -> None:
    archive = tmp_path / "pages.zip"
    with zipfile.ZipFile(archive, "w") as pages:
        pages.writestr("page.html", PAGE)
    status, reason, _ = extract(tmp_path, f"{archive}::other.html")
    assert (status, "name the archive alone" in reason) == (1, True)
