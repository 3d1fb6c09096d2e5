from __future__ import annotations

from hypothesis import given

from orchestration.storage.codec import (
    decode,
    encode,
    from_plain,
    schema_from_plain,
    schema_to_plain,
    to_plain,
)
from schemas.record import PageResult
from schemas.schema import Schema
from tests.orchestration.strategies import page_results, schemas


@given(result=page_results)
def test_a_result_comes_back_from_json_as_it_was(result: PageResult) -> None:
    assert from_plain(decode(encode(to_plain(result)))) == result


@given(schema=schemas)
def test_a_schema_comes_back_from_json_as_it_was(schema: Schema) -> None:
    assert schema_from_plain(decode(encode(schema_to_plain(schema)))) == schema
