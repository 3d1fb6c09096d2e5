"""Pages that have nothing to read are told from pages that only look a little like them."""

from __future__ import annotations

import pytest

from extractors.bad_pages import BadKind, why_bad
from extractors.pages import Page
from extractors.parsing.blocks import parse_page

PROSE = (
    "<p>The harbour office opened in spring and keeps the tide tables for the whole bay.</p>" * 30
)
MENU = "".join(f"<li><a href=/{i}>Section number {i}</a></li>" for i in range(40))
POSTING = """<h1>Boat builder</h1><p>Nordhavn Yard, Bergen. 41 000 kr a month.</p>
<p>You plane, caulk and paint wooden boats with two masters and an apprentice.</p>"""


def kind(html: str) -> BadKind | None:
    page = Page("page", "", html.encode(), "text/html; charset=utf-8")
    bad = why_bad(page, parse_page(page))
    return bad.kind if bad else None


def around(main: str, *, title: str = "Harbour", head: str = "") -> str:
    """*main* within a site's menu and footer."""
    return f"""<!doctype html><title>{title}</title>{head}<header><nav><ul>{MENU}</ul></nav>
    <a href=/login>Log in</a></header><ul>{MENU}</ul><main>{main}</main>
    <footer>© Harbour office <a href=/privacy>Privacy</a></footer>"""


NOT_FOUND = {
    "en": "Page not found",
    "en, other words": "Sorry, the page you requested could not be found",
    "de": "Diese Seite wurde leider nicht gefunden",
    "fr": "Page introuvable",
    "es": "Página no encontrada",
    "it": "Pagina non trovata",
    "pt": "Página não encontrada",
    "nl": "Pagina niet gevonden",
    "pl": "Nie znaleziono strony",
    "cs": "Stránka nenalezena",
    "sv": "Sidan kunde inte hittas",
    "da": "Siden findes ikke",
    "fi": "Sivua ei löytynyt",
    "tr": "Sayfa bulunamadı",
    "ru": "Страница не найдена",
    "uk": "Сторінку не знайдено",
    "ja": "ページが見つかりません",
    "zh": "页面不存在",
    "ko": "페이지를 찾을 수 없습니다",
    "ar": "الصفحة غير موجودة",
    "hu": "A keresett oldal nem található",
    "ro": "Pagina nu a fost găsită",
    "el": "Η σελίδα δεν βρέθηκε",
    "hr": "Stranica nije pronađena",
    "bg": "Страницата не е намерена",
    "lt": "Puslapis nerastas",
    "lv": "Lapa nav atrasta",
    "et": "Lehte ei leitud",
    "vi": "Không tìm thấy trang",
    "id": "Halaman tidak ditemukan",
    "th": "ไม่พบหน้าที่คุณต้องการ",
    "he": "הדף לא נמצא",
    "fa": "صفحه مورد نظر یافت نشد",
    "hi": "पृष्ठ नहीं मिला",
    "a number": "404",
    "a number and a word": "410 Gone",
    "as WordPress says": "Oops! That page can’t be found.",
    "a thing": "Job not found",
}
EXPIRED = {
    "en": "This job is no longer available.",
    "en, filled": "The position has already been filled.",
    "de": "Diese Stelle ist leider nicht mehr verfügbar.",
    "fr": "Cette offre n'est plus disponible.",
    "es": "Esta oferta ya no está disponible.",
    "it": "Questo annuncio non è più disponibile.",
    "pt": "Esta vaga não está mais disponível.",
    "nl": "Deze vacature is niet meer beschikbaar.",
    "pl": "Ogłoszenie wygasło.",
    "cs": "Tato nabídka již není aktivní.",
    "sv": "Tjänsten är inte längre tillgänglig.",
    "da": "Stillingen er besat.",
    "fi": "Ilmoitus on poistettu.",
    "tr": "Bu ilan yayından kaldırıldı, ilan sona erdi.",
    "ru": "Вакансия закрыта.",
    "uk": "Вакансію закрито.",
    "ja": "この求人は募集を終了しました。",
    "zh": "该职位已下架。",
    "ko": "이 채용은 마감되었습니다.",
    "ar": "لم تعد هذه الوظيفة متاحة.",
}
LOGIN_NEEDED = {
    "en": "Please log in to continue.",
    "de": "Melden Sie sich bitte an.",
    "fr": "Connectez-vous pour continuer.",
    "es": "Inicia sesión para continuar.",
    "it": "Accedi per continuare.",
    "pt": "Faça login para continuar.",
    "nl": "Log in om verder te gaan.",
    "pl": "Zaloguj się, aby kontynuować.",
    "cs": "Přihlaste se, prosím.",
    "sv": "Logga in för att fortsätta.",
    "da": "Log ind for at fortsætte.",
    "fi": "Kirjaudu sisään jatkaaksesi.",
    "tr": "Devam etmek için giriş yapın.",
    "ru": "Войдите, чтобы продолжить.",
    "uk": "Увійдіть, щоб продовжити.",
    "ja": "ログインしてください。",
    "zh": "请先登录。",
    "ko": "로그인이 필요합니다.",
    "ar": "يرجى تسجيل الدخول.",
}
ROBOT = {
    "en": "Please verify that you are human.",
    "de": "Bestätigen Sie, dass Sie kein Roboter sind.",
    "fr": "Vérifiez que vous êtes humain.",
    "es": "Verifica que eres humano.",
    "it": "Non sono un robot",
    "pt": "Confirme que você é humano.",
    "nl": "Bevestig dat je een mens bent.",
    "pl": "Potwierdź, że nie jesteś robotem.",
    "cs": "Ověřte, že jste člověk.",
    "sv": "Bekräfta att du är människa.",
    "da": "Bekræft, at du er et menneske.",
    "fi": "Vahvista, että olet ihminen.",
    "tr": "İnsan olduğunuzu, robot olmadığınızı doğrulayın.",
    "ru": "Подтвердите, что вы не робот.",
    "uk": "Підтвердьте, що ви не робот.",
    "ja": "ロボットではないことを確認してください。",
    "zh": "请验证您是真人。",
    "ko": "로봇이 아님을 증명해 주세요.",
    "ar": "تحقق من أنك إنسان.",
}
SERVER = {
    "en": "Service temporarily unavailable",
    "en, too many": "Too many requests",
    "de": "Interner Serverfehler",
    "fr": "Service temporairement indisponible",
    "es": "Servicio no disponible",
    "it": "Servizio non disponibile",
    "pt": "Serviço indisponível",
    "nl": "Te veel verzoeken",
    "pl": "Wewnętrzny błąd serwera",
    "cs": "Chyba serveru",
    "sv": "Internt serverfel",
    "da": "Der opstod en fejl",
    "fi": "Palvelinvirhe",
    "tr": "Sunucu hatası",
    "ru": "Сервис временно недоступен",
    "uk": "Помилка сервера",
    "ja": "サーバーエラー",
    "zh": "服务器错误",
    "ko": "서버 오류",
    "ar": "الخدمة غير متاحة",
}


@pytest.mark.parametrize("words", NOT_FOUND.values(), ids=NOT_FOUND)
def test_a_heading_that_says_not_found_makes_a_soft_404(words: str) -> None:
    assert kind(around(f"<h1>{words}</h1><p>Try the menu or the search.</p>")) is BadKind.GONE


@pytest.mark.parametrize("words", EXPIRED.values(), ids=EXPIRED)
def test_a_posting_that_only_says_it_has_ended_is_gone(words: str) -> None:
    assert kind(around(f"<div>{words}</div><p>See our other adverts.</p>")) is BadKind.GONE


@pytest.mark.parametrize("words", LOGIN_NEEDED.values(), ids=LOGIN_NEEDED)
def test_a_page_that_only_asks_to_log_in_is_a_login_wall(words: str) -> None:
    assert kind(around(f"<p>{words}</p><form><input name=u></form>")) is BadKind.LOGIN


@pytest.mark.parametrize("words", ROBOT.values(), ids=ROBOT)
def test_a_page_that_only_asks_for_a_human_is_a_bot_wall(words: str) -> None:
    assert kind(around(f"<p>{words}</p>")) is BadKind.ROBOT


@pytest.mark.parametrize("words", SERVER.values(), ids=SERVER)
def test_an_error_text_with_status_200_is_an_error_page(words: str) -> None:
    assert kind(f"<title>{words}</title><h1>{words}</h1><hr>") is BadKind.SERVER


@pytest.mark.parametrize("title", ["Log in", "Anmelden", "Connexion", "Вход", "ログイン", "로그인"])
def test_a_titled_password_form_is_a_login_wall(title: str) -> None:
    form = "<form><input name=user><input type=password name=pw><button>OK</button></form>"

    assert kind(around(form, title=f"{title} | Harbour")) is BadKind.LOGIN


@pytest.mark.parametrize(
    "code",
    [
        "<script>window._cf_chl_opt={}</script>",
        "<script src=https://ct.captcha-delivery.com/c.js></script>",
        "<div id=px-captcha></div>",
        "<div id=sec-if-cpt-container></div>",
        "<script src='/_Incapsula_Resource?x=1'></script>",
        "<script>window.gokuProps={}</script>",
    ],
)
def test_the_code_of_a_challenge_makes_a_bot_wall_of_a_bare_page_only(code: str) -> None:
    assert kind(f"<title>shop.example</title><p>One moment</p>{code}") is BadKind.ROBOT
    assert kind(around(POSTING + PROSE) + code) is None


def test_a_question_about_cookies_and_nothing_else_is_a_consent_wall() -> None:
    question = """<h1>Before you continue</h1><p>We and our partners use cookies to measure, to
    personalise and to keep our services safe. Choose which cookies you allow.</p>
    <button>Accept all cookies</button><button>Reject</button>"""

    assert kind(f"<title>Harbour</title>{question}") is BadKind.CONSENT
    assert kind(around(POSTING + PROSE) + question) is None


@pytest.mark.parametrize(
    "html",
    [
        "<title>Harbour</title><div id=root></div><script src=/main.js></script>",
        "<noscript>You need to enable JavaScript.</noscript><script src=a></script>",
        "<title>T</title><p>Bitte aktivieren Sie JavaScript.</p><script src=/a.js></script>",
        "<title>T</title><app-root></app-root><script src=/a.js></script>",
    ],
)
def test_a_page_that_scripts_have_yet_to_draw_is_a_shell(html: str) -> None:
    assert kind(html) is BadKind.SHELL


def test_a_shell_is_told_how_it_can_be_drawn() -> None:
    html = "<title>Harbour</title><div id=root></div><script src=/main.js></script>"
    page = Page("x", "", html.encode())
    bad = why_bad(page, parse_page(page))
    assert bad is not None
    assert "--render" in bad.hint


def test_a_shell_that_states_its_facts_in_markup_is_kept() -> None:
    facts = '<script type="application/ld+json">{"@type": "Recipe", "name": "Rye"}</script>'

    assert kind(f"<title>Rye</title><div id=root></div><script src=a></script>{facts}") is None


def test_a_domain_for_sale_is_parked() -> None:
    assert kind("<title>ex.org</title><h1>This domain is for sale</h1>") is BadKind.PARKED


def test_nothing_visible_is_empty() -> None:
    assert kind("<title>Harbour</title><p hidden>x</p>") is BadKind.EMPTY


@pytest.mark.parametrize(
    "main",
    [
        POSTING,
        POSTING + "<form><input type=password><h2>Log in</h2></form>",
        POSTING + "<form><div class=g-recaptcha></div><p>I'm not a robot</p></form>",
        POSTING + PROSE + "<p>This job is no longer available.</p>",
        f"<h1>How to fix error 404, page not found, on your own site</h1>{PROSE}",
        f"<h1>Too many requests</h1>{PROSE}",
        f"<h1>Cookies</h1><p>Butter, sugar, flour, and chocolate.</p>{PROSE}",
        "<noscript>Please enable JavaScript</noscript><script src=a></script>" + POSTING,
        "<p>Paris</p>",
    ],
)
def test_a_page_with_content_is_not_bad_for_a_phrase_in_it(main: str) -> None:
    banner = "<div>We use cookies to improve the site. <button>Accept</button></div>"

    assert kind(around(main + banner)) is None


@pytest.mark.parametrize(
    "main",
    [
        "<h1>Peugeot 404</h1><p>41 000 kr</p><p>Blue, of 1968, with two owners before.</p>",
        "<h1>Boat builder</h1><p>No. 404</p><p>Bergen</p><p>You plane and paint boats.</p>",
        "<h1>Application error handling</h1><p>A course of two days in Bergen, in May.</p>",
        f"<h1>Item not found, and found again: a memoir</h1>{PROSE}",
    ],
)
def test_a_number_or_a_word_that_errors_use_too_is_no_error(main: str) -> None:
    assert kind(around(main)) is None


def test_a_header_that_is_never_closed_hides_nothing() -> None:
    assert kind(f"<title>Yard</title><header>{POSTING}{PROSE}<script src=a></script>") is None


def test_reason_and_hint_are_words_for_the_user() -> None:
    page = Page("page", "", b"<title>T</title><div id=app></div><script src=a></script>")
    bad = why_bad(page, parse_page(page))

    assert bad is not None
    assert "needs a browser" in bad.explain()
    assert "--render" in bad.explain()
