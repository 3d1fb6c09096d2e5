"""Pages that answered, and yet have nothing to read: errors, walls, shells.

No phrase makes a page bad by itself, for good pages carry cookie banners, login links, captcha
forms, and articles about error 404. What counts is where a phrase stands (title, first heading, a
block that is most of what the page says) and how little the page says besides. *Own text* is what
stands in neither links nor navigation nor footers.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from extractors import bad_phrases as phrases
from extractors.pages import Page
from extractors.parsing.blocks import ParsedPage
from schemas.document import Block, Span

__all__ = ["BadKind", "BadPage", "why_bad"]


class BadKind(StrEnum):
    """What a page is instead of the page that was asked for."""

    EMPTY = "empty"
    GONE = "gone"
    LOGIN = "login wall"
    CONSENT = "consent wall"
    ROBOT = "bot wall"
    SHELL = "script shell"
    SERVER = "error page"
    PARKED = "parked"


_REASONS = {
    BadKind.EMPTY: "the page has no visible text",
    BadKind.GONE: "not found, expired or removed",
    BadKind.LOGIN: "a login wall",
    BadKind.CONSENT: "a consent wall: the page only asks about cookies",
    BadKind.ROBOT: "a bot wall or captcha",
    BadKind.SHELL: "needs a browser: scripts draw this page",
    BadKind.SERVER: "the server answered with an error text",
    BadKind.PARKED: "a parked or unconfigured domain",
}
_SAVE = "open it in a browser, save the page, then give the file"
_HINTS = {
    BadKind.EMPTY: "check the address",
    BadKind.GONE: "check the address, or take the page off the list",
    BadKind.LOGIN: "log in and save the page, then give the file",
    BadKind.CONSENT: _SAVE,
    BadKind.ROBOT: _SAVE,
    BadKind.SHELL: f"draw it with --render or FIELDWISE_RENDER=true, or {_SAVE}",
    BadKind.SERVER: "try again later",
    BadKind.PARKED: "check the address",
}

# Own text, in letters, above which a title or a first heading proves nothing; the same for
# a phrase in plain text; and for a challenge's code in the markup.
TITLED_LETTERS = 1200
SAID_LETTERS = 700
CODED_LETTERS = 500
SHELL_LETTERS = 80
SHELL_BLOCKS = 3
SHELL_LINKED_LETTERS = 400
CONSENT_LETTERS = 2500
_TITLE_SHARE = 0.4  # of a part of the title that a phrase must cover
_SAID_SHARE = 0.2  # of the own text that the blocks with a phrase must make up
_CONSENT_SHARE = 0.7
_LONG_BLOCK = 500  # letters; a phrase in a longer block is prose

_AROUND = re.compile(r"/(?:footer|aside|select|option)\b")
# One that is never closed swallows the page, so that only short blocks in them count as menus.
_MENU = re.compile(r"/(?:nav|button)\b|^/html/body(?:/div(?:\[\d+\])?)*/header\b")
_MENU_LETTERS = 120
_TITLE_PARTS = re.compile(r"\s[|–—·•»>:-]+\s|[|:»]\s")
# Signs that say as much as two or three letters do.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Code of challenges, not of the quiet sensors that the same makers put on good pages.
_CHALLENGE = re.compile(
    rb"_cf_chl_opt|cf-challenge|cf_chl_|cf-error-details|cf-browser-verification"  # Cloudflare
    rb"|captcha-delivery\.com|px-captcha|sec-if-cpt-container|_sec/cp_challenge"
    rb"|errors\.edgesuite\.net|_incapsula_resource|incapsula incident"  # Akamai, Imperva
    rb"|awswafcookiedomainlist|gokuprops|kpsdk|sucuri_cloudproxy_js|ddos-guard|/_guard/"
    rb"|distil_r_captcha|geetest_|id=.?challenge-form|id=.?captcha-form",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rb"<input\b[^>]*\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
_CHOICE = re.compile(rb"<button\b|<input\b[^>]*\btype\s*=\s*[\"']?(?:submit|button)", re.IGNORECASE)
_SCRIPT = re.compile(
    rb"<script\b(?![^>]*\btype\s*=\s*[\"']?application/(?:ld\+)?json)", re.IGNORECASE
)
# Facts for the markup tier: such a page has something to say without its scripts.
_MARKUP = re.compile(
    rb"\"@type\"\s*:\s*\[?\s*\"(?:https?://schema.org/)?(?:\w*(?:Article|Event|Recipe|Product|JobPosting"
    rb"|Offer|Residence|House|Apartment|Movie|Book|Course|Dataset|Restaurant|Hotel))\""
)
_NOSCRIPT = re.compile(rb"<noscript\b[^>]*>(.{0,600}?)</noscript", re.IGNORECASE | re.DOTALL)
_MOUNT = re.compile(
    rb"<(?:div|main|section)\b[^>]*\bid\s*=\s*[\"']?[\w-]*(?:root|app|mount|__next|__nuxt|___gatsby)"
    rb"[\w-]*[\"']?[^>]*>\s*(?:<!--.{0,200}?-->\s*)?</(?:div|main|section)>|<app-root\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class BadPage:
    """Why a page is not worth asking a model about. `hint`: what the user can do."""

    kind: BadKind
    reason: str
    hint: str

    def explain(self) -> str:
        """Reason and hint in one line."""
        return f"{self.reason} ({self.hint})"


def why_bad(page: Page, parsed: ParsedPage) -> BadPage | None:
    """What *page* is instead of a page with content; `None` when nothing speaks against it.

    Judged from the content alone: servers send most of these with status 200. *parsed* is what
    `parse_page` made of *page*. A millisecond for most pages, tens for some of megabytes.
    """
    look = _look(page, parsed)
    for kind, is_it in _TESTS:
        if is_it(look):
            return BadPage(kind, _REASONS[kind], _HINTS[kind])
    return None


@dataclass(frozen=True, slots=True)
class _Look:
    """What the tests need of a page.

    `titles`: title and first headings, in parts. `blocks`: own text of each block that has some.
    `own`: their letters. `linked`: letters of links outside the navigation. Lower case all.
    """

    body: bytes
    titles: tuple[str, ...]
    blocks: tuple[str, ...]
    own: int
    linked: int

    def says(self, pattern: re.Pattern[str]) -> bool:
        return self.titled(pattern) or self.stated(pattern)

    def titled(self, pattern: re.Pattern[str], *, limit: int = TITLED_LETTERS) -> bool:
        """Whether title or heading say little else, on a page that says little more."""
        return self.own <= limit and any(_covers(pattern, title) for title in self.titles)

    def stated(self, pattern: re.Pattern[str], *, limit: int = SAID_LETTERS) -> bool:
        """Whether blocks that say so make up a good part of the little there is."""
        if self.own > limit:
            return False
        short = [text for text in self.blocks if _letters(text) <= _LONG_BLOCK]
        said = sum(_letters(text) for text in short if pattern.search(text))
        return said > 0 and said >= _SAID_SHARE * self.own


def _look(page: Page, parsed: ParsedPage) -> _Look:
    document = parsed.document.visible
    said = [(block, _plain(document.quote(block.span))) for block in document.blocks]
    inside = [(b, text) for b, text in said if b.tag != "title" and not _is_around(b, text)]
    linked = _linked([block.span for block, _ in inside], parsed.linked)
    own = [text for (_, text), part in zip(inside, linked, strict=True) if part < len(text) / 2]
    titles = [text for block, text in said if block.tag == "title"] + _first_heading(inside)
    parts = [part for title in titles for part in (title, *_TITLE_PARTS.split(title)) if part]
    return _Look(page.body, tuple(parts), tuple(own), sum(map(_letters, own)), sum(linked))


def _is_around(block: Block, text: str) -> bool:
    """Whether *block* is of what stands around a page's own words: menus, footers, forms."""
    if _AROUND.search(block.xpath):
        return True
    return len(text) <= _MENU_LETTERS and _MENU.search(block.xpath) is not None


def _linked(blocks: Iterable[Span], links: Iterable[Span]) -> list[int]:
    """How many characters of each of *blocks* are *links*; both in order."""
    counts = []
    left = deque(links)
    for block in blocks:
        count = 0
        while left and left[0].start < block.end:
            start = max(left[0].start, block.start)
            count += max(0, min(left[0].end, block.end) - start)
            if left[0].end > block.end:
                break  # it goes on in the next one
            left.popleft()
        counts.append(count)
    return counts


def _first_heading(said: Sequence[tuple[Block, str]]) -> list[str]:
    """The first one of the highest level, if any."""
    heads = [(block.tag, text) for block, text in said if len(text) <= _LONG_BLOCK]
    return [text for level in ("h1", "h2") for tag, text in heads if tag == level][:1]


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'")


def _letters(text: str) -> int:
    return len(text) + len(_DENSE.findall(text))


def _covers(pattern: re.Pattern[str], title: str) -> bool:
    said = sum(len(match[0]) for match in pattern.finditer(title))
    return said >= _TITLE_SHARE * len(title) and said > 0


def _is_robot_wall(look: _Look) -> bool:
    coded = look.own <= CODED_LETTERS and _CHALLENGE.search(look.body) is not None
    return coded or look.says(phrases.ROBOT)


def _is_gone(look: _Look) -> bool:
    return look.says(phrases.GONE)


def _is_error(look: _Look) -> bool:
    return look.says(phrases.SERVER)


def _is_parked(look: _Look) -> bool:
    return look.says(phrases.PARKED)


def _is_login(look: _Look) -> bool:
    if look.stated(phrases.LOGIN_NEEDED) or look.titled(phrases.LOGIN_NEEDED):
        return True
    return look.says(phrases.LOGIN) and _PASSWORD.search(look.body) is not None


def _is_consent(look: _Look) -> bool:
    """Cookies are all the page talks about, and there is a button to press."""
    about = sum(_letters(text) for text in look.blocks if phrases.COOKIE_WORDS.search(text))
    only = 0 < look.own <= CONSENT_LETTERS and about >= _CONSENT_SHARE * look.own
    linked = look.linked > look.own
    return only and about > SHELL_LETTERS and not linked and bool(_CHOICE.search(look.body))


def _is_shell(look: _Look) -> bool:
    if look.own > SHELL_LINKED_LETTERS:
        return False
    if not _SCRIPT.search(look.body) or _MARKUP.search(look.body):
        return False
    bare = look.own <= SHELL_LETTERS and len(look.blocks) <= SHELL_BLOCKS
    if bare and look.linked <= SHELL_LETTERS:
        return True
    if look.stated(phrases.NEEDS_SCRIPTS, limit=SHELL_LINKED_LETTERS):
        return True
    if not bare or look.linked > SHELL_LINKED_LETTERS:
        return False
    return _MOUNT.search(look.body) is not None or _asks_for_scripts(look.body)


def _asks_for_scripts(body: bytes) -> bool:
    notes = (match[1].decode("utf-8", "replace") for match in _NOSCRIPT.finditer(body))
    return any(phrases.NEEDS_SCRIPTS.search(_plain(note)) for note in notes)


def _is_empty(look: _Look) -> bool:
    return not look.blocks and not look.linked and not _MARKUP.search(look.body)


# The first that holds; a shell last but one, since walls are often shells as well.
_TESTS: tuple[tuple[BadKind, Callable[[_Look], bool]], ...] = (
    (BadKind.ROBOT, _is_robot_wall),
    (BadKind.GONE, _is_gone),
    (BadKind.SERVER, _is_error),
    (BadKind.PARKED, _is_parked),
    (BadKind.LOGIN, _is_login),
    (BadKind.CONSENT, _is_consent),
    (BadKind.SHELL, _is_shell),
    (BadKind.EMPTY, _is_empty),
)
