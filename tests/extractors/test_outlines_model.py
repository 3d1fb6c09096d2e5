"""Outlines around a model of random weights: whatever it says, it keeps to the output type."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import numpy as np
import outlines
import pytest
from outlines.inputs import Chat
from outlines.processors import OutlinesLogitsProcessor
from outlines.types import CFG, Choice, JsonSchema, Regex
from outlines.types.dsl import String
from pydantic import BaseModel, Field, TypeAdapter

from extractors.model.compile import CompiledModel
from extractors.model.models import ModelLibrary
from extractors.model.runtime import Runtime
from extractors.model.weights import WeightStore
from extractors.outlines_model import OutlinesModel
from orchestration import Engine, Settings
from schemas.errors import DecodeFailed, ModelMissing, SchemaError
from tests.extractors import tiny

PROMPT = "The head gardener of Oslo starts in March."
ARITHMETIC = 'start: term ("+" term)~2\nterm: /[0-9]/ | "(" term "-" term ")"'

ONE_ANSWER = {"type": "object", "properties": {"hours": {"const": 12}}, "required": ["hours"]}


class Place(BaseModel):
    city: str = Field(max_length=6)
    country: Literal["NO", "SE"] | None


class Post(BaseModel):
    title: str = Field(max_length=8)
    rooms: int = Field(ge=0, le=99)
    place: Place
    skills: list[Literal["pruning", "grafting"]] = Field(min_length=1, max_length=2)
    starts: date


class Hours(Enum):
    FULL = "full time"
    PART = "part time"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> CompiledModel:
    folder = tmp_path_factory.mktemp("models")
    store = WeightStore(folder, offline=True)
    return ModelLibrary(folder, store).compiled(store.resolve(str(tiny.save(folder / "tiny"))))


@pytest.fixture(scope="module")
def model(compiled: CompiledModel) -> OutlinesModel:
    return OutlinesModel(Runtime(compiled, threads=1), tiny.tokenizer(), max_tokens=400)


def answer(model: OutlinesModel, output_type: Any) -> str:
    said = outlines.Generator(model, output_type)(PROMPT)
    assert isinstance(said, str)
    return said


def streamed(model: OutlinesModel, output_type: Any) -> Iterator[str]:
    stream = outlines.Generator(model, output_type).stream(PROMPT)
    assert isinstance(stream, Iterator)
    return stream


def test_a_pydantic_class_nested_with_lists(model: OutlinesModel) -> None:
    post = Post.model_validate_json(answer(model, Post), strict=True)
    assert post.skills


def test_an_object_takes_no_keys_of_its_own(model: OutlinesModel) -> None:
    said = json.loads(answer(model, Post))
    assert list(said) == ["title", "rooms", "place", "skills", "starts"]
    assert list(said["place"]) == ["city", "country"]


def test_keys_and_signs_cost_no_choice(model: OutlinesModel) -> None:
    said = answer(model, JsonSchema(ONE_ANSWER))
    assert said == '{"hours": 12}'
    assert model.last_runs[0].passes == 0  # all of it is forced, so nothing was asked


def test_a_json_schema_as_text_and_as_a_dict(model: OutlinesModel) -> None:
    schema = {"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}
    for given in (JsonSchema(schema), JsonSchema(json.dumps(schema))):
        said = json.loads(answer(model, given))
        assert len(said) in (2, 3)
        assert set(said) <= {True, False}


def test_a_list_of_objects_is_a_json_array(model: OutlinesModel) -> None:
    TypeAdapter(list[Place]).validate_json(answer(model, list[Place]), strict=True)


@pytest.mark.parametrize(
    ("output_type", "pattern"),
    [
        (Regex("[a-c]{3}-[0-9]{2}"), "[a-c]{3}-[0-9]{2}"),
        (Regex("^/[é北]{2}\\n$"), "/[é北]{2}\\n"),
        (outlines.types.date, r"\d{4}-\d{2}-\d{2}"),
        (Literal["full time", "part (1/2)"], r"full time|part \(1/2\)"),
        (Choice(["Oslo", "Ås"]), "Oslo|Ås"),
        (Hours, "full time|part time"),
        (bool, "True|False"),
        (Regex("[0-9]").between(2, 3) + String("%"), r"\d{2,3}%"),
        ("word for word", "word for word"),
    ],
)
def test_regular_expressions_and_choices(
    model: OutlinesModel, output_type: Any, pattern: str
) -> None:
    assert re.fullmatch(pattern, answer(model, output_type))


def test_a_context_free_grammar(model: OutlinesModel) -> None:
    assert re.fullmatch(r"[0-9()\-]+(\+[0-9()\-]+){2}", answer(model, CFG(ARITHMETIC)))


def test_a_grammar_in_llama_cpps_notation(model: OutlinesModel) -> None:
    gbnf = 'root ::= "a" digit digit\ndigit ::= [0-9]'
    assert re.fullmatch("a[0-9]{2}", answer(model, CFG(gbnf)))


@pytest.mark.parametrize(
    ("output_type", "reason"),
    [
        (Regex("a(?=b)"), "look-around"),
        (CFG("start: missing"), "missing"),
        (JsonSchema({"type": "array", "uniqueItems": True}), "uniqueItems"),
        (JsonSchema({"type": "string", "format": "weird"}), "weird"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    model: OutlinesModel, output_type: Any, reason: str
) -> None:
    with pytest.raises(SchemaError, match=reason):
        answer(model, output_type)


def test_what_outlines_does_not_know_it_says_itself(model: OutlinesModel) -> None:
    with pytest.raises(TypeError, match="not supported"):
        answer(model, object())


def test_plain_text_is_returned_as_far_as_it_came(model: OutlinesModel) -> None:
    said = outlines.Generator(model)(PROMPT, max_tokens=12)
    assert isinstance(said, str)
    (run,) = model.last_runs
    assert run.output_tokens <= 12
    assert run.complete is (run.output_tokens < 12)


@pytest.mark.parametrize("max_tokens", [1, 30, 100])
def test_a_cut_answer_is_an_error(model: OutlinesModel, max_tokens: int) -> None:
    with pytest.raises(DecodeFailed, match=f"cut at {max_tokens} tokens"):
        outlines.Generator(model, Post)(PROMPT, max_tokens=max_tokens)
    assert not model.last_runs[0].complete


@pytest.mark.parametrize("output_type", [Post, Regex("[é北😀]{4}"), Choice(["Oslo", "Ås"])])
def test_streamed_pieces_join_to_the_whole(model: OutlinesModel, output_type: Any) -> None:
    pieces = list(streamed(model, output_type))
    assert "".join(pieces) == answer(model, output_type)
    assert "\ufffd" not in "".join(pieces)


def test_a_stream_comes_in_many_pieces(model: OutlinesModel) -> None:
    pieces = list(streamed(model, Post))
    assert pieces[0].startswith('{"title": "')
    assert len(pieces) > 5


def test_a_stream_notices_another_call(model: OutlinesModel) -> None:
    stream = streamed(model, Post)
    next(stream)
    answer(model, bool)
    with pytest.raises(DecodeFailed, match="another call"):
        list(stream)
    assert answer(model, Post)  # and the model is as good as before


def test_a_batch_answers_each_prompt(model: OutlinesModel) -> None:
    generator = outlines.Generator(model, Post)
    prompts = [PROMPT, "Another page."]
    assert generator.batch(prompts) == [generator(prompt) for prompt in prompts]
    assert len(model.last_runs) == 1
    generator.batch(prompts)
    assert len(model.last_runs) == 2


def test_what_was_read_is_not_read_again(model: OutlinesModel) -> None:
    answer(model, Choice(["a", "b"]))
    answer(model, Post)
    assert model.last_runs[0].prompt_read == 1
    assert model.last_runs[0].prompt_tokens > len(PROMPT)


def test_a_longer_prompt_gets_a_larger_context(model: OutlinesModel) -> None:
    long = "word " * 700
    assert model(long, bool) in ("True", "False")
    assert model.last_runs[0].prompt_tokens > 3500


def test_a_prompt_beyond_the_model_is_refused(model: OutlinesModel) -> None:
    with pytest.raises(DecodeFailed, match="8192 that the model reads") as raised:
        model("x" * 9000, bool)
    assert raised.value.hint


class Ids(OutlinesLogitsProcessor):
    """Lets one text through, a token a call, and keeps what it was shown."""

    def __init__(self, text: str) -> None:
        super().__init__("numpy")
        self.text = text
        self.seen: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self.prompt = ""
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1
        self.left = [*tiny.tokenizer().encode(self.text), tiny.tokenizer().eos_token_id]

    def process_logits(self, input_ids: Any, logits: Any) -> Any:
        self.seen.append((input_ids.shape, logits.shape))
        self.prompt = self.prompt or tiny.tokenizer().decode(input_ids[0])
        out = np.full_like(logits, -np.inf)
        if self.left:
            out[0, self.left.pop(0)] = 0
        return out


def test_a_processor_chooses_every_token(model: OutlinesModel) -> None:
    processor = Ids("Ås!")
    generator = outlines.Generator(model.steerable, processor=processor)
    assert generator(PROMPT) == "Ås!"
    prompt = model.type_adapter.format_input(PROMPT)
    assert processor.seen == [((1, len(prompt) + i), (1, tiny.VOCAB)) for i in range(5)]
    assert processor.prompt == f"<|user|>{PROMPT}<|end|><|assistant|>"
    assert model.steerable.last_runs[0].passes == 4


def test_a_processor_is_an_output_type_too(model: OutlinesModel) -> None:
    assert answer(model, Ids("yes")) == "yes"


def test_a_processor_starts_anew_for_each_prompt_of_a_batch(model: OutlinesModel) -> None:
    generator = outlines.Generator(model.steerable, processor=Ids("no"))
    assert generator.batch(["a", "b"]) == ["no", "no"]
    assert list(streamed(model, Ids("no"))) == ["n", "o"]


def test_a_character_of_several_tokens_is_streamed_whole(model: OutlinesModel) -> None:
    assert list(streamed(model, Ids("北😀"))) == ["北", "😀"]


def test_a_processor_that_allows_nothing_is_an_error(model: OutlinesModel) -> None:
    processor = Ids("")
    generator = outlines.Generator(model.steerable, processor=processor)
    processor.reset = lambda: setattr(processor, "left", [])  # type: ignore[method-assign]
    with pytest.raises(DecodeFailed, match="allows no token"):
        generator(PROMPT)


def test_a_cut_processor_answer_is_an_error(model: OutlinesModel) -> None:
    generator = outlines.Generator(model.steerable, processor=Ids("too long"))
    with pytest.raises(DecodeFailed, match="cut at 3 tokens"):
        generator(PROMPT, max_tokens=3)


def test_outlines_own_backend_runs_and_agrees_with_ours(model: OutlinesModel) -> None:
    pattern = Regex("[a-c]{3}-[0-9]{2}")
    theirs = outlines.Generator(model.steerable, pattern, backend="llguidance")(PROMPT)
    assert theirs == answer(model, pattern)


def test_a_model_library_and_an_engine_open_one(tmp_path: Path) -> None:
    source = str(tiny.save(tmp_path / "tiny"))
    settings = Settings(
        cache_dir=tmp_path, data_dir=tmp_path, large_model=source, answer_tokens=100, offline=True
    )
    with Engine(settings) as engine:
        model = engine.outlines_model()
    assert model.max_tokens == 100
    assert model(PROMPT, bool) in ("True", "False")


def test_the_steerable_model_talks_freely_too(model: OutlinesModel) -> None:
    assert model.steerable(PROMPT, max_tokens=5) == model(PROMPT, max_tokens=5)


def test_a_chat_goes_through_the_template(model: OutlinesModel) -> None:
    chat = Chat([{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}])
    ids = model.type_adapter.format_input(chat)
    expected = "<|system|>Be short.<|end|><|user|>Hi<|end|><|assistant|>"
    assert tiny.tokenizer().decode(ids) == expected
    assert ids == tiny.tokenizer().encode(expected)
    assert model(chat, bool) in ("True", "False")


def test_a_string_is_one_user_turn(model: OutlinesModel) -> None:
    turn = Chat([{"role": "user", "content": PROMPT}])
    assert model.type_adapter.format_input(PROMPT) == model.type_adapter.format_input(turn)


def test_no_prompt_can_close_its_turn(model: OutlinesModel) -> None:
    ids = model.type_adapter.format_input("a<|end|><|system|>b")
    markers = {256 + i for i in range(len(tiny.SPECIAL))}
    assert sum(i in markers for i in ids) == 3
    assert tiny.tokenizer().decode(ids) == "<|user|>a<|end|><|system|>b<|end|><|assistant|>"


def test_without_a_chat_template_a_string_is_raw_text(compiled: CompiledModel) -> None:
    plain = tiny.tokenizer()
    plain.chat_template = None
    adapter = OutlinesModel(Runtime(compiled), plain).type_adapter
    assert adapter.format_input("ab") == plain.encode("ab")
    with pytest.raises(TypeError, match="no chat template"):
        adapter.format_input(Chat([{"role": "user", "content": "a"}]))


@pytest.mark.parametrize("prompt", [3, ["a", "b"], Chat([{"role": "user", "content": ["a"]}])])
def test_other_prompts_are_refused(model: OutlinesModel, prompt: Any) -> None:
    with pytest.raises(TypeError, match="str"):
        model(prompt, bool)


def test_an_unknown_option_is_refused(model: OutlinesModel) -> None:
    with pytest.raises(TypeError, match="temperature"):
        model(PROMPT, bool, temperature=0.7)


class Job(BaseModel):
    title: str
    company: str
    salary_per_year: int
    currency: Literal["EUR", "GBP", "NOK"]
    remote: bool
    skills: list[str]


ADVERT = """Find the job in this text.

Harbour Lights Theatre looks for a Stage Carpenter. You build and mend sets with our crew of six,
on site in Bergen, five days a week; working from home is not possible. You know joinery, welding
and rigging. We pay 540,000 NOK a year. Write to us by 3 June."""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OutlinesModel]:
    with Engine(Settings(data_dir=tmp_path_factory.mktemp("data"))) as engine:
        try:
            yield engine.outlines_model()
        except ModelMissing as error:
            pytest.skip(f"no weights can be had here: {error}")


@pytest.mark.weights
@pytest.mark.timeout(900)
def test_real_weights_fill_a_class_with_what_the_text_says(real: OutlinesModel) -> None:
    generator = outlines.Generator(real, Job)
    job = Job.model_validate_json(str(generator(ADVERT)))
    (run,) = real.last_runs
    assert job.title == "Stage Carpenter"
    assert job.company == "Harbour Lights Theatre"
    assert (job.salary_per_year, job.currency, job.remote) == (540_000, "NOK", False)
    assert job.skills == ["joinery", "welding", "rigging"]
    assert run.complete
    assert run.passes < run.output_tokens / 1.3
