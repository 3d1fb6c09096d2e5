"""A worker on list pages and on long ones. The weights are random; what is counted is not."""

from __future__ import annotations

import pytest

from benchmarks.obedient import ObedientWorker
from extractors.model.models import ModelLibrary
from extractors.model.weights import WeightStore
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage, parse_page
from extractors.worker import Budget, Extraction, Interrupted, Worker
from schemas.errors import DecodeFailed
from schemas.record import Tier, cell_values
from schemas.schema import Field, Kind, Schema
from tests.extractors import tiny

TALK = Schema("talk", (Field("title"), Field("day", Kind.DATE), Field("room")), many=True)


def parsed(body: str) -> ParsedPage:
    return parse_page(Page("list", "https://ex.org/", body.encode()))


def table(rows: int) -> ParsedPage:
    cells = "".join(f"<tr><td>Talk {i}<td>{i % 28 + 1}.4.2026<td>Hall {i}" for i in range(rows))
    return parsed(f"<h1>Talks</h1><table>{cells}</table>")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    folder = tmp_path_factory.mktemp("model")
    library = ModelLibrary(folder, WeightStore(folder, offline=True))
    budget = Budget(page=400, answer=300)
    return library.worker(
        Tier.SMALL, model=str(tiny.save(folder / "weights")), budget=budget, threads=1
    )


def test_each_record_quotes_its_own_row_or_the_heading(worker: Worker) -> None:
    page = table(20)
    extraction = worker.extract(page, TALK)
    assert extraction.seen == 20
    for record in extraction.records:
        quoted = [v.evidence for c in record.cells.values() for v in cell_values(c) if v.evidence]
        rows = {page.document.block_at(e.span.start).xpath for e in quoted}
        assert len(rows - {"/html/body/h1"}) <= 1
        assert all(e.quote == page.document.quote(e.span) for e in quoted)


def test_a_record_that_says_nothing_is_not_kept(worker: Worker) -> None:
    extraction = worker.extract(table(12), TALK)
    assert all(any(value is not None for value in r.data.values()) for r in extraction.records)
    assert [record.index for record in extraction.records] == list(range(len(extraction.records)))


def test_a_list_longer_than_wanted_says_how_much_was_read(worker: Worker) -> None:
    short = Schema(TALK.name, TALK.fields, many=True, max_records=5)
    extraction = worker.extract(table(9), short)
    assert extraction.seen == 9
    assert "the first 5 of 9 records were read" in str(extraction.cut)


def test_a_page_without_a_list_is_read_as_a_whole(worker: Worker) -> None:
    extraction = worker.extract(parsed("<h1>Oaks</h1><p>A talk on oaks.</p>"), TALK)
    assert extraction.seen is None


def test_records_read_together_take_fewer_passes_than_alone(worker: Worker) -> None:
    one, many = worker.extract(table(2), TALK).tokens, worker.extract(table(16), TALK).tokens
    assert many.steps < 8 * one.steps


def test_a_stop_ends_a_list_before_its_next_pass(worker: Worker) -> None:
    class Stopped(Exception):
        pass

    asked = 0

    def check_stop() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise Stopped

    with pytest.raises(Stopped):
        worker.extract(table(16), TALK, check_stop=check_stop)
    assert worker.extract(table(3), TALK).seen == 3, "the worker goes on with the next page"


def test_a_stop_may_leave_the_records_that_were_finished(worker: Worker) -> None:
    asked = 0

    def check_stop() -> None:
        nonlocal asked
        asked += 1
        if asked > limit:
            raise Interrupted

    limit = 10_000
    everything = worker.extract(table(16), TALK, check_stop=check_stop)
    limit, asked = asked * 3 // 4, 0
    part = worker.extract(table(16), TALK, check_stop=check_stop)
    assert (part.stopped, part.seen, part.cut) == (True, 16, "stopped with 8 records unread")
    assert part.records == everything.records[: len(part.records)]
    limit, asked = 2, 0
    with pytest.raises(Interrupted):
        worker.extract(table(16), TALK, check_stop=check_stop)


@pytest.mark.parametrize("end", [DecodeFailed("the runtime stopped"), Interrupted()])
def test_a_page_that_ends_in_a_later_part_keeps_what_the_first_one_said(end: Exception) -> None:
    worker = ObedientWorker(page=200, answer=100).told("title: Talk\nday: null\n")
    schema = Schema("talk", TALK.fields[:2])
    days = "".join(f"<p class=day>Day: {n} May 2026, at the hall.</p>" for n in range(1, 30))
    asked, limit = 0, 10_000

    def check_stop() -> None:
        nonlocal asked
        asked += 1
        if asked >= limit:
            raise end

    page = parsed(f"<h1>Talk</h1>{days}")
    assert worker.extract(page, schema, check_stop=check_stop).failed is None
    limit, asked = asked, 0
    part = worker.extract(page, schema, check_stop=check_stop)
    assert part.records[0].data["title"] == "Talk"
    stopped = isinstance(end, Interrupted)
    reason = None if stopped else "only its first part was read: the runtime stopped"
    assert (part.stopped, part.failed) == (stopped, reason)
    limit, asked = 1, 0
    with pytest.raises(type(end)):
        worker.extract(page, schema, check_stop=check_stop)


def test_a_record_that_cannot_be_answered_costs_no_other() -> None:
    obedient = ObedientWorker(page=400, answer=300)
    worker = obedient.told("title: Talk\nday: null\nroom: null\n")
    failing = "Hall 5"

    def check_stop() -> None:
        if failing in worker.tokenizer.decode(worker.context.tokens):
            raise DecodeFailed("the runtime stopped")

    extraction = worker.extract(table(12), TALK, check_stop=check_stop)
    assert (len(extraction.records), extraction.seen) == (11, 12)
    assert extraction.failed == "1 records could not be answered: the runtime stopped"
    assert extraction.cut is None
    failing = "Hall"
    with pytest.raises(DecodeFailed):
        worker.extract(table(12), TALK, check_stop=check_stop)


def test_records_longer_than_was_read_of_them_are_counted() -> None:
    long = "<p>All is quiet in the garden and nobody there speaks at all today.</p>" * 9
    talks = "".join(f"<li><p>Talk {n}</p><p>{n}.4.2026</p>{long * (n > 2)}" for n in range(1, 5))
    worker = ObedientWorker(page=400, answer=300).told("title: Talk\nday: null\nroom: null\n")
    extraction = worker.extract(parsed(f"<ul>{talks}</ul>"), TALK)
    assert extraction.seen == 4
    assert extraction.cut == "2 records are longer than was read of them"


def test_the_name_of_a_column_is_no_value() -> None:
    """By a model that says it all the same; what a row says is at hand too."""
    rows = "".join(f"<tr><td>Oak<td>{n}.4.2026<td>Hall" for n in range(1, 5))
    page = parsed(f"<table><tr><th>Title<th>Day<th>Room</tr>{rows}</table>")
    worker = ObedientWorker(page=400, answer=300)
    said = worker.told("title: Title\nday: 1.4.2026\nroom: Room\n").extract(page, TALK)
    assert said.seen == 4
    assert not {"Title", "Room"} & {v for r in said.records for v in r.data.values()}


def test_a_number_is_not_also_the_name() -> None:
    """By a model that takes the number for both."""
    cases = "".join(f"<li>24-1{n} Adams v. Baker, 3.4.2026</li>" for n in range(4))
    schema = Schema("case", (Field("case_name"), Field("docket_number")), many=True)
    worker = ObedientWorker(page=400, answer=300).told("case_name: 24-12\ndocket_number: 24-12\n")
    record = worker.extract(parsed(f"<ul>{cases}</ul>"), schema).records[2]
    assert record.data["docket_number"] == "24-12"
    assert "24-12" not in str(record.data["case_name"])


def test_a_number_is_not_also_the_day() -> None:
    """By a model that takes the day for both, and where it is asked again without it the number."""
    cases = "".join(f"<li>24-1{n} Adams v. Baker, {n}.4.2026</li>" for n in range(1, 5))
    schema = Schema("case", (Field("docket_number"), Field("filed", Kind.DATE)), many=True)

    def said(prompt: str) -> str:
        number = "2.4.2026" if "2.4.2026" in prompt else "24-12"
        return f"docket_number: {number}\nfiled: 2.4.2026\n"

    worker = ObedientWorker(page=400, answer=300).told_by(said)
    record = worker.extract(parsed(f"<ul>{cases}</ul>"), schema).records[1]
    assert record.data == {"docket_number": "24-12", "filed": "2026-04-02"}


def test_records_are_held_against_sense_and_their_prices_have_currencies() -> None:
    books = "".join(f"<li><p>Oak trees {n}</p><p>€ 1{n}</p></li>" for n in range(1, 5))
    fields = (Field("ean"), Field("price", Kind.NUMBER), Field("currency"))
    worker = ObedientWorker(page=400, answer=300).told("ean: 2\nprice: 12\ncurrency: null\n")
    page = parsed(f"<ul>{books}</ul>")
    record = worker.extract(page, Schema("book", fields, many=True)).records[1]
    assert record.data == {"ean": None, "price": 12, "currency": "€"}


def test_days_that_a_list_s_names_end_with_are_no_part_of_them() -> None:
    """By a model that takes the whole line for the name."""
    names = ("Adams v. Baker", "Cole v. Dunn", "Gray v. Hill", "In re E. F.")
    lines = [f"{name} 3/{n}/24" for n, name in enumerate(names, start=1)]
    schema = Schema("case", (Field("name"), Field("filed", Kind.DATE)), many=True)

    def whole_line(prompt: str) -> str:
        return f"name: {next(line for line in lines if line in prompt)}\nfiled: null\n"

    page = parsed(f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>")
    worker = ObedientWorker(page=400, answer=300).told_by(whole_line)
    assert [record.data["name"] for record in worker.extract(page, schema).records] == [*names]


def prompts(body: str) -> list[str]:
    """What a model is asked of each record of *body*, a page."""
    asked: list[str] = []

    def silent(prompt: str) -> str:
        asked.append(prompt)
        return "title: null\nday: null\nroom: null\n"

    ObedientWorker(page=400, answer=300).told_by(silent).extract(parsed(body), TALK)
    return asked


def test_each_record_is_shown_with_its_heading_and_its_telling_attributes() -> None:
    cards = "".join(
        f"<li><h3>Talk {n}</h3><p><img src=x alt='on {n}.4.2026'>Hall</p>" for n in range(1, 5)
    )
    asked = prompts(f"<h2>In the week of 3.4.2026</h2><ul>{cards}</ul>")
    assert len(asked) == 4
    for n, prompt in enumerate(asked, start=1):
        assert "In the week of 3.4.2026\n" in prompt
        assert f"# Talk {n}\nHall\n[alt] on {n}.4.2026" in prompt


def test_a_record_in_one_block_is_shown_in_the_lines_that_its_makers_set() -> None:
    rows = "".join(f"<li><b>Talk {n}</b> <i>{n}.4.2026</i> Hall" for n in range(1, 5))
    asked = prompts(f"<ul>{rows}</ul>")
    assert all(f"Talk {n}\n{n}.4.2026\nHall" in prompt for n, prompt in enumerate(asked, 1))


def prose(lines: int) -> str:
    told = "We have told this story for {} years to everybody who asked."
    return "".join(f"<p>{told.format(line)}</p>" for line in range(lines))


PROSE = prose(60)


OFFER = Schema("offer", (Field("price", Kind.MONEY), Field("posted", Kind.DATE)))


def amounts(count: int) -> str:
    lines = (f"{n},50 EUR on {n + 1}.3.2026, long ago" for n in range(count))
    return "".join(f"<p class=price>{line}</p>" for line in lines)


def silent_worker() -> Worker:
    """One that always says null, so that everything stays open."""
    return ObedientWorker(page=400, answer=300).told("price: null\nposted: null\n")


def test_a_long_page_is_looked_at_again_for_what_is_still_open() -> None:
    page = parsed(f"<h1>Offer</h1>{amounts(60)}{PROSE}")
    read = characters_read(silent_worker().extract(page, OFFER))
    assert 800 < read <= 1200, "three windows, and no more"


def characters_read(extraction: Extraction) -> int:
    return int(str(extraction.cut).split(" ")[0].replace(",", ""))


def test_a_page_read_whole_in_several_windows_is_not_cut() -> None:
    assert silent_worker().extract(parsed(amounts(18)), OFFER).cut is None
    assert silent_worker().extract(parsed(amounts(60)), OFFER).cut is not None


def test_what_is_not_likely_to_matter_is_left_out_and_said_only_where_it_is_much() -> None:
    worker = silent_worker()
    little = worker.extract(parsed(f"{amounts(9)}<p>{'word ' * 200}"), OFFER)
    assert little.cut is None
    assert little.tokens.prompt < 1000
    much = worker.extract(parsed(f"<h1>Offer</h1>{prose(700)}"), OFFER)
    assert characters_read(much) < 400


def test_what_was_found_is_missed_nowhere() -> None:
    worker = ObedientWorker(page=400, answer=300).told("title: Talk\nday: null\n")
    page = parsed(f"<h1>Talk</h1>{prose(700)}")
    assert worker.extract(page, Schema("talk", (Field("title"),))).cut is None
    assert worker.extract(page, Schema("talk", (Field("title"), Field("day")))).cut is not None
