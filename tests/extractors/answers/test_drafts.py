"""What the drafter guesses, and that guesses never change an answer."""

from __future__ import annotations

import random

import pytest

from extractors.answers.decode import Answer, GrammarCompiler, Matcher, decode
from extractors.answers.drafts import PageDrafter, PromptDrafter
from extractors.answers.grammar import build_grammar
from extractors.model.models import ModelLibrary
from extractors.model.runtime import Context, Runtime
from extractors.model.weights import WeightStore
from schemas.schema import Field, Schema
from tests.extractors import random_cases, tiny

POST = Schema("post", (Field("job_title"), Field("place"), Field("skills", many=True)))
SHOWN = """Open posts
# Head Gardener
Place: Ghent | Full time
Skills
pruning and grafting
We look for a head gardener in Ghent (Belgium)"""
TOKENIZER = tiny.tokenizer()


@pytest.fixture(scope="module")
def compiler() -> GrammarCompiler:
    return GrammarCompiler(TOKENIZER, vocab=tiny.VOCAB)


def text_of(shown: str) -> str:
    return shown.replace("# ", "")


def guess(compiler: GrammarCompiler, said: str, *, limit: int = 200) -> str:
    """What the drafter adds to the answer *said*; one token is one byte here."""
    matcher: Matcher = compiler.matcher(build_grammar(POST, text_of(SHOWN)))
    tokens = TOKENIZER.encode(said, add_special_tokens=False)
    matcher.consume(tokens)
    drafter = PageDrafter(TOKENIZER, POST, SHOWN)
    return matcher.decode_bytes(drafter.propose(tokens, matcher, limit=limit)).decode()


def test_a_title_is_guessed_from_the_first_heading(compiler: GrammarCompiler) -> None:
    assert guess(compiler, "job_title:").startswith(" Head Gardener\nplace:")


def test_a_value_is_guessed_from_the_line_that_carries_its_label(compiler: GrammarCompiler) -> None:
    said = "job_title: null\nplace:"
    assert guess(compiler, said).startswith(" Ghent\nskills:")


def test_a_value_that_has_begun_goes_on_to_the_end_of_its_line(compiler: GrammarCompiler) -> None:
    assert guess(compiler, "job_title: We look").startswith(" for a head gardener in Ghent\nplace:")


def test_a_guess_keeps_the_letter_case_that_the_answer_began_with(
    compiler: GrammarCompiler,
) -> None:
    assert guess(compiler, "job_title: head").startswith(" gardener\n")


def test_a_list_goes_on_after_its_items(compiler: GrammarCompiler) -> None:
    said = "job_title: null\nplace: null\nskills:\n- pruning"
    assert guess(compiler, said).startswith(" and grafting\n")


def test_nothing_is_guessed_for_words_that_the_page_has_not(compiler: GrammarCompiler) -> None:
    assert guess(compiler, "job_title: nul") == ""


def test_a_guess_is_no_longer_than_asked_for(compiler: GrammarCompiler) -> None:
    assert guess(compiler, "job_title:", limit=3) == " He"


def test_tokens_that_stand_in_the_prompt_are_copied_on(compiler: GrammarCompiler) -> None:
    prompt = TOKENIZER.encode("an oak, an ash, an elm", add_special_tokens=False)
    said = TOKENIZER.encode('"an as', add_special_tokens=False)
    matcher = compiler.matcher(r'start: /"[a-z ]*"/')
    matcher.consume(said)
    proposed = PromptDrafter(prompt).propose(said, matcher, limit=8)
    assert matcher.decode_bytes(proposed) == b"h", "what the grammar forbids is left out"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("model")
    store = WeightStore(folder, offline=True)
    weights = store.resolve(str(tiny.save(folder / "weights")))
    return Runtime(ModelLibrary(folder, store).compiled(weights), threads=1).context(4096)


@pytest.mark.parametrize("block", range(10))
def test_drafts_change_nothing_but_the_number_of_passes(
    context: Context, compiler: GrammarCompiler, block: int
) -> None:
    """Twenty random schemas and pages a block, 200 in all."""
    rng = random.Random(block)
    for _ in range(20):
        schema = random_cases.schema(rng)
        shown = random_cases.page(rng)
        drafted, plain = (answer(context, compiler, schema, shown, drafts=d) for d in (True, False))
        assert [c.token for c in drafted.tokens] == [c.token for c in plain.tokens]
        assert drafted.steps <= plain.steps


def answer(
    context: Context, compiler: GrammarCompiler, schema: Schema, shown: str, *, drafts: bool
) -> Answer:
    context.rollback(0)
    return decode(
        context, random_cases.question(compiler, schema, shown, drafts=drafts), max_tokens=48
    )
