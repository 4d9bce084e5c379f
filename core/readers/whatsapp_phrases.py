"""WhatsApp's placeholders: what stands in an export where nobody typed anything.

``classify`` looks at one suspicious body; ``suspicious`` finds those bodies in a whole chunk at
a speed that a million messages allow.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.readers.text import without_marks

_OMITTED = """
Media omitted|Medien ausgeschlossen|Multimedia omitido|Archivo omitido|Médias omis|Fichier omis|Mídia oculta
Arquivo de mídia oculto|Mídia omitida|Ficheiro não revelado|Media omessi|Media weggelaten|Без медиафайлов
медіа пропущено|Пропущено медіа|pominięto multimedia|Media pominięte|Média vynechány|Medya dahil edilmedi|המדיה לא נכללה
تم استبعاد الوسائط|मीडिया के बिना|省略多媒体文件|省略影音内容|忽略多媒體檔|略過多媒體檔|メディアなし|미디어 파일 제외됨|미디어 파일을 제외함
bỏ qua tệp phương tiện|tệp phương tiện bị bỏ qua|media tidak disertakan|Media dikecualikan|ไฟล์สื่อถูกลบ
media utelämnat|media utelatt|medier udeladt|media jätettiin pois|Media omise|Médiá vynechané|Conținut media omis
image omitted|video omitted|audio omitted|GIF omitted|sticker omitted|document omitted|Contact card omitted
Video note omitted|View once voice message omitted|View once message omitted|photo omitted|voice message omitted
Bild weggelassen|Video weggelassen|Audio weggelassen|GIF weggelassen|Sticker weggelassen|Dokument weggelassen
Kontaktkarte ausgelassen|imagen omitida|video omitido|audio omitido|sticker omitido|documento omitido|GIF omitido
tarjeta de contacto omitida|image absente|vidéo absente|audio omis|sticker omis|GIF retiré|document manquant
fiche contact manquante|immagine omessa|video omesso|audio omesso|sticker omesso|sticker non incluso|GIF esclusa
documento omesso|scheda contatto omessa|imagem ocultada|imagem não revelada|vídeo omitido|áudio ocultado|figurinha omitida
documento omitido|GIF omitido|cartão do contato omitido|afbeelding weggelaten|video weggelaten|audio weggelaten
sticker weggelaten|GIF weggelaten|document weggelaten|contactkaart weggelaten|изображение отсутствует|видео отсутствует
аудиофайл отсутствует|стикер отсутствует|GIF отсутствует|документ отсутствует|görüntü dahil edilmedi
video dahil edilmedi|ses dahil edilmedi|Çıkartma dahil edilmedi|画像は含まれていません|動画は含まれていません
音声は含まれていません|スタンプは含まれていません|이미지 생략됨|동영상 생략됨|오디오 생략됨|스티커 생략됨
""".replace("\n", "|")

_ATTACHED = """
file attached|Datei angehängt|archivo adjunto|fichier joint|arquivo anexado|ficheiro anexado|file allegato
bestand bijgevoegd|файл добавлен|файл додано|załączony plik|plik załączony|soubor byl přiložen|dosya ekli|קובץ מצורף|الملف مرفق
文件附件|附件檔案|添付ファイル有り|添付ファイルあり|파일 첨부됨|tệp đính kèm|berkas terlampir|file terlampir|fail dilampirkan
bifogad fil|fil vedlagt|fil vedhæftet|tiedosto liitetty|csatolt fájl|fișier atașat|fil bifogad|संलग्न फ़ाइल|ไฟล์ที่แนบมา
""".replace("\n", "|")

_ATTACHED_TAG = (
    "attached|Anhang|adjunto|anexado|pièce jointe|allegato|bijgevoegd|прикреплено|מצורף|المُرفق|المرفق"
    "|附件|添付ファイル|첨부|bifogad|vedlagt|załączono|ekli|terlampir|đính kèm"
)

_DELETED = """
This message was deleted|This message was deleted by admin|Diese Nachricht wurde gelöscht|Se eliminó este mensaje
Este mensaje fue eliminado|Ce message a été supprimé|Mensagem apagada|Esta mensagem foi apagada
Questo messaggio è stato eliminato|Dit bericht is verwijderd|Данное сообщение удалено|Bu mesaj silindi
Ta wiadomość została usunięta|הודעה זו נמחקה|تم حذف هذه الرسالة|यह मैसेज डिलीट कर दिया गया है|यह मैसेज डिलीट कर दिया गया
此訊息已刪除|此讯息已被删除|此消息已删除|このメッセージは削除されました|이 메시지는 삭제되었습니다|Pesan ini telah dihapus|Tin nhắn này đã bị xóa
Detta meddelande raderades|Denne meldingen ble slettet|Denne besked blev slettet|Tämä viesti poistettiin
Tato zpráva byla odstraněna|Це повідомлення видалено
""".replace("\n", "|")
_DELETED_BY_ME = """
You deleted this message|You deleted this message as admin|Du hast diese Nachricht gelöscht|Eliminaste este mensaje
Vous avez supprimé ce message|Você apagou esta mensagem|Apagou esta mensagem|Hai eliminato questo messaggio
U hebt dit bericht verwijderd|Je hebt dit bericht verwijderd|Вы удалили данное сообщение|Bu mesajı sildiniz
Usunięto tę wiadomość|מחקת הודעה זו|لقد حذَفت هذه الرسالة|لقد حذفت هذه الرسالة|आपने यह मैसेज डिलीट किया|您已刪除此訊息
您已删除此消息|このメッセージを削除しました|이 메시지를 삭제했습니다|Anda menghapus pesan ini|Bạn đã xóa tin nhắn này
Du raderade detta meddelande|Du slettet denne meldingen|Du slettede denne besked|Poistit tämän viestin
Odstranili jste tuto zprávu|Ви видалили це повідомлення
""".replace("\n", "|")

_EDITED = """
This message was edited|Diese Nachricht wurde bearbeitet|Se editó este mensaje|Ce message a été modifié
Mensagem editada|Esta mensagem foi editada|Dit bericht is bewerkt|Questo messaggio è stato modificato|ההודעה נערכה
Данное сообщение изменено|Bu mesaj düzenlendi|Ta wiadomość została edytowana|تم تعديل هذه الرسالة|此訊息已編輯
此消息已编辑|このメッセージは編集されました|이 메시지는 수정되었습니다|Pesan ini diedit|यह मैसेज एडिट किया गया
""".replace("\n", "|")

_LOST = """
null|Waiting for this message|Waiting for this message. This may take a while
You received a view once message. For added privacy, you can only open it on your phone
You sent a view once message. For added privacy, you can only open it on your phone
Warten auf diese Nachricht|Esperando el mensaje|En attente de ce message|Aguardando mensagem|In attesa del messaggio
Live location shared|Live-Standort wird geteilt|Ubicación en tiempo real compartida|Localisation en direct partagée
Localização em tempo real compartilhada|Posizione in tempo reale condivisa|Live-locatie gedeeld
""".replace("\n", "|")

_CALLS = """
Missed voice call|Missed video call|Missed group voice call|Missed group video call|Voice call|Video call
Verpasster Sprachanruf|Verpasster Videoanruf|Sprachanruf|Videoanruf|Llamada perdida|Videollamada perdida
Llamada de voz perdida|Appel vocal manqué|Appel vidéo manqué|Appel vocal|Appel vidéo|Chamada de voz perdida
Chamada de vídeo perdida|Chiamata persa|Videochiamata persa|Chiamata vocale persa|Gemiste spraakoproep|Gemiste video-oproep
Пропущенный аудиозвонок|Пропущенный видеозвонок|Cevapsız sesli arama|Cevapsız görüntülü arama|音声通話不在着信
""".replace("\n", "|")

_POLL_WORDS = (
    "POLL|UMFRAGE|ENCUESTA|SONDAGE|ENQUETE|SONDAGGIO|PEILING|POLL|ОПРОС|ANKET|ANKIETA|投票"
)
_PLACE_WORDS = "location|Standort|ubicación|localisation|position|localização|posizione|locatie|местоположение|konum"
_EVENT_WORDS = "EVENT|TERMIN|VERANSTALTUNG|EVENTO|ÉVÉNEMENT|EVENEMENT"


def _phrases(table: str) -> list[str]:
    return [phrase.strip() for phrase in table.split("|") if phrase.strip()]


def _normal(text: str) -> str:
    """The form in which phrases are compared: no marks, case, outer signs or final dot."""
    return " ".join(without_marks(text).replace("🚫", "").split()).rstrip(".。").casefold()


_OMITTED_SET = {_normal(p) for p in _phrases(_OMITTED)}
_ATTACHED_SET = {_normal(p) for p in _phrases(_ATTACHED)}
_DELETED_SET = {_normal(p) for p in _phrases(_DELETED)}
_DELETED_BY_ME_SET = {_normal(p) for p in _phrases(_DELETED_BY_ME)}
_LOST_SET = {_normal(p) for p in _phrases(_LOST)}
#: Words that also stand for the other side in one language prove nothing about who deleted.
_CALL_SET = {_normal(p) for p in _phrases(_CALLS)}

_EDITED_TAIL = re.compile(
    rf"[\s\u200e]*<(?:{'|'.join(map(re.escape, _phrases(_EDITED)))})\.?>\s*$", re.IGNORECASE
)
_MARKED_TAIL = re.compile(r"\s*\u200e<[^<>\n/=@]{5,60}>\s*$")
_TAG = re.compile(r"<([^<>\n]{3,80})>")
_ATTACHED_TAG_RE = re.compile(
    rf"[\u200e\u200f]?<[\u200e\u200f]?(?:{_ATTACHED_TAG})\s?[:：]\s?[^<>\n]{1, 300}>", re.IGNORECASE
)
_ATTACHED_LINE = re.compile(r"^(.{1,200}\.\w{1,5}) \(([^()\n]{3,40})\)$")
_PHONE_FILE = re.compile(r"(?:IMG|VID|AUD|PTT|STK|DOC)-(\d{8})-WA\d+", re.IGNORECASE)
_IOS_FILE = re.compile(r"\d{5,8}-(?:PHOTO|VIDEO|AUDIO|STICKER|GIF|DOC)?-?(\d{4}-\d\d-\d\d)")
_DOCUMENT = re.compile(r"^.{1,200} • .{0,60}$")
_POLL = re.compile(rf"^\u200e?(?:{_POLL_WORDS}):\s?\n?", re.IGNORECASE)
_OPTION = re.compile(r"\n\u200e?[^\n:]{2,20}:.*?\(\u200e?\d[^\n]*", re.DOTALL)
_PLACE = re.compile(rf"^\u200e?(?:{_PLACE_WORDS}): ?https?://\S+$", re.IGNORECASE)
_EVENT = re.compile(rf"^\u200e?(?:{_EVENT_WORDS}):", re.IGNORECASE)
_CALL_TAIL = re.compile(r"(?:,| at |\. ).*$", re.DOTALL)
#: Marks that the app puts into text by itself; U+200D is never touched.
_APP_MARKS = dict.fromkeys(
    map(ord, "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
)


class Body(NamedTuple):
    """What a body is: kind, the words that the author typed, and what it gives away.

    ``by_me`` is true for "You deleted this message"; ``day`` is a YYYYMMDD date found in the
    name of an attachment; ``edited`` that a marker of an edit was removed.
    """

    kind: str
    text: str
    by_me: bool = False
    day: str = ""
    edited: bool = False


def classify(text: str) -> Body:
    """Tell typed text from placeholders, keep captions, remove markers.

    Args:
        text: the body as it stands in the file, marks included.
    """
    text, edits = _without_edit_marker(text)
    marked = text[:1] in ("\u200e", "\u200f") and text != ""
    body = _placeholder(text, marked)
    if body is None:
        clean = text.translate(_APP_MARKS).strip()
        if marked and not edits and not (text[0] == "\u200f" and _starts_rtl(clean)):
            return Body("system", clean)
        return Body("message" if clean else "media", clean, edited=bool(edits))
    return body._replace(edited=bool(edits))


def _without_edit_marker(text: str) -> tuple[str, int]:
    """The text without a marker at its end, and whether there was one (1 or 0)."""
    start = max(0, len(text) - 200)  # markers are short; patterns never run over long texts
    tail = text[start:]
    found = _EDITED_TAIL.search(tail)
    if not found and (marked := _MARKED_TAIL.search(tail)):
        typed = start + marked.start() > 0
        found = marked if typed and not _ATTACHED_TAG_RE.search(marked.group()) else None
    return (text[: start + found.start()].rstrip(), 1) if found else (text, 0)


def _placeholder(text: str, marked: bool) -> Body | None:
    bare = without_marks(text).strip()
    normal = _normal(text)
    if not normal or normal in _LOST_SET:
        return Body("media", "")
    if normal in _DELETED_BY_ME_SET:
        return Body("deleted", "", by_me=True)
    if normal in _DELETED_SET:
        return Body("deleted", "")
    if normal in _CALL_SET or (marked and _normal(_CALL_TAIL.sub("", bare)) in _CALL_SET):
        return Body("call", "")
    if normal in _OMITTED_SET and (marked or not normal.startswith("video call")):
        return Body("media", "")
    first, _, rest = text.partition("\n")
    tag = _TAG.fullmatch(without_marks(first).strip())
    if tag and (_normal(tag.group(1)) in _OMITTED_SET or (marked and "/" not in tag.group(1))):
        return _with_caption(rest, _file_day(first))
    if found := _ATTACHED_TAG_RE.search(text):
        caption = text[: found.start()] + "\n" + text[found.end() :]
        return _with_caption(caption, _file_day(found.group()))
    line = _ATTACHED_LINE.match(without_marks(first).strip())
    if line and (_normal(line.group(2)) in _ATTACHED_SET or _PHONE_FILE.match(line.group(1))):
        return _with_caption(rest, _file_day(first))
    if _DOCUMENT.match(first) and "\u200e" in first:
        last = re.split("[\u200e\u200f]", first)[-1]
        if _normal(last) in _OMITTED_SET or first.startswith("\u200e"):
            return _with_caption(rest, "")
    if "\u200e" in first:
        head, _, last = first.rpartition("\u200e")
        if _normal(last) in _OMITTED_SET:
            return _with_caption(head, "")
    if _POLL.match(text):
        question = _OPTION.split(_POLL.sub("", text[:5000]), maxsplit=1)[0]
        return Body("poll", question.translate(_APP_MARKS).strip())
    if _PLACE.match(bare) or _EVENT.match(text) or bare.endswith(".vcf"):
        return Body("media", "")
    return None


def _with_caption(caption: str, day: str) -> Body:
    words = caption.translate(_APP_MARKS).strip()
    return Body("message" if words else "media", words, day=day)


def _file_day(text: str) -> str:
    found = _PHONE_FILE.search(text) or _IOS_FILE.search(text)
    return found.group(1).replace("-", "") if found else ""


def _starts_rtl(text: str) -> bool:
    return any("\u0590" <= c <= "\u08ff" for c in text[:2])


def _variants() -> list[str]:
    plain = [
        p for table in (_OMITTED, _DELETED, _DELETED_BY_ME, _LOST, _CALLS) for p in _phrases(table)
    ]
    return [
        "",
        *(f"{before}{p}{after}" for p in plain for before in ("", "🚫 ") for after in ("", ".")),
    ]


_KNOWN = pa.array([v.encode() for v in _variants()], type=pa.large_binary())
_PLACES = "|".join(f"{w}|{w.capitalize()}" for w in _PLACE_WORDS.split("|"))
_PLACES = "|".join(f"{w}|{w.capitalize()}" for w in _PLACE_WORDS.split("|"))
_STARTS = tuple(
    f"{word}:".encode() for word in f"{_POLL_WORDS}|{_EVENT_WORDS}|{_PLACES}".split("|")
)
_FIRST_FOUR = pa.array(sorted({start[:4] for start in _STARTS}), type=pa.large_binary())


def suspicious(bodies: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the bodies that are not certainly typed text, and of those with several lines.

    Cheap tests over a whole chunk: whatever ``classify`` could call anything but typed is among
    the first.
    """
    raw = bodies.view(pa.large_binary())
    mask = pc.is_in(raw, value_set=_KNOWN)
    for test in (
        pc.starts_with(raw, b"<"),
        pc.is_in(pc.binary_slice(raw, 0, 4), value_set=_FIRST_FOUR),
        *(pc.ends_with(raw, end) for end in (b">", b")", b".vcf")),
    ):
        mask = pc.or_(mask, test)
    odd = mask.to_numpy(zero_copy_only=False).copy()
    marked, several = _rows_with_marks(bodies)
    odd[marked] = True
    rest = several[~odd[several]]
    if len(rest):
        texts = bodies.take(pa.array(rest))
        attached = pc.match_substring(texts, ")\n")  # a caption below an attachment
        odd[rest] = pc.or_(attached, pc.utf8_is_space(texts)).to_numpy(zero_copy_only=False)
    return np.flatnonzero(odd), several


def _rows_with_marks(bodies: pa.LargeStringArray) -> tuple[np.ndarray, np.ndarray]:
    """Rows with a direction mark of the app, and rows with a line break, found in the bytes."""
    _, offset_buffer, data = bodies.buffers()
    if data is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)
    offsets = offsets[bodies.offset : bodies.offset + len(bodies) + 1]
    content = np.frombuffer(data, dtype=np.uint8)[: offsets[-1]]
    breaks = np.flatnonzero(content == 0x0A)
    marks = np.flatnonzero(content[:-2] == 0xE2)
    second, third = content[marks + 1], content[marks + 2]
    direction = (second == 0x80) & ((third == 0x8E) | (third == 0x8F))
    direction |= (second == 0x80) & (third >= 0xAA) & (third <= 0xAE)
    direction |= (second == 0x81) & (third >= 0xA6) & (third <= 0xA9)
    marked, several = (
        np.unique(np.searchsorted(offsets, places, side="right") - 1)
        for places in (marks[direction], breaks)
    )
    return marked[marked >= 0], several[several >= 0]


_OTHER_LANGUAGES = re.compile(
    "|".join(
        re.escape(p)
        for p in (*_phrases(_OMITTED), *_phrases(_DELETED), *_phrases(_DELETED_BY_ME))
        if not re.search(r"omitted|delet|view once", p, re.IGNORECASE) or not p.isascii()
    )
    + "|Ende-zu-Ende|extremo a extremo|bout en bout|ponta a ponta|end-to-end versleuteld|crittografat"
)


def speaks_other_language(head: str) -> str:
    """A phrase in the head of the file that no English phone writes, or an empty string."""
    found = _OTHER_LANGUAGES.search(head)
    return found.group() if found else ""
