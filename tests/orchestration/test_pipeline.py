"""What a browser made of a page is the page: also for what its markup says."""

from __future__ import annotations

from dataclasses import replace

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from extractors.worker import Extraction
from orchestration.pipeline import Pipeline
from orchestration.task import Stop, Task
from schemas.record import PageStatus, Tier, Tokens
from schemas.schema import Field, Kind, Schema

SHELL = "<html><body><div id=root></div><script src=/app.js></script>"
DRAWN = """<h1>Spade</h1><p>12 EUR</p><p>A spade for every garden and every day.
<script type="application/ld+json">{"@type": "Product", "name": "Spade", "offers": {"price": 12}}
</script>"""
PRICE = Schema("product", (Field("price", Kind.NUMBER),))


def nobody(tier: Tier, parsed: ParsedPage, schema: Schema, stop: Stop) -> Extraction:
    return Extraction((), None, Tokens())


def draw(page: Page) -> Page:
    return replace(page, body=DRAWN.encode())


def test_the_markup_that_scripts_add_answers_too() -> None:
    page = Page("page.html", "https://ex.org/", SHELL.encode(), "text/html; charset=utf-8")
    task = Task(schema=PRICE, tier=Tier.MARKUP, stop=lambda: False)
    assert Pipeline(nobody).result(page, task).status is PageStatus.BAD
    result = Pipeline(nobody, draw=draw).result(page, task)
    assert result.status is PageStatus.OK
    assert [record.data for record in result.records] == [{"price": 12}]
