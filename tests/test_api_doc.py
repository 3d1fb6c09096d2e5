"""docs/api.md: its example runs against a served app, and it names every endpoint and argument."""

from __future__ import annotations

import base64
import contextlib
import inspect
import json
import re
import runpy
import shutil
from pathlib import Path

import pytest

from orchestration.desk.programs import Programs
from tests.app.handling import read_csv
from tests.app.shared import ANNA, PAGES, shared
from ui.endpoints import NAMES, TOOLS_PATH

TEXT = (Path(__file__).parents[1] / "docs" / "api.md").read_text("utf-8")
ROWS = {line.split("|")[1].strip(" `/"): line for line in TEXT.splitlines() if "| `/" in line}


@pytest.mark.filterwarnings("ignore:'HTTP_422_UNPROCESSABLE_ENTITY'")
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_example_uploads_a_page_and_downloads_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert "http://127.0.0.1:7860" in code
    shutil.copy(PAGES / "baker.html", tmp_path)
    with contextlib.chdir(tmp_path), shared(tmp_path, users=False) as app:
        (tmp_path / "example.py").write_text(code.replace("http://127.0.0.1:7860", app.address))
        runpy.run_path(str(tmp_path / "example.py"))
    *_, values, path = capsys.readouterr().out.strip().splitlines()
    assert values.startswith("baker.html {'title': 'Night baker', 'company': 'Ovnen Bakery'")
    [row] = read_csv(Path(path).read_bytes())
    assert row["title"] == "Night baker"
    assert row["title_quote"] == "Night baker"


def test_every_endpoint_and_no_other_is_in_the_table() -> None:
    assert list(ROWS) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_is_named(name: str) -> None:
    _, _, *arguments = inspect.signature(getattr(Programs, name)).parameters  # self, owner
    for argument in arguments:
        assert f"`{argument}`" in ROWS[name] or "as `/extract`" in ROWS[name], argument


def test_the_settings_of_mcp_clients_can_be_read() -> None:
    plain, signed = re.findall(r"^```json\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert json.loads(plain)["mcpServers"]["fieldwise"]["url"].endswith(f"{TOOLS_PATH}/")
    header = json.loads(signed)["mcpServers"]["fieldwise"]["headers"]["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == ":".join(ANNA)
