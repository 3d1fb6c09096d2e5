"""What every engine is given to do: the same pages, as the same text, and the same fields."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extractors.model.tokenizer import token_counter
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.relevance.passages import Shown
from extractors.worker import Budget
from schemas.json_schema import to_json_schema
from schemas.schema import Schema
from schemas.source import resolve

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["SCHEMA", "Task", "tasks"]

SCHEMA: Schema = resolve("job_posting")
PAGE_TOKENS = Budget().page  # every engine is shown what our worker shows its model
ANSWER_TOKENS = 512

_OWN_PAGES = Path(__file__).parent.parent / "tests" / "pages"
_SYSTEM = (
    "You read one web page and copy facts from it. Answer with one JSON object. Copy values word "
    "for word from the page, short and without labels. Use null for what the page does not say."
)


@dataclass(frozen=True, slots=True)
class Task:
    """One page. `request`: what a peer is asked, in a chat model's words; it is plain JSON."""

    name: str
    page: ParsedPage
    request: dict[str, Any]


def tasks(tokenizer: PreTrainedTokenizerFast, *, pages: int) -> list[Task]:
    """*pages* job pages: real ones where FIELDWISE_EVALDATA names a folder, else the tests' own."""
    folder = os.environ.get("FIELDWISE_EVALDATA")
    paths = _spread(Path(folder) / "jobs", pages) if folder else sorted(_OWN_PAGES.glob("*/*.html"))
    return [_task(tokenizer, path) for path in paths[:pages]]


def _spread(folder: Path, pages: int) -> list[Path]:
    """Pages of one record each, one of every template in turn."""
    by_template: dict[str, list[Path]] = defaultdict(list)
    for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["task"] == "record" and not entry["negative"]:
            by_template[entry["template"]].append(folder / "html" / f"{entry['id']}.html")
    turns = chain.from_iterable(zip_longest(*by_template.values()))
    return list(islice((path for path in turns if path), pages))


def _task(tokenizer: PreTrainedTokenizerFast, path: Path) -> Task:
    page = parse_page(Page(str(path), "", path.read_bytes()))
    shown = Shown(page, count_tokens=token_counter(tokenizer))
    passage = shown.choose(SCHEMA, budget=PAGE_TOKENS)
    schema = to_json_schema(SCHEMA)
    asked = f"Fields, as JSON Schema:\n{json.dumps(schema)}\n\nThe page:\n\n{passage.shown}"
    messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]
    request = {"messages": messages, "schema": schema, "max_tokens": ANSWER_TOKENS}
    return Task(path.stem if _is_real(path) else path.parent.name, page, request)


def _is_real(path: Path) -> bool:
    return not path.is_relative_to(_OWN_PAGES)
