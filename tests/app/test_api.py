"""The endpoints for programs: `gradio_client` and plain HTTP against a real server."""

from __future__ import annotations

import gc
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from orchestration.exports.export import Format
from schemas.record import PageStatus
from tests.app.handling import read_csv
from tests.app.shared import ANNA, BOB, PAGES, PATIENCE_S, Shared, shared

FIELDS = "title, company"
BAKER = {"baker.html": (PAGES / "baker.html").read_text("utf-8")}
HOSTILE = [
    "../../../etc/passwd.html",
    "=HYPERLINK(1).html",
    "C:\\Windows\\a::b.html",
    "<img src=x onerror=alert(1)>.html",
    "\u202elmth.html",
    "https://example.org/page.html",
    "a" * 300 + ".html",
]

pytestmark = [
    # Gradio 6.17 calls a newer Starlette by an older name, and a newer pandas.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    # and its client leaves sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with shared(tmp_path_factory.mktemp("api")) as app:
        yield app
    gc.collect()  # what Gradio left open is found here, not within some later test


@pytest.fixture(scope="module")
def anna(app: Shared) -> Client:
    return app.client(ANNA)


@pytest.fixture(scope="module")
def bob(app: Shared) -> Client:
    return app.client(BOB)


@pytest.fixture(scope="module")
def job(anna: Client) -> int:
    """Of Anna's, over the baker's page."""
    return int(extract(anna, pages=BAKER)["job"])


def extract(client: Client, *, schema: Any = FIELDS, **given: Any) -> Any:
    return client.predict(schema=schema, **given, api_name="/extract")


def values(page: dict[str, Any]) -> Any:
    return page["records"][0]["values"]


def test_uploaded_files_and_archives_are_read(anna: Client, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "jobs.zip", "w") as archive:
        archive.write(PAGES / "nurse.html", "in/nurse.html")
    files = [handle_file(PAGES / "baker.html"), handle_file(tmp_path / "jobs.zip")]
    outcome = extract(anna, files=files)
    assert outcome["ended"] == "done"
    assert [one["source"] for one in outcome["pages"]] == ["baker.html", "jobs.zip::in/nurse.html"]
    assert [values(one)["title"] for one in outcome["pages"]] == ["Night baker", "School nurse"]


def test_pages_as_text_are_read_and_not_left_lying_about(anna: Client, app: Shared) -> None:
    [page] = extract(anna, pages=BAKER)["pages"]
    assert page["source"] == "baker.html"
    assert values(page) == {"title": "Night baker", "company": "Ovnen Bakery"}
    assert page["records"][0]["evidence"]["title"]["quote"] == "Night baker"
    assert list(app.desk.folder("handed").iterdir()) == []


@pytest.mark.parametrize("evidence", [False, True])
@pytest.mark.parametrize("format", list(Format))
def test_an_export_has_the_name_and_content_of_the_screens(
    anna: Client, app: Shared, job: int, format: Format, evidence: bool
) -> None:
    asked: dict[str, Any] = {"job": job, "format": format.value, "evidence": evidence}
    got = Path(anna.predict(**asked, api_name="/export"))
    expected = app.desk.export(app.desk.job(job, "anna"), format, evidence=evidence)
    assert got.name == expected.name
    if format is not Format.XLSX:  # a workbook says when it was made
        assert got.read_bytes() == expected.read_bytes()
    assert got.stat().st_size > 0


def test_nobody_reaches_the_job_of_another(anna: Client, bob: Client, job: int) -> None:
    correction = {"source": "baker.html", "path": ["title"], "verdict": "absent"}
    calls: dict[str, dict[str, Any]] = {
        "export": {},
        "results": {},
        "corrections": {},
        "delete": {},
        "again": {"schema": FIELDS},
        "correct": correction,
    }
    for name, more in calls.items():
        with pytest.raises(AppError, match=f"there is no job {job} of yours"):
            bob.predict(job=job, **more, api_name=f"/{name}")
    assert bob.predict(api_name="/jobs") == []
    assert bob.predict(api_name="/progress") is None
    assert bob.predict(api_name="/stop") is False
    [page] = anna.predict(job=job, api_name="/results")
    assert values(page)["title"] == "Night baker"


@pytest.mark.parametrize("name", ["results", "export", "corrections", "delete"])
def test_a_job_that_is_not_there_is_said(anna: Client, name: str) -> None:
    with pytest.raises(AppError, match="there is no job 4711 of yours"):
        anna.predict(job=4711, api_name=f"/{name}")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"schema": ""}, "the fields are not named yet"),
        ({"schema": "/etc/hostname"}, "hostname"),
        ({"schema": "title, size furlongs"}, "furlongs"),
        ({"schema": {"type": "object", "properties": {"a": {"type": "odd"}}}}, "odd"),
        ({"schema": '{"title": '}, "JSON"),
        ({"plan": {"fieldwise_plan": 1}, "schema": FIELDS}, "a plan has its own schema"),
        ({"plan": {"fieldwise_plan": 1}, "schema": ""}, "plan"),
        ({"tier": "huge"}, "tier"),
        ({"urls": "https://example.org"}, "urls"),
        ({"urls": ["/etc/hostname"]}, "is no web address"),
        ({"pages": {}}, "there is no page to read"),
        ({"wait": "perhaps"}, "wait"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_runs(
    anna: Client, given: dict[str, Any], reason: str
) -> None:
    before = len(anna.predict(api_name="/jobs"))
    with pytest.raises(AppError, match=reason):
        extract(anna, **{"pages": BAKER, **given})
    assert len(anna.predict(api_name="/jobs")) == before


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_page_leads_nowhere(anna: Client, app: Shared, name: str) -> None:
    outcome = extract(anna, pages={name: BAKER["baker.html"]})
    [page] = outcome["pages"]
    assert values(page)["title"] == "Night baker"
    assert not set(page["source"]) & set("/\\\u202e")
    assert "::" not in page["source"]
    assert len(page["source"]) <= 120
    [row] = read_csv(Path(anna.predict(job=outcome["job"], api_name="/export")).read_bytes())
    assert not row["source"].startswith("=")


@pytest.mark.parametrize("name", HOSTILE[:4])
def test_the_name_of_an_upload_leads_nowhere(app: Shared, name: str) -> None:
    with app.session() as session:
        sent = {"files": (name, BAKER["baker.html"].encode(), "text/html")}
        [path] = session.post("/gradio_api/upload", files=sent).json()
        [page] = _call(session, "extract", {"files": [_file(path)], "schema": FIELDS})[0]["pages"]
    assert values(page)["title"] == "Night baker"
    assert "/" not in page["source"]
    assert "\\" not in page["source"]


@pytest.mark.parametrize("meta", [True, False])
def test_a_path_of_the_disk_is_no_upload(app: Shared, meta: bool) -> None:
    """Nothing but what this app took as an upload is read, however it is named."""
    secret = app.data / "users"
    for path in (secret, PAGES / "baker.html", Path("pyproject.toml"), Path("/etc/hostname")):
        file: Any = _file(str(path)) if meta else {"path": str(path)}
        with app.session() as session:
            told = _call(session, "extract", {"files": [file], "schema": FIELDS})
        assert told is None
    sources = [source for line in app.desk.jobs("anna") for source in line.job.sources]
    assert not any(secret.name == source or "hostname" in source for source in sources)


def test_an_upload_over_the_limit_is_refused(anna: Client, app: Shared, tmp_path: Path) -> None:
    with (tmp_path / "large.html").open("wb") as file:
        file.truncate(105_000_000)  # takes no room: it is a hole
    with pytest.raises(ValueError, match=r"(?i)exceeds|size"):
        extract(anna, files=[handle_file(tmp_path / "large.html")])
    with app.session() as session, (tmp_path / "large.html").open("rb") as file:
        answer = session.post("/gradio_api/upload", files={"files": file})
    assert answer.status_code == 413


def test_too_much_text_is_refused(anna: Client) -> None:
    with pytest.raises(AppError, match="more than 20,000,000 characters"):
        extract(anna, pages={"a.html": "a" * 20_000_001})


def test_a_job_is_followed_and_stopped_keeping_what_is_done(anna: Client) -> None:
    slow = {"slow.html": "<p>Title: Sloth</p><p>Dawdle: yes</p>"}
    outcome = extract(anna, pages=BAKER | slow, wait=False, name="in the middle")
    assert outcome["ended"] is None
    _until(lambda: anna.predict(api_name="/progress")["pages_done"] == 1)
    about = anna.predict(api_name="/progress")
    assert (about["state"], about["pages_total"]) == ("running", 2)
    with pytest.raises(AppError, match="still running"):
        anna.predict(job=about["job"], api_name="/delete")
    assert anna.predict(api_name="/stop") is True
    _until(lambda: anna.predict(api_name="/progress")["state"] == "ended")
    assert "stopped" in anna.predict(api_name="/progress")["ended"]
    assert anna.predict(api_name="/stop") is False
    [page] = anna.predict(job=about["job"], api_name="/results")
    assert page["source"] == "baker.html"
    with pytest.raises(AppError, match="there is a job named 'in the middle' already"):
        extract(anna, pages=BAKER, name="in the middle")
    assert anna.predict(job=about["job"], api_name="/delete") is True


def test_a_plan_is_made_changed_and_followed(anna: Client) -> None:
    [planned] = anna.predict(pages=BAKER, schema=FIELDS, api_name="/plan")
    assert planned["source"] == "baker.html"
    assert "planned" in planned["made"]
    plan = planned["plan"]
    plan["fields"]["company"]["checks"] = {"pattern": "^Nobody"}
    [page] = extract(anna, pages=BAKER, schema="", plan=plan)["pages"]
    assert values(page) == {"title": "Night baker", "company": None}


def test_an_estimate_stores_nothing(anna: Client) -> None:
    before = anna.predict(api_name="/jobs")
    said = anna.predict(pages=BAKER, schema=FIELDS, api_name="/estimate")
    assert (said["pages"], said["sampled"], said["failed"]) == (1, 1, 0)
    assert said["words"].startswith("1 pages, estimated from 1")
    assert anna.predict(api_name="/jobs") == before


def test_the_pages_of_a_job_are_read_again_with_another_schema(anna: Client, job: int) -> None:
    outcome = anna.predict(job=job, schema="location", api_name="/again")
    assert outcome["job"] != job
    assert values(outcome["pages"][0]) == {"location": "Bergen, Norway"}


def test_a_correction_wins_and_reaches_the_file(anna: Client) -> None:
    job = extract(anna, pages=BAKER)["job"]
    place: dict[str, Any] = {"job": job, "source": "baker.html", "path": ["title"]}
    page = anna.predict(**place, verdict="wrong", value="Day baker", api_name="/correct")
    assert values(page)["title"] == "Day baker"
    [row] = read_csv(Path(anna.predict(job=job, api_name="/export")).read_bytes())
    assert row["title"] == "Day baker"
    [said] = anna.predict(job=job, api_name="/corrections")
    assert (said["verdict"], said["by"], said["path"]) == ("typed", "anna", ["title"])
    spot = page["records"][0]["evidence"]["company"]
    words = {"start": spot["start"], "end": spot["end"]}
    page = anna.predict(**place, verdict="wrong", **words, api_name="/correct")
    assert values(page)["title"] == "Ovnen Bakery"
    page = anna.predict(**place, verdict="absent", api_name="/correct")
    assert values(page)["title"] is None
    page = anna.predict(**place, verdict="undo", api_name="/correct")
    assert values(page)["title"] == "Night baker"
    for wrong in ({"path": ["colour"]}, {"source": "other.html"}, {"verdict": "wrong"}):
        with pytest.raises(AppError, match=r"colour|other\.html|needs the right one"):
            anna.predict(**{"verdict": "right", **place, **wrong}, api_name="/correct")


def test_no_answer_makes_gradio_serve_a_file(anna: Client, app: Shared) -> None:
    """Fields that spell out one of Gradio's files would have it copy a file of the app's folder."""
    parts = {"type": "object", "properties": {"_type": {"type": "string"}}}
    schema = {"type": "object", "properties": {"path": {"type": "string"}, "meta": parts}}
    text = f"<p>Path: {Path('pyproject.toml').resolve()}</p><p>Meta: x</p>"
    with pytest.raises(AppError, match="Gradio takes fields named path and meta for a file"):
        extract(anna, schema=schema, pages={"a.html": text})
    job = anna.predict(api_name="/jobs")[0]["id"]
    made = {"job": job, "source": "a.html", "path": ["meta", "_type"], "verdict": "wrong"}
    with pytest.raises(AppError, match="path and meta"):
        anna.predict(**made, value="gradio.FileData", api_name="/correct")
    with pytest.raises(AppError, match="path and meta"):
        anna.predict(job=job, api_name="/results")
    file = Path(anna.predict(job=job, format="json", api_name="/export"))
    [page] = json.loads(file.read_text("utf-8"))
    assert values(page)["meta"] == {"_type": "gradio.FileData"}


def test_a_deleted_job_takes_the_copies_of_its_files_with_it(app: Shared) -> None:
    with app.session() as session:
        [outcome] = _call(session, "extract", {"pages": BAKER, "schema": FIELDS})
        [file] = _call(session, "export", {"job": outcome["job"]})
        link = f"/gradio_api/file={file['path']}"
        assert session.get(link).is_success
        assert _call(session, "delete", {"job": outcome["job"]}) == [True]
        assert session.get(link).status_code in (403, 404)
    assert not Path(file["path"]).exists()


def test_every_argument_and_answer_is_described(app: Shared, anna: Client) -> None:
    info = anna.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name, endpoint in info.items():
        assert endpoint["description"], name
        assert len(endpoint["returns"]) == 1, name
        for one in endpoint["parameters"]:
            said = one["python_type"]["description"] or one["parameter_name"] == "files"
            assert said, (name, one)
            assert one["type"], (name, one)
    page = info["/results"]["returns"][0]["python_type"]["type"]
    statuses = ", ".join(repr(status.value) for status in PageStatus)
    assert f"status: Literal[{statuses}]" in page
    assert all(one["parameter_has_default"] for one in info["/extract"]["parameters"])


def _file(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _call(session: httpx.Client, name: str, given: dict[str, Any]) -> Any:
    """The answer to a call over plain HTTP; `None`: an error."""
    event = session.post(f"/gradio_api/call/v2/{name}", json=given).json()["event_id"]
    lines = session.get(f"/gradio_api/call/{name}/{event}").text.splitlines()
    kinds = [line.partition(": ")[2] for line in lines if line.startswith("event: ")]
    data = [line.partition(": ")[2] for line in lines if line.startswith("data: ")]
    return json.loads(data[-1]) if kinds[-1] == "complete" else None


def _until(happened: Any) -> None:
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)
