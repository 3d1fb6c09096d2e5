"""The app as a server: no browser needed, and no model."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from extractors.scripted import ScriptedWorker
from orchestration.desk.desk import Desk
from orchestration.desk.readiness import Readiness
from orchestration.engine import Engine
from orchestration.settings import Settings
from schemas.errors import FieldwiseError
from tests.app.process import ROOT, started
from ui.endpoints import NAMES
from ui.serving import Door, Page, blocks_of, serve

# Gradio 6.17 calls a newer Starlette by an older name, and a newer pandas; and it leaves the
# sockets open of the ports that it tries in vain.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    settings = {"FIELDWISE_CACHE_DIR": str(folder / "cache"), "FIELDWISE_OFFLINE": "1"}
    with started(folder / "data", **settings) as address:
        yield address


@pytest.fixture
def blocks(tmp_path: Path) -> Iterator[Page]:
    """The app's page, not yet served; importing Gradio once more for it would take seconds."""
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    with Engine(settings, open_worker=lambda tier: ScriptedWorker()) as engine:
        with Desk(engine, Readiness()) as desk:
            blocks = blocks_of(desk)
            yield blocks
            blocks.close(verbose=False)
    del blocks
    gc.collect()  # what Gradio left open is found here, not within some later test


def test_it_answers_at_the_address_it_prints(address: str) -> None:
    page = httpx.get(address)
    assert page.status_code == 200
    assert "Fieldwise" in page.text


def test_a_port_that_is_taken_is_said_with_what_to_do(address: str, blocks: Page) -> None:
    port = int(address.rsplit(":", 1)[1])
    with pytest.raises(FieldwiseError, match=f"cannot listen on 127.0.0.1, port {port}") as refused:
        serve(blocks, Door(port=port))
    assert "--port" in refused.value.hint


def test_a_second_app_takes_the_next_port(address: str, blocks: Page) -> None:
    assert serve(blocks, Door()) != address


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
