"""The link of a list page that leads to its next page."""

from __future__ import annotations

from extractors.parsing.blocks import ParsedPage

__all__ = ["next_page"]

# What such links say, arrows and the word for "page" aside; in lower case.
_NEXT = """
next forward older weiter nächste vor suivant suivante siguiente próxima próximo seguinte successivo
successiva avanti volgende następna dalej další nästa næste neste seuraava sonraki tiếp berikutnya
следующая следующий вперед далее наступна επόμενη הבא التالي 次へ 次の 次のページ 下一页 下一頁 下页
다음 अगला ถัดไป
"""
_PAGE = "page pages seite página pagina stránka strona sida side sivu страница"
_NEXT_WORDS, _PAGE_WORDS = frozenset(_NEXT.split()), frozenset(_PAGE.split())
_ARROWS = frozenset({"›", "»", ">", ">>", "→", "❯", "▶"})


def next_page(page: ParsedPage) -> str | None:
    """The address that a link of the relation "next", or else one such as "Next" or "›", gives;
    `None` where there is no such link.

    A link of a list item ("Next of kin") says more than that, and is not taken for one.
    """
    if page.following:
        return page.following
    for link in page.links:
        if link.href != page.document.url and _leads_on(page.document.quote(link.span)):
            return link.href
    return None


def _leads_on(text: str) -> bool:
    words = [word.strip(".…:()[]") for word in text.lower().split()]
    said = [word for word in words if word and word not in _ARROWS and word not in _PAGE_WORDS]
    if not said:
        return any(word in _ARROWS for word in words)
    return len(said) == 1 and said[0].rstrip("›»>→") in _NEXT_WORDS
