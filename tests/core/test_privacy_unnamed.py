"""Passwords, addresses and dates that are said without the usual words or in many languages."""

from __future__ import annotations

import pytest

from core.privacy.finders.contact import find_handles
from core.privacy.finders.credentials import credential_finder
from core.privacy.finders.dates import find_birth_dates
from core.privacy.finders.documents import document_finder
from core.privacy.finders.segments import find_chains


def found(find, text):
    return [text[span.start : span.end] for span in find(text) if span.sure]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("disney plus is still puddle&boots, ask Nan", "puddle&boots"),
        ("the old macbook opens with Lantern-fern-41", "Lantern-fern-41"),
        ("am Rechner einfach zwetschge55 eingeben", "zwetschge55"),
        ("en la tablet pones lagartija_verde", "lagartija_verde"),
        ("pour la box tu tapes grenouille22", "grenouille22"),
        ("do komputera wpisz ogorek4kiszony", "ogorek4kiszony"),
        ("на планшете введи kuritsa55", "kuritsa55"),
        ("המחשב נפתח עם limon_77", "limon_77"),
        ("لپ‌تاپ با zereshk19 باز میشه", "zereshk19"),
        ("laptop mangojuice@88 se khulta hai", "mangojuice@88"),
        ("パソコンは sakuramochi6 で開くよ", "sakuramochi6"),
        ("노트북은 hotteok!5 치면 열려", "hotteok!5"),
        ("läppäri aukeaa mustikka44", "mustikka44"),
        ("netflix is watermelonseed, all lowercase", "watermelonseed"),
        ("el correo se abre con berenjena, todo junto", "berenjena"),
        ("mở máy bằng mitquangnon nha", "mitquangnon"),
        ("the cupboard opens with 2591", "2591"),
        ("दरवाज़े का ताला 4417", "4417"),
        ("mlango wa geti ni 5530", "5530"),
        ("qulf kodi 7714", "7714"),
    ],
)
def test_secrets_without_the_word_password(text, secret):
    assert secret in found(credential_finder(), text)


@pytest.mark.parametrize(
    "text",
    [
        "my new iphone15 came with usb4 and wifi6",
        "send the mail with report_final.pdf today",
        "the laptop has a ryzen7 and covid-19 stickers",
        "open the user_id column on the server",
        "press Ctrl+Alt+Del to log in",
        "we watched euro2024 on netflix",
        "the shop opens with 3 people",
    ],
)
def test_products_and_names_in_programs_are_no_passwords(text):
    assert found(credential_finder(), text) == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (
            "come to Flat 9, Rose Enclave, 2nd Cross, Indiranagar, Mysuru 570001",
            "Flat 9, Rose Enclave, 2nd Cross, Indiranagar, Mysuru 570001",
        ),
        (
            "Plot 7, Block F, Ajah Phase 2, Lagos na the place",
            "Plot 7, Block F, Ajah Phase 2, Lagos",
        ),
        ("Ulica lipa 14, 2. kat, 21000 Split", "Ulica lipa 14, 2. kat, 21000 Split"),
        ("Гоголь көшесі 8, 3 пәтер, Астана", "Гоголь көшесі 8, 3 пәтер, Астана"),
        ("ვაჟას გამზირი 7, თბილისი", "ვაჟას გამზირი 7, თბილისი"),
        ("Füzuli küçəsi 3, mənzil 9, Gəncə", "Füzuli küçəsi 3, mənzil 9, Gəncə"),
        ("شیراز، خیابان زند، کوچه ۴، پلاک ۹", "شیراز، خیابان زند، کوچه ۴، پلاک ۹"),
        ("زنقة الورد رقم 8، أكدال، فاس", "زنقة الورد رقم 8، أكدال، فاس"),
        ("எண் 3, பாரதி தெரு, மதுரை 625001", "எண் 3, பாரதி தெரு, மதுரை 625001"),
        ("ఇంటి నం. 4-2-9, వీధి 3, విజయవాడ 520001", "ఇంటి నం. 4-2-9, వీధి 3, విజయవాడ 520001"),
        ("Mtaa wa Amani, Nyumba 9, Arusha", "Mtaa wa Amani, Nyumba 9, Arusha"),
        ("Bahnstraat 4, bus 2, 9000 Gent", "Bahnstraat 4, bus 2, 9000 Gent"),
    ],
)
def test_chains_of_short_parts(text, address):
    assert address in found(find_chains, text)


@pytest.mark.parametrize(
    "text",
    [
        "We need 3 eggs, milk, and a room with a view",
        "Meeting at 10:30, room 4, bring a pen",
        "Lakers 112, Suns 108, what a night",
        "no, I have 4 of them, thanks",
        "la sala era piena, 40 persone, che caldo",
    ],
)
def test_lists_are_no_addresses(text):
    assert found(find_chains, text) == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("she was born on the 9th of July 84", "the 9th of July 84"),
        ("fecha de nac. 02/11/1968", "02/11/1968"),
        ("urodzona 7 sierpnia 1959 r.", "7 sierpnia 1959 r."),
        ("1971. május 4-én születtem", "1971. május 4-én"),
        ("родилась 3 мая 1980 года", "3 мая 1980 года"),
        ("nar. 5. června 1966", "5. června 1966"),
        ("nilizaliwa 4 Machi 1993", "4 Machi 1993"),
        ("mera janmdin 9 August 1990 hai", "9 August 1990"),
        ("synt. 4.2.1951", "4.2.1951"),
        ("ਜਨਮ 4 ਮਾਰਚ 1981", "4 ਮਾਰਚ 1981"),
        ("ജനനത്തീയതി 4 മാർച്ച് 1981", "4 മാർച്ച് 1981"),
        ("gimęs 1980 m. kovo 4 d.", "1980 m. kovo 4 d."),
        ("dzimis 1980. gada 4. maijā", "1980. gada 4. maijā"),
        ("1980ko martxoaren 4an jaio nintzen", "1980ko martxoaren 4an"),
        ("née en mai 1977", "mai 1977"),
        ("昭和60年4月9日生まれ", "昭和60年4月9日"),
    ],
)
def test_dates_of_birth_in_words(text, date):
    assert date in found(find_birth_dates, text)


@pytest.mark.parametrize(
    "text", ["see you on the 3rd of May", "in 1987 we moved", "học sinh lớp 12"]
)
def test_other_dates(text):
    assert found(find_birth_dates, text) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("tracking number 1ZA4411X0309987712", "1ZA4411X0309987712"),
        ("numéro de suivi 8R44120987765", "8R44120987765"),
        ("código de rastreio LB998877665BR", "LB998877665BR"),
        ("трек LB998877665RU", "LB998877665RU"),
        ("运单 YT9988776655443", "YT9988776655443"),
        ("Matrikelnr 4471882", "4471882"),
        ("身份證Y445566(7)，謝謝", "Y445566(7)"),
        ("blachy WX 4411K", "WX 4411K"),
    ],
)
def test_numbers_of_parcels_and_documents(text, number):
    assert number in found(document_finder(), text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("i'm otter_lane on strava", "otter_lane"),
        ("auf Insta bin ich herr.kompott", "herr.kompott"),
        ("мой ник в дискорде sonny_ezh", "sonny_ezh"),
        ("op strava ben ik VosRijdt", "VosRijdt"),
    ],
)
def test_user_names_beside_networks(text, name):
    assert name in found(find_handles, text)


@pytest.mark.parametrize(
    "text", ["instagram is down again", "the telegram came at 10.30 on Monday"]
)
def test_no_user_names(text):
    assert found(find_handles, text) == []
