"""Which worker is asked for which field, by workers that are told what to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Extraction
from orchestration.agreement import ENOUGH, IN_VAIN, Agreement, LayoutAgreement
from orchestration.router import Repairing, Router
from schemas.errors import DecodeFailed, ModelMissing, NoMemory
from schemas.plan import Checks, FieldPlan, Plan
from schemas.record import Record, Tier, Tokens, Value, ValueStatus
from schemas.schema import Field, Kind, Schema

PAGE = parse_page(Page("page.html", "", b"<p>Title: Baker</p><p>Pay: 5</p>"))
JOB = Schema("job", (Field("title"), Field("pay", Kind.NUMBER)))
SMALL, LARGE, PLANNER = Tier.SMALL, Tier.LARGE, Tier.PLANNER

Says = Mapping[str, tuple[Any, float]] | Exception
"""By field, what is said (`None`: that the page does not) and how sure that is."""


def read(schema: Schema, said: Mapping[str, tuple[Any, float]], tier: Tier) -> Extraction:
    cells = {}
    for name in schema.names:
        data, sure = said.get(name, (None, 1.0))
        status = ValueStatus.ABSENT if data is None else ValueStatus.FOUND
        raw = None if data is None else str(data)
        cells[name] = Value(raw, data, None, tier, sure, status)
    return Extraction((Record(cells, ""),), None, Tokens(10))


class Workers:
    """What the workers say, by tier. `asked`: who was asked for what, in order."""

    def __init__(self, small: Says, large: Says) -> None:
        self.says = {SMALL: small, LARGE: large}
        self.asked: list[tuple[Tier, tuple[str, ...]]] = []

    def ask(self, tier: Tier, schema: Schema) -> Extraction:
        self.asked.append((tier, schema.names))
        said = self.says[tier]
        if isinstance(said, Exception):
            raise said
        return read(schema, said, tier)


def nobody(page: ParsedPage, schema: Schema, unsure: Record | None) -> None:
    return None


def routed(
    workers: Workers,
    *,
    schema: Schema = JOB,
    plan: Plan | None = None,
    small_first: bool = True,
    past: LayoutAgreement | None = None,
    repair: Repairing = nobody,
) -> Extraction:
    router = Router(small_first=small_first, least=0.9, repair=repair)
    known = past or LayoutAgreement(pages=1)
    return router.answered(PAGE, schema, workers.ask, plan=plan, known=lambda: known)


def tiers(read: Extraction) -> dict[str, Tier | None]:
    cells = read.records[0].cells
    return {name: cell.tier for name, cell in cells.items() if isinstance(cell, Value)}


SURE = {"title": ("Baker", 0.95), "pay": (5, 0.95)}
UNSURE = {"title": ("Baker", 0.5), "pay": (5, 0.5)}
TITLE_SMALL = Plan(JOB, fields={"title": FieldPlan(tier=SMALL)})


def test_a_plan_that_gives_a_field_to_the_small_worker_is_obeyed_while_it_is_sure() -> None:
    workers = Workers(SURE, SURE)
    answer = routed(workers, plan=TITLE_SMALL, small_first=False)
    assert workers.asked == [(SMALL, ("title",)), (LARGE, ("pay",))]
    assert tiers(answer) == {"title": SMALL, "pay": LARGE}


def test_it_climbs_where_the_small_worker_is_not_sure() -> None:
    workers = Workers(UNSURE, SURE)
    answer = routed(workers, plan=TITLE_SMALL, small_first=False)
    assert workers.asked == [(SMALL, ("title",)), (LARGE, ("title", "pay"))]
    assert tiers(answer) == {"title": LARGE, "pay": LARGE}


def test_without_a_plan_or_the_setting_the_small_worker_rests() -> None:
    workers = Workers(SURE, SURE)
    routed(workers, plan=Plan(JOB), small_first=False)
    assert workers.asked == [(LARGE, JOB.names)]


def test_a_plan_that_gives_a_field_to_the_planner_sends_it_there_however_sure_a_worker_is() -> None:
    sent: list[tuple[tuple[str, ...], Any]] = []

    def repair(page: ParsedPage, schema: Schema, unsure: Record | None) -> Extraction:
        sent.append((schema.names, unsure.data if unsure else None))
        return read(schema, {"title": ("Master baker", 0.5)}, PLANNER)

    workers = Workers(SURE, SURE)
    plan = Plan(JOB, fields={"title": FieldPlan(tier=PLANNER)})
    answer = routed(workers, plan=plan, repair=repair)
    assert workers.asked == [(SMALL, ("pay",)), (LARGE, ("title",))]
    assert sent == [(("title",), {"title": "Baker", "pay": 5})]
    assert answer.records[0].data == {"title": "Master baker", "pay": 5}
    assert tiers(answer) == {"title": PLANNER, "pay": SMALL}


def test_a_planner_that_is_not_there_leaves_the_workers_answer_and_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    plan = Plan(JOB, fields={"title": FieldPlan(tier=PLANNER)})
    router = Router(small_first=False, least=0.9, repair=nobody)
    for _ in range(2):
        answer = router.answered(
            PAGE, JOB, Workers(SURE, SURE).ask, plan=plan, known=LayoutAgreement
        )
    assert answer.records[0].data["title"] == "Baker"
    assert caplog.text.count("the plan gives 'title' to the planner") == 1


def test_a_field_on_which_both_agreed_often_enough_stays_with_the_small_worker() -> None:
    agreement, workers = Agreement(), Workers(UNSURE, SURE)
    for _ in range(ENOUGH):
        routed(workers, past=agreement.on("00" * 64))
    assert workers.asked == [(SMALL, JOB.names), (LARGE, JOB.names)] * ENOUGH
    workers.asked.clear()
    answer = routed(workers, past=agreement.on("00" * 64))
    assert workers.asked == [(SMALL, JOB.names)]
    assert tiers(answer) == {"title": SMALL, "pay": SMALL}
    workers.asked.clear()
    routed(workers, past=agreement.on("ff" * 64))  # another layout is another matter
    assert workers.asked == [(SMALL, JOB.names), (LARGE, JOB.names)]


def test_agreement_is_checked_now_and_then_and_ends_with_the_first_difference() -> None:
    agreement, workers = Agreement(), Workers(UNSURE, SURE)
    asked = []
    for number in range(1, 25):
        if number > ENOUGH:
            workers.says[LARGE] = {**SURE, "title": ("Cook", 0.95)}
        before = len(workers.asked)
        routed(workers, past=agreement.on("00" * 64))
        asked.append([names for tier, names in workers.asked[before:] if tier is LARGE])
    assert asked[ENOUGH:15] == [[]] * (15 - ENOUGH)
    assert asked[15] == [JOB.names]  # the sixteenth page: they differ in the title
    assert asked[16:] == [[("title",)]] * 8


def test_what_the_small_worker_does_not_find_climbs_however_often_both_agreed() -> None:
    agreement = Agreement()
    for _ in range(ENOUGH):
        routed(Workers(UNSURE, SURE), past=agreement.on("00" * 64))
    workers = Workers({**UNSURE, "title": (None, 0.5)}, SURE)
    answer = routed(workers, past=agreement.on("00" * 64))
    assert workers.asked == [(SMALL, JOB.names), (LARGE, ("title",))]
    assert answer.records[0].data == {"title": "Baker", "pay": 5}


def test_two_workers_that_find_nothing_have_not_agreed() -> None:
    agreement, nothing = Agreement(), {"title": (None, 0.5), "pay": (None, 0.5)}
    for _ in range(2 * ENOUGH):
        routed(Workers(nothing, nothing), past=agreement.on("00" * 64))
    assert agreement.on("00" * 64).streaks == {}


def test_a_field_that_the_small_worker_keeps_getting_wrong_it_is_not_asked_for() -> None:
    agreement, workers = Agreement(), Workers(UNSURE, {**SURE, "title": ("Cook", 0.95)})
    for _ in range(ENOUGH):
        routed(workers, past=agreement.on("00" * 64))
    workers.asked.clear()
    routed(workers, past=agreement.on("00" * 64))
    assert workers.asked == [(SMALL, ("pay",)), (LARGE, ("title",))]


def test_what_breaks_a_check_of_the_plan_climbs() -> None:
    plan = Plan(JOB, fields={"pay": FieldPlan(checks=Checks(maximum=10))})
    workers = Workers({**SURE, "pay": (50, 0.99)}, {"pay": (7, 0.95)})
    answer = routed(workers, plan=plan)
    assert workers.asked[1] == (LARGE, ("pay",))
    assert answer.records[0].data == {"title": "Baker", "pay": 7}


def test_a_required_field_that_is_surely_not_there_climbs() -> None:
    plan = Plan(JOB, fields={"pay": FieldPlan(required=True)})
    workers = Workers({"title": (None, 0.99), "pay": (None, 0.99)}, SURE)
    routed(workers, schema=plan.schema, plan=plan)
    assert workers.asked[1] == (LARGE, ("pay",))


def test_a_large_worker_that_fails_loses_nothing_of_the_small_ones() -> None:
    workers = Workers({"title": ("Baker", 0.5), "pay": (5, 0.99)}, DecodeFailed("out of room"))
    answer = routed(workers)
    assert answer.records[0].data == {"title": "Baker", "pay": 5}
    assert answer.failed == "title could not be answered: out of room"


def test_where_nothing_was_answered_the_failure_is_told() -> None:
    workers = Workers({"title": (None, 0.5), "pay": (None, 0.5)}, DecodeFailed("out of room"))
    with pytest.raises(DecodeFailed, match="out of room"):
        routed(workers)


@pytest.mark.parametrize(
    "error", [DecodeFailed("no"), ModelMissing("no weights"), NoMemory("no room")]
)
def test_without_a_small_worker_the_large_one_reads_all(error: Exception) -> None:
    workers = Workers(error, SURE)
    answer = routed(workers)
    assert workers.asked == [(SMALL, JOB.names), (LARGE, JOB.names)]
    assert (answer.records[0].data, answer.failed) == ({"title": "Baker", "pay": 5}, None)


def test_replies_of_no_use_end_the_asking_for_their_layout_alone() -> None:
    asked: list[LayoutAgreement] = []

    def repair(page: ParsedPage, schema: Schema, unsure: Record | None) -> Extraction:
        asked.append(past)
        return Extraction((), None, Tokens(100), {"planner": 1.0}, noted="no JSON")

    first, other = LayoutAgreement(pages=1), LayoutAgreement(pages=1)
    answers = []
    for past in (*[first] * 5, other):
        answers.append(routed(Workers(UNSURE, UNSURE), past=past, repair=repair))
    assert asked == [*[first] * IN_VAIN, other]
    assert [answer.records[0].data["title"] for answer in answers] == ["Baker"] * 6
    assert (answers[0].noted, answers[0].tokens.prompt) == ("no JSON", 120)
    assert "its last 3 replies for this layout were of no use" in str(answers[4].noted)
    first.pages = 16  # now and then a page is read as if nothing were known
    past = first
    routed(Workers(UNSURE, UNSURE), past=first, repair=repair)
    assert asked[-1] is first


def test_what_the_planner_says_against_a_check_takes_no_place() -> None:
    def repair(page: ParsedPage, schema: Schema, unsure: Record | None) -> Extraction:
        return read(schema, {"pay": (50, 0.5), "title": ("Cook", 0.5)}, PLANNER)

    plan = Plan(JOB, fields={"pay": FieldPlan(checks=Checks(maximum=10))})
    answer = routed(Workers(UNSURE, UNSURE), plan=plan, repair=repair)
    assert answer.records[0].data == {"title": "Cook", "pay": 5}


def test_pages_that_are_like_no_other_do_not_crowd_out_what_is_known() -> None:
    agreement, workers = Agreement(), Workers(UNSURE, SURE)
    for _ in range(ENOUGH):
        routed(workers, past=agreement.on("00" * 64))
    for _ in range(300):
        assert agreement.on("").streaks == {}
    assert agreement.on("00" * 64).trusts("title")


def test_a_streak_ends_with_the_first_page_that_says_otherwise() -> None:
    known = LayoutAgreement(pages=1)
    for same in [True] * (ENOUGH - 1) + [False] + [True] * (ENOUGH - 1):
        known.note("title", same=same)
    assert not known.trusts("title")
    for same in [False] * (ENOUGH - 1) + [True] + [False] * (ENOUGH - 1):
        known.note("pay", same=same)
    assert not known.rules_out("pay")
    known.note("title", same=True)
    known.note("pay", same=False)
    assert known.trusts("title")
    assert known.rules_out("pay")


def test_what_either_worker_left_out_is_said() -> None:
    class Short(Workers):
        """The small one reads a part of the page."""

        def ask(self, tier: Tier, schema: Schema) -> Extraction:
            cut = "5 of 9 characters were read" if tier is SMALL else None
            return replace(super().ask(tier, schema), cut=cut)

    answer = routed(Short(UNSURE, SURE))
    assert answer.cut == "5 of 9 characters were read"
    assert answer.tokens == Tokens(20)


def test_a_planner_that_says_nothing_of_use_still_took_its_tokens() -> None:
    def repair(page: ParsedPage, schema: Schema, unsure: Record | None) -> Extraction:
        return Extraction((), None, Tokens(300))

    answer = routed(Workers(UNSURE, UNSURE), repair=repair)
    assert answer.tokens == Tokens(320)
    assert tiers(answer) == {"title": LARGE, "pay": LARGE}
