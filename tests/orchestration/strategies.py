"""Any result, any schema: what property tests draw from."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

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

__all__ = ["cells", "fields", "page_results", "pages_of", "records", "schemas", "texts", "values"]

# Every code point there is, lone surrogates and NUL among them; more of what breaks files.
texts: SearchStrategy[str] = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.text(st.sampled_from("=+-@＝＋－＠\t\r\n\0 ,;\"'a\ud83d\ude00\u2028\x85"), max_size=8),
)
names = st.text(st.characters(exclude_categories=()), min_size=1, max_size=8)
counts = st.integers(0, 10**6)
fractions = st.floats(0, 1)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start, length = draw(counts), draw(counts)
    return Span(start, start + length)


evidences = st.builds(Evidence, quote=texts, span=spans(), xpath=texts, markup=st.none() | texts)
nats = st.floats(-30, 0)
signals = st.builds(
    Signals,
    first=nats,
    runner_up=st.none() | nats,
    worst=nats,
    mean=nats,
    margin=st.floats(-1, 30),
    kept=nats,
    places=counts,
    labelled=st.booleans(),
    fills=st.booleans(),
)
values: SearchStrategy[Value] = st.one_of(
    st.just(ABSENT),
    st.builds(
        Value,
        raw=st.none() | texts,
        data=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
        evidence=st.none() | evidences,
        tier=st.none() | st.sampled_from(Tier),
        confidence=fractions,
        status=st.sampled_from(ValueStatus),
        contrary=st.none() | evidences,
        signals=st.none() | signals,
    ),
)


def _lists_and_objects(inner: SearchStrategy[Cell]) -> SearchStrategy[Cell]:
    lists: SearchStrategy[Cell] = st.lists(inner, max_size=3).map(tuple)
    objects: SearchStrategy[Cell] = st.dictionaries(names | st.just("parts"), inner, max_size=3)
    return lists | objects


cells: SearchStrategy[Cell] = st.recursive(values, _lists_and_objects, max_leaves=5)
records: SearchStrategy[Record] = st.builds(
    Record, cells=st.dictionaries(names, cells, max_size=4), url=texts, index=counts
)
tokens: SearchStrategy[Tokens] = st.builds(Tokens, prompt=counts, output=counts, steps=counts)


def _page_results(rows: SearchStrategy[Record]) -> SearchStrategy[PageResult]:
    return st.builds(
        PageResult,
        source=texts,
        status=st.sampled_from(PageStatus),
        records=st.lists(rows, max_size=3).map(tuple),
        reason=st.none() | texts,
        tokens=tokens,
        seconds=st.dictionaries(st.sampled_from(["read", "parse", "prompt", "decode"]), fractions),
        text=texts,
        spent=st.dictionaries(
            st.sampled_from(Tier), st.builds(Cost, tokens=tokens, seconds=fractions), max_size=2
        ),
    )


page_results: SearchStrategy[PageResult] = _page_results(records)


def _field(
    kinds: SearchStrategy[Kind], parts: SearchStrategy[tuple[Field, ...]]
) -> SearchStrategy[Field]:
    return st.builds(
        Field,
        name=names,
        kind=kinds,
        description=texts,
        required=st.booleans(),
        many=st.booleans(),
        choices=st.lists(texts, max_size=3).map(tuple),
        fields=parts,
        max_items=counts,
    )


_simple = _field(st.sampled_from([kind for kind in Kind if kind != Kind.OBJECT]), st.just(()))
fields: SearchStrategy[Field] = _simple | _field(
    st.just(Kind.OBJECT), st.lists(_simple, max_size=3).map(tuple)
)
schemas: SearchStrategy[Schema] = st.builds(
    Schema,
    name=names,
    fields=st.lists(fields, max_size=4).map(tuple),
    description=texts,
    many=st.booleans(),
    max_records=counts,
)


def _cell_of(field: Field) -> SearchStrategy[Cell]:
    one: SearchStrategy[Cell] = values
    if field.kind == Kind.OBJECT:
        one = st.just(ABSENT) | st.fixed_dictionaries({f.name: _cell_of(f) for f in field.fields})
    return st.lists(one, max_size=3).map(tuple) if field.many else one


@st.composite
def pages_of(draw: st.DrawFn, schema: Schema) -> list[PageResult]:
    """Results whose records have a cell for every field of *schema*."""
    rows = st.builds(
        Record,
        cells=st.fixed_dictionaries({field.name: _cell_of(field) for field in schema}),
        url=texts,
        index=counts,
    )
    return draw(st.lists(_page_results(rows), max_size=3))
