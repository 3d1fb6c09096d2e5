"""Guesses of what a model will copy from its prompt next, for `decode` to check in one pass.

Prompt-lookup decoding: Saxena 2023, https://github.com/apoorvumang/prompt-lookup-decoding.
`PageDrafter` is made for answers that quote a page: once a value has begun, the rest of its line in
the page is the guess, then the line's end and the next field's key. Before it has begun, a line of
the page that carries the field's label is. The guess is made in text, not in tokens, since a word
is another token after a key than at the start of a line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from extractors.answers.grammar import QUOTE_SUFFIX

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from extractors.answers.decode import Matcher
    from schemas.schema import Field, Schema

__all__ = ["Drafter", "PageDrafter", "PromptDrafter"]

_LONGEST_KEY = 3  # tokens of context that pick the place in the prompt to copy from
_MOST_CHARS = 120  # of one value's guess: a longer one seldom holds to its end
# Where a value in a line is likely to end.
_ENDS = re.compile(r"\s*(?:[|·•;\t\n]| [-–—] |\(| \[L\d)")


class Drafter(Protocol):
    """Proposes tokens that may follow an answer."""

    def propose(self, said: Sequence[int], matcher: Matcher, *, limit: int) -> list[int]:
        """At most *limit* tokens that may follow the answer's tokens *said*; `[]` for no idea.

        *matcher* stands after *said* and is not moved.
        """


class PromptDrafter:
    """Copies what followed the answer's last tokens where they stand in the prompt."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._prompt = prompt
        self._places: dict[int, list[int]] = defaultdict(list)
        for place, token in enumerate(prompt):
            self._places[token].append(place)

    def propose(self, said: Sequence[int], matcher: Matcher, *, limit: int) -> list[int]:
        places = self._places.get(said[-1], []) if said else []
        for back in range(2, min(_LONGEST_KEY, len(said)) + 1):
            longer = [
                p for p in places if p + 1 >= back and self._prompt[p + 1 - back] == said[-back]
            ]
            places = longer or places
        if not places:
            return []
        draft = list(self._prompt[places[0] + 1 : places[0] + 1 + limit])
        return draft[: matcher.count_allowed(draft)]


class PageDrafter:
    """Guesses values of *schema* from the page as it is *shown* in the prompt."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, schema: Schema, shown: str) -> None:
        self._encode = tokenizer.backend_tokenizer.encode
        self._lines = _Lines(shown)
        self._fields = {field.name: field for field in schema.walk()}
        names = "|".join(sorted(map(re.escape, self._fields), key=len, reverse=True))
        self._lead = re.compile(rf"\s*(?:- )?(?:({names})(?:{re.escape(QUOTE_SUFFIX)})?:)?")

    def propose(self, said: Sequence[int], matcher: Matcher, *, limit: int) -> list[int]:
        text = matcher.decode_bytes(said).decode("utf-8", errors="ignore")
        ahead = matcher.copy()
        draft: list[int] = []
        while len(draft) < limit:
            new = self._one_value(text[text.rfind("\n") + 1 :])
            kept = new[: ahead.count_allowed(new)]
            if not kept:
                break
            ahead.consume(kept)
            added = [*kept, *ahead.forced()]
            draft += added
            if len(kept) < len(new) or ahead.stopped:
                break
            text += ahead.decode_bytes(added).decode("utf-8", errors="ignore")
        return draft[:limit]

    def _one_value(self, line: str) -> list[int]:
        """Tokens from inside *line*, the answer's last one, to its end."""
        found = self._lead.match(line)
        assert found is not None  # every part of the pattern is optional
        begun = line[found.end() :]
        rest = self._guess(self._fields.get(found.group(1)), begun.lstrip(" "))
        if rest is None:
            return []
        return [*self._continuation(begun or " ", rest, len(begun) > 0), *self._ids("\n")]

    def _guess(self, field: Field | None, begun: str) -> str | None:
        """The rest of a value that has *begun*; `None` for no idea."""
        if begun:
            return self._lines.after(begun, field.labels if field else ())
        if field is None:
            return None
        heading = self._lines.heading if field.is_heading else None
        return self._lines.labelled(field.labels[0]) or heading

    def _continuation(self, begun: str, rest: str, chosen: bool) -> list[int]:
        """Tokens of *rest* where *begun* stands before it."""
        head = self._ids(begun) if chosen else []
        whole = self._ids(begun + rest)
        return whole[len(head) :] if whole[: len(head)] == head else self._ids(rest)

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._encode(text, add_special_tokens=False).ids
        return ids


class _Lines:
    """The page's lines, searched without regard to letter case."""

    def __init__(self, shown: str) -> None:
        self._text = re.sub(r"(?m)^# ", "", shown)
        self._lower = self._text.lower()
        if len(self._lower) != len(self._text):  # İ and its like: offsets would not hold
            self._lower = self._text
        headings = re.findall(r"(?m)^# (.*)$", shown)
        self.heading: str | None = headings[0] if headings else None

    def labelled(self, label: str) -> str | None:
        """What follows *label* in its line, or the next line where the label stands alone."""
        found = re.search(rf"(?m)^{re.escape(label)}s?(?: ?[:|\t]\s*|$\n)(\S.*)$", self._lower)
        return self._until_an_end(found.start(1)) if found else None

    def after(self, begun: str, labels: Sequence[str]) -> str | None:
        """What follows *begun* where the page most likely is copied from."""
        places = list(self._places(begun.lower()))
        if not places:
            return None
        rest = self._until_an_end(max(places, key=lambda at: self._rank(at, labels)) + len(begun))
        return rest.lower() if begun.islower() else rest

    def _places(self, words: str) -> Iterator[int]:
        at = self._lower.find(words)
        while at >= 0:
            if at == 0 or not (self._lower[at - 1].isalnum() and words[0].isalnum()):
                yield at
            at = self._lower.find(words, at + 1)

    def _rank(self, at: int, labels: Sequence[str]) -> tuple[bool, bool]:
        """After the field's label, then at a line's start; `max` takes the first of equals."""
        start = self._lower.rfind("\n", 0, at) + 1
        before = self._lower[start:at]
        return any(label in before for label in labels), start == at

    def _until_an_end(self, at: int) -> str:
        found = _ENDS.search(self._text, at)
        end = found.start() if found else len(self._text)
        return self._text[at : min(end, at + _MOST_CHARS)]
