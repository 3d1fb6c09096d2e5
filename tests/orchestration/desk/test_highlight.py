from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from orchestration.desk.highlight import UNSHOWABLE, highlighted, inert
from schemas.document import Span

TEXTS = st.text(max_size=60)
SPANS = st.tuples(st.integers(0, 70), st.integers(0, 70)).map(lambda two: Span(*sorted(two)))


def test_markup_in_a_page_is_text() -> None:
    shown = highlighted('<script>alert("&amp;")</script>', [Span(1, 7)])
    assert shown == "&lt;<mark>script</mark>&gt;alert(&quot;&amp;amp;&quot;)&lt;/script&gt;"


def test_overlapping_quotes_are_one_mark() -> None:
    assert highlighted("abcdef", [Span(2, 4), Span(0, 3)]) == "<mark>abcd</mark>ef"


def test_touching_quotes_stay_two() -> None:
    assert highlighted("ab", [Span(0, 1), Span(1, 2)]) == "<mark>a</mark><mark>b</mark>"


def test_a_long_page_is_shown_around_its_quotes_and_says_so() -> None:
    shown = highlighted("a" * 50 + "X" + "b" * 1200, [Span(50, 51)], around=10)
    assert "<i>… 40 characters before this are not shown …</i>" + "a" * 10 + "<mark>X" in shown
    assert shown.endswith("b" * 10 + "<i>… 1,190 characters after this are not shown …</i>")


def test_what_html_cannot_hold_is_replaced() -> None:
    assert inert("a\x00b\ud800c\u202ed\te\n") == "a\ufffdb\ufffdc\ufffdd\te\n"


@given(TEXTS, st.lists(SPANS, max_size=5))
def test_the_text_comes_back_without_the_marks(text: str, spans: list[Span]) -> None:
    plain = re.sub("</?mark>", "", highlighted(text, spans))
    assert html.unescape(plain) == UNSHOWABLE.sub("\ufffd", text)


@given(TEXTS, st.lists(SPANS, max_size=5))
def test_exactly_the_quoted_characters_are_marked(text: str, spans: list[Span]) -> None:
    marked = "".join(re.findall("<mark>(.*?)</mark>", highlighted(text, spans), re.DOTALL))
    quoted = {i for span in spans for i in range(span.start, min(span.end, len(text)))}
    shown = UNSHOWABLE.sub("\ufffd", text)
    assert html.unescape(marked) == "".join(shown[i] for i in sorted(quoted))
