"""What the planner's answer about an unsure field puts in its place, and what it leaves there."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.web.clock import SkippedClock
from orchestration.planning.prompt import Message
from orchestration.planning.repair import Repair
from orchestration.planning.replies import Reply
from schemas.errors import PlannerFailed
from schemas.plan import PlannedBy
from schemas.record import Cell, Evidence, Record, Tier, Value, ValueStatus
from schemas.source import resolve

SCHEMA = resolve("title, open boolean, tags list")
BODY = "<h1>Baker</h1><p>In Ulm, open now.</p><p>Tags: oven, flour</p>"
SAME: dict[str, Any] = {
    "title": {"quote": "Baker"},
    "open": {"quote": "open now", "answer": "true"},
    "tags": {"quotes": ["oven", "flour"]},
}


class Scripted:
    """A planning model that says what it is told to, the last thing from then on. `asked`: how
    often it was."""

    name = "scripted"
    by = PlannedBy.ENDPOINT

    def __init__(self, *replies: object) -> None:
        self._replies = replies
        self.asked = 0

    def answer(self, messages: Sequence[Message], form: Mapping[str, Any]) -> Reply:
        reply = self._replies[min(self.asked, len(self._replies) - 1)]
        self.asked += 1
        if isinstance(reply, Exception):
            raise reply
        return Reply(json.dumps(reply), 100)


def page(body: str = BODY) -> ParsedPage:
    return parse_page(Page("page.html", "", body.encode()))


def quoted(parsed: ParsedPage, quote: str, data: Any = None) -> Value:
    """What a worker hardly is sure of, at the first place where *parsed* says it."""
    document = parsed.document
    start = document.text.index(quote)
    span = type(document.blocks[0].span)(start, start + len(quote))
    evidence = Evidence(quote, span, document.block_at(start).xpath)
    return Value(quote, data or quote, evidence, Tier.LARGE, 0.4, ValueStatus.FOUND)


def repaired(said: Mapping[str, Any], body: str = BODY, title: str = "Baker") -> dict[str, Cell]:
    """The fields that a planner which says *said*, else the same, answers anew, with its cells.
    *title*: what a worker had quoted for it."""
    parsed = page(body)
    unsure = Record(
        {
            "title": quoted(parsed, title),
            "open": quoted(parsed, "open now", True),
            "tags": (quoted(parsed, "oven"), quoted(parsed, title)),
        },
        "",
    )
    again = Repair(Scripted({**SAME, **said}), budget=1_000).answer(parsed, SCHEMA, unsure)
    assert again
    return dict(again.records[0].cells)


def test_what_the_planner_quotes_is_its_answer() -> None:
    title = repaired({"title": {"quote": "Ulm"}})["title"]
    assert isinstance(title, Value)
    assert (title.data, title.tier, title.evidence is not None) == ("Ulm", Tier.PLANNER, True)


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"quote": "Master baker"}),
        ("title", {"quote": ""}),
        ("open", {"quote": "closed", "answer": "false"}),
        ("open", {"quote": None, "answer": "false"}),
        ("open", {"quote": "open now", "answer": None}),
        ("tags", {"quotes": ["sugar", "salt"]}),
    ],
)
def test_what_it_cannot_quote_is_no_answer(field: str, said: dict[str, Any]) -> None:
    assert set(repaired({field: said})) == set(SAME) - {field}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("title", {"quote": None}),
        ("open", {"quote": None, "answer": None}),
        ("tags", {"quotes": []}),
    ],
)
def test_that_the_page_does_not_say_is_one_where_it_saw_the_words(
    field: str, said: dict[str, Any]
) -> None:
    cell = repaired({field: said})[field]
    assert cell == (() if field == "tags" else Value(tier=Tier.PLANNER, confidence=0.5))


def test_that_the_page_does_not_say_is_none_where_it_did_not_see_the_words() -> None:
    """Of a page this long it is shown a part, and what the worker quoted is in another."""
    body = f"{BODY}<p>{'Nothing but plain talk. ' * 2_000}Then a zebra.</p>"
    cells = repaired({"title": {"quote": None}, "tags": {"quotes": []}}, body, title="zebra")
    assert set(cells) == {"open"}


def test_of_several_that_it_quotes_those_that_stand_there_are_taken() -> None:
    tags = repaired({"tags": {"quotes": ["flour", "sugar"]}})["tags"]
    assert isinstance(tags, tuple)
    assert [tag.data for tag in tags if isinstance(tag, Value)] == ["flour"]


def test_a_word_that_is_quoted_twice_is_cited_at_two_places() -> None:
    tags = repaired({"tags": {"quotes": ["oven", "oven"]}}, f"{BODY}<p>Tags: oven, salt</p>")[
        "tags"
    ]
    assert isinstance(tags, tuple)
    places = [tag.evidence.span for tag in tags if isinstance(tag, Value) and tag.evidence]
    assert len(places) == len(set(places)) == 2


def failed(*, retryable: bool) -> PlannerFailed:
    failure = PlannerFailed("the planning endpoint said HTTP 500")
    failure.retryable = retryable
    return failure


def test_one_reply_of_no_use_is_a_matter_of_its_page(caplog: pytest.LogCaptureFixture) -> None:
    model = Scripted("no object", SAME)
    repair = Repair(model, budget=1_000)
    first, then = (repair.answer(page(), SCHEMA) for _ in range(2))
    assert first
    assert then
    assert (first.records, first.tokens.prompt, model.asked) == ((), 100, 2)
    assert first.noted is not None
    assert first.noted.startswith("the planner gave no answer for title, open, tags: the reply")
    assert first.noted in caplog.text
    assert (then.records[0].data["title"], then.noted) == ("Baker", None)


@pytest.mark.parametrize(("retryable", "calls"), [(True, 1), (False, 3)])
def test_an_endpoint_that_fails_is_left_alone_for_a_while_and_then_asked_again(
    retryable: bool, calls: int
) -> None:
    """What was tried several times at once; a refusal only where others came before it."""
    model, clock = Scripted(*[failed(retryable=retryable)] * (calls + 1), SAME), SkippedClock()
    repair = Repair(model, budget=1_000, clock=clock)
    for _ in range(calls):
        repair.answer(page(), SCHEMA)
    for seconds, asked in ((59, calls), (2, calls + 1), (60, calls + 1), (61, calls + 2)):
        clock.wait(seconds, unless=threading.Event())
        again = repair.answer(page(), SCHEMA)
        assert again
        assert model.asked == asked
        assert "HTTP 500" in str(again.noted) or again.records
    assert repair.answer(page(), SCHEMA)
    assert model.asked == calls + 3


def test_the_budget_ends_the_asking_and_that_is_told(caplog: pytest.LogCaptureFixture) -> None:
    model = Scripted(SAME)
    repair = Repair(model, budget=150)
    answers = [repair.answer(page(), SCHEMA) for _ in range(4)]
    assert (model.asked, answers[2:]) == (2, [None, None])
    assert caplog.text.count("200 tokens were spent on unsure fields") == 1


@pytest.mark.parametrize(("budget", "times"), [(1, 1), (100, 1), (101, 2)])
def test_it_is_asked_until_its_budget_is_spent(budget: int, times: int) -> None:
    repair = Repair(Scripted(SAME), budget=budget)
    given = [repair.answer(page(), SCHEMA) for _ in range(3)]
    assert [one is not None for one in given] == [True] * times + [False] * (3 - times)
    assert repair.spent == 100 * times
