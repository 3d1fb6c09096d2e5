"""A job that people went through, as a gold set for `fieldwise evaluate`."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import urlsplit

from extractors.pages import Page
from extractors.parsing.encoding import decode
from orchestration.storage.corrections import Correction, leaves
from schemas.errors import GoldError, SourceError
from schemas.record import Cell, PageResult, Record, Value, cell_data
from schemas.schema import Schema

__all__ = ["SavedGold", "save_gold"]

_LONGEST_NAME = 80  # characters of a file's name, before its ending


@dataclass(frozen=True, slots=True)
class SavedGold:
    """`pages`: how many the set holds. `left_out`: sources and why they are not in it."""

    pages: int
    left_out: tuple[tuple[str, str], ...]


def save_gold(
    schema: Schema,
    results: Iterable[PageResult],
    said: Sequence[Correction],
    folder: Path,
    *,
    read: Callable[[str], Page],
    everything: bool = False,
) -> SavedGold:
    """Write *folder* as a gold set: `html/`, `gold/` and `manifest.jsonl`, see docs/evaluate.md.

    Only fields that somebody looked at are in the gold, so only these will be scored. A page of
    many records is in the set once all its records were looked at.

    Args:
        results: as corrected.
        said: what people said of them.
        read: gives the bytes of a source, or raises SourceError.
        everything: what nobody looked at counts as right too.

    Raises:
        GoldError: *folder* holds something already or cannot be written, or nobody has looked at
            any page yet.
    """
    gold_set = _GoldSet(folder)
    for result in results:
        gold_set.add(result.source, _gold(schema, result, said, everything), read)
    return gold_set.saved()


class _GoldSet:
    """A new *folder*, filled page by page. Raises as `save_gold`."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise GoldError(f"{folder} holds something already", hint="name a new folder")
        self._folder = folder
        self._names = _Names()
        self._entries: list[dict[str, str]] = []
        self._left_out: list[tuple[str, str]] = []

    def add(self, source: str, gold: dict[str, Any] | None, read: Callable[[str], Page]) -> None:
        """Take in a page. *gold*: its right values; `None` where too few were looked at."""
        if gold is None:
            self._left_out.append((source, "not looked at yet, or not all of its records"))
            return
        try:
            page = read(source)
        except SourceError as error:
            self._left_out.append((source, error.explain()))
        else:
            self._write(source, page, gold)

    def _write(self, source: str, page: Page, gold: dict[str, Any]) -> None:
        name = self._names.of(source)
        _put(self._folder / "html" / f"{name}.html", _as_file(page))
        _put(self._folder / "gold" / f"{name}.json", _json(gold, indent=1) + "\n")
        self._entries.append({"id": name, "site": _site(page.url), "source": source})

    def saved(self) -> SavedGold:
        """What came of it, its list written too."""
        if not self._entries:
            first = "".join(f": {source}: {why}" for source, why in self._left_out[:1])
            raise GoldError(
                f"no page of this job can be gold yet{first}",
                hint="correct or accept values first, or take all of them as right with --all",
            )
        lines = "".join(f"{_json(entry)}\n" for entry in self._entries)
        _put(self._folder / "manifest.jsonl", lines)
        return SavedGold(len(self._entries), tuple(self._left_out))


def _gold(
    schema: Schema, result: PageResult, said: Sequence[Correction], everything: bool
) -> dict[str, Any] | None:
    """The right values of a page; `None` where too few were looked at."""
    mine = [one for one in said if one.source == result.source]
    records = [_known(result, record, mine, everything) for record in result.records]
    if schema.many:
        looked_at = records or mine or everything
        return {"items": records} if looked_at and all(records) else None
    return records[0] if records and records[0] else None


def _known(
    result: PageResult, record: Record, said: Sequence[Correction], everything: bool
) -> dict[str, Any]:
    """The fields of *record* that are known to be right."""
    open_fields = {
        path[0]
        for path, _ in leaves(record)
        if not any(one.covers(result.source, record.index, path) for one in said)
    }
    known = everything or len(open_fields) < len(record.cells)
    return {
        name: _data(cell)
        for name, cell in record.cells.items()
        if known and (everything or name not in open_fields)
    }


def _data(cell: Cell) -> Any:
    if isinstance(cell, Value) and cell.data is None:
        return cell.raw
    return cell_data(cell)


class _Names:
    """Names of files for sources; no two are the same, also where letter case does not count."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, source: str) -> str:
        last = source.split("::")[-1]
        if "://" in last:
            parts = urlsplit(last)
            plain = " ".join([parts.hostname or "", parts.path, parts.query])
        else:
            plain = PurePath(last).stem
        stem = re.sub(r"[^\w-]+", "-", plain).strip("-_")[:_LONGEST_NAME] or "page"
        name, count = stem, 1
        while name.casefold() in self._taken:
            count += 1
            name = f"{stem}-{count}"
        self._taken.add(name.casefold())
        return name


def _site(url: str) -> str:
    return urlsplit(url).hostname or "-"


def _as_file(page: Page) -> bytes:
    """The bytes of *page*, with what a file cannot say otherwise: its charset, and its address.

    A page that came with neither stays as it is.
    """
    plain = (page.content_type or "").lower().startswith("text/plain")
    if plain or not (page.url or page.content_type):
        return page.body
    text, _ = decode(page.body, page.content_type)
    if page.url and not _BASE.search(text):
        head = _HEAD.search(text)
        place = head.end() if head else 0
        text = f'{text[:place]}<base href="{html.escape(page.url)}">{text[place:]}'
    return ("\ufeff" + text).encode("utf-8", "replace")


_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_BASE = re.compile(r"<base\b[^>]*\bhref\b", re.IGNORECASE)


def _json(data: Any, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=False, indent=indent, default=str)


def _put(path: Path, content: str | bytes) -> None:
    body = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    except OSError as error:
        raise GoldError(f"cannot write {path}: {error.strerror or error}") from error
