"""Schemas and pages at random, for laws that hold whatever is asked and read."""

from __future__ import annotations

import random

from extractors.answers.decode import GrammarCompiler, Question
from extractors.answers.drafts import PageDrafter
from extractors.answers.grammar import build_grammar
from extractors.answers.prompt import build_prompt
from schemas.schema import Field, Kind, Schema
from tests.extractors import tiny

TOKENIZER = tiny.tokenizer()
_WORDS = [
    *("Ghent", "Lyon", "oak", "", "ash", "full-time", "31,500", "EUR", "£20", "1.5", "café"),
    *("北京市", "naïve", "İzmir", "x:", "|", "(", "#", "\n", "\n\n"),
]
_KINDS = (Kind.TEXT, Kind.TEXT, Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.BOOLEAN, Kind.CHOICE)


def schema(rng: random.Random) -> Schema:
    fields = []
    for i in range(rng.randint(1, 4)):
        kind = rng.choice(_KINDS)
        choices = ("full", "part") if kind is Kind.CHOICE else ()
        many = kind is Kind.TEXT and rng.random() < 0.3
        name = rng.choice(["title", "place", "pay"]) + str(i)
        fields.append(Field(name, kind, choices=choices, many=many, max_items=3))
    return Schema("thing", tuple(fields), many=rng.random() < 0.3, max_records=2)


def page(rng: random.Random) -> str:
    """A page as it is shown in a prompt."""
    return " ".join(rng.choices(_WORDS, k=rng.randint(0, 25))).strip()


def question(compiler: GrammarCompiler, schema: Schema, shown: str, *, drafts: bool) -> Question:
    return Question(
        build_prompt(TOKENIZER, schema, shown),
        compiler.matcher(build_grammar(schema, shown.replace("# ", ""))),
        PageDrafter(TOKENIZER, schema, shown) if drafts else None,
    )
