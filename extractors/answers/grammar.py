"""The grammar a worker's answer must follow, built from the schema and from the page itself.

The answer is a small YAML-like text, one line a field, which a program can read back without any
escaping:

    title: Senior Gardener
    skills:
    - pruning
    - grafting
    salary: null

A list without items holds one null, `- null`, and an absent object a null in each of its parts.

A verbatim value is a terminal that matches nothing but runs of whole words of the page, with line
breaks read as spaces. So the model can choose words, and cannot make any up. Only a field that asks
for the model's own words (`Kind.GENERATED`) takes others.
Syntax: https://github.com/guidance-ai/llguidance/blob/main/docs/syntax.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from schemas.document import RAISED
from schemas.schema import Field, Kind, Schema

__all__ = [
    "GAP",
    "HYPHENS",
    "NOTHING",
    "QUOTE_SUFFIX",
    "build_grammar",
    "fold_lines",
    "word_pieces",
]

NOTHING = "null"
"""What the model writes for a field that the page does not state."""

QUOTE_SUFFIX = " quote"
"""`available: true` is followed by `available quote: In stock`, the words it was read from."""

HYPHENS = "-\u2010\u2011"
"""Signs that join words, for which a model may write a space and the reverse."""

GAP = "\f"
"""Stands in a page's text where something was left out; no value runs across it."""

_MAX_CHARS = {Kind.TEXT: 400, Kind.MONEY: 80, Kind.DATE: 60, Kind.DATETIME: 60}
_MAX_QUOTE_CHARS = 120
_MAX_GENERATED_CHARS = 300
# The only terminal that is not bound to the page, and there only where the schema asks for it.
_FREE_TEXT = f"{Kind.GENERATED.name}: /\\S([^\\n]{{0,{_MAX_GENERATED_CHARS - 2}}}\\S)?/"
_BREAK = "\n"
_MOST_RECORDS = 200  # in one answer; of a recognised list each record is an answer of its own

# Scripts written without spaces between words; each character may begin or end a value.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # kana, Han
    "\U00020000-\U0003ffff"  # Han extensions
)
_PIECE = re.compile(
    rf"\d+(?:[.,]\d+)*|[{_UNSPACED}]|(?:(?![{_UNSPACED}\d])\w)+\d*|\s|[^\w\s]", re.DOTALL
)


# Only whole groups of three follow a space: "3 2024" are two numbers.
_NUMERAL = r"\d+([.,]\d+)*|\d{1,3}([ '’]\d{3})+([.,]\d+)?"

# A forced walk through a longer run of letters uses up what llguidance spends on one step.
_LONGEST_PIECE = 40


def word_pieces(text: str) -> list[str]:
    """Cut *text* where a quote may begin or end: words, whole numerals, marks, single CJK signs.

    What is longer than any word (a hash, an encoded image) is cut into lengths.

    >>> word_pieces("Pay: 1,200 EUR")
    ['Pay', ':', ' ', '1,200', ' ', 'EUR']
    """
    return [
        piece[start : start + _LONGEST_PIECE]
        for piece in _PIECE.findall(text)
        for start in range(0, len(piece), _LONGEST_PIECE)
    ]


def _whole_pieces(text: str) -> list[str]:
    """The same, with a word for what would be cut into lengths: no part of it is a number."""
    return [piece if len(piece) <= _LONGEST_PIECE else "x" for piece in _PIECE.findall(text)]


def fold_lines(text: str) -> str:
    """*text* with every line break read as a space, and raised cents after a point, as models write
    them; offsets stay the same."""
    return text.replace("\n", " ").replace(RAISED, ".")


def build_grammar(schema: Schema, text: str, *, links: Sequence[str] = ()) -> str:
    """A Lark grammar for llguidance that accepts the answers about *text*, and nothing else.

    *links*: names of the links shown in the prompt, which a URL field may choose from.
    """
    rules = _Rules(links, quotable=bool(text.strip()))
    if schema.many:
        item, last = (rules.record(schema.fields, "", dash=True, last=end) for end in (False, True))
        most = min(schema.max_records, _MOST_RECORDS)
        start = f"{_literal(NOTHING)} {_END[True]} | {_several(item, last, most)}"
    else:
        start = rules.record(schema.fields, "", last=True)
    asked = {field.kind for field in schema.walk()}
    free = [_FREE_TEXT] if Kind.GENERATED in asked else []
    return "\n".join([f"start: {start}", *rules.lines, *_terminals(text), *free])


_END = {False: '"\\n"', True: '"\\n"?'}
"""How a line ends; the last one of an answer may end without a break. Models close their turn right
after the last value; made to break the line first, they go on with a list."""


class _Rules:
    """Collects rules; each method returns an expression to use in another one.

    *last*: it ends with the answer's last line.
    """

    def __init__(self, links: Sequence[str], *, quotable: bool) -> None:
        self.lines: list[str] = []
        self._links = links
        self._quotable = quotable  # without words there is nothing to read a choice from

    def _name(self, body: str) -> str:
        name = f"r{len(self.lines)}"
        self.lines.append(f"{name}: {body}")
        return name

    def record(
        self, fields: Sequence[Field], indent: str, *, dash: bool = False, last: bool = False
    ) -> str:
        """One line a field. With *dash* the first begins `- ` and the others line up under it."""
        inner = f"{indent}  " if dash else indent
        parts = []
        for i, field in enumerate(fields):
            lead = f"{indent}- " if dash and i == 0 else inner
            parts.append(self._field(field, inner, lead, last=last and i == len(fields) - 1))
        return self._name(" ".join(parts))

    def _field(self, field: Field, indent: str, lead: str, *, last: bool) -> str:
        key = f"{lead}{field.name}:"
        # The line ends after the name of what has parts. Were null allowed in its place, a model
        # that wants to go on in that line would be caught: it says ":", and only null follows.
        if field.many or field.kind is Kind.OBJECT:
            return f"{_literal(key + _BREAK)} {self._parts(field, indent, last=last)}"
        return f"{_literal(key)} {self._scalar(field, indent, last=last)}"

    def _parts(self, field: Field, indent: str, *, last: bool) -> str:
        if not field.many:
            return self.record(field.fields, f"{indent}  ", last=last)
        item, end = self._item(field, indent, last=False), self._item(field, indent, last=last)
        nothing = f"{_literal(f'{indent}-')} {_null_line(last=last)}"
        return self._name(f"{nothing} | {_several(item, end, field.max_items)}")

    def _item(self, field: Field, indent: str, *, last: bool) -> str:
        if field.kind is Kind.OBJECT:
            return self.record(field.fields, indent, dash=True, last=last)
        dash = _literal(f"{indent}-")
        return self._name(f'{dash} " " {_value(field, self._links)} {_END[last]}')

    def _scalar(self, field: Field, indent: str, *, last: bool) -> str:
        value = f'" " {_value(field, self._links)}'
        if field.kind in (Kind.BOOLEAN, Kind.CHOICE):
            if not self._quotable:
                return _null_line(last=last)
            quote = _literal(f"{indent}{field.name}{QUOTE_SUFFIX}:")
            value += f' "\\n" {quote} " " QUOTE'
        return self._name(f"{_null_line(last=last)} | {value} {_END[last]}")


def _several(item: str, last: str, most: int) -> str:
    """One to *most* items, of which the last may be written in another way."""
    return last if most == 1 else f"{item}{{0,{most - 1}}} {last}"


def _null_line(*, last: bool) -> str:
    return f'" " {_literal(NOTHING)} {_END[last]}'


def _value(field: Field, links: Sequence[str]) -> str:
    if field.kind is Kind.BOOLEAN:
        return '("true" | "false")'
    if field.kind is Kind.CHOICE:
        return "(" + " | ".join(map(_literal, field.choices)) + ")"
    if field.kind is Kind.URL:
        return "(" + " | ".join(["ADDRESS", *map(_literal, links)]) + ")"
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        return "NUMERAL"
    return field.kind.name


def _terminals(text: str) -> list[str]:
    """The page-bound terminals. `/\\S.*/` keeps the empty run out, which the substring
    allows, and runs over a line break, which stands for a gap."""
    pieces = ["\n" if piece == GAP else piece for piece in word_pieces(fold_lines(text))]
    forms = {"EXACT": pieces, **_other_spellings(pieces)}
    runs = {**forms, "WHOLE": _whole_pieces(fold_lines(text))}
    bounded = [
        f"{kind.name}: PAGE & /\\S(.{{0,{most - 2}}}\\S)?/" for kind, most in _MAX_CHARS.items()
    ]
    return [
        *bounded,
        f"QUOTE: PAGE & /\\S(.{{0,{_MAX_QUOTE_CHARS - 2}}}\\S)?/",
        rf"NUMERAL: WHOLE & /[-+−]?({_NUMERAL})/",
        r"ADDRESS: EXACT & /https?:\/\/\S+/",
        f"PAGE: {' | '.join(forms)}",
        *(f"{name}: %regex {json.dumps({'substring_chunks': p})}" for name, p in runs.items()),
    ]


def _other_spellings(pieces: list[str]) -> dict[str, list[str]]:
    """The page in the spellings that a model falls into while it copies: `full-time` where the
    page has `Full time`, or the other way round. Evidence is found in the page's own spelling."""
    lower = [_lowered(piece) for piece in pieces]
    return {
        "LOWER": lower,
        "HYPHENED": ["-" if piece == " " else piece for piece in pieces],
        "LOWER_HYPHENED": ["-" if piece == " " else piece for piece in lower],
        "LOWER_SPACED": [" " if piece in HYPHENS else piece for piece in lower],
    }


def _lowered(piece: str) -> str:
    """Lower case, where a case-insensitive search will find its way back to the page."""
    lower = piece.lower()
    return lower if re.fullmatch(re.escape(lower), piece, re.IGNORECASE) else piece


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
