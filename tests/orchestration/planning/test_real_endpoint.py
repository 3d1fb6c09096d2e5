"""From plain words to a table, the planner a real server with real weights."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.peer import LLAMA_CPP_SERVER, PeerFailed, installed
from extractors.model.weights import WeightStore
from orchestration.engine import Engine
from orchestration.events import LayoutPlanned, PageDone
from orchestration.settings import Settings
from schemas.plan import PlannedBy
from tests import tied

pytest.importorskip("openai", reason='the extra "planner" is not installed')

MODEL = "qwen2.5-coder-1.5b-instruct"
PAGES = Path(__file__).parents[2] / "pages"
pytestmark = [pytest.mark.weights, pytest.mark.timeout(3600)]  # the server is built at first


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cache = Settings().cache_dir
    weights = WeightStore(cache).resolve(MODEL)
    (gguf,) = weights.path.glob("*.gguf") if weights.path.is_dir() else [weights.path]
    try:
        python = installed(LLAMA_CPP_SERVER, cache / "benchmarks" / LLAMA_CPP_SERVER.name)
    except PeerFailed as failure:
        pytest.skip(f"llama-cpp-python's server cannot be built here: {failure}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log.txt").open("w")
    options = ["--model", str(gguf), "--port", str(port), "--n_ctx", "8192"]
    options += ["--model_alias", MODEL, "--chat_format", "chatml"]
    with tied.started(python, "llama_cpp.server", *options, stdout=log, stderr=log) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/v1/models", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()
            log.close()


def wait_for(address: str, server: subprocess.Popen[str]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server has ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError("the server does not answer")


def test_from_plain_words_to_a_table(url: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        planner_url=url,
        planner_model=MODEL,
        planner_api="llama_cpp",
        planner_timeout_s=900,
        planner_fallback=False,
    )
    with Engine(settings) as engine:
        schema, origin = engine.fields("job title, employer and salary of these job pages")
        events = list(engine.run([str(PAGES / "job_teacher" / "page.html")], schema))
    assert origin.by is PlannedBy.ENDPOINT
    assert origin.tokens > 0
    (planned,) = [event.plan for event in events if isinstance(event, LayoutPlanned)]
    assert planned.origin.model == MODEL
    assert tuple(planned.fields) == schema.names
    (done,) = [event.result for event in events if isinstance(event, PageDone)]
    said = [str(value) for value in done.records[0].data.values()]
    assert any("Maths Teacher" in value for value in said)
    assert any("Hillside School" in value for value in said)
