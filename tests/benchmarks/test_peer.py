"""Driving another engine as a subprocess; small scripts stand for the engines."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.peer import PEERS, Peer, PeerFailed, Recipe, Reply, is_object

READY = "import json, sys, time\nprint('a library speaks')\nprint('{}', flush=True)\n"
ECHO = (
    READY
    + """
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({'text': asked['say'], 'seconds': 0.5, 'tokens': 3}), flush=True)
"""
)


def installed(folder: Path, script: str) -> Recipe:
    """A peer whose environment stands already: this very Python."""
    requirements, driver = folder / "requirements.txt", folder / "driver.py"
    requirements.write_text("", "utf-8")
    driver.write_text(script, "utf-8")
    (folder / "installed.txt").write_text("", "utf-8")
    (folder / "venv" / "bin").mkdir(parents=True)
    (folder / "venv" / "bin" / "python").symlink_to(sys.executable)
    return Recipe("peer", "Peer", requirements, driver)


def test_answers_are_read_past_what_libraries_print(tmp_path: Path) -> None:
    with Peer(installed(tmp_path, ECHO), tmp_path, {}) as peer:
        assert peer.ask({"say": "Oslo"}) == Reply("Oslo", 0.5, 3)
        assert peer.ask({"say": "5 °C"}).text == "5 °C"


def test_a_peer_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(PeerFailed, match=r"status 1: ValueError: no such weights"):
        Peer(installed(tmp_path, "raise ValueError('no such weights')"), tmp_path, {})


def test_a_peer_that_dies_at_a_page_says_so(tmp_path: Path) -> None:
    with Peer(
        installed(tmp_path, READY + "sys.stdin.readline()\nsys.exit(7)"), tmp_path, {}
    ) as peer:
        with pytest.raises(PeerFailed, match="status 7"):
            peer.ask({"say": "Oslo"})
        with pytest.raises(PeerFailed, match="status 7"):
            peer.ask({"say": "again"})


def test_a_peer_that_never_gets_ready_is_stopped(tmp_path: Path) -> None:
    recipe = installed(tmp_path, "import time\ntime.sleep(60)")
    with pytest.raises(PeerFailed, match="no answer in 1 s"):
        Peer(recipe, tmp_path, {}, limit_s=1)


def test_other_build_flags_install_it_anew_and_failing_says_why(tmp_path: Path) -> None:
    recipe = installed(tmp_path, ECHO)
    recipe.requirements.write_text(f"{tmp_path / 'absent-package'}\n", "utf-8")
    (tmp_path / "installed.txt").write_text(recipe.requirements.read_text("utf-8"), "utf-8")
    with Peer(recipe, tmp_path, {}) as peer:  # what stands there is taken as it is
        assert peer.ask({"say": "Oslo"}).text == "Oslo"
    with pytest.raises(PeerFailed, match=r"pip could not install it, status 1: .*absent"):
        Peer(replace(recipe, build=(("CFLAGS", "-O1"),)), tmp_path, {})
    assert "absent-package" in (tmp_path / "install.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "whole"),
    [('{"title": null}', True), ('{"title": "Head Ga', False), ("[]", False), ("", False)],
)
def test_an_answer_cut_off_is_not_whole(text: str, whole: bool) -> None:
    assert is_object(text) is whole


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_peer_has_its_files(peer: Recipe) -> None:
    assert peer.requirements.exists()
    assert peer.driver.exists()
