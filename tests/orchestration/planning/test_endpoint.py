from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from extractors.web.clock import SkippedClock
from orchestration.planning.endpoint import Address, Endpoint
from schemas.errors import PlannerFailed
from tests.orchestration.planner_server import Answer, PlannerServer, fails, says

pytest.importorskip("openai", reason='the extra "planner" is not installed')

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}},
    "required": ["ok"],
    "additionalProperties": False,
}
HELLO = [{"role": "system", "content": "Plan."}, {"role": "user", "content": "Hello"}]
KEY = "secret-key-1234"


@contextmanager
def talking(*answers: Answer, **options: Any) -> Iterator[tuple[Endpoint, PlannerServer]]:
    """An endpoint before a server of these *answers*; *options*: as `Address`, `Endpoint` take."""
    with PlannerServer(*answers).running() as server:
        form = options.pop("form", "openai")
        address = Address(options.pop("url", server.url), "qwen", KEY, form)
        endpoint = Endpoint(address, clock=options.pop("clock", SkippedClock()), **options)
        try:
            yield endpoint, server
        finally:
            endpoint.close()


def test_a_reply_and_what_it_took() -> None:
    with talking(says({"ok": True}, tokens=150)) as (endpoint, server):
        reply = endpoint.answer(HELLO, FORM)
    assert json.loads(reply.text) == {"ok": True}
    assert (reply.tokens, endpoint.spent) == (150, 150)
    (asked,) = server.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body["model"] == "qwen"
    assert asked.body["messages"] == HELLO
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_the_form_is_sent_as_each_kind_of_server_takes_it() -> None:
    with talking(says({"ok": True})) as (endpoint, server):
        endpoint.answer(HELLO, FORM)
    assert server.asked[0].body["response_format"]["json_schema"]["schema"] == FORM
    with talking(says({"ok": True}), form="vllm") as (endpoint, server):
        endpoint.answer(HELLO, FORM)
    assert server.asked[0].body["structured_outputs"] == {"json": FORM}
    with talking(says({"ok": True}), form="llama_cpp") as (endpoint, server):
        endpoint.answer(HELLO, FORM)
    assert server.asked[0].body["response_format"] == {"type": "json_object", "schema": FORM}


def test_too_many_requests_waits_as_long_as_the_server_asks() -> None:
    clock = SkippedClock()
    answers = (fails(429, retry_after="7"), fails(429), says({"ok": True}))
    with talking(*answers, clock=clock) as (endpoint, server):
        endpoint.answer(HELLO, FORM)
    assert clock.waits == [7.0, 4.0]
    assert len(server.asked) == 3


def test_a_server_that_asks_for_a_long_wait_is_not_waited_for() -> None:
    clock = SkippedClock()
    with talking(fails(429, "later", retry_after="3600"), clock=clock) as (endpoint, server):
        with pytest.raises(PlannerFailed, match="HTTP 429") as caught:
            endpoint.answer(HELLO, FORM)
    assert caught.value.retryable
    assert clock.waits == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (fails(500, "out of memory"), "HTTP 500: .*out of memory"),
        (fails(503), "HTTP 503"),
        (says({"ok": True}, finish="length"), r"cut at 4096 tokens"),
        (says(""), "without a text"),
        (says(None), "without a text"),
        (Answer("{}"), "no chat completion"),
        (Answer('{"choices": []}'), "no chat completion|without a text"),
        (Answer('{"choices": [{"index": 0}]}'), "no chat completion"),
        (Answer("<html>hello</html>"), "no chat completion|cannot be reached"),
        (Answer(says({"ok": True}).body, cut=40), "cannot be reached"),
        (Answer("[]"), "no chat completion|without a text"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_may_pass_is_tried_again_and_then_said(answer: Answer, message: str) -> None:
    with talking(answer, answer, answer) as (endpoint, server):
        with pytest.raises(PlannerFailed, match=message) as caught:
            endpoint.answer(HELLO, FORM)
    assert len(server.asked) == 3
    assert caught.value.retryable
    with talking(answer, says({"ok": True})) as (endpoint, server):
        assert json.loads(endpoint.answer(HELLO, FORM).text) == {"ok": True}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (says(None, refusal="I cannot help with that"), "refused .*I cannot help"),
        (says("", finish="content_filter"), "filter withheld"),
        (fails(400, "unknown keyword"), "HTTP 400: .*unknown keyword"),
        (fails(401, f"bad key {KEY}"), r"HTTP 401: .*bad key \[key\]"),
        (fails(404, "no such model"), "HTTP 404"),
        (fails(307, location="http://127.0.0.1:9/v1"), "points elsewhere"),
    ],
)
def test_what_will_not_pass_is_said_at_once(answer: Answer, message: str) -> None:
    with talking(answer) as (endpoint, server):
        with pytest.raises(PlannerFailed, match=message) as caught:
            endpoint.answer(HELLO, FORM)
    assert len(server.asked) == 1
    assert not caught.value.retryable
    assert KEY not in caught.value.explain()


def test_a_server_that_is_too_slow_is_left() -> None:
    slow = Answer(says({"ok": True}).body, waits_s=5.0)
    with talking(slow, timeout_s=0.2, attempts=1) as (endpoint, _):
        with pytest.raises(PlannerFailed, match="did not answer in time") as caught:
            endpoint.answer(HELLO, FORM)
    assert caught.value.retryable


def test_nobody_there() -> None:
    with talking(url="http://127.0.0.1:1/v1") as (endpoint, _):
        with pytest.raises(PlannerFailed, match="cannot be reached"):
            endpoint.answer(HELLO, FORM)


@pytest.mark.parametrize("usage", [None, {}, {"total_tokens": None}])
def test_the_limit_holds_where_a_server_counts_no_tokens(usage: Any) -> None:
    body = {**json.loads(says({"ok": True}).body), "usage": usage}
    with talking(*[Answer(json.dumps(body))] * 2, most=4) as (endpoint, server):
        reply = endpoint.answer(HELLO, FORM)
        assert endpoint.spent == reply.tokens == (len("Plan.Hello") + len('{"ok": true}')) // 3
        with pytest.raises(PlannerFailed, match="the limit is 4"):
            endpoint.answer(HELLO, FORM)
    assert len(server.asked) == 1


def test_it_is_asked_no_more_once_it_took_its_tokens() -> None:
    with talking(says({"ok": True}, tokens=900), most=500) as (endpoint, server):
        endpoint.answer(HELLO, FORM)
        with pytest.raises(PlannerFailed, match="took 900 tokens; the limit is 500"):
            endpoint.answer(HELLO, FORM)
    assert len(server.asked) == 1


def test_other_programs_settings_send_nothing_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the-user's-own-openai-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-1")
    with PlannerServer(says({"ok": True})).running() as server:
        endpoint = Endpoint(Address(server.url, "qwen"))
        endpoint.answer(HELLO, FORM)
        endpoint.close()
    sent = json.dumps(server.asked[0].headers)
    assert not any(word in sent for word in ("own-openai-key", "org-1", "project-1"))


def test_closing_ends_a_wait() -> None:
    with talking(fails(429, retry_after="30"), clock=None) as (endpoint, _):
        threading.Timer(0.2, endpoint.over.set).start()
        with pytest.raises(PlannerFailed):
            endpoint.answer(HELLO, FORM)


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(Address("http://host/v1", "qwen", KEY))


def test_what_failed_replies_took_is_told_with_the_failure() -> None:
    cut = says({"ok": True}, finish="length", tokens=300)
    with talking(cut, cut, attempts=2) as (endpoint, _):
        with pytest.raises(PlannerFailed) as caught:
            endpoint.answer(HELLO, FORM)
    assert (caught.value.tokens, endpoint.spent) == (600, 600)
    with talking(cut, says({"ok": True}, tokens=50)) as (endpoint, _):
        assert endpoint.answer(HELLO, FORM).tokens == 350


def test_the_limit_holds_from_one_attempt_to_the_next() -> None:
    cut = says({"ok": True}, finish="length", tokens=300)
    with talking(*[cut] * 5, attempts=5, most=500) as (endpoint, server):
        with pytest.raises(PlannerFailed, match="took 600 tokens; the limit is 500") as caught:
            endpoint.answer(HELLO, FORM)
    assert (len(server.asked), caught.value.tokens) == (2, 600)


def test_threads_that_share_an_endpoint_are_told_their_own_tokens() -> None:
    slow, quick = says({"ok": True}, tokens=700), says({"ok": True}, tokens=100)
    told: list[int] = []
    with talking(replace(slow, waits_s=0.3), replace(quick, waits_s=0.3)) as (endpoint, _):
        asking = [
            threading.Thread(target=lambda: told.append(endpoint.answer(HELLO, FORM).tokens))
            for _ in range(2)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert (sorted(told), endpoint.spent) == ([100, 700], 800)
