"""A planning model behind an OpenAI-compatible address, asked through Outlines.

Requests go to the address in the settings and nowhere else: redirects are not followed, no model or
tool of the reply is called, and no header is taken from other programs' environment variables.

Source: https://platform.openai.com/docs/api-reference/chat; https://dottxt-ai.github.io/outlines.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from outlines import Generator, from_openai, from_vllm
from outlines.exceptions import APIError, GenerationError, OutlinesError
from outlines.inputs import Chat
from outlines.types import JsonSchema

from extractors.web.clock import Clock
from extractors.web.manners import retry_after
from orchestration.planning.prompt import Message
from orchestration.planning.replies import Reply
from schemas.errors import PlannerFailed
from schemas.plan import PlannedBy

__all__ = ["Address", "Endpoint"]

_LONGEST_WAIT_S = 60.0  # that a server may ask for
_PAUSES_S = (1.0, 4.0)  # before a second and a third try where it does not say
_SHOWN = 300  # characters of what a server says
_TRY_AGAIN = frozenset({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model answers. `key` is left out of every message and of `repr`.

    `form`: how the reply's JSON Schema is sent: as OpenAI's `response_format`, as vLLM's own
        `structured_outputs`, or as llama-cpp-python's server takes it.
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    form: Literal["openai", "vllm", "llama_cpp"] = "openai"


class Endpoint:
    """The model at *address*. `spent`: tokens that its replies took so far, as the server counts
    (where it does not, a rough guess), those of no use too. Threads may share it.

    *attempts*: how often it is asked for one reply in all, where asking again may help.
    *most*: it is asked no more once it took that many tokens; `None`: no limit.
    """

    by = PlannedBy.ENDPOINT

    def __init__(
        self,
        address: Address,
        *,
        attempts: int = 3,
        timeout_s: float = 120.0,
        max_tokens: int = 4096,
        most: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = address.model
        self.spent = 0
        self.over = threading.Event()
        self._address = address
        self._attempts = attempts
        self._max_tokens = max_tokens
        self._most = most
        self._clock = clock or Clock()
        self._counting = threading.Lock()
        self._seen = _Seen()
        self._client = _client(address, timeout_s, self._seen)
        connect = from_vllm if address.form == "vllm" else from_openai
        self._model = connect(self._client, address.model)

    def close(self) -> None:
        """Let go of connections, and of waits in other threads."""
        self.over.set()
        self._client.close()

    def answer(self, messages: Sequence[Message], form: Mapping[str, Any]) -> Reply:
        """The model's reply to *messages* under the JSON Schema *form*; it may not keep to it.

        Raises:
            PlannerFailed: it refused, or no whole reply came in all attempts; its `tokens` are what
                these took.
        """
        taken = 0
        for attempt in range(1, self._attempts + 1):
            try:
                self._refuse_beyond_limit()
                text = self._ask(messages, form)
                return Reply(text, taken + self._seen.tokens)
            except PlannerFailed as failure:
                taken += self._seen.tokens
                failure.tokens = taken
                if not failure.retryable or attempt == self._attempts or self.over.is_set():
                    raise
                self._clock.wait(self._pause(attempt, failure), unless=self.over)
        raise AssertionError("the last attempt raises")

    def _refuse_beyond_limit(self) -> None:
        self._seen.forget()
        if self._most is not None and self.spent >= self._most:
            hint = "raise FIELDWISE_PLANNER_TOKENS to let it go on"
            message = f"the endpoint took {self.spent:,} tokens; the limit is {self._most:,}"
            raise PlannerFailed(message, hint=hint)

    def _pause(self, attempt: int, failure: PlannerFailed) -> float:
        asked = self._seen.retry_after_s
        if asked is None:
            return _PAUSES_S[min(attempt, len(_PAUSES_S)) - 1]
        if asked > _LONGEST_WAIT_S:
            raise failure
        return asked

    def _ask(self, messages: Sequence[Message], form: Mapping[str, Any]) -> str:
        options: dict[str, Any] = {"max_tokens": self._max_tokens, "temperature": 0.0}
        if self._address.form == "llama_cpp":  # the one form that Outlines does not know
            generate = Generator(self._model)
            options["response_format"] = {"type": "json_object", "schema": form}
        else:
            generate = Generator(self._model, JsonSchema(json.dumps(form)))
        try:
            with self._explained():
                text = generate(Chat([dict(message) for message in messages]), **options)
            self._seen.tokens = self._seen.tokens or _rough_count(messages, str(text))
        finally:
            with self._counting:
                self.spent += self._seen.tokens
        return self._whole(text)

    def _whole(self, text: object) -> str:
        """*text*, where the model ended it itself."""
        if self._seen.finish == "length":
            raise _failed(f"the reply was cut at {self._max_tokens} tokens", retryable=True)
        if self._seen.finish == "content_filter":
            raise _failed("the endpoint's filter withheld the reply", retryable=False)
        if not isinstance(text, str) or not text.strip():
            raise _failed("the endpoint replied without a text", retryable=True)
        return text

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What goes wrong inside, as PlannerFailed without the key."""
        try:
            yield
        except GenerationError as error:
            raise _failed(self._shown(error), retryable=False) from error
        except APIError as error:
            raise self._from_server(error) from error
        except (
            OutlinesError,
            AttributeError,
            IndexError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:
            reason = "the endpoint's reply is no chat completion"
            raise _failed(f"{reason}: {self._shown(error)}", retryable=True) from error

    def _from_server(self, error: APIError) -> PlannerFailed:
        cause = error.original_exception
        status = getattr(cause, "status_code", None)
        if status is None:
            what = "did not answer in time" if "imed out" in str(cause) else "cannot be reached"
            detail = f" ({self._shown(cause.__cause__)})" if cause and cause.__cause__ else ""
            return _failed(f"the planning endpoint {what}{detail}", retryable=True)
        if 300 <= status < 400:
            what = "points elsewhere, which is not followed"
            return _failed(f"the planning endpoint {what}: HTTP {status}", retryable=False)
        return _failed(
            f"the planning endpoint said HTTP {status}: {self._shown(cause)}",
            retryable=status >= 500 or status in _TRY_AGAIN,
        )

    def _shown(self, what: object) -> str:
        text = " ".join(str(what).split())
        if self._address.key:
            text = text.replace(self._address.key, "[key]")
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _rough_count(messages: Sequence[Message], text: str) -> int:
    """Tokens where the server counts none: limits must hold there too. 3 characters are one."""
    return sum(len(message["content"]) for message in messages) // 3 + len(text) // 3


class _Seen(threading.local):
    """What a thread's last response says besides its text, which Outlines does not hand on.

    `finish`: why the model stopped. `tokens`: read and written. `retry_after_s`: as asked for.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.finish: str | None = None
        self.tokens = 0
        self.retry_after_s: float | None = None

    def look_at(self, response: Any) -> None:
        """An event hook of the HTTP client."""
        response.read()
        header = response.headers.get("retry-after")
        self.retry_after_s = retry_after(header, now=Clock().date())
        try:
            body = json.loads(response.text)
            usage = body.get("usage") or {}
            self.tokens = int(usage.get("total_tokens") or 0)
            self.finish = body["choices"][0].get("finish_reason")
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return  # who reads the reply says what is wrong with it


def _client(address: Address, timeout_s: float, seen: _Seen) -> Any:
    try:
        from openai import DefaultHttpxClient, OpenAI
    except ImportError as error:
        hint = "`pip install openai`, or leave FIELDWISE_PLANNER_URL unset"
        raise PlannerFailed("the openai package is not installed", hint=hint) from error
    carrier = DefaultHttpxClient(
        follow_redirects=False, event_hooks={"response": [seen.look_at]}, timeout=timeout_s
    )
    client = OpenAI(
        base_url=address.url,
        api_key=address.key or "none",  # else it would send OpenAI's own key to this address
        max_retries=0,
        timeout=timeout_s,
        http_client=carrier,
    )
    client.organization = client.project = None  # read from the environment for OpenAI itself
    return client


def _failed(message: str, *, retryable: bool) -> PlannerFailed:
    failure = PlannerFailed(message)
    failure.retryable = retryable
    return failure
