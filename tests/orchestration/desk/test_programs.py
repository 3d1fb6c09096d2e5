"""What programs ask for, without a server in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractors.parsing.blocks import ParsedPage
from extractors.scripted import ScriptedWorker
from extractors.worker import Extraction
from orchestration.desk.answers import Outcome
from orchestration.desk.desk import Desk
from orchestration.desk.programs import Programs, TierName
from orchestration.desk.readiness import Readiness
from orchestration.desk.runs import Asked
from orchestration.engine import Engine, PageWorker
from orchestration.exports.export import Format
from orchestration.settings import Settings
from schemas.dsl import parse_dsl
from schemas.errors import CorrectionError, FieldwiseError, ModelMissing, SchemaError, StoreError
from schemas.plan import FieldPlan, Plan
from schemas.plan_json import plan_to_json
from schemas.record import Tier, Tokens
from schemas.schema import Schema

BAKER = "<p>Title: Baker</p><p>Tags: night, bread</p>"
HUGE = 10**30


class Costly(ScriptedWorker):
    """Takes ten tokens a page. `asked`: what each of them was asked for, and of which tier."""

    def __init__(self, asked: list[tuple[Tier, Schema]], tier: Tier) -> None:
        super().__init__(tier=tier)
        self._asked = asked
        self._is = tier

    def extract(
        self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
    ) -> Extraction:
        self._asked.append((self._is, schema))
        whole = super().extract(page, schema, check_stop=check_stop)
        return replace(whole, tokens=Tokens(10))


@pytest.fixture
def asked() -> list[tuple[Tier, Schema]]:
    return []


@pytest.fixture
def desk(tmp_path: Path, asked: list[tuple[Tier, Schema]]) -> Iterator[Desk]:
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    with ExitStack() as stack:
        engine = Engine(settings, open_worker=lambda tier: Costly(asked, tier))
        stack.enter_context(engine)
        yield stack.enter_context(Desk(engine, Readiness()))


@pytest.fixture
def programs(desk: Desk) -> Programs:
    return Programs(desk)


@pytest.fixture
def job(programs: Programs) -> int:
    outcome = programs.extract("", schema="title, tags list", pages={"a.html": BAKER})
    assert outcome.job is not None
    return outcome.job


def titles(outcome: Outcome) -> dict[str, Any]:
    return {page.source: page.records[0]["values"]["title"] for page in outcome.pages}


def tags(programs: Programs, job: int) -> Any:
    [page] = programs.results("", job)
    return page.records[0]["values"]["tags"]


def test_an_upload_and_a_page_of_one_name_are_both_kept(programs: Programs, tmp_path: Path) -> None:
    upload = tmp_path / "a.html"
    upload.write_text("<p>Title: Nurse</p>")
    outcome = programs.extract(
        "", schema="title,", files=[str(upload)], pages={"in/a.html": BAKER, "a.html": BAKER}
    )
    expected = {"a.html": "Nurse", "a (2).html": "Baker", "a (3).html": "Baker"}
    assert titles(outcome) == expected
    assert outcome.job is not None
    assert titles(programs.again("", outcome.job, "title,")) == expected


@pytest.mark.parametrize(("skip", "limit", "given"), [(HUGE, 0, 0), (0, HUGE, 1), (-5, -5, 1)])
def test_any_numbers_name_some_of_the_pages(
    programs: Programs, job: int, skip: int, limit: int, given: int
) -> None:
    assert len(programs.results("", job, skip=skip, limit=limit)) == given


def test_results_are_given_a_part_at_a_time(programs: Programs) -> None:
    pages = {f"{number}.html": BAKER for number in range(5)}
    made = programs.extract("", schema="title,", pages=pages).job
    assert made is not None
    some = programs.results("", made, skip=1, limit=2)
    assert [page.source for page in some] == ["1.html", "2.html"]
    rest = programs.results("", made, skip=3)
    assert [page.source for page in rest] == ["3.html", "4.html"]


@pytest.mark.parametrize("number", [HUGE, -HUGE, 0, -1])
def test_a_number_of_no_job_is_no_job(programs: Programs, number: int) -> None:
    with pytest.raises(StoreError, match="there is no job"):
        programs.results("", number)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"path": ["tags", -1], "value": "rye"}, "there is no item -1"),
        ({"path": ["title", 0], "value": "Cook"}, "there is no item 0"),
        ({"path": ["tags", 0, 0], "value": "rye"}, "there is no item 0"),
        ({"path": ["title"], "start": 5, "end": 3}, "no word stands from 5 to 3"),
        ({"path": ["title"], "start": 3, "end": HUGE}, "no words of the page"),
        ({"path": ["title"], "value": "Cook", "record": HUGE}, "has no record"),
        ({"path": ["title"], "value": "Cook", "record": -1}, "has no record"),
        ({"path": ["title"], "verdict": "undo", "record": HUGE}, "has no record"),
        ({"path": ["titel"], "verdict": "undo"}, "no field titel"),
        ({"path": []}, "a wrong value needs the right one"),
    ],
)
def test_a_correction_of_what_is_not_there_is_refused(
    programs: Programs, job: int, given: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CorrectionError, match=reason):
        programs.correct("", job, "a.html", **{"verdict": "wrong", **given})
    assert programs.corrections("", job) == []


def test_what_was_said_of_an_item_can_be_undone_by_it(programs: Programs, job: int) -> None:
    programs.correct("", job, "a.html", ["tags", 0], "wrong", value="rye")
    assert tags(programs, job) == ["rye", "bread"]
    programs.correct("", job, "a.html", ["tags", 0], "undo")
    assert tags(programs, job) == ["night", "bread"]


def test_a_schema_without_a_bottom_is_refused(programs: Programs) -> None:
    schema: dict[str, Any] = {}
    for _ in range(100_000):
        schema = {"a": schema}
    with pytest.raises(SchemaError, match="nested too deeply"):
        programs.extract("", schema=schema, pages={"a.html": BAKER})


def test_who_hands_out_copies_is_told_which_files_are_deleted(
    desk: Desk, programs: Programs, job: int
) -> None:
    told: list[str] = []
    desk.forget_served = told.extend
    name = programs.export("", job, "csv").name
    desk.export(desk.job(job, ""), Format.XLSX, evidence=True)
    programs.delete("", job)
    assert sorted(told) == sorted([name, name.replace(".csv", ".xlsx")])


def test_a_job_of_any_name_is_exported(desk: Desk, programs: Programs) -> None:
    made = programs.extract("", schema="title,", pages={"a.html": BAKER}, name="職" * 300).job
    assert made is not None
    names = [programs.export("", made, format.value).name for format in Format]
    names.append(desk.gold.save(desk.job(made, ""), everything=True)[0].name)
    assert all(name.startswith("職職職") and len(name.encode()) <= 200 for name in names)


def test_an_error_in_the_middle_says_where_the_rest_is_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)

    def worker(tier: Tier) -> PageWorker:
        if tier is Tier.LARGE:
            return ScriptedWorker()
        raise ModelMissing("no weights")

    with Engine(settings, open_worker=worker) as engine, Desk(engine, Readiness()) as desk:
        with pytest.raises(FieldwiseError, match=r"no weights.*") as told:
            Programs(desk).extract("", schema="title,", tier="small", pages={"a.html": BAKER})
        [line] = desk.jobs("")
        assert told.value.hint == f"what was finished before is kept as job {line.job.id}"


def test_the_last_job_of_a_user_stays_the_last_whatever_others_do(
    desk: Desk, programs: Programs, tmp_path: Path
) -> None:
    page = tmp_path / "a.html"
    page.write_text(BAKER)
    asked = Asked([str(page)], parse_dsl("title,"))

    def ended(owner: str) -> None:
        run = desk.start(asked, owner)
        until = time.monotonic() + 30
        while not run.is_over:
            assert time.monotonic() < until
            time.sleep(0.005)

    ended("anna")
    second = desk.start(asked, "anna")
    ended("bob")  # begun while Anna's second one may wait, and over after it
    about = programs.progress("anna")
    assert about is not None
    assert about.job == second.job.id if second.job else False
    for _ in range(12):
        ended("bob")
    assert programs.progress("anna") == about


def test_the_limit_of_tokens_ends_a_job_and_one_that_reads_again(programs: Programs) -> None:
    pages = {f"{number}.html": BAKER for number in range(4)}
    outcome = programs.extract("", schema="title,", pages=pages, max_tokens=15)
    assert (outcome.ended, len(outcome.pages)) == ("the limit of 15 tokens was reached", 2)
    assert outcome.job is not None
    whole = programs.extract("", schema="title,", pages=pages)
    assert whole.job is not None
    again = programs.again("", whole.job, "tags list", max_tokens=25)
    assert (again.ended, len(again.pages)) == ("the limit of 25 tokens was reached", 3)


@pytest.mark.parametrize("tier", ["small", "large"])
def test_the_worker_that_was_asked_for_reads(
    programs: Programs, asked: list[tuple[Tier, Schema]], tier: TierName
) -> None:
    outcome = programs.extract("", schema="title,", pages={"a.html": BAKER}, tier=tier)
    assert [who for who, _ in asked] == [Tier(tier)]
    asked.clear()
    assert outcome.job is not None
    programs.again("", outcome.job, "title,", tier=tier)
    assert [who for who, _ in asked] == [Tier(tier)]


def test_plain_words_beside_a_schema_say_what_a_record_is(
    programs: Programs, asked: list[tuple[Tier, Schema]]
) -> None:
    programs.extract("", schema="title,", ask="posts in bakeries", pages={"a.html": BAKER})
    [(_, schema)] = asked
    assert (schema.names, schema.description) == (("title",), "posts in bakeries")


def test_an_estimate_reads_by_the_plan(
    programs: Programs, asked: list[tuple[Tier, Schema]]
) -> None:
    plan = Plan(parse_dsl("title,"), fields={"title": FieldPlan(hint="At the top.")})
    said = programs.estimate("", pages={"a.html": BAKER}, plan=plan_to_json(plan))
    assert said.tokens == 10
    assert [field.hint for _, schema in asked for field in schema] == ["At the top."]


def test_a_mistake_of_our_own_ends_the_job_in_words_and_the_next_one_runs(tmp_path: Path) -> None:
    class Broken(ScriptedWorker):
        def extract(
            self, page: ParsedPage, schema: Schema, *, check_stop: Callable[[], None] = lambda: None
        ) -> Extraction:
            raise ZeroDivisionError("nobody thought of that")

    settings = Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True)
    workers = {Tier.LARGE: ScriptedWorker(), Tier.SMALL: Broken()}
    with (
        Engine(settings, open_worker=lambda tier: workers[tier]) as engine,
        Desk(engine, Readiness()) as desk,
    ):
        programs = Programs(desk)
        with pytest.raises(FieldwiseError, match="Fieldwise itself failed: ZeroDivisionError"):
            programs.extract("", schema="title,", tier="small", pages={"a.html": BAKER})
        outcome = programs.extract("", schema="title,", pages={"a.html": BAKER})
    assert outcome.ended == "done"
