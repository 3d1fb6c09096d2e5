"""Results and schemas as plain JSON, and back: what the store keeps.

The law: `from_plain(to_plain(result)) == result`, also after a trip through JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from schemas.document import Span
from schemas.record import (
    ABSENT,
    Cell,
    Cost,
    Evidence,
    PageResult,
    PageStatus,
    Record,
    Signals,
    Tier,
    Tokens,
    Value,
    ValueStatus,
)
from schemas.schema import Field, Kind, Schema

__all__ = [
    "Plain",
    "cell_from_plain",
    "cell_to_plain",
    "decode",
    "encode",
    "from_plain",
    "schema_from_plain",
    "schema_to_plain",
    "to_plain",
]

Plain = dict[str, Any]
"""A JSON object."""


def encode(plain: Any) -> bytes:
    """*plain* as JSON. Lone surrogates stay what they are: three bytes each, not valid UTF-8.

    (ASCII escapes would not do: JSON reads two escaped halves in a row as one character.)
    """
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def decode(body: bytes) -> Any:
    """The inverse of `encode`. Raises ValueError when *body* is something else."""
    return json.loads(body.decode("utf-8", "surrogatepass"))


def to_plain(result: PageResult) -> Plain:
    """*result* as a JSON object; every cell with its raw text, data and evidence."""
    return {
        "source": result.source,
        "status": result.status.value,
        "records": [_record_to_plain(record) for record in result.records],
        "reason": result.reason,
        "tokens": asdict(result.tokens),
        "seconds": dict(result.seconds),
        "text": result.text,
        "seen": result.seen,
        "next_page": result.next_page,
        "spent": {tier.value: asdict(cost) for tier, cost in result.spent.items()},
    }


def from_plain(plain: Plain) -> PageResult:
    """The result that `to_plain` wrote. Raises KeyError, TypeError or ValueError on others."""
    return PageResult(
        source=plain["source"],
        status=PageStatus(plain["status"]),
        records=tuple(_record_from_plain(record) for record in plain["records"]),
        reason=plain["reason"],
        tokens=Tokens(**plain["tokens"]),
        seconds=plain["seconds"],
        text=plain["text"],
        seen=plain.get("seen"),  # rows from before lists were counted lack these
        next_page=plain.get("next_page"),
        spent={
            Tier(tier): Cost(Tokens(**cost["tokens"]), cost["seconds"])
            for tier, cost in plain.get("spent", {}).items()
        },
    )


def schema_to_plain(schema: Schema) -> Plain:
    """*schema* as a JSON object, field by field (not a JSON Schema)."""
    return asdict(schema)


def schema_from_plain(plain: Plain) -> Schema:
    """The schema that `schema_to_plain` wrote. Raises KeyError, TypeError or ValueError."""
    fields = tuple(map(_field_from_plain, plain["fields"]))
    return Schema(**{**plain, "fields": fields, "skip": tuple(plain.get("skip", ()))})


def _field_from_plain(plain: Plain) -> Field:
    return Field(
        **{
            **plain,
            "kind": Kind(plain["kind"]),
            "choices": tuple(plain["choices"]),
            "fields": tuple(map(_field_from_plain, plain["fields"])),
            "cues": tuple(plain.get("cues", ())),  # rows from before plans lack it
        }
    )


def _record_to_plain(record: Record) -> Plain:
    cells = {name: cell_to_plain(cell) for name, cell in record.cells.items()}
    return {"cells": cells, "url": record.url, "index": record.index}


def _record_from_plain(plain: Plain) -> Record:
    cells = {name: cell_from_plain(cell) for name, cell in plain["cells"].items()}
    return Record(cells, plain["url"], plain["index"])


def cell_to_plain(cell: Cell) -> Any:
    """A list's items are an array; an object's parts stand under "parts"; absent is null."""
    if isinstance(cell, tuple):
        return [cell_to_plain(item) for item in cell]
    if isinstance(cell, Mapping):
        return {"parts": {name: cell_to_plain(part) for name, part in cell.items()}}
    return None if cell == ABSENT else asdict(cell)


def cell_from_plain(plain: Any) -> Cell:
    """The cell that `cell_to_plain` wrote. Raises KeyError, TypeError or ValueError."""
    if plain is None:
        return ABSENT
    if isinstance(plain, list):
        return tuple(cell_from_plain(item) for item in plain)
    if "parts" in plain:
        return {name: cell_from_plain(part) for name, part in plain["parts"].items()}
    return Value(
        raw=plain["raw"],
        data=plain["data"],
        evidence=_evidence_from_plain(plain["evidence"]),
        tier=Tier(plain["tier"]) if plain["tier"] is not None else None,
        confidence=plain["confidence"],
        status=ValueStatus(plain["status"]),
        contrary=_evidence_from_plain(plain.get("contrary")),  # rows before markup lack it
        signals=Signals(**plain["signals"]) if plain.get("signals") else None,
    )


def _evidence_from_plain(plain: Plain | None) -> Evidence | None:
    if plain is None:
        return None
    span = Span(**plain["span"])
    return Evidence(plain["quote"], span, plain["xpath"], plain.get("markup"))
