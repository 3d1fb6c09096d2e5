"""The command as shells run it: in folders that are gone, into pipes that close, on full disks."""

from __future__ import annotations

import json
import os
import signal
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


@pytest.mark.parametrize("command", ["schemas", "models", "jobs", "doctor"])
def test_output_that_cannot_be_written_is_an_error_in_words(shell: Shell, command: str) -> None:
    done = shell.run(f"fieldwise {command} > /dev/full")
    full = "fieldwise: standard output: No space left on device (check that the disk has room"
    assert (done.returncode, full in done.stderr) == (3, True)


def test_a_reader_that_leaves_early_gets_what_it_read(shell: Shell) -> None:
    done = shell.run("fieldwise schemas | head -1")
    assert (done.stdout.split()[0], done.stderr) == ("article", "")


LISTS = {
    "Windows line ends": b"page.html\r\n\r\n",
    "a byte order mark": b"\xef\xbb\xbfpage.html\r\n",
    "UTF-16, as PowerShell writes": "page.html\r\n".encode("utf-16"),
}


@pytest.mark.parametrize("given", LISTS.values(), ids=LISTS)
def test_a_list_of_pages_is_read_as_any_system_writes_it(shell: Shell, given: bytes) -> None:
    (shell.folder / "list.txt").write_bytes(given)
    for command in (f"extract - {MARKUP}", "plan - --schema 'title,'"):
        done = shell.run(f"fieldwise {command} < list.txt")
        assert done.returncode == 0, done.stderr


def test_where_the_locale_is_plain_names_are_what_they_are(shell: Shell) -> None:
    (shell.folder / "ページ é.html").write_text(PAGE)
    done = shell.run(f"fieldwise extract 'ページ é.html' {MARKUP} --job 名前", LC_ALL="C")
    assert done.returncode == 0
    assert json.loads(done.stdout)["source"] == "ページ é.html"
    assert "名前" in shell.run("fieldwise jobs", LC_ALL="C").stdout


def test_a_disk_that_fills_up_loses_nothing_and_names_the_job(shell: Shell) -> None:
    (shell.folder / "long").mkdir()
    for number in range(4):
        text = "".join(f"<p>{number} {line} of a long page.</p>" for line in range(3000))
        (shell.folder / "long" / f"{number}.html").write_text(text)
    extract = f"fieldwise extract long {MARKUP} --job 'my job'"
    done = shell.run(f"ulimit -f 400; {extract}")
    assert done.returncode == 3
    assert "cannot save 'long/" in done.stderr
    assert "FIELDWISE_DATA_DIR; `fieldwise jobs resume 'my job'` then goes on" in done.stderr
    kept = shell.run("fieldwise jobs export 'my job'").stdout.splitlines()
    assert 0 < len(kept) < 4
    assert shell.run("fieldwise jobs resume 'my job'").returncode == 0
    assert len(shell.run("fieldwise jobs export 'my job'").stdout.splitlines()) == 4


INTERRUPTED = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from orchestration.__main__ import main
main()
"""


def test_ctrl_c_while_it_starts_ends_it_without_a_word(shell: Shell) -> None:
    (shell.folder / "interrupted.py").write_text(INTERRUPTED)
    done = shell.run(f'exec "{sys.executable}" interrupted.py')
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
