"""What reading a whole page and reading its list have in common: questions, answers, grounding."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from extractors.answers.answer import longest_answer
from extractors.answers.decode import Answer, Question, common_prefix, decode, decode_together
from extractors.answers.drafts import PageDrafter
from extractors.answers.grammar import GAP, build_grammar
from extractors.answers.grounding import ground
from extractors.answers.prices import with_currencies
from extractors.answers.prompt import build_prompt
from extractors.answers.sense import without_nonsense
from extractors.model.tokenizer import token_counter
from extractors.parsing.blocks import ParsedPage
from extractors.relevance.passages import Passage, Shown
from schemas.record import Cell, Record, Tokens
from schemas.schema import Kind, Schema

if TYPE_CHECKING:
    from extractors.worker import Worker

__all__ = ["Interrupted", "Reading"]


class Interrupted(Exception):
    """What a `check_stop` raises that wants the records of a list that were finished before."""


class Reading:
    """One page being read by *worker*. *lines*: offsets at which a new line is shown in a block.

    `tokens`: what it took; `cuts`, `failed`: what is missing so far; `stopped`: it was interrupted.
    """

    def __init__(
        self,
        worker: Worker,
        page: ParsedPage,
        schema: Schema,
        check_stop: Callable[[], None],
        *,
        lines: Sequence[int] = (),
    ) -> None:
        self.tokens = Tokens()
        self.cuts: list[str] = []
        self.stopped = False
        self.failed: str | None = None
        self._worker = worker
        self._page = page
        self._schema = schema
        self._check_stop = check_stop
        links = page.links if any(field.kind is Kind.URL for field in schema.walk()) else ()
        self._tokens_in = token_counter(worker.tokenizer)
        self._shown = Shown(page, links=links, lines=lines, count_tokens=self._tokens_in)

    def _answers(self, schema: Schema, passages: Sequence[Passage]) -> list[Answer]:
        """Answers for *passages* in one go, or in two where all do not fit the context."""
        worker = self._worker
        questions = [self._question(schema, passage) for passage in passages]
        limit = min(worker.budget.answer, longest_answer(schema))
        if len(questions) == 1 or not worker.context.packable:
            answers = [
                decode(worker.context, question, max_tokens=limit, check_stop=self._check_stop)
                for question in questions
            ]
            self._count(answers, steps=sum(answer.steps for answer in answers))
            return answers
        if not self._fit_together(questions, limit):
            half = len(passages) // 2
            return self._answers(schema, passages[:half]) + self._answers(schema, passages[half:])
        answers = decode_together(
            worker.context, questions, max_tokens=limit, check_stop=self._check_stop
        )
        self._count(answers, steps=max(answer.steps for answer in answers))
        return answers

    def _fit_together(self, questions: Sequence[Question], limit: int) -> bool:
        """Whether there is room even if every answer grows to its *limit*."""
        prompts = [question.prompt for question in questions]
        needed = sum(map(len, prompts)) + len(prompts) * limit
        twice = (len(prompts) - 1) * len(common_prefix(prompts))
        return needed - twice <= self._worker.context.capacity

    def _question(self, schema: Schema, passage: Passage) -> Question:
        tokenizer = self._worker.tokenizer
        text = GAP.join(self._page.document.quote(span) for span in passage.spans)
        grammar = build_grammar(schema, text, links=list(passage.links))
        return Question(
            build_prompt(tokenizer, schema, passage.shown),
            self._worker.compiler.matcher(grammar),
            PageDrafter(tokenizer, schema, passage.shown),
        )

    def _ground(self, schema: Schema, passage: Passage, answer: Answer) -> list[Record]:
        worker = self._worker
        return ground(
            answer,
            page=self._page,
            passage=passage,
            schema=schema,
            tier=worker.tier,
            compiler=worker.compiler,
            calibration=worker.calibration,
        )

    def _checked(self, schema: Schema, cells: Mapping[str, Cell]) -> dict[str, Cell]:
        """*cells* of one record, with what cannot be left out, and what stands beside a value."""
        return with_currencies(schema, without_nonsense(schema, cells), self._page.document)

    def _count(self, answers: Sequence[Answer], *, steps: int) -> None:
        self.tokens += Tokens(
            sum(answer.prompt_read for answer in answers),
            sum(len(answer.tokens) for answer in answers),
            steps,
        )
