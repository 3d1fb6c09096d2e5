"""Who may use the app, and what they can reach: real requests to a real server."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

import app
from extractors.scripted import ScriptedWorker
from orchestration.desk.desk import Desk
from orchestration.desk.naming import short_names
from orchestration.desk.readiness import Readiness
from orchestration.desk.runs import MOST_OF_ONE, Asked, Run
from orchestration.engine import Engine
from orchestration.exports.export import Format
from orchestration.settings import Settings
from orchestration.storage.store import Job
from schemas import library
from schemas.errors import AccessRefused, FieldwiseError, StoreError
from tests.app.process import free_port
from ui.access import is_loopback, sign_in
from ui.serving import Door, blocks_of, serve

BAKER = Path(__file__).parent / "pages" / "baker.html"
ANNA, BOB = ("anna", "correct horse"), ("bob", "battery staple")

pytestmark = [
    # Gradio 6.17 calls a newer Starlette by an older name, and a newer pandas.
    pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    # and its client leaves sockets to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass(frozen=True)
class Served:
    address: str
    desk: Desk
    users: Path
    results: Path

    def run(self, owner: str) -> Job:
        """A job of *owner*'s over one uploaded page, ended."""
        paths = [str(BAKER)]
        asked = Asked(paths, library.get("job_posting"), names=short_names(paths))
        return ended(self.desk.start(asked, owner))

    def client(self, user: tuple[str, str]) -> Client:
        return Client(self.address, auth=user, verbose=False)

    def session(self, user: tuple[str, str]) -> httpx.Client:
        session = httpx.Client(base_url=self.address)
        form = {"username": user[0], "password": user[1]}
        assert session.post("/login", data=form).status_code == 200
        return session


def ended(run: Run) -> Job:
    while not run.is_over:
        time.sleep(0.05)
    assert run.job is not None, run.ended
    return run.job


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("access")
    users = folder / "users"
    users.write_text("# who may\n" + "".join(f"{name}:{word}\n" for name, word in (ANNA, BOB)))
    settings = Settings(data_dir=folder / "data", cache_dir=folder / "cache")
    worker = ScriptedWorker()
    with ExitStack() as stack:
        engine = stack.enter_context(Engine(settings, open_worker=lambda tier: worker))
        desk = stack.enter_context(Desk(engine, Readiness()))
        blocks = blocks_of(desk)
        stack.callback(blocks.close, verbose=False)
        yield Served(
            serve(blocks, Door(port=free_port(), users=users)), desk, users, settings.results_file
        )
    del blocks
    gc.collect()  # what Gradio left open is found here, not within some later test


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "", "example.org"])
def test_an_address_that_others_reach_is_refused_without_users(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(AccessRefused, match="could use the app"):
        app.main(host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_no_users(host: str) -> None:
    assert sign_in(host, None) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no user"),
        ("anna\n", "line 1"),
        ("anna:short\n", "line 1"),
        (":longenough\n", "line 1"),
        ("anna:longenough\nanna:longenough2\n", "twice"),
    ],
)
def test_a_bad_file_of_users_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "users").write_text(text)
    with pytest.raises(AccessRefused, match=reason):
        sign_in("0.0.0.0", tmp_path / "users")


def test_only_the_right_password_opens(tmp_path: Path) -> None:
    (tmp_path / "users").write_text("anna:correct:horse\n", "utf-8-sig")  # as some editors do
    check = sign_in("0.0.0.0", tmp_path / "users")
    assert check is not None
    assert check("anna", "correct:horse")
    assert not check("anna", "correct")
    assert not check("bob", "")


def test_nothing_is_told_to_who_has_not_signed_in(served: Served) -> None:
    for path in ("/gradio_api/info", "/gradio_api/file=/etc/hostname", "/gradio_api/queue/data"):
        assert httpx.get(served.address + path).status_code in (401, 403)
    assert httpx.post(f"{served.address}/gradio_api/upload", files={"files": b"x"}).is_error
    assert "dependencies" not in httpx.get(f"{served.address}/config").json()


def test_who_has_not_signed_in_brings_no_more_than_a_name_and_a_password(served: Served) -> None:
    large = {"padding": " " * 2**17}
    for path in ("/login", "/gradio_api/queue/join", "/gradio_api/call/v2/jobs"):
        assert httpx.post(served.address + path, json=large).status_code == 413
        assert httpx.post(served.address + path, data=large).status_code == 413
    told = served.session(ANNA).post("/gradio_api/call/v2/jobs", json={"find": large["padding"]})
    assert told.is_success


def test_the_sign_in_screen_has_a_title(served: Served) -> None:
    page = httpx.get(served.address)
    assert page.status_code == 200
    assert page.text.count("<title>Fieldwise</title>") == 1
    assert page.text.rstrip().endswith("</html>")


def test_a_user_sees_and_deletes_no_job_of_another(served: Served) -> None:
    job = served.run("anna")
    anna, bob = served.client(ANNA), served.client(BOB)
    assert [one["id"] for one in anna.predict("", api_name="/jobs")] == [job.id]
    assert bob.predict("", api_name="/jobs") == []
    for api_name in ("/results", "/delete"):
        with pytest.raises(AppError, match=f"there is no job {job.id} of yours"):
            bob.predict(job.id, api_name=api_name)
    [page] = anna.predict(job.id, api_name="/results")
    assert page["records"][0]["values"]["title"] == "Night baker"
    assert anna.predict(job.id, api_name="/delete") is True
    assert anna.predict("", api_name="/jobs") == []


def test_the_name_of_anothers_job_is_taken_and_no_way_in(served: Served) -> None:
    schema = library.get("job_posting")
    ended(served.desk.start(Asked([str(BAKER)], schema, job="mine"), "anna"))
    with pytest.raises(StoreError, match="there is a job named 'mine' already"):
        served.desk.start(Asked([str(BAKER)], schema, job="mine"), "bob")


def test_file_routes_read_nothing_of_the_disk(served: Served) -> None:
    export = served.desk.export(served.run("anna"), Format.CSV)
    assert export.exists()
    session = served.session(ANNA)
    asked = [Path("/etc/hostname"), served.users, served.results, BAKER, export, Path(app.__file__)]
    for path in asked:
        for url in (f"/gradio_api/file={path}", f"/gradio_api/file/{path}", f"/file={path}"):
            assert session.get(url).status_code in (403, 404, 405), url
    for url in ("/gradio_api/proxy=http://127.0.0.1:1/x", "/gradio_api/file=http://127.0.0.1:1/x"):
        assert not session.get(url, follow_redirects=False).is_success  # a redirect reads nothing


def test_a_path_of_the_disk_is_no_upload(served: Served) -> None:
    """A handler that takes files is called by hand with a path that was never uploaded."""
    session = served.session(ANNA)
    config = session.get("/config").json()
    begin = next(one for one in config["dependencies"] if one["api_name"].startswith("begin"))
    files = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    data = ["", [files], "job_posting", "", None, None, "", "", 0, None, None]
    body = {"data": data, "fn_index": begin["id"], "session_hash": "x", "trigger_id": None}
    session.post("/gradio_api/queue/join", json=body)
    with session.stream("GET", "/gradio_api/queue/data", params={"session_hash": "x"}) as stream:
        told = next(line for line in stream.iter_lines() if "process_completed" in line)
    assert '"success": false' in told or '"success":false' in told
    run = served.desk.runs.latest("anna")
    assert run is None or "/etc/hostname" not in run.asked.sources


def test_only_so_many_jobs_of_one_user_may_wait(served: Served) -> None:
    asked = Asked([str(BAKER)], library.get("job_posting"), again=None)
    gate = served.desk.runs.start(Asked([str(BAKER)] * 2000, asked.schema), owner="carl")
    waiting = [served.desk.runs.start(asked, owner="carl") for _ in range(MOST_OF_ONE - 1)]
    with pytest.raises(FieldwiseError, match="too many jobs are waiting"):
        served.desk.runs.start(asked, owner="carl")
    for run in (gate, *waiting):
        run.stop.set()
