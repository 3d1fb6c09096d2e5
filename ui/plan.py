"""A plan in words, and the small table in which a person changes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestration.cost import Estimate
from orchestration.desk.highlight import inert
from schemas.plan import FieldPlan, Plan
from schemas.record import Cost, Tier
from schemas.schema import Field, Kind, Schema
from ui.progress import span_of_time

__all__ = ["changed", "estimate_words", "fitted", "plan_table"]

LONGEST_TEXT = 300  # characters of a hint or a label
MOST_LABELS = 12
HEADS: Mapping[str, str] = {
    "field": "field",
    "hint": "where to look",
    "labels": "words beside it",
    "tier": "who is likely to know it",
}
TIERS: Mapping[str, str] = {
    "": "left open",
    Tier.MARKUP.value: "the page's markup",
    Tier.SMALL.value: "the small model",
    Tier.LARGE.value: "the large model",
}


def plan_table(source: str, plan: Plan) -> str:
    """*plan* in words, made for pages like *source*, and a row of inputs for each field."""
    cells = "".join(f'<th scope="col">{head}</th>' for head in HEADS.values())
    rows = "".join(_row(plan, name, one) for name, one in plan.fields.items())
    lines = "".join(f"<p>{inert(line)}</p>" for line in _words(source, plan))
    return (
        f'<div class="plan">{lines}<div class="scroll" tabindex="0" role="region"'
        f' aria-label="Plan"><table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>'
        '</div><p><button type="button" data-act="forget">put the plan away</button></p></div>'
    )


def _words(source: str, plan: Plan) -> list[str]:
    records = "Each page is one record."
    if plan.schema.many:
        place = f", each in {plan.record_xpath}" if plan.record_xpath else ""
        records = f"A page holds many records{place}."
    lines = [f"For pages like {source}: {plan.origin.explain()}.", records]
    if plan.skip:
        lines.append(f"Left out of the pages: {'; '.join(plan.skip)}.")
    if plan.rules:
        lines.append(f"Checked: {'; '.join(map(str, plan.rules))}.")
    return lines


def _row(plan: Plan, name: str, one: FieldPlan) -> str:
    field = next(field for field in plan.schema if field.name == name)
    what = f"{field.kind}, several" if field.many else f"{field.kind}"
    if field.kind is Kind.OBJECT:
        what += f" of {', '.join(part.name for part in field.fields)}"
    on = {one.tier or "": " selected"}
    options = "".join(
        f'<option value="{value}"{on.get(value, "")}>{words}</option>'
        for value, words in TIERS.items()
    )
    shown = inert(name)
    return (
        f'<tr data-field="{shown}"><th scope="row"><b>{shown}</b> <span class="how">{inert(what)}'
        f"</span></th><td>{_input('hint', f'Where to look for {shown}', one.hint)}</td>"
        f"<td>{_input('labels', f'Words beside {shown}, with | between', ' | '.join(one.labels))}"
        f'</td><td><select data-part="tier" aria-label="Who is likely to know {shown}">{options}'
        "</select></td></tr>"
    )


def _input(part: str, label: str, value: str) -> str:
    return (
        f'<input type="text" data-part="{part}" aria-label="{label}" maxlength="{LONGEST_TEXT}"'
        f' placeholder="{HEADS[part]}" value="{inert(value)}">'
    )


def changed(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> Plan:
    """*plan* as the table's *rows* say; what they do not show is kept."""
    fields = dict(plan.fields)
    for row in rows:
        name = str(row.get("field", ""))
        if name in fields:
            fields[name] = _edited(fields[name], row)
    return replace(plan, fields=fields)


def _edited(one: FieldPlan, row: Mapping[str, Any]) -> FieldPlan:
    said = [_text(part) for part in str(row.get("labels", "")).split("|")]
    tier = str(row.get("tier", ""))
    return replace(
        one,
        hint=_text(row.get("hint", "")),
        labels=tuple(dict.fromkeys(filter(None, said)))[:MOST_LABELS],
        tier=Tier(tier) if tier in TIERS and tier else None,
    )


def _text(value: object) -> str:
    return " ".join(str(value).split())[:LONGEST_TEXT]


def fitted(plan: Plan, schema: Schema) -> Plan:
    """*plan* for *schema*, whose fields were edited since: what is new is read as the schema says.

    A field that is required now, or is not any more, keeps what its editor says.
    """
    if plan.schema == schema:
        return plan
    shapes = {_shape(field) for field in schema}
    alike = {field.name for field in plan.schema if _shape(field) in shapes}
    required = {field.name: field.required for field in schema}
    fields = {
        name: replace(one, required=required[name])
        for name, one in plan.fields.items()
        if name in alike
    }
    rules = tuple(rule for rule in plan.rules if {rule.first, rule.second} <= set(schema.names))
    return replace(plan, schema=schema, fields=fields, rules=rules)


def _shape(field: Field) -> tuple[str, Kind, tuple[str, ...]]:
    return field.name, field.kind, tuple(part.name for part in field.fields)


def estimate_words(estimate: Estimate) -> str:
    """What all pages are likely to take, in one line of HTML."""
    together = estimate.likely.together
    tiers = "; ".join(f"{tier} {_said(cost)}" for tier, cost in estimate.likely.spent.items())
    low, high = span_of_time(estimate.least.seconds), span_of_time(estimate.most.seconds)
    between = f" ({low} to {high})" if low != high else ""
    return (
        f'<p class="note">About {inert(_said(together))}{between} for {estimate.pages:,} pages,'
        f" by reading {estimate.sampled} of them{inert(f': {tiers}' if tiers else '')}.</p>"
    )


def _said(cost: Cost) -> str:
    time = span_of_time(cost.seconds)
    return f"{cost.count:,} tokens and {time}" if cost.count else time
