"""Everything Fieldwise raises on purpose.

* FieldwiseError            `hint`: what to do next; `retryable`: the same call may work later
  x SchemaError             the user's schema; nothing was read
  x SourceError             one page; the job goes on
    + FetchRefused          an address, size, redirect, archive limit or robots.txt
    + FetchFailed           the network or the server failed (retryable)
    + NotAPage              the bytes are not a web page
  x PlanError               no usable plan after the planner's retries
    + PlanInvalid           a plan document that cannot be followed; nothing was read
    + PlannerFailed         the planning endpoint: no answer, or none that is a plan
  x WorkerError
    + ModelMissing          no weights under that name; the message lists what was tried
    + NoMemory              the model does not fit into what memory is left (retryable)
    + DecodeFailed          the runtime stopped, or the answer did not close within its budget
  x CorrectionError         what a person said of a value does not fit the page or its field
  x GoldError               a gold set, or results to hold against it, cannot be used
  x AccessRefused           the app would be open to people who should not use it
  x StoreError              the results database or an export could not be written
"""

from __future__ import annotations


class FieldwiseError(Exception):
    """Base of every error raised on purpose; `str(error)` says what happened.

    `hint` says what the caller can do about it (one sentence, empty when there is nothing).
    """

    hint: str = ""
    retryable: bool = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint

    def explain(self) -> str:
        """Message and hint in one line, as the CLI and the app print them."""
        return f"{self} ({self.hint})" if self.hint else str(self)


class SchemaError(FieldwiseError):
    """The schema asks for something that would not be honoured. `str()` names the place."""

    hint = "see `fieldwise schemas` for working examples"


class SourceError(FieldwiseError):
    """One URL or file could not be turned into a page."""


class FetchRefused(SourceError):
    """We chose not to read it: the address, the size, the redirects or the archive."""


class FetchFailed(SourceError):
    """The network, the server or the disk failed.

    `retry_after_s`: the seconds after which the server wants to be asked again; `None`: unsaid.
    """

    hint = "try again later"
    retryable = True
    retry_after_s: float | None = None


class NotAPage(SourceError):
    """Bytes arrived, but they are not a web page (empty, an image, a PDF)."""

    hint = "give an HTML page"


class PlanError(FieldwiseError):
    """No usable extraction plan. `tokens`: what was read and written for it all the same."""

    tokens: int = 0


class PlanInvalid(PlanError):
    """A plan document that cannot be followed. `str()` names the place."""

    hint = "`fieldwise plan` writes a plan to start from"


class PlannerFailed(PlanError):
    """The planning endpoint did not answer, refused, or did not give a plan.

    `retryable` where the same call may work later.
    """

    hint = "check FIELDWISE_PLANNER_URL, or go on without: FIELDWISE_PLANNER_FALLBACK=true"


class WorkerError(FieldwiseError):
    """The local model could not answer."""


class ModelMissing(WorkerError):
    """No weights were found under that name."""

    hint = "run `fieldwise doctor`, or give a local directory or GGUF file as the model"


class NoMemory(WorkerError):
    """The model does not fit into the memory that this machine or container has left."""

    hint = (
        "use a smaller model (--tier small) or a lower FIELDWISE_PAGE_TOKENS, or free some memory; "
        "FIELDWISE_CHECK_MEMORY=false tries all the same"
    )
    retryable = True


class DecodeFailed(WorkerError):
    """The model's answer could not be completed under its grammar."""


class GoldError(FieldwiseError):
    """What is to be evaluated cannot be: the gold set or the results. Nothing was scored."""


class CorrectionError(FieldwiseError):
    """A correction that the page or the field does not allow. Nothing was changed."""


class AccessRefused(FieldwiseError):
    """The app was not opened, since people who should not could have used it."""


class StoreError(FieldwiseError):
    """Results could not be kept or written."""

    hint = "check that the disk has room and the path is writable"
