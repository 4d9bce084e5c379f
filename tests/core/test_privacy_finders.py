"""Each finder on texts that hold what it looks for, and on texts that only look like it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.privacy import FILES, read_labelled
from core.privacy.evidence import gather_evidence
from core.privacy.find import find_spans
from core.privacy.finders import (
    addresses,
    contact,
    credentials,
    dates,
    documents,
    numbers,
    phones,
    secrets,
)
from core.privacy.finders.hints import Hinted, WordHints
from core.privacy.finders.names import name_finder
from core.privacy.spans import Finder

FINDERS: dict[str, Finder] = {
    "email": contact.find_emails,
    "url": contact.find_urls,
    "ip": contact.find_internet_addresses,
    "place": contact.find_coordinates,
    "handle": contact.find_handles,
    "card": numbers.find_cards,
    "account": numbers.find_accounts,
    "document": documents.document_finder(),
    "phone": phones.phone_finder(("DE", "US")),
    "secret": lambda text: secrets.find_secrets(text) + credentials.credential_finder()(text),
    "birth": dates.find_birth_dates,
    "address": addresses.find_addresses,
}


def found(finder: Finder, text: str) -> list[str]:
    return [text[span.start : span.end] for span in finder(text)]


FOUND = [
    ("secret", "lösen till wifit är kanelbulle&kaffe", ["kanelbulle&kaffe"]),
    ("secret", "clé wpa 9F3C-A71B-E04D", ["9F3C-A71B-E04D"]),
    ("email", "write to ann.lee+x@mail.example.org.", ["ann.lee+x@mail.example.org"]),
    ("email", "ann [at] mail [dot] example", ["ann [at] mail [dot] example"]),
    ("email", "邮箱是ann@mail.example", ["ann@mail.example"]),
    ("url", "see (https://a.example/b?c=1).", ["https://a.example/b?c=1"]),
    ("url", "www.a.example/x, thanks", ["www.a.example/x"]),
    ("url", "bit.ly/3abc", ["bit.ly/3abc"]),
    ("url", "https://en.example.org/Foo_(bar)", ["https://en.example.org/Foo_(bar)"]),
    ("ip", "at 10.1.2.3 and fe80::1:2", ["10.1.2.3", "fe80::1:2"]),
    ("ip", "mac 00:1b:44:11:3a:b7", ["00:1b:44:11:3a:b7"]),
    ("place", "51.50722, -0.12750 ok", ["51.50722, -0.12750"]),
    ("place", "48°51'24\"N 2°21'07\"E", ["48°51'24\"N 2°21'07\"E"]),
    ("place", "geo:37.78,-122.39", ["geo:37.78,-122.39"]),
    ("handle", "ask @mia.sun_ and u/gardenfox", ["@mia.sun_", "u/gardenfox"]),
    ("handle", "我微信换了，搜mossy_lane07加我", ["mossy_lane07"]),
    ("handle", "这个user_name字段改成display_name", []),
    ("handle", "send to ravi.k.90@okbank please", ["ravi.k.90@okbank"]),
    ("handle", "my insta is mia_sun", ["mia_sun"]),
    ("card", "4111 1111 1111 1111 exp 11/28", ["4111 1111 1111 1111"]),
    ("card", "amex 3782-822463-10005", ["3782-822463-10005"]),
    ("card", "card 5204164299999998", ["5204164299999998"]),
    ("account", "GB29 NWBK 6016 1331 9268 19 thanks", ["GB29 NWBK 6016 1331 9268 19"]),
    ("account", "auf de89370400440532013000.", ["de89370400440532013000"]),
    ("document", "ssn 219-09-9999", ["219-09-9999"]),
    ("document", "DNI 12345678Z", ["12345678Z"]),
    ("document", "身份证11010519491231002X", ["11010519491231002X"]),
    ("document", "my passport no. is X4472819", ["X4472819"]),
    ("document", "plate AB12 CDE", ["AB12 CDE"]),
    ("phone", "0171 5583921!", ["0171 5583921"]),
    ("phone", "+44 7911 123456, ok", ["+44 7911 123456"]),
    ("phone", "(212) 555-0147", ["(212) 555-0147"]),
    ("phone", "swisha till 070-174 06 52 85 kr", ["070-174 06 52"]),
    ("phone", "order is at the shop, phone 0171 5583921", ["0171 5583921"]),
    ("phone", "رقمي ٠٥٥١٢٣٤٩٨٧", ["٠٥٥١٢٣٤٩٨٧"]),
    ("secret", "password is hunter2", ["hunter2"]),
    ("secret", 'the password: "correct horse battery"', ["correct horse battery"]),
    ("secret", "la contraseña es Gato#9", ["Gato#9"]),
    ("secret", "das Passwort lautet Hund", ["Hund"]),
    ("secret", "mot de passe : Chat!9", ["Chat!9"]),
    ("secret", "senha gato2020", ["gato2020"]),
    ("secret", "пароль от почты Кошка7", ["Кошка7"]),
    ("secret", "şifre: kedi55", ["kedi55"]),
    ("secret", "hasło to kot123", ["kot123"]),
    ("secret", "wachtwoord is poes77", ["poes77"]),
    ("secret", "パスワードはneko22です", ["neko22"]),
    ("secret", "비밀번호 dog123야", ["dog123"]),
    ("secret", "密码是cat888", ["cat888"]),
    ("secret", "كلمة السر qitta99", ["qitta99"]),
    ("secret", "הסיסמה היא hatul9", ["hatul9"]),
    ("secret", "पासवर्ड billi@9 है", ["billi@9"]),
    ("secret", "lösenordet är katt99", ["katt99"]),
    ("secret", "das WLAN heißt Wiese, Schlüssel ist uhu-im-baum", ["uhu-im-baum"]),
    ("secret", "key safe behind the shed, B5127", ["B5127"]),
    ("secret", "la contra del correo es lobo.88", ["lobo.88"]),
    ("secret", "رمز عبور shab12", ["shab12"]),
    ("secret", "κωδικός gata88", ["gata88"]),
    ("secret", "the gate code is #4471", ["#4471"]),
    ("secret", "código del portal 2741", ["2741"]),
    ("secret", "digicode B4590", ["B4590"]),
    ("secret", "sk-proj-9fKq2LmXv7RtYb3NwZc8HdJp", ["sk-proj-9fKq2LmXv7RtYb3NwZc8HdJp"]),
    ("secret", "postgres://bob:s3cr3t!@db.example", ["s3cr3t!"]),
    ("birth", "I was born on 3 May 1990", ["3 May 1990"]),
    ("birth", "oma is van 8 mei 1933", ["8 mei 1933"]),
    ("birth", "我妈1961年3月5日的", ["1961年3月5日"]),
    ("birth", "die Rechnung ist vom 3.5.2024", []),
    ("birth", "el pago es del 12/03/2024", []),
    ("birth", "我2019年5月1日毕业", []),
    ("birth", "geboren am 03.11.1979", ["03.11.1979"]),
    ("birth", "1990年3月5日生まれ", ["1990年3月5日"]),
    ("address", "12 Main Street, Apt 3, Springfield, IL 62704", None),
    ("address", "Lindenstraße 27, 50674 Köln", None),
    ("address", "17 rue des Lilas, 69003 Lyon", None),
    ("address", "Calle Mayor 4, 2º B", None),
    ("address", "ul. Długa 12/3, 00-238 Warszawa", None),
    ("address", "ул. Мира, д. 5, кв. 12", None),
    ("address", "上海市静安区南京西路1266号", None),
    ("address", "SW1A 1AA", None),
]


@pytest.mark.parametrize(("finder", "text", "wanted"), FOUND)
def test_what_is_there_is_found_exactly(finder, text, wanted):
    # Addresses overlap themselves; the longest of them must be the whole address.
    if wanted is None:
        assert text in found(FINDERS[finder], text)
    else:
        assert sorted(set(found(FINDERS[finder], text))) == sorted(wanted)


@pytest.mark.parametrize(
    "text",
    [
        "see you at 10:45, platform 3, coach 41",
        "it costs 1,249.99 dollars or 1.250 euros",
        "we won 112-108 in the 4th",
        "version 10.0.19045 and python 3.11.4",
        "ok.yes. done.it was nice",
        "the password is wrong, reset it",
        "pass the salt",
        "error code 500, exit code 137",
        "password manager is great",
        "the code works on my laptop since 2019",
        "ISBN 978-3-16-148410-0",
        "20231105 was a date and 2024-05-17 too",
        "3 payments of 400, 14 business days",
        "he ran 13.1 miles in 1:52:08",
        "order number is 88231907",
        "Saturday 12 March",
        "I was born in 1990",
        "@ 9 then",
        "in room 204 on floor 3",
        "sin 3 hermanos y pan para 4",
    ],
)
def test_ordinary_chat_is_left_alone(text):
    assert {name: found(finder, text) for name, finder in FINDERS.items() if finder(text)} == {}


NAMES = [
    ("en", "I met Jessica and Brandon Whitfield", ["Brandon Whitfield", "Jessica"]),
    ("en", "Dr. Patel called", ["Patel"]),
    ("en", "my brother Zorblax is here", ["Zorblax"]),
    ("de", "Frau Dr. Sommerfeld und Katharina kommen", ["Katharina", "Sommerfeld"]),
    ("fr", "Benoît a vu Mme Perrin", ["Benoît", "Perrin"]),
    ("ru", "скажи Сергею Петровичу", ["Сергею Петровичу"]),
    ("ar", "سألت خديجة عنك", ["خديجة"]),
    ("he", "דברי עם רונית ומיכל", ["מיכל", "רונית"]),
    ("ja", "田中さんと山本太郎が来る", ["山本太郎", "田中"]),
    ("ko", "박지훈 씨가 왔어", ["박지훈"]),
    ("zh", "李建国和张女士", ["张", "李建国"]),
    ("tr", "Mustafa Amca geldi", ["Mustafa"]),
    ("en", "Jessica and Zorblina were late", ["Jessica", "Zorblina"]),
    ("en", "tell Zorblina that Comcast is down", ["Zorblina"]),
    ("en", "Zorblina said no", ["Zorblina"]),
    ("en", "tell Boston we said hi and call Monday", []),
    ("fr", "Benoît et Mme Perrin sont là", ["Benoît", "Perrin"]),
    ("he", "דוד ורונית", ["דוד", "רונית"]),
    ("en", "pay A. Whitfield by Friday", ["A. Whitfield"]),
    ("en", "Lê Thị Hồng Nhung had her baby", ["Lê Thị Hồng Nhung"]),
    ("de", "ruf am besten Ueli Zgraggen an", ["Ueli Zgraggen"]),
    ("he", "לפנות לשמעון אוחיון בנייד", ["שמעון אוחיון"]),
    ("ar", "باسم نورة القحطاني اليوم", ["نورة القحطاني"]),
    ("ar", "كلموا الحاج عبد الفتاح على الرقم", ["عبد الفتاح"]),
    ("ar", "أم ياسين هنا", ["أم ياسين"]),
    ("zh", "李雪和张浩然下个月结婚", ["张浩然", "李雪"]),
    ("zh", "隔壁老周家的猫", ["老周"]),
    ("zh", "何太話佢返咗嚟", ["何"]),
    ("zh", "搵鄧太拎鎖匙", ["鄧"]),
    ("zh", "雅婷說她會晚到", ["雅婷"]),
    ("zh", "七点，老韩开车去", ["老韩"]),
    ("vi", "chị Thơ ơi mai đi không", ["Thơ"]),
    ("th", "พร้อมเพย์ชื่อ ปวริศา ศรีทอง นะครับ", ["ปวริศา ศรีทอง"]),
    ("ja", "ぽこちゃんも来るって", ["ぽこちゃん"]),
    ("ja", "結衣が熱を出した", ["結衣"]),
    ("ko", "예린이한테 물어봐", ["예린"]),
]
SENTENCES = {
    "en": "the and you are with this what it is that have for not but they will can your",
    "de": "und der die das ich nicht ist wir aber mit auf ein auch schon noch wie",
    "fr": "je ne suis pas avec vous et les des est dans une pour mais oui aussi",
    "ru": "и в не на что это он как она его но они все так уже только мне",
    "ar": "في من على هذا انا انت الى عن مع كان هل لا",
    "he": "אני את זה של לא על מה הוא היא עם כן",
    "ja": "です ます から これ それ ない した する ある いる",
    "ko": "그리고 나는 그 것 이 있다 하는 에서 으로",
    "zh": "我 是 的 你 在 有 不 了 我们 他们 什么",
    "vi": "và của là có không cho với được người này thì mà",
    "th": "ที่ และ เป็น ใน ของ มี ได้ ไม่ จะ ให้",
    "tr": "ve bir bu için ama çok ne daha gibi değil kadar sonra",
}


@pytest.mark.parametrize(("language", "text", "wanted"), NAMES)
def test_names_of_third_people(language, text, wanted):
    finder = name_finder(gather_evidence([SENTENCES[language]] * 20))
    sure = {text[s.start : s.end] for s in finder(text) if s.sure}
    assert sorted(sure) == wanted


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Will you come? May was rough, hope it helps"),
        ("en", "Paris in April, Monday at Amazon"),
        ("en", "the rose is red and the summer is long"),
        ("de", "Der Wolf und der König gehen im Sommer in den Garten"),
        ("ar", "صباح الخير يا جميل"),
        ("zh", "高兴就好"),
        ("zh", "老同学聚会"),
        ("vi", "em Có thể đến muộn"),
        ("th", "ชื่อเรื่องว่าอะไร"),
        ("ja", "おばあちゃんとねこちゃん"),
        ("ja", "ねこちゃんかわいい"),
        ("ko", "예쁜 지아이디"),
    ],
)
def test_words_that_are_also_names_are_not_masked_unasked(language, text):
    finder = name_finder(gather_evidence([SENTENCES[language]] * 20))
    assert [text[s.start : s.end] for s in finder(text) if s.sure] == []


def test_the_archive_decides_whether_a_word_is_a_name():
    talk = ["i like the sunny mac a lot", "my mac is old", "the mac is fast", "Mac or not"] * 3
    finder = name_finder(gather_evidence(talk))
    assert [s for s in finder("so Mac it is") if s.sure] == []


ALPHABET = st.one_of(
    st.characters(exclude_categories=("Cs",)),
    st.sampled_from(list("0123456789+-()./:@#_ \n'\"AaÄñсЯ王さ민م")),
    st.sampled_from(
        [
            "password ",
            "PIN ",
            "code ",
            "IBAN ",
            "Dr. ",
            "born ",
            "ул. ",
            "calle ",
            "12 Main St",
            "@",
        ]
    ),
)


def spans_of(text, finders):
    return find_spans([text], WordHints(Hinted((), finder) for finder in finders))[0]


@settings(max_examples=150, deadline=None)
@given(st.lists(ALPHABET, max_size=60).map("".join))
def test_spans_lie_within_any_text_and_nothing_raises(text):
    everything = [*FINDERS.values(), name_finder(gather_evidence(["the cat and you"]))]
    for span in spans_of(text, everything):
        assert 0 <= span.start < span.end <= len(text)


def test_a_very_long_text_is_searched_to_its_end():
    text = "word " * 20_000 + "mail ann@mail.example"
    assert [text[s.start : s.end] for s in spans_of(text, [contact.find_emails])] == [
        "ann@mail.example"
    ]


@pytest.mark.parametrize(
    ("names", "languages", "wanted"),
    [
        (["+49 171 5583921", "Ann"], ["en"], "DE"),
        (["Ann"], ["pl", "en"], "PL"),
        (["+999 12", "++", "00"], ["sv"], "SE"),
    ],
)
def test_regions_come_from_numbers_and_languages(names, languages, wanted):
    assert phones.guess_regions(names, languages)[0] == wanted


def test_abbreviations_and_words_for_kin_are_not_even_offered():
    finder = name_finder(gather_evidence([SENTENCES["de"]] * 20))
    assert finder("Wie wars bei Oma? Die IBAN kommt noch") == []


UNCASED_NAMES = [
    ("गुरप्रीत मैडम का फ़ोन आया", ["गुरप्रीत"]),
    ("तिवारी जी को बता देना", ["तिवारी"]),
    ("मृणालिनी ताईंनी डबा दिला", ["मृणालिनी"]),
    ("নন্দিতার জন্মদিন কাল", ["নন্দিতা"]),
    ("தேன்மொழி டீச்சர் வரல", ["தேன்மொழி"]),
    ("ராஜலக்ஷ்மிக்கு உடம்பு சரியில்ல", ["ராஜலக்ஷ்மி"]),
    ("శైలజ గారికి చెప్పు", ["శైలజ"]),
    ("ਬਲਵਿੰਦਰ ਕੱਲ੍ਹ ਆਵੇਗਾ", ["ਬਲਵਿੰਦਰ"]),
    ("કિરીટભાઈ ઘરે નથી", ["કિરીટભાઈ"]),
    ("ഉഷ ചേച്ചിയുടെ വീട്", ["ഉഷ"]),
    ("ሰለሞን ነገ ይመጣል", ["ሰለሞን"]),
    ("رقم هيثم عندك؟", ["هيثم"]),
    ("سلّم لـهيثم", ["هيثم"]),
    ("خانم کتایون احمدی آمد", ["کتایون احمدی"]),
    ("ნათიამ დარეკა", ["ნათია"]),
    ("欧阳璐老师请假了", ["欧阳璐"]),
    ("思妍學姊在等", ["思妍"]),
    ("阿輝今晚請食飯", ["阿輝"]),
    ("联系吴建国，电话139 0000 1111", ["吴建国"]),
    ("ゆいと、傘忘れてるよ！", ["ゆいと"]),
    ("昨日は澄江おばさんに会った", ["澄江"]),
    ("은솔 어머니, 준비물이에요", ["은솔"]),
    ("담임쌤은 윤하린 선생님이세요", ["윤하린"]),
    ("ครูวรรณาบอกว่าปิด", ["วรรณา"]),
]
UNCASED_WORDS = [
    "ठीक है सर, आओ जी आओ, नए सर कल से आएंगे",
    "दूध वाले भैया को पैसे देना",
    "বড় ভাইয়া আসবে কাল, হেড স্যারকে বলেছি",
    "கணக்கு சாரிடம் கேளு, சரி அக்கா பாக்கலாம்",
    "పెద్ద అన్నయ్యకి చెప్పు, డాక్టర్ గారు లేరు",
    "મોટાભાઈ ઘરે નથી, દૂધવાળા ભાઈને કહેજો",
    "ዶክተር የለም ሰላም ነህ",
    "عندي دكتور بكرة، الأستاذ غايب",
    "آقا کرایه چنده، بهار آمد",
    "הרב דיבר, המורה לא באה",
    "ექიმი არ არის, ბებია მოვა",
    "房东太太不在，班主任说要交钱，保安大叔睡着了",
    "近所のおばさん、管理人さん、新米パパ",
    "수학 선생님 무서워 친구 어머니 지하철 연착",
    "ครูบอกว่าปิดเทอม น้องหมาน่ารัก หน้าปากซอย",
]


@pytest.mark.parametrize(("text", "wanted"), UNCASED_NAMES)
def test_names_in_scripts_without_capitals(text, wanted):
    finder = name_finder(gather_evidence([text]))
    assert sorted({text[s.start : s.end] for s in finder(text) if s.sure}) == sorted(wanted)


@pytest.mark.parametrize("text", UNCASED_WORDS)
def test_forms_of_address_without_a_name(text):
    assert [
        text[s.start : s.end] for s in name_finder(gather_evidence([text]))(text) if s.sure
    ] == []


def test_nothing_is_missed_for_want_of_a_hint():
    """Rules for one script are for that script; all other needs only spare time."""
    quick = addresses.ADDRESS_FINDERS
    slow = [
        one._replace(needs=tuple(p for p in one.needs if p.pattern.startswith(("\\p", "["))))
        for one in quick
    ]
    for path in FILES.values():
        texts = [message.text for message in read_labelled(path)[1]]
        found = find_spans(texts, WordHints(quick))
        assert [*map(set, found)] == [*map(set, find_spans(texts, WordHints(slow)))]


@pytest.mark.parametrize(
    ("sentence", "text", "wanted"),
    [
        (
            "és nem hogy van egy meg csak ez mert így is őt",
            "szólj Kovács Ferinek",
            ["Kovács Ferinek"],
        ),
        ("és nem hogy van egy meg csak ez mert így is őt", "Zsoltiéknál voltunk", ["Zsoltiéknál"]),
        ("и је да се на у са од за не су али као", "Чедомир носи кључеве", ["Чедомир"]),
        ("und der die das ich nicht ist wir", "klingel bei Familie Quandtner", ["Quandtner"]),
        ("saya yang dan di itu ini tidak untuk", "Cikgu Norhasmah minta duit", ["Norhasmah"]),
    ],
)
def test_names_with_capitals_in_further_languages(sentence, text, wanted):
    finder = name_finder(gather_evidence([sentence] * 20))
    assert [text[s.start : s.end] for s in finder(text) if s.sure] == wanted
