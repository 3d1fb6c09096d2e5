# ruff: noqa: E501  -- one line a language
"""What pages say when they have nothing to show, in the web's larger languages.

A phrase here is never enough to call a page bad; `extractors.bad_pages` also asks where it stands
and what else there is. Each entry is a regular expression in lower case with straight apostrophes
and single spaces; one line a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = [
    "COOKIE_WORDS",
    "GONE",
    "LOGIN",
    "LOGIN_NEEDED",
    "NEEDS_SCRIPTS",
    "PARKED",
    "ROBOT",
    "SERVER",
]


def _any_of(*entries: str, inside_words: Iterable[str] = ()) -> re.Pattern[str]:
    """One pattern; *entries* begin at a word's start, scripts without spaces need not."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(entries)})|(?:{'|'.join([*inside_words, '(?!)'])})")


GONE = _any_of(
    # A page that is not there.
    r"(?:http |error:? )?404(?: error)?(?:[:,.-]| -)? (?:page |file |error )?not found|error 404|404 error|http 404",
    r"(?:sorry[,.!]? )?(?:the |this |that )?(?:requested )?(?:page|url|file|document|resource)(?: you (?:requested|are looking for|were looking for))?(?: was| is| could| can)?(?:n't| ?not)?(?: be)? ?(?:not found|found\b(?<=n't be found)|found\b(?<=not be found)|found\b(?<=cannot be found))",
    r"(?:page|file) (?:you (?:are|were|'re) (?:looking for|trying to (?:reach|view|access))|you requested)[^.!]{0,25} (?:does ?n[o']t|no longer) exist",
    r"we (?:could ?n[o']t|can't|cannot) find (?:that|the|this) (?:page|job|product|item|listing)",
    r"^(?:error )?(?:404|410)[.!]?$|410 gone|(?:that|this|the) page can't be found|(?:job|position|vacancy|listing|product|item|article|event|recipe|property|profile|post|offer|course|content) (?:was |is |could )?not (?:be )?found",
    r"(?:diese |die )?(?:angeforderte |gesuchte )?seite (?:wurde |konnte |ist )?(?:leider )?nicht (?:gefunden|vorhanden|verfügbar)",
    r"(?:cette |la )?page (?:demandée |recherchée )?(?:est |n'a pas été |n'est pas )?(?:introuvable|trouvée|non trouvée)|page non trouvée|cette page n'existe (?:pas|plus)",
    r"(?:la )?página (?:solicitada )?(?:no (?:encontrada|existe|se encuentra|disponible)|no se ha encontrado)|no (?:se ha encontrado|encontramos) la página",
    r"(?:la )?pagina (?:richiesta |cercata )?(?:non (?:è stata )?trovata|non esiste|non è (?:più )?disponibile)",
    r"(?:a )?página (?:solicitada )?não (?:foi )?(?:encontrada|existe|disponível)",
    r"(?:de |deze )?(?:opgevraagde )?pagina (?:is |werd |kon )?niet (?:gevonden|beschikbaar)|(?:deze )?pagina bestaat niet",
    r"(?:nie znaleziono|nie znaleźliśmy) (?:takiej |tej )?strony|strona (?:nie (?:istnieje|została znaleziona)|nieznaleziona)",
    r"(?:požadovaná )?stránka (?:nebyla |nebola )?(?:nenalezena|nalezena|nájdená|neexistuje|sa nenašla)",
    r"sidan (?:kunde inte|finns inte|hittades inte|kan inte)(?: hittas)?|vi kunde inte hitta sidan",
    r"siden (?:blev ikke fundet|findes ikke|ble ikke funnet|kunne ikke findes|finnes ikke)",
    r"sivua ei (?:löyt\w+|ole)",
    r"sayfa bulunamadı|aradığınız sayfa bulunam\w+",
    r"(?:запрашиваемая |такая )?страница не (?:найдена|существует)|такой страницы (?:нет|не существует)",
    r"(?:запитувану |цю )?сторінк[уа] не (?:знайдено|існує)|такої сторінки не існує",
    r"(?:az |a )?(?:keresett |kért )?oldal nem (?:található|létezik)|(?:pagina|pagină) (?:căutată )?(?:nu (?:a fost găsită|există)|negăsită)",
    r"(?:η )?σελίδα (?:που ζητήσατε )?δε[ν]? (?:βρέθηκε|υπάρχει)|(?:tražena )?stranica nije (?:pronađena|nađena)|(?:търсената )?страницата не (?:е намерена|съществува|беше намерена)",
    r"puslapis (?:nerastas|neegzistuoja)|(?:lapa|lappuse) (?:nav atrasta|netika atrasta|neeksistē)|leh(?:te|ekülge) ei leitud|stran(?:i)? (?:ni bilo mogoče najti|ne obstaja)",
    r"(?:không tìm thấy|không thể tìm thấy) (?:trang|nội dung)|trang (?:này |bạn tìm )?không (?:tồn tại|tìm thấy)|halaman (?:yang anda cari )?tidak (?:ditemukan|ada|wujud)|laman tidak (?:ditemui|ditemukan)",
    r"ה?(?:דף|עמוד) (?:המבוקש )?(?:לא נמצא|אינו קיים|לא קיים)|صفحه (?:مورد نظر |درخواستی )?(?:یافت نشد|پیدا نشد|وجود ندارد)|(?:पृष्ठ|पेज) (?:नहीं मिला|उपलब्ध नहीं)",
    r"(?:لم يتم العثور على|تعذر العثور على) (?:هذه )?الصفحة|الصفحة (?:المطلوبة )?غير موجودة",
    # Something that was there.
    r"(?:has|have) (?:now )?(?:expired|been (?:removed|deleted|filled|closed|taken down|withdrawn|delisted|unpublished))",
    r"(?:is|are) (?:no longer|not) (?:available|active|open|online|listed|on sale|accepting applications)|no longer (?:exists?|available|accepting applications)",
    r"(?:already|been) filled|(?:is|are) (?:now )?(?:closed|expired)\b|(?:job|listing|posting|vacancy|ad|offer|event)(?: has)? expired",
    r"(?:ist|sind|steht) (?:leider |inzwischen |bereits )?(?:nicht mehr|abgelaufen|vergeben|gelöscht)(?: verfügbar| online| aktiv)?|wurde (?:bereits |leider )?(?:gelöscht|entfernt|deaktiviert|besetzt)",
    r"(?:n'est|ne sont) plus (?:disponible|en ligne|active?|d'actualité|proposée?)s?|a (?:expiré|été (?:supprimée?|retirée?|pourvue?))|(?:offre|annonce) (?:expirée|désactivée|supprimée)",
    r"ya no está (?:disponible|activ[oa]|publicad[oa])|ha (?:caducado|expirado|finalizado|sido (?:eliminad|retirad)[oa])",
    r"non (?:è|sono) più (?:disponibil[ei]|attiv[oaie]|online|presente)|è (?:scadut[oa]|stat[oa] (?:rimoss|eliminat)[oa])",
    r"(?:já )?não está (?:mais )?(?:disponível|ativ[oa])|(?:já )?expirou|foi (?:removid|excluíd|encerrad)[oa]",
    r"(?:is|zijn) (?:helaas )?(?:niet meer (?:beschikbaar|online|actief)|verlopen|verwijderd|gesloten)",
    r"(?:jest|są) już (?:nieaktualn\w+|niedostępn\w+)|(?:ogłoszenie|oferta)(?: pracy)? (?:wygasł[oa]|(?:jest )?nieaktualn[ea]|został[oa] usunięt[ea]|zakończon[ea])",
    r"(?:již |už )(?:není|nie je) (?:dostupn[áéý]|aktivn[íá]|k dispozici|platn[áýé])|(?:inzerát|nabídka|pozice) (?:již )?(?:neexistuje|vypršela?|byla? (?:smazána?|odstraněna?|obsazena))",
    r"(?:är|finns) (?:inte längre|ej längre) (?:tillgänglig|kvar|aktuell)?|(?:annonsen|tjänsten) (?:har (?:gått ut|tagits bort)|är (?:borttagen|tillsatt))",
    r"(?:er|findes) (?:desværre )?ikke længere (?:tilgængelig|aktiv)?|(?:annoncen|stillingen) (?:er (?:udløbet|slettet|besat|utløpt))",
    r"ei ole enää (?:saatavilla|voimassa|avoinna)|(?:ilmoitus|hakuaika|työpaikka) on (?:poistettu|päättynyt|vanhentunut)",
    r"(?:artık )?(?:mevcut|yayında) değil|(?:ilan|ilanın süresi|süresi) (?:sona erdi|doldu|kaldırıldı|yayından kaldırıl\w+)",
    r"(?:вакансия|объявление|товар|страница) (?:больше )?(?:закрыт[ао]?|удален[ао]?|удалён|недоступ\w+|в архиве|снят[оа]? с\b)|больше не (?:доступ\w+|актуал\w+|существует)|срок [^.]{0,30}истек",
    r"(?:вакансі[юя]|оголошення|товар) (?:більше )?(?:закрит[оа]|видален[оа]|неактивн\w+|недоступн\w+)|більше не (?:доступ\w+|актуальн\w+|існує)",
    r"(?:لم (?:يعد|تعد)) [^.]{0,20}متا[حح]\w*|(?:انتهت صلاحية|تم حذف|تم إغلاق) (?:هذه |هذا )?(?:ال\w+|الإعلان)",
    inside_words=(
        r"ページ[がはを]?(?:見つかりません|見つけられません|存在しません)|(?:お探し|指定)の(?:ページ|求人|商品)[^。]{0,12}(?:ません|終了)",
        r"(?:求人|掲載|募集|販売|公開)[はが]?[^。]{0,8}終了(?:しました|しています|いたしました)|削除されました",
        r"ไม่พบ(?:หน้า|เพจ)|หน้า(?:เว็บ)?ที่คุณ(?:ต้องการ|ค้นหา)ไม่(?:พบ|มี)",
        r"(?:页面|網頁|頁面|网页)(?:不存在|未找到|没有找到|找不到|无法找到)|找不到(?:该|您|此|您要|該)?[^。]{0,8}(?:页面|頁面|网页)",
        r"(?:职位|職位|商品|岗位|職缺|信息|文章|内容|宝贝)(?:已|已经|已經)(?:下架|过期|過期|关闭|關閉|删除|刪除|失效)",
        r"(?:페이지를|페이지가) ?(?:찾을 수 없|존재하지 않)|존재하지 않는 페이지",
        r"(?:채용|공고|상품|모집|게시물)[이가은는]? ?(?:이미 )?(?:마감|종료|삭제|만료)(?:되었|됐|된)|판매가 ?종료",
    ),
)

ROBOT = _any_of(
    r"just a moment(?:\.\.\.|…)|checking (?:if the site connection is secure|your browser)|attention required",
    r"(?:verify|verifying|confirm|prove|check)(?: that)? you(?:'re| are)(?: not)? (?:a )?(?:human|robot)|are you (?:a )?(?:human|robot)|i(?:'m| am) not a robot|human verification|robot check|security check",
    r"unusual (?:traffic|activity)|automated (?:requests|access|traffic)|pardon our interruption|access (?:to this (?:page|site) )?(?:has been |is |was )?(?:denied|blocked)|you have been blocked|request (?:blocked|unsuccessful|was rejected)|requested url was rejected",
    r"please enable (?:js|javascript|cookies) and|complete the captcha|solve (?:the|this) (?:captcha|puzzle)|press (?:&|and) hold",
    r"(?:bestätigen sie, )?dass sie (?:ein mensch|kein roboter) sind|(?:ihr )?browser wird (?:überprüft|geprüft)|zugriff (?:verweigert|blockiert|wurde gesperrt)|ungewöhnlichen? (?:datenverkehr|zugriff\w*|aktivität\w*)",
    r"(?:vérifi\w+|confirme[rz]|prouvez) que vous (?:êtes (?:bien )?(?:un )?humain|n'êtes pas un robot)|accès (?:refusé|bloqué|temporairement restreint)|trafic inhabituel|vérification de votre navigateur",
    r"(?:verifi\w+|confirm\w+|demuestr\w+) que (?:eres|es) (?:un )?(?:ser )?humano|no (?:eres|soy|es) un robot|acceso (?:denegado|bloqueado|restringido)|tráfico inusual",
    r"(?:verific\w+|conferm\w+|dimostra) (?:di|che) (?:non )?(?:essere|sei) (?:un )?(?:umano|robot)|non sono un robot|accesso (?:negato|bloccato)|traffico insolito",
    r"(?:verifi\w+|confirm\w+) (?:que|se) (?:você )?(?:é (?:um )?(?:ser )?humano|não é um robô)|não sou um robô|acesso (?:negado|bloqueado)|tráfego incomum",
    r"(?:bevestig|controleer|bewijs) dat (?:je|u) (?:een mens|geen robot) (?:bent|ben)|toegang (?:geweigerd|geblokkeerd)|ongebruikelijk verkeer",
    r"(?:potwierdź|sprawdzamy|udowodnij),? (?:że|czy) (?:nie )?jesteś (?:człowiekiem|robotem)|nie jestem robotem|dostęp (?:zabroniony|zablokowany)|nietypowy ruch",
    r"(?:ověřte|potvrďte),? že (?:jste člověk|nejste robot)|nejsem robot|přístup (?:odepřen|zablokován|byl odepřen)",
    r"(?:bekräfta|verifiera) att du (?:är (?:en )?människa|inte är en robot)|åtkomst nekad|ovanlig trafik",
    r"bekræft,? at du (?:er et menneske|ikke er en robot)|adgang nægtet|usædvanlig trafik",
    r"(?:vahvista|varmista),? että (?:olet ihminen|et ole robotti)|pääsy (?:estetty|evätty)",
    r"(?:insan|robot) olma(?:dığınızı|ğınızı|dığını) (?:doğrula\w*|kanıtla\w*)|robot değilim|erişim (?:engellendi|reddedildi)",
    r"(?:подтвердите|докажите|убедиться),? что (?:вы|запросы [^.]{0,20}) ?(?:не робот|человек|отправляли вы)|я не робот|вы не робот|доступ (?:запрещ[её]н|ограничен|заблокирован)|проверка (?:браузера|безопасности)",
    r"(?:підтвердьте|доведіть),? що ви (?:не робот|людина)|я не робот|доступ (?:заборонено|обмежено|заблоковано)",
    r"(?:تأكد|أثبت|تحقق) (?:من )?أنك (?:إنسان|لست روبوت\w*|بشر)|أنا لست برنامج|تم (?:رفض|حظر) الوصول",
    inside_words=(
        r"(?:ロボット|人間)(?:ではない|である)こと|私はロボットではありません|アクセスが(?:拒否|制限|ブロック)|通常と異なるトラフィック",
        r"(?:验证|驗證|确认|確認)(?:您|你)(?:是|不是|是否)(?:真人|人类|人類|机器人|機器人)|安全验证|访问(?:被拒绝|验证|受限)|拒绝访问|异常(?:流量|访问)|滑动验证",
        r"(?:로봇|사람)(?:이 아닙니다|이 아님을|임을) ?(?:확인|증명)?|접근이 ?(?:거부|차단|제한)|비정상적인 (?:접근|트래픽)",
    ),
)

LOGIN = _any_of(
    r"(?:please )?(?:log ?in|login|log-in|sign ?in|member login)\b",
    r"(?:bitte )?(?:anmelden|anmeldung|einloggen)\b",
    r"(?:se )?connecte[rz](?:-vous)?\b|connexion\b|s'identifier|identification|identifiez-vous",
    r"(?:iniciar|inicia|inicie) sesión|acceder\b|identifícate",
    r"accedi\b|effettua (?:il login|l'accesso)",
    r"(?:iniciar sessão|faça login|fazer login|acesse sua conta)|entrar\b",
    r"(?:log in|inloggen|aanmelden)\b",
    r"zaloguj(?: się)?\b|logowanie\b",
    r"přihlášení\b|přihlásit(?: se)?\b|přihlaste se|prihlásenie\b|prihlásiť",
    r"logga in\b|inloggning\b",
    r"log ind\b|logg inn\b",
    r"kirjaudu(?: sisään)?\b|kirjautuminen\b",
    r"(?:giriş|oturum aç|üye girişi|kullanıcı girişi)\b",
    r"вход\b|войти\b|войдите|авторизация\b|авторизуйтесь",
    r"вхід\b|увійти\b|увійдіть|авторизація\b",
    r"تسجيل الدخول|سجل الدخول",
    r"bejelentkezés\b|belépés\b|prisijungti\b|autentificare\b|conectare\b",
    inside_words=(r"ログイン|サインイン", r"登录|登入|登錄", r"로그인"),
)

LOGIN_NEEDED = _any_of(
    r"(?:log|sign) ?in (?:or \w+(?: up)? )?to (?:continue|view|see|read|access|proceed)|(?:must|need to|have to) (?:be logged in|be signed in|log ?in|sign ?in)|your session (?:has expired|timed out)|login required|subscribers only|subscribe to (?:continue|keep) reading",
    r"(?:melden sie sich|melde dich|loggen sie sich) [^.]{0,30}(?:an|ein)\b|anmeldung erforderlich|(?:müssen|musst) (?:sie |du )?(?:sich |dich )?(?:angemeldet|eingeloggt|anmelden|einloggen)",
    r"connectez-vous pour|(?:vous )?devez (?:être connecté|vous connecter|vous identifier)|réservé aux abonnés",
    r"inicia sesión para|(?:debes|debe|necesitas) (?:iniciar sesión|identificarte|estar registrado)",
    r"accedi per|(?:devi|è necessario) (?:accedere|effettuare (?:il login|l'accesso))",
    r"(?:faça login|entre|inicie sessão) para|(?:precisa|é necessário) (?:fazer login|iniciar sessão|estar logado)",
    r"log in om|(?:je|u) (?:moet|dient) (?:ingelogd zijn|in te loggen|inloggen)|inloggen (?:vereist|om)",
    r"zaloguj się,? aby|(?:musisz|wymagane) (?:być zalogowan[yae]|się zalogować|zalogowanie|logowanie)",
    r"(?:přihlaste se|pro [^.]{0,30}se přihlaste)|musíte (?:být přihlášen\w*|se přihlásit)",
    r"logga in för att|(?:du )?måste (?:vara inloggad|logga in)",
    r"log ind for at|(?:du )?skal (?:være logget ind|logge ind)|(?:du )?må (?:være logget inn|logge inn)",
    r"kirjaudu (?:sisään )?(?:jatkaaksesi|nähdäksesi)|sinun (?:täytyy|on) kirjau\w+",
    r"devam etmek için (?:giriş yap|oturum aç)\w*|giriş yapmalısınız|oturum açmanız gerek\w*",
    r"(?:войдите|авторизуйтесь),? чтобы|(?:необходимо|нужно) (?:войти|авторизоваться|зарегистрироваться)",
    r"увійдіть,? щоб|(?:необхідно|потрібно) (?:увійти|авторизуватися)",
    r"(?:سجل|قم بتسجيل|يجب تسجيل|يرجى تسجيل) الدخول",
    inside_words=(
        r"ログイン(?:してください|が必要|して(?:続行|閲覧))",
        r"请(?:先)?(?:登录|登陆)|請(?:先)?登入|需要登录|登录后(?:查看|继续)",
        r"로그인(?:이 필요|해 ?주세요|해 ?주십시오|하셔야|후 이용)",
    ),
)

SERVER = _any_of(
    r"(?:http )?(?:error )?50[0-4](?: |: | - )(?:internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|error)|internal server error|bad gateway|service (?:is )?(?:temporarily )?unavailable|gateway time-?out|error 5\d\d|too many requests|rate limit exceeded|error 429",
    r"something went wrong|^(?:database|application|runtime) error[.!]?$|fatal error: |application error: a (?:client|server)-side exception|an (?:unexpected |internal )?error (?:has )?occurred|(?:temporarily|currently) (?:down|unavailable|offline)|(?:down|closed|offline) for maintenance|under maintenance|scheduled maintenance|error establishing a database connection|web server is down|site can't be reached",
    r"interner serverfehler|(?:dienst|seite|service) (?:ist )?(?:derzeit|momentan|vorübergehend|zurzeit) (?:leider )?nicht (?:verfügbar|erreichbar)|zu viele anfragen|(?:ein (?:unerwarteter |interner )?fehler ist|es ist ein (?:unerwarteter |interner )?fehler) aufgetreten|wartungsarbeiten|wartungsmodus",
    r"erreur (?:interne|serveur|5\d\d)|(?:service|site)(?: est)? (?:momentanément |temporairement |actuellement )?indisponible|trop de (?:requêtes|demandes)|une erreur (?:est survenue|s'est produite)|(?:site )?en (?:cours de )?maintenance",
    r"error interno|servicio no disponible|demasiadas (?:solicitudes|peticiones)|se ha producido un error|(?:sitio )?en mantenimiento|temporalmente (?:no disponible|fuera de servicio)",
    r"errore (?:interno|del server)|servizio (?:temporaneamente )?non disponibile|troppe richieste|si è verificato un errore|(?:sito )?in manutenzione",
    r"erro interno|serviço (?:temporariamente )?indisponível|(?:muitas|demasiadas|excesso de) (?:solicitações|requisições|pedidos)|ocorreu um erro|em manutenção",
    r"interne serverfout|(?:dienst|service|site) (?:is )?(?:tijdelijk )?niet beschikbaar|te veel (?:verzoeken|aanvragen)|er is (?:een fout opgetreden|iets misgegaan)|in onderhoud",
    r"wewnętrzny błąd serwera|usługa (?:tymczasowo |chwilowo )?niedostępna|zbyt wiele (?:żądań|zapytań)|wystąpił (?:nieoczekiwany )?błąd|przerwa techniczna",
    r"(?:interní |vnitřní )?chyba serveru|služba (?:je )?(?:dočasně |momentálně )?nedostupná|příliš mnoho požadavků|došlo k (?:neočekávané )?chybě|probíhá údržba",
    r"internt serverfel|tjänsten är (?:tillfälligt |för närvarande )?(?:otillgänglig|inte tillgänglig)|för många förfrågningar|(?:ett fel|något gick) (?:har )?(?:uppstått|uppstod|fel)|underhåll pågår",
    r"intern serverfejl|tjenesten er (?:midlertidigt )?(?:utilgængelig|ikke tilgængelig)|for mange (?:anmodninger|forespørgsler)|der opstod en fejl|noget gik galt",
    r"palvelinvirhe|palvelu (?:ei ole|on tilapäisesti) (?:käytettävissä|poissa)|liian monta pyyntöä|tapahtui virhe|jokin meni pieleen|huoltokatko",
    r"(?:dahili )?sunucu hatası|(?:hizmet|servis|site) (?:şu anda |geçici olarak )?(?:kullanılamıyor|hizmet dışı)|çok fazla istek|bir hata oluştu|bakım (?:çalışması|modu)",
    r"(?:внутренняя )?ошибка сервера|(?:сервис|сайт|служба) (?:временно )?недоступ\w+|слишком много запросов|(?:произошла|возникла) ошибка|(?:технические|профилактические) работы|что-то пошло не так",
    r"(?:внутрішня )?помилка сервера|(?:сервіс|сайт) (?:тимчасово )?недоступ\w+|забагато запитів|(?:сталася|виникла) помилка|технічні роботи",
    r"خطأ (?:داخلي )?في الخادم|الخدمة غير متاحة|طلبات كثيرة|حدث خطأ|تحت الصيانة",
    inside_words=(
        r"サーバーエラー|(?:サービス|サイト)[はが]?(?:一時的に|現在)?(?:ご?利用できません|停止)|エラーが発生しました|メンテナンス中|リクエストが多すぎ",
        r"服务器(?:内部)?(?:错误|繁忙)|伺服器錯誤|(?:服务|服務)(?:暂时|暫時)?不可用|请求(?:过于频繁|过多)|(?:发生|發生)(?:了)?(?:错误|錯誤)|(?:系统|网站)维护",
        r"서버 ?(?:내부 )?오류|서비스(?:를|가)? ?(?:일시적으로 )?(?:사용할 수 없|이용할 수 없|중단)|요청이 너무 많|오류가 발생|(?:시스템|서비스) 점검",
    ),
)

PARKED = _any_of(
    r"(?:this |the )?domain(?: name)?(?: \S+\.\w+)? (?:is|may be) (?:for sale|parked|available for (?:sale|purchase))|buy this domain|(?:this )?(?:domain|web ?site) (?:has expired|is parked)|(?:parked|future home of) (?:domain|something)|account (?:has been )?suspended|default web (?:site )?page|welcome to nginx|apache2? (?:\w+ )?default page|index of /",
    r"(?:diese )?domain (?:steht zum verkauf|ist (?:geparkt|registriert|zu verkaufen))|domain kaufen",
    r"(?:ce )?(?:nom de )?domaine (?:est )?(?:à vendre|parqué|réservé|expiré)",
    r"(?:este )?dominio (?:está )?(?:en venta|a la venta|aparcado|ha caducado)|dominio (?:è )?in vendita|domínio (?:está )?à venda",
    r"(?:deze )?domeinnaam (?:is )?(?:te koop|geregistreerd|gereserveerd)|domena (?:jest )?na sprzedaż|doména (?:je )?(?:na prodej|zaparkov\w+)",
    r"domänen är till salu|domænet er til salg|verkkotunnus on myynnissä|(?:bu )?alan adı satılık",
    r"домен (?:прода[её]тся|припаркован|зарегистрирован|продається)|النطاق (?:معروض )?للبيع",
    inside_words=(
        r"ドメイン[はが]?(?:販売中|売り出し)",
        r"域名(?:出售|转让|正在出售)",
        r"도메인(?:을|은)? ?판매",
    ),
)

NEEDS_SCRIPTS = _any_of(
    r"(?:enable|turn on|activate|requires?|without|need) java ?script|java ?script (?:is )?(?:required|disabled|must be enabled|to run this app)|java ?script[^.]{0,40}enabled?",
    r"java ?script[^.]{0,40}(?:aktivier|einschalten|erforderlich|benötigt|activer|activé|habilit|activ[ae]|attiv|abilit|ativ|inschakel|ingeschakeld|włącz|zapn|povol|aktiver|aktivera|käyttöön|etkinleştir|включ|увімкн|有効|启用|啟用|활성화|تفعيل)",
    r"(?:aktivieren|activez|activer|habilit\w+|activ[ae]r?|attiva\w*|abilita\w*|ative|schakel|włącz|zapněte|povolte|aktivera|aktiver|ota|включите|увімкніть|يرجى تفعيل)[^.]{0,30}java ?script",
    inside_words=(r"(?:请|請)(?:启用|啟用|开启)[^。]{0,10}javascript",),
)

COOKIE_WORDS = re.compile(
    r"cookie|consent|gdpr|dsgvo|rgpd|privacy|datenschutz|einwillig|zustimm|confidentialité|consenti|"
    r"privacidad|privacidade|samtyck|samtykke|evästee|süti|çerez|ciasteczk|prywatno|soukrom|"
    r"файл\w* cookie|конфиденц|конфіденц|クッキー|プライバシー|隐私|隱私|쿠키|개인정보|ملفات تعريف|الخصوصية"
)
