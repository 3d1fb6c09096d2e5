from __future__ import annotations

from orchestration.exports.columns import columns
from orchestration.exports.export import Format
from schemas.record import (
    ABSENT,
    Cell,
    PageResult,
    PageStatus,
    Record,
)
from schemas.schema import Field, Kind, Schema
from tests.orchestration.samples import (
    csv_rows,
    exported,
    found,
    parquet_rows,
)


def test_lists_of_objects_keep_their_items_in_step() -> None:
    parts = (Field("name"), Field("sizes", Kind.INTEGER, many=True))
    schema = Schema("s", (Field("items", Kind.OBJECT, many=True, fields=parts),))
    cell: Cell = (
        {"name": found("a"), "sizes": (found(1), found(2))},
        {"name": ABSENT, "sizes": ()},
        {"name": found("c"), "sizes": (found(3),)},
    )
    results = [PageResult("u", PageStatus.OK, (Record({"items": cell}, "u"),))]
    assert csv_rows(exported(results, Format.CSV, schema))[1] == [
        "a; ; c",
        "1, 2; ; 3",
        "u",
        "ok",
    ]
    assert parquet_rows(exported(results, Format.PARQUET, schema)) == [
        {
            "items.name": ["a", None, "c"],
            "items.sizes": [[1, 2], [], [3]],
            "source": "u",
            "status": "ok",
        }
    ]


def test_no_two_columns_share_a_name() -> None:
    names = ("source", "status", "a", "a_quote", "a", "o.p")
    parts = (Field("p"),)
    schema = Schema("s", (*map(Field, names), Field("o", Kind.OBJECT, fields=parts)))
    header = [column.name for column in columns(schema, evidence=True)]
    assert header[:9] == [
        "source",
        "status",
        "a",
        "a_quote",
        "a_",
        "o.p",
        "o.p_",
        "source_",
        "status_",
    ]
    assert len(set(header)) == len(header) == 9 + 6 * 7
