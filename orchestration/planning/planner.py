"""Who makes plans: a model behind an endpoint, the local worker, or nobody but the schema.

All answer the same two calls. A planner that asks a model holds its reply to the question's own
form, says what was wrong with a reply that breaks it and asks again, and in the end raises
PlanError; it never guesses. `Planners` goes from one to the next where the settings let it, and
notes why.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from extractors.lists.locators import record_path
from extractors.lists.records import find_records
from extractors.parsing.blocks import ParsedPage
from extractors.skeleton import draw_skeleton
from orchestration.planning.prompt import (
    PROMPT_VERSION,
    FieldsQuestion,
    Message,
    PlanQuestion,
    Question,
)
from orchestration.planning.replies import Reply
from schemas.dsl import parse_dsl
from schemas.errors import DecodeFailed, PlanError, WorkerError
from schemas.plan import Origin, Plan, PlannedBy
from schemas.schema import Schema

if TYPE_CHECKING:
    from extractors.outlines_model import OutlinesModel

__all__ = ["LocalModel", "ModelPlanner", "Planner", "Planners", "PlanningModel", "SchemaPlanner"]

_CHARS = {PlannedBy.ENDPOINT: 6_000, PlannedBy.WORKER: 2_400}  # of each sample's skeleton
_SAMPLES = {PlannedBy.ENDPOINT: 3, PlannedBy.WORKER: 1}
_MORE_WORDS = 12  # a name made of more words was no name


class PlanningModel(Protocol):
    """A model that replies to a chat with JSON. `name`: as users know it."""

    name: str
    by: PlannedBy

    def answer(self, messages: Sequence[Message], form: Mapping[str, Any]) -> Reply:
        """A reply under the JSON Schema *form*, as good as the model keeps to it.

        Raises PlanError or WorkerError when there is none.
        """


class Planner(Protocol):
    """Makes schemas of plain words, and plans of schemas and sample pages."""

    name: str | None
    by: PlannedBy

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        """The schema that plain words ask for. No page is looked at.

        Raises:
            PlanError: no usable reply.
        """

    def plan(self, schema: Schema, samples: Sequence[ParsedPage]) -> Plan:
        """How pages like *samples* say what *schema* asks for; never a field that it lacks.

        Raises:
            PlanError: no usable reply.
        """


class SchemaPlanner:
    """Plans without a model: what the schema says, and the list that the page's structure shows."""

    name: str | None = None
    by = PlannedBy.SCHEMA

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        """One text field for each thing that *ask* lists between commas and "and"."""
        listed = re.split(r"\b(?:from|on|of each|in each|for each)\b", ask, maxsplit=1)[0]
        parts = re.split(r"[,;\n、，]|\s(?:and|und|et|y|e|og|och|en|i)\s", listed)
        names = dict.fromkeys(filter(None, map(_name, parts)))
        if not names:
            hint = 'name them with commas between: "title, salary, date posted"'
            raise PlanError(f"no field was recognised in {ask[:80]!r}", hint=hint)
        return parse_dsl(", ".join(names)), Origin()

    def plan(self, schema: Schema, samples: Sequence[ParsedPage]) -> Plan:
        path = record_path(samples, schema) if schema.many else None
        return Plan(schema, record_xpath=path)


class ModelPlanner:
    """Plans by asking *model*; *attempts*: how often for one plan in all."""

    def __init__(self, model: PlanningModel, *, attempts: int = 3) -> None:
        self.name: str | None = model.name
        self.by = model.by
        self._model = model
        self._attempts = attempts

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        question = FieldsQuestion(ask)
        return self._asked(question, question.read)

    def plan(self, schema: Schema, samples: Sequence[ParsedPage]) -> Plan:
        skeletons = tuple(
            draw_skeleton(page, schema, budget=_CHARS[self.by])
            for page in samples[: _SAMPLES[self.by]]
        )
        question = PlanQuestion(schema, skeletons, full=self.by is PlannedBy.ENDPOINT)
        plan, origin = self._asked(question, question.read)
        if any(find_records(page, schema) for page in samples if schema.many):
            # Structure finds nearly all records; a model is heard where it finds none.
            plan = replace(plan, record_xpath=record_path(samples, schema))
        return replace(plan, origin=origin)

    def _asked(self, question: Question, read: Callable[[str], _Read]) -> tuple[_Read, Origin]:
        """What a reply says, and what all replies took. Raises PlanError, with their tokens."""
        started, tokens = time.perf_counter(), 0
        messages = question.messages()
        for attempt in range(1, self._attempts + 1):
            reply = self._answer(messages, question.form(), tokens)
            tokens += reply.tokens
            try:
                answer = read(reply.text)
            except PlanError as error:
                if attempt == self._attempts:
                    message = f"{self.name} gave no usable plan in {attempt} attempts: {error}"
                    raise _costing(PlanError(message), tokens) from error
                messages = [*question.messages(), *_corrected(reply.text, error)]
                continue
            seconds = round(time.perf_counter() - started, 2)
            return answer, Origin(self.by, self.name, tokens, seconds, PROMPT_VERSION)
        raise AssertionError("the last attempt raises")

    def _answer(self, messages: Sequence[Message], form: Mapping[str, Any], before: int) -> Reply:
        try:
            return self._model.answer(messages, form)
        except PlanError as error:
            _costing(error, before)
            raise


def _costing(error: PlanError, tokens: int) -> PlanError:
    """*error*, which cost *tokens* more than it says."""
    error.tokens += tokens
    return error


_Read = TypeVar("_Read")


class LocalModel:
    """The large worker as a planning model, under the same form of reply.

    *open_model* is called when it is first asked. *turn*: held while it answers.
    """

    by = PlannedBy.WORKER

    def __init__(
        self, name: str, open_model: Callable[[], OutlinesModel], *, turn: threading.Lock
    ) -> None:
        self.name = name
        self._open = open_model
        self._turn = turn
        self._model: OutlinesModel | None = None

    def answer(self, messages: Sequence[Message], form: Mapping[str, Any]) -> Reply:
        """As `PlanningModel`; the grammar keeps every reply to *form*."""
        from outlines.inputs import Chat  # brings all of Outlines with it
        from outlines.types import JsonSchema

        with self._turn:
            self._model = model = self._model or self._open()
            model.last_runs = ()
            chat = Chat([dict(message) for message in messages])
            try:
                text = model.generate(chat, JsonSchema(json.dumps(form)))
            except DecodeFailed as error:
                raise _costing(PlanError(str(error), hint=error.hint), _taken(model)) from error
            return Reply(text, _taken(model))


def _taken(model: OutlinesModel) -> int:
    return sum(run.prompt_tokens + run.output_tokens for run in model.last_runs)


class Planners:
    """Several planners, the best informed first. Each is asked where all before it gave no plan.

    A planner that failed is not asked again: its waits would be paid for once a layout. What it
    took is among the tokens of the plan that another one then made.
    *strict*: the first one's error is raised instead. *notes*: why others are not among them.
    """

    def __init__(
        self, planners: Sequence[Planner], *, strict: bool = False, notes: Sequence[str] = ()
    ) -> None:
        if not planners:
            raise ValueError("at least one planner is needed")
        self.name, self.by = planners[0].name, planners[0].by
        self._left = list(planners)
        self._strict = strict
        self._notes = list(notes)

    def fields(self, ask: str) -> tuple[Schema, Origin]:
        """As the first planner that answers. Raises as the last one does."""
        (schema, origin), vain = self._first(lambda planner: planner.fields(ask))
        return schema, self._noted(origin, vain)

    def plan(self, schema: Schema, samples: Sequence[ParsedPage]) -> Plan:
        """As the first planner that answers. Raises as the last one does."""
        plan, vain = self._first(lambda planner: planner.plan(schema, samples))
        return replace(plan, origin=self._noted(plan.origin, vain))

    def _first(self, call: Callable[[Planner], _Read]) -> tuple[_Read, int]:
        """What the first of those left says, and the tokens that others took in vain."""
        vain = 0
        while True:
            try:
                return call(self._left[0]), vain
            except (PlanError, WorkerError) as error:
                if isinstance(error, PlanError):
                    vain = _costing(error, vain).tokens
                if self._strict or len(self._left) == 1:
                    raise
                who = self._left.pop(0)
                self._notes.append(f"{who.name or who.by.value}: {error}")

    def _noted(self, origin: Origin, vain: int) -> Origin:
        note = " ".join("; ".join(self._notes).split())
        note = note if len(note) <= _NOTE else f"{note[: _NOTE - 1]}…"
        return replace(origin, note=note, tokens=origin.tokens + vain)


_NOTE = 300  # characters, as a plan document takes


def _name(words: str) -> str:
    """A field's name of some plain words; "" where they make none."""
    kept = [w for w in re.findall(r"[^\W_]+", words.lower()) if w not in _FILLERS]
    return "_".join(kept) if len(kept) <= _MORE_WORDS else ""


_FILLING = "a all an and any each every find get give its me of please the their"
_FILLERS = frozenset(_FILLING.split())


def _corrected(reply: str, error: PlanError) -> list[Message]:
    """The reply and what is wrong with it, as the next turns of the chat."""
    shown = reply if len(reply) <= _SHOWN else f"{reply[:_SHOWN]}…"
    told = (
        f"That cannot be used: {error}. Reply again, with nothing but JSON of the form asked for."
    )
    return [{"role": "assistant", "content": shown}, {"role": "user", "content": told}]


_SHOWN = 2_000  # characters of a bad reply that are sent back
