"""The MCP tools, called by the official client over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.app.shared import ANNA, BOB, PAGES, Shared, shared
from ui.endpoints import FILES, NAMES, TOOLS_PATH

mcp = pytest.importorskip("mcp", reason="the extra is missing: pip install 'fieldwise[mcp]'")
transport = pytest.importorskip("mcp.client.streamable_http")

ENDPOINT = f"{TOOLS_PATH}/"
BAKER = {"baker.html": (PAGES / "baker.html").read_text("utf-8")}
LIMIT = timedelta(seconds=120)
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
HEADERS = {"Accept": "application/json, text/event-stream"}

pytestmark = [
    # Gradio 6.17 calls a newer Starlette by an older name, and a newer pandas.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Use `streamable_http_client`"),  # of mcp 1.24 and later
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Where people sign in."""
    with shared(tmp_path_factory.mktemp("mcp"), mcp=True) as app:
        yield app


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """Where nobody does, as on one's own machine."""
    with shared(tmp_path_factory.mktemp("own"), users=False, mcp=True) as app:
        yield app


def basic(user: tuple[str, str]) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(":".join(user).encode()).decode()}


def visit(
    app: Shared, steps: Callable[[Any], Awaitable[None]], user: tuple[str, str] | None = None
) -> None:
    """Run *steps* in a session of the client, in a thread: ours may have a browser's loop."""

    async def run() -> None:
        headers = basic(user) if user else {}
        streams = transport.streamablehttp_client(app.address + ENDPOINT, headers=headers)
        async with streams as (read, write, _), mcp.ClientSession(read, write, LIMIT) as session:
            await session.initialize()
            await steps(session)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def test_every_endpoint_is_a_tool_that_says_what_it_takes_and_gives(own: Shared) -> None:
    async def steps(session: Any) -> None:
        tools = {one.name: one for one in (await session.list_tools()).tools}
        assert list(tools) == list(NAMES)
        for one in tools.values():
            assert one.description
            assert FILES not in one.inputSchema["properties"]
            assert all(about["description"] for about in one.inputSchema["properties"].values())
            assert (one.outputSchema is None) == (one.name == "export")
        assert tools["results"].annotations.readOnlyHint
        assert tools["delete"].annotations.destructiveHint
        assert tools["extract"].inputSchema["properties"]["urls"]["items"] == {"type": "string"}

    visit(own, steps)


def test_a_page_is_read_and_its_results_and_files_come_back(own: Shared) -> None:
    async def steps(session: Any) -> None:
        schemas = await session.call_tool("schemas", {})
        assert "job_posting" in schemas.structuredContent
        asked = {"pages": BAKER, "schema": "job_posting"}
        told: list[tuple[float, str | None]] = []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            told.append((done, message))

        outcome = await session.call_tool("extract", asked, progress_callback=progress)
        assert not outcome.isError
        assert json.loads(outcome.content[0].text) == outcome.structuredContent
        [page] = outcome.structuredContent["pages"]
        assert page["records"][0]["values"]["title"] == "Night baker"
        job = {"job": outcome.structuredContent["job"]}
        results = await session.call_tool("results", job)
        assert results.structuredContent["result"] == [page]
        table = await session.call_tool("export", job)
        assert table.content[0].text.splitlines()[0].startswith("title,company")
        book = await session.call_tool("export", {**job, "format": "xlsx"})
        assert base64.b64decode(book.content[0].resource.blob)[:2] == b"PK"
        planned = await session.call_tool("plan", asked)
        assert planned.structuredContent["result"][0]["source"] == "baker.html"

    visit(own, steps)


@pytest.mark.parametrize(
    ("tool", "given", "reason"),
    [
        ("results", {"job": 4711}, "there is no job 4711 of yours"),
        ("extract", {"pages": BAKER, "schema": "title, size furlongs"}, "furlongs"),
        ("extract", {"pages": BAKER, "schema": "title,", "tier": "huge"}, "huge"),
        ("extract", {"files": ["/etc/hostname"], "schema": "title,"}, "files"),
        ("extract", {"urls": ["/etc/hostname"], "schema": "title,"}, "is no web address"),
        ("fly", {}, "fly"),
    ],
)
def test_what_cannot_be_done_is_said(
    own: Shared, tool: str, given: dict[str, Any], reason: str
) -> None:
    async def steps(session: Any) -> None:
        told = await session.call_tool(tool, given)
        assert told.isError
        assert reason in told.content[0].text

    visit(own, steps)


def test_a_job_is_stopped_by_another_call(own: Shared) -> None:
    async def steps(session: Any) -> None:
        slow = {"slow.html": "<p>Title: Sloth</p><p>Dawdle: yes</p>"}
        asked = {"pages": BAKER | slow, "schema": "title,"}
        running = asyncio.create_task(session.call_tool("extract", asked))
        while True:
            about = (await session.call_tool("progress", {})).structuredContent["result"]
            if about and about["state"] == "running" and about["pages_done"] == 1:
                break
            await asyncio.sleep(0.05)
        stopped = await session.call_tool("stop", {})
        assert stopped.structuredContent == {"result": True}
        outcome = (await running).structuredContent
        assert "stopped" in outcome["ended"]
        assert [page["source"] for page in outcome["pages"]] == ["baker.html"]

    visit(own, steps)


def test_each_user_has_their_own_jobs(app: Shared) -> None:
    kept: list[int] = []

    async def annas(session: Any) -> None:
        asked = {"pages": BAKER, "schema": "title,"}
        outcome = await session.call_tool("extract", asked)
        kept.append(outcome.structuredContent["job"])

    async def bobs(session: Any) -> None:
        assert (await session.call_tool("jobs", {})).structuredContent == {"result": []}
        for tool in ("results", "export", "delete"):
            told = await session.call_tool(tool, {"job": kept[0]})
            assert told.isError
            assert "of yours" in told.content[0].text

    visit(app, annas, ANNA)
    visit(app, bobs, BOB)
    with app.session(ANNA) as session:
        assert session.get("/gradio_api/info").is_success  # the rest of the app is as it was


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(("anna", "wrong password")),
        basic(("", "")),
        {"Authorization": "Basic not-base64"},
        {"Authorization": "Bearer anna:correct horse"},
        {"x-gradio-user": "anna", "fieldwise.owner": "anna"},
    ],
)
def test_nobody_gets_in_who_has_not_signed_in(app: Shared, headers: dict[str, str]) -> None:
    for path in (ENDPOINT, ENDPOINT.rstrip("/")):
        url = app.address + path
        told = httpx.post(url, json=INITIALIZE, headers={**HEADERS, **headers}, timeout=60)
        assert told.status_code == 401
        assert told.headers["www-authenticate"].startswith("Basic")
        assert httpx.get(url, headers=headers, timeout=60).status_code == 401


@pytest.mark.parametrize("more", [{"Origin": "https://example.org"}, {"Host": "example.org"}])
def test_another_site_does_not_reach_the_tools_of_this_machine(
    own: Shared, more: dict[str, str]
) -> None:
    url = own.address + ENDPOINT
    assert httpx.post(url, json=INITIALIZE, headers=HEADERS, timeout=60).is_success
    told = httpx.post(url, json=INITIALIZE, headers={**HEADERS, **more}, timeout=60)
    assert told.status_code in (403, 421)


def test_another_site_cannot_use_what_a_browser_knows_of_a_user(app: Shared) -> None:
    headers = {**HEADERS, **basic(ANNA)}
    url = app.address + ENDPOINT
    assert httpx.post(url, json=INITIALIZE, headers=headers, timeout=60).is_success
    headers["Origin"] = "https://example.org"
    assert httpx.post(url, json=INITIALIZE, headers=headers, timeout=60).status_code == 403
