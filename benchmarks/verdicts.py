"""Whether a JSON Schema is honoured: what is promised for it, put to the test.

A schema is asked for with each of its instances on a page, by a model that wants to say just that
instance, and then with pages of odd values, by models that babble. Whatever comes out must fit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from benchmarks.dictation import answer_of, page_of, page_that_says
from benchmarks.obedient import ObedientWorker
from benchmarks.oracle import Oracle
from benchmarks.schema_cases import Case, Instance
from extractors.parsing.blocks import ParsedPage
from orchestration.exports.export import page_line
from schemas.errors import DecodeFailed, SchemaError
from schemas.fitting import fitted
from schemas.json_schema import parse
from schemas.record import PageResult, PageStatus
from schemas.schema import Field, Kind, Schema

__all__ = ["Outcome", "Verdict", "judge"]


class Outcome(StrEnum):
    HONOURED = "honoured"  # every valid instance can be said, no invalid one can
    NARROWER = "narrower"  # as honoured, but some valid instance cannot be said
    LOCAL_TIME = "local time"  # as honoured, but a "date-time" may lack its offset from UTC
    REFUSED = "refused"  # with a SchemaError, before any page was read
    VIOLATED = "violated"  # accepted, and then something came out that does not fit


@dataclass(slots=True)
class Verdict:
    """How a case ended.

    `reason`: the refusal's message, or what came out and does not fit.
    `unsaid`: why valid instances could not be said, a word each. `lacking`: how many instances
    are invalid only in what they leave out (keys, an offset from UTC), which a page may do too.
    """

    outcome: Outcome
    reason: str = ""
    unsaid: list[str] = field(default_factory=list)
    said: int = 0
    rejected: int = 0
    lacking: int = 0


def judge(case: Case, worker: ObedientWorker, *, babble: int = 2) -> Verdict:
    """The verdict on *case*; *babble*: how many random answers are tried as well."""
    try:
        schema = parse(case.schema)
    except SchemaError as error:
        return Verdict(Outcome.REFUSED, str(error))
    verdict = Verdict(Outcome.HONOURED)
    try:
        broken = next(_violations(case, schema, worker, babble, verdict), None)
    except DecodeFailed as error:
        broken = f"no grammar: {error}"
    if broken:
        verdict.outcome, verdict.reason = Outcome.VIOLATED, broken
    elif any(_has_moment(one) for one in schema):
        verdict.outcome = Outcome.LOCAL_TIME
    elif verdict.unsaid:
        verdict.outcome = Outcome.NARROWER
    return verdict


def _has_moment(one: Field) -> bool:
    return one.kind is Kind.DATETIME or any(map(_has_moment, one.fields))


def _violations(
    case: Case, schema: Schema, worker: ObedientWorker, babble: int, verdict: Verdict
) -> Iterator[str]:
    oracle = Oracle(case.schema)
    for instance in case.instances:
        page, wish = page_that_says(instance.data), answer_of(schema, instance.data)
        output = _output(worker, schema, page, wish, seed=0)
        if objection := oracle.objection(output):
            yield f"{objection} in {_short(output)}"
        yield from _count(oracle, schema, instance, output, verdict)
    for seed in range(babble):
        output = _output(worker, schema, odd_page(seed), "", seed=seed)
        if objection := oracle.objection(output):
            yield f"{objection} in {_short(output)} (babble {seed})"


def _count(
    oracle: Oracle, schema: Schema, instance: Instance, output: Any, verdict: Verdict
) -> Iterator[str]:
    if instance.valid:
        # an empty list or object says no more than a null
        if _alike(_folded(output), _folded(instance.data)):
            verdict.said += 1
        else:
            verdict.unsaid.append(_why_unsaid(schema, instance.data))
    elif oracle.only_lacks(instance.data) or oracle.local_time(instance.data):
        verdict.lacking += 1
    elif _alike(_stated(output), instance.data, exact=True):
        yield f"the invalid {_short(instance.data)} was said"
    else:
        verdict.rejected += 1


def _output(
    worker: ObedientWorker, schema: Schema, page: ParsedPage, wish: str, *, seed: int
) -> Any:
    """The exported JSON: one record, or a list where the schema is of many."""
    records = fitted(schema, worker.told(wish, seed=seed).extract(page, schema).records)
    line = page_line(PageResult("page", PageStatus.OK, records))
    values = [json.loads(json.dumps(r["values"], allow_nan=False)) for r in line["records"]]
    return values if schema.many else values[0]


_ODD = (
    *("-7", "0", "3", "4.5", "1,200", "12,5", "99999999999999999999", "0.0001", "10.00", "2026"),
    *("1/2/2024", "2024-02-30", "31 March 2025 at 10:15", "2024-13-01", "10:15", "May 2026"),
    *("2024-05-06T07:08:09Z", "2024-05-06 07:08", "12.10.2023", "20240101", "3rd of May, 2021"),
    *("https://example.org/a?b=c#d", "http://ex.org/{x}|y", "https://ex.org/ö", "http://[::1"),
    *("https://ex.org:port/", "http://ex.org/100%", 'https://ex.org/"q"', "http://a b", "ftp://x"),
    *("ann@example.org", "a..b@example.org", "192.168.0.1", "999.1.1.1", "::1", "null", "true"),
    *("no", "A", "a b c d e f g h i j k l m", "€ 5.00", "$1,234.50", "12k", "5 %", "½", "٣٤"),
    *("北京市", "x" * 30, "- item", "name: value", "é", "0123", "1e5", "1e400", "-0", "+3", "5-7"),
    *("9" * 400, "8" * 330 + ".5", "http://ex.org/\u202ex", "2024-02-29T24:61:00", "0000-01-01"),
)


def odd_page(seed: int) -> ParsedPage:
    """A page of values that are easy to get wrong, in an order of its own."""
    return page_of(random.Random(seed).sample(_ODD, len(_ODD) // 2))


def _stated(data: Any) -> Any:
    """*data* without null members, which say that the page does not say."""
    if isinstance(data, dict):
        return {name: _stated(part) for name, part in data.items() if part is not None}
    return [_stated(item) for item in data] if isinstance(data, list) else data


def _folded(data: Any) -> Any:
    """*data* without members that are null or empty, inside out."""
    if isinstance(data, list):
        return [_folded(item) for item in data]
    if not isinstance(data, dict):
        return data
    parts = {name: _folded(part) for name, part in data.items()}
    return {name: part for name, part in parts.items() if part not in (None, [], {})}


def _alike(one: Any, other: Any, *, exact: bool = False) -> bool:
    """Equality as JSON Schema has it; unless *exact*, of moments written differently too."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        parts = ((one[name], other.get(name)) for name in one)
        return one.keys() == other.keys() and all(_alike(*p, exact=exact) for p in parts)
    if isinstance(one, list) and isinstance(other, list):
        items = zip(one, other, strict=False)
        return len(one) == len(other) and all(_alike(*i, exact=exact) for i in items)
    moments = () if exact else (_moment(one), _moment(other))
    return bool(one == other) or (None not in moments and len(set(moments)) == 1)


def _moment(data: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(data) if isinstance(data, str) else None
    except ValueError:
        return None


def _why_unsaid(schema: Schema, data: Any) -> str:
    """The first thing in *data* that no page-bound answer can say."""
    records = data if schema.many and isinstance(data, list) else [data]
    found = (why for record in records for why in _unsayable(schema.fields, record))
    return next(found, "the text has another form on the page")


def _unsayable(fields: tuple[Field, ...], data: Any) -> Iterator[str]:
    known = {one.name: one for one in fields}
    for name, part in data.items() if isinstance(data, dict) else ():
        if name not in known:
            yield "a key that the schema does not name"
            continue
        for item in part if isinstance(part, list) else [part]:
            yield from _unsayable(known[name].fields, item)
            if isinstance(item, str):
                yield from _odd_text(item)
        if isinstance(part, list) and len(part) > known[name].max_items:
            yield "a list longer than the usual limit"
        if isinstance(part, list) and any(item in ({}, None) for item in part):
            yield "a list with empty items"


def _odd_text(text: str) -> Iterator[str]:
    if not text.strip():
        yield "empty text"
    elif text != " ".join(text.split()):
        yield "text with white space that pages fold"
    elif len(text) > 400:
        yield "text over 400 characters"
    elif text == "null":
        yield "the word null"


def _short(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:197]}..."
