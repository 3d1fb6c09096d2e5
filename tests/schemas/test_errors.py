from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from schemas import errors
from schemas.errors import FieldwiseError

LINE = re.compile(r"^( *)[*x+] (\w+)\s*(.*)$")


def descendants(error: type[FieldwiseError]) -> Iterator[type[FieldwiseError]]:
    yield error
    for child in error.__subclasses__():
        yield from descendants(child)


ALL = list(descendants(FieldwiseError))


def drawn() -> list[tuple[str, str | None, str]]:
    """Name, parent and remark of each line of the tree in the module's docstring."""
    path: list[str] = []
    found = []
    for line in (errors.__doc__ or "").splitlines():
        if match := LINE.match(line):
            depth = len(match[1]) // 2
            path[depth:] = [match[2]]
            found.append((match[2], path[depth - 1] if depth else None, match[3]))
    return found


def test_the_drawn_tree_is_the_real_tree() -> None:
    real = {(e.__name__, e.__base__.__name__ if e.__base__ else "") for e in ALL[1:]}
    assert {(name, parent) for name, parent, _ in drawn()[1:]} == real
    assert drawn()[0][0] == "FieldwiseError"


def test_the_drawn_tree_says_which_are_retryable() -> None:
    marked = {name for name, parent, remark in drawn() if parent and "(retryable)" in remark}
    assert marked == {error.__name__ for error in ALL if error.retryable}


@pytest.mark.parametrize("error", ALL)
def test_every_error_has_a_docstring_a_hint_and_says_if_trying_again_helps(
    error: type[FieldwiseError],
) -> None:
    assert error.__doc__
    assert isinstance(error.hint, str)
    assert isinstance(error.retryable, bool)


@pytest.mark.parametrize("error", ALL)
def test_a_hint_of_its_own_replaces_the_usual_one(error: type[FieldwiseError]) -> None:
    caught = error("it broke", hint="mend it")
    assert str(caught) == "it broke"
    assert caught.explain() == "it broke (mend it)"
    assert error("it broke", hint="").explain() == "it broke"
    assert error("it broke").hint == error.hint
