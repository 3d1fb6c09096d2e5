"""What tests start ends with them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARENT = """
import sys
from tests import tied
with tied.started(sys.executable, "http.server", "0", "--bind", "127.0.0.1") as server:
    server.wait()
"""


def test_a_server_does_not_outlive_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-uc", PARENT],
        cwd=Path(__file__).parents[1],
        env={"PYTHONPATH": ".", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        assert "Serving HTTP" in parent.stdout.readline()
        parent.kill()
        # the server holds the same pipe: it ends once both have
        assert parent.communicate(timeout=120)[0] == ""
