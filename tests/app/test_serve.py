"""The app as a server: no browser needed, and no model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.process import ROOT, started
from ui.endpoints import NAMES


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    settings = {"FIELDWISE_CACHE_DIR": str(folder / "cache"), "FIELDWISE_OFFLINE": "1"}
    with started(folder / "data", **settings) as address:
        yield address


def test_it_answers_at_the_address_it_prints(address: str) -> None:
    page = httpx.get(address)
    assert page.status_code == 200
    assert "Fieldwise" in page.text


def test_a_port_that_is_taken_is_said_with_what_to_do(address: str, tmp_path: Path) -> None:
    port = int(address.rsplit(":", 1)[1])
    code = "import app; from orchestration.settings import Settings; from pathlib import Path\n"
    code += f"app.main(port={port}, settings=Settings(data_dir=Path({str(tmp_path)!r})))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert f"FieldwiseError: cannot listen on 127.0.0.1, port {port}" in done.stderr


def test_a_second_app_takes_the_next_port(address: str, tmp_path: Path) -> None:
    with started(tmp_path, FIELDWISE_OFFLINE="1", FIELDWISE_CACHE_DIR=str(tmp_path)) as other:
        assert other != address


def test_programs_see_the_endpoints_with_their_types_and_no_handler(address: str) -> None:
    info = httpx.get(f"{address}/gradio_api/info").json()
    assert set(info["named_endpoints"]) == {f"/{name}" for name in NAMES}
    assert info["unnamed_endpoints"] == {}
    extract = info["named_endpoints"]["/extract"]["parameters"]
    kinds = {one["parameter_name"]: one["type"].get("type") for one in extract}
    assert kinds["urls"] == kinds["files"] == "array"
    assert kinds["tier"] == "string"
    assert kinds["max_tokens"] == "integer"
    assert kinds["wait"] == "boolean"


def test_telemetry_is_off(address: str) -> None:
    config = httpx.get(f"{address}/config").json()
    assert config["analytics_enabled"] is False


@pytest.mark.parametrize("path", [ROOT / "app.py", Path("/etc/hostname"), Path(sys.executable)])
def test_a_file_of_this_machine_is_not_served(address: str, path: Path) -> None:
    assert httpx.get(f"{address}/gradio_api/file={path}").status_code in (403, 404)
