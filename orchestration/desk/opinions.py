"""What programs say of single values, in one word each."""

from __future__ import annotations

from typing import Literal

from orchestration.storage.review import Review
from schemas.document import Span
from schemas.errors import CorrectionError

__all__ = ["Opinion", "say"]

Opinion = Literal["right", "wrong", "absent", "undo"]


def say(
    review: Review,
    place: tuple[str, int, tuple[str | int, ...]],
    verdict: Opinion,
    value: str,
    words: Span | None,
) -> None:
    """Tell *review* what a program thinks of the value at *place*: source, record, path.

    *value*, *words*: what is right, or the words of the page that are; `None`: none are meant.

    Raises:
        CorrectionError: a wrong value comes without the right one; or as `Review`.
    """
    match verdict:
        case "right":
            review.accept(*place)
        case "absent":
            review.mark_absent(*place)
        case "undo":
            review.undo(*place)
        case _ if words is not None:
            review.select(*place, words, said=value or None)
        case _ if not value.strip():
            hint = "give `value`, or the words' start and end, or say it is absent"
            raise CorrectionError("a wrong value needs the right one", hint=hint)
        case _:
            review.type(*place, value)
