"""Pages that programs hand over as text: files for as long as their job needs them."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestration.desk.runs import Run
from schemas.errors import SourceError

__all__ = ["MOST_TEXT", "Handed", "plain_name"]

MOST_TEXT = 20_000_000  # characters of all pages of one call
_LONGEST_NAME = 120  # characters


class Handed:
    """Keeps pages in folders of its own below *folder*, which is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._folders: dict[Path, Run | None] = {}  # to the run that reads it

    def files(self, pages: Mapping[str, str]) -> dict[str, str]:
        """A file for each of *pages* (name to HTML), to the page's name; two may have the same.

        Names lead nowhere: they are no paths of this machine. Raises SourceError: too much text.
        """
        if not pages:
            return {}
        if sum(map(len, pages.values())) > MOST_TEXT:
            hint = "hand over fewer of them, or upload files"
            raise SourceError(f"the pages are more than {MOST_TEXT:,} characters", hint=hint)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        with self._lock:
            self._folders[folder] = None
        files: dict[str, str] = {}
        for number, (name, text) in enumerate(pages.items()):
            path = folder / f"{number}.html"
            path.write_text(text, "utf-8", errors="replace")
            files[str(path)] = plain_name(name)
        return files

    def keep(self, paths: Iterable[str], run: Run) -> None:
        """Those of *paths* that are ours are needed until *run* is over."""
        with self._lock:
            for folder in {Path(path).parent for path in paths}:
                if folder in self._folders:
                    self._folders[folder] = run

    def sweep(self, paths: Iterable[str] = ()) -> None:
        """Delete what ended runs needed, and those of *paths* that no run does."""
        done = {Path(path).parent for path in paths}
        with self._lock:
            over = [
                folder
                for folder, run in self._folders.items()
                if (run.is_over if run else folder in done)
            ]
            for folder in over:
                del self._folders[folder]
        for folder in over:
            shutil.rmtree(folder, ignore_errors=True)


def plain_name(name: str) -> str:
    r"""The last part of *name*, without what could be a path, an address or a place in an archive.

    >>> plain_name("../../etc/passwd"), plain_name("https://example.org/a.html"), plain_name("\n")
    ('passwd', 'a.html', 'page.html')
    """
    last = re.split(r"[/\\]", name)[-1].replace("::", "__")
    kept = "".join(sign for sign in last if sign.isprintable()).strip()
    return kept[:_LONGEST_NAME] if kept.strip(".") else "page.html"
