"""The command as shells run it: in folders that are gone, into pipes that close, on full disks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIELDWISE = f'"{sys.executable}" -m orchestration'
PAGE = "<title>Post</title><h1>Head Gardener</h1><p>Ambleford</p>"
MARKUP = "--schema 'title,' --tier markup"


class Shell:
    """Runs command lines in *folder*, with a cache and results of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": str(ROOT),
            "FIELDWISE_CACHE_DIR": str(folder / "cache"),
            "FIELDWISE_DATA_DIR": str(folder / "data"),
            "FIELDWISE_OFFLINE": "1",
        }

    def run(self, line: str, **more: str) -> subprocess.CompletedProcess[str]:
        """*line*, in which `fieldwise` is the command. No traceback is ever an answer."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line.replace("fieldwise", FIELDWISE)],
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "page.html").write_text(PAGE)
    return Shell(tmp_path)


def test_a_folder_that_was_removed_is_left_with_a_word(shell: Shell) -> None:
    gone = "mkdir gone && cd gone && rmdir ../gone"
    done = shell.run(f"{gone} && fieldwise extract {shell.folder}/page.html {MARKUP}")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("fieldwise: the folder you are in cannot be used: No such file")
    assert "`cd` to another one" in done.stderr
