"""How one layout is read: what to look for, where, who answers, and how answers are checked.

A plan is written once a layout, by a planning model or from the schema alone, and then serves every
page of that layout. People may read and edit it; `schemas.plan_json` is its form as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from schemas.record import Tier
from schemas.schema import Field, Schema

__all__ = [
    "Checks",
    "FieldPlan",
    "Origin",
    "Plan",
    "PlannedBy",
    "Relation",
    "Rule",
]


class PlannedBy(StrEnum):
    """Who wrote a plan, the best informed first."""

    ENDPOINT = "endpoint"  # a large model behind an OpenAI-compatible address
    WORKER = "worker"  # the large worker of this machine
    SCHEMA = "schema"  # no model: what the schema itself says


class Relation(StrEnum):
    """What one field's value must be to another's."""

    LESS = "<"
    AT_MOST = "<="
    DIFFERENT = "!="


@dataclass(frozen=True, slots=True)
class Rule:
    """Two fields that check each other: `first` *relation* `second`, "salary_min <= salary_max".

    It holds where either field is absent, and where the two cannot be compared (other currencies).
    """

    first: str
    relation: Relation
    second: str

    def __str__(self) -> str:
        return f"{self.first} {self.relation.value} {self.second}"


@dataclass(frozen=True, slots=True)
class Checks:
    """What every value of a field keeps to; one that does not counts as absent.

    `minimum`, `maximum`: inclusive; a number for numbers and amounts of money, an ISO 8601 date for
        dates. `pattern`: a regular expression found somewhere in a text. `None`: no such check.
    """

    minimum: float | str | None = None
    maximum: float | str | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """Where one field stands on the pages of a layout, and who answers it.

    `tier`: the cheapest that is likely to answer; `None` leaves it to the router.
    `hint`: where to look, one sentence; "" for none.
    `labels`: what the page prints beside the value, as the page spells it ("Gehalt").
    `required`: a page that does not say it is worth a second look.
    `parts`: the plans of an object's parts, by name.
    """

    tier: Tier | None = None
    hint: str = ""
    labels: tuple[str, ...] = ()
    required: bool = False
    checks: Checks = Checks()
    parts: Mapping[str, FieldPlan] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """Who wrote a plan, with what, and what it cost.

    `model`: its name; `None` where none wrote it. `tokens`: read and written, retries included, and
    what was spent on planners that then gave no plan. `seconds`: wall time. `prompt`: version of
    the prompt; 0 where no model was asked.
    `note`: why a better informed planner did not write it; "" for no reason.
    """

    by: PlannedBy = PlannedBy.SCHEMA
    model: str | None = None
    tokens: int = 0
    seconds: float = 0.0
    prompt: int = 0
    note: str = ""

    def explain(self) -> str:
        """In words: "planned by Qwen2-72B-Instruct (endpoint): 1,204 tokens, 7.3 s"."""
        why = f"; {self.note}" if self.note else ""
        if self.model is None:
            asked = (
                f"{self.tokens:,} tokens brought nothing" if self.tokens else "no model was asked"
            )
            return f"planned from the schema alone, {asked}{why}"
        cost = f"{self.tokens:,} tokens, {self.seconds:.1f} s"
        return f"planned by {self.model} ({self.by.value}): {cost}{why}"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the pages of one layout are read for one schema.

    `layout`: the fingerprint of the pages it was made for (see `extractors.layout`); `None`: of
        any pages.
    `record_xpath`: the element repeated once a record, without the numbers that tell its siblings
        apart ("/html/body/ul/li"); `None`: not known, or the page is one record.
    `skip`: sections that say nothing of the record: a heading's words, or where it opens with "/",
        the XPath of an element.
    `fields`: one for each field of the schema, in its order; those not given are made from the
        schema. Where given, `required` replaces the schema's own.

    Raises:
        ValueError: `fields` or `rules` name a field that the schema lacks.
    """

    schema: Schema
    layout: str | None = None
    record_xpath: str | None = None
    fields: Mapping[str, FieldPlan] = field(default_factory=dict, hash=False)
    skip: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        fields = _for_each(self.schema.fields, self.fields)
        for name in (name for rule in self.rules for name in (rule.first, rule.second)):
            if name not in fields:
                raise ValueError(f"a rule names {name!r}, which the schema lacks")
        schema = replace(self.schema, fields=_as_required(self.schema.fields, fields))
        # frozen, so that nobody else does this
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "schema", schema)

    def guided(self) -> Schema:
        """The schema as readers of a page are given it: with the plan's hints, labels and places.

        Names, kinds and limits are the schema's own, so that what comes out still fits it.
        """
        return replace(
            self.schema,
            fields=_guided(self.schema.fields, self.fields),
            record_xpath=self.record_xpath,
            skip=self.skip,
        )


def _for_each(
    asked: tuple[Field, ...], planned: Mapping[str, FieldPlan]
) -> Mapping[str, FieldPlan]:
    """*planned* in the order of *asked*, with what is not planned made from the schema."""
    if lacking := planned.keys() - {field.name for field in asked}:
        raise ValueError(f"the plan names {min(lacking)!r}, which the schema lacks")
    return {field.name: _of(field, planned.get(field.name)) for field in asked}


def _of(asked: Field, planned: FieldPlan | None) -> FieldPlan:
    planned = planned or FieldPlan(required=asked.required)
    return replace(planned, parts=_for_each(asked.fields, planned.parts))


def _as_required(asked: tuple[Field, ...], planned: Mapping[str, FieldPlan]) -> tuple[Field, ...]:
    return tuple(
        replace(
            field,
            required=planned[field.name].required,
            fields=_as_required(field.fields, planned[field.name].parts),
        )
        for field in asked
    )


def _guided(asked: tuple[Field, ...], planned: Mapping[str, FieldPlan]) -> tuple[Field, ...]:
    return tuple(
        replace(
            field,
            hint=planned[field.name].hint,
            cues=planned[field.name].labels,
            fields=_guided(field.fields, planned[field.name].parts),
        )
        for field in asked
    )
