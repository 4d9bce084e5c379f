"""Names in Chinese, Japanese and Korean, which have no capitals and part no words."""

from __future__ import annotations

import regex

from core.privacy.common_words import word_list
from core.privacy.name_lists import NameLists, japanese_kana
from core.privacy.spans import Span, span_of

CJK = regex.compile(r"[\p{Han}\p{Hangul}\p{Katakana}\p{Hiragana}]")

_JAPANESE = regex.compile(
    r"(?P<name>(?:[\p{Han}々]{1,6}|[\p{Katakana}ー]{2,10}|\p{Hiragana}{2,5}))"
    r"(?=さん|サン|くん|君|ちゃん|チャン|様|さま|先生|先輩|部長|課長|社長|氏)"
)
#: Two characters and more between boundaries, before a particle.
_JAPANESE_GIVEN = regex.compile(
    r"(?:(?<![\p{Han}々])|(?<=昨日|今日|明日|先週|今週|来週|友達|同期|彼女|彼氏|親友))(?P<name>[\p{Han}々]{2,3})(?=[とはがもにのをへ、。！!？?\s]|から|って|$)"
)
_CHINESE = regex.compile(
    r"(?P<name>\p{Han}{1,3})(?=先生|小姐|女士|太太|老师|老師|医生|醫生|师傅|師傅|阿姨|叔叔|总监|经理|教授|同学|"
    r"主任|大哥|大姐|奶奶|爷爷|总|哥|姐|太(?!太|阳|陽|多|少|大|小|好|平|空|极|過|过)|叔|伯|婶|嬸|嫂|生(?=[嘅話话說说，,。！!？?\\s]|$))"
)
_CHINESE_VERBS = r"家|说|說|讲|講|问|問|在|来|來|去|也|和|跟|给|給|要|的|把|想|会|會|没|沒|不|就|都|已|今|明|昨|刚|剛|又|还|還|请|請|让|讓|叫|找|带|帶|买|買|做|住|是|有|到|过|過|吃"
_CHINESE_FAMILIAR = regex.compile(
    rf"(?:(?<!\p{{Han}}|[我你他她])|(?<=隔壁|楼上|樓上|楼下|樓下|对门|對門|邻居|鄰居|同事))(?:小|老)(?P<name>\p{{Han}})(?={_CHINESE_VERBS}|\P{{Han}}|$)"
    rf"|(?<=[和跟给給找问問叫请請让讓帮幫约約见見])(?:小|老)(?P<name>\p{{Han}})(?={_CHINESE_VERBS}|\P{{Han}}|$)"
)
_CHINESE_A = regex.compile(
    rf"(?<!\p{{Han}})阿(?P<name>(?![姨拉里根富弥爸妈媽公婆嬷嬤伯叔哥姐姊弟妹爷奶斗訇谀们的])\p{{Han}})(?={_CHINESE_VERBS})"
)
#: A surname, which begins no ordinary word, and one or two characters before what people do.
_CHINESE_FULL = regex.compile(
    r"(?:(?<!\p{Han})|(?<=[和跟给給找问問叫请請让讓帮幫约約见見是]))"
    r"(?P<name>(?!王子|王国|王牌|王者|张开|张嘴|张贴|张口|李子|杨树|孙子|孙女|孫子|孫女|宋代|唐代|唐人|唐突|丁点|秦始|江湖|梁上|杜绝|魏晋|彭湃|邓小平)"
    r"[张張王李刘劉陈陳杨楊赵趙吴吳徐孙孫朱郭罗羅郑鄭梁宋唐邓鄧冯馮韩韓曹彭肖蕭董袁潘蒋蔣蔡杜魏苏蘇吕呂丁沈姚卢盧姜崔谭譚汪廖邹鄒孟秦邱侯邵薛贺賀龚龔郝林黄黃许許](?!女士|先生|老师|老師|小姐|阿姨|太太|经理|經理|主任|总|總|哥|姐|医生|醫生|叔|伯|师傅|師傅|局|董|教授|家|某)\p{Han}{1,2}?)"
    r"(?=说|說|去|来|來|把|在|给|給|也|已经|已經|没|沒|不|就|都|要|想|会|會|今天|明天|昨天|刚|剛|又|还|還|让|讓|请|請|叫|跟|和)"
)
_FAMILIAR_SURNAMES = frozenset(
    "张張王李刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱林郭罗羅郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭肖蕭蔡潘田董袁余叶葉蒋蔣杜苏蘇魏吕呂丁任沈姚卢盧姜崔谭譚陆陸范汪廖石贾賈韦韋方邹鄒熊孟秦邱侯江尹薛段雷龙龍史陶贺賀顾顧郝龚龔邵万萬钱錢严嚴何高罗羅梁白邱柯游施洪庄莊严嚴覃武戴莫孔向汤湯"
)
_KOREAN_TITLED = regex.compile(
    r"(?<!\p{Hangul})(?P<name>\p{Hangul}{2,4}?)(?=\s?(?:씨|님|군|양|선생님|쌤|선배|언니|오빠|형|누나|이모|삼촌|과장|부장|대리|"
    r"팀장|사장|교수|원장|할머니|할아버지|아저씨|아줌마)(?:은|는|이|가|을|를|도|한테|께|랑|이랑|의|께서|네|만)?(?!\p{Hangul}))"
)
_HANGUL_WORD = regex.compile(r"(?<!\p{Hangul})\p{Hangul}{2,7}")
_HAN_RUN = regex.compile(r"[\p{Han}々]{2,}")
_HAN = regex.compile(r"\p{Han}")
_HIRAGANA = regex.compile(r"\p{Hiragana}")
_CHINESE_TIE = regex.compile(
    r"[和跟与與、](?P<name>\p{Han}(?!女士|先生|老师|老師|小姐|阿姨|太太|经理|主任|医生|师傅|叔叔|教授|同学|家|总)\p{Han}{2})"
)
_PRONOUNS = frozenset("我你他她它您咱谁那这哪各每某两几的了是在有不也都就和与或很太真")
_KOREAN_SURNAMES = frozenset(
    "김이박정최조강윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석"
    "선설마길연위표명기반라왕금옥육인맹제모"
)
_KOREAN_ENDINGS = word_list("korean_particles")
_JAPANESE_SURNAMES = word_list("japanese_surnames")
_JAPANESE_NO_NAMES = word_list("japanese_no_names")
_KANA_NAMES = word_list("japanese_kana_names") | japanese_kana()


def find_cjk(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str], japanese: bool
) -> list[Span]:
    """Names before honorifics and titles, and surname with given name from the lists."""
    spans = []
    if japanese:
        spans += [
            span_of(match, "name", "given name", group="name")
            for match in _JAPANESE_GIVEN.finditer(text)
            if match["name"] in names.first
        ]
        spans += [
            span_of(match, "name", "name before an honorific", group="name")
            for match in _JAPANESE.finditer(text)
            if _is_japanese_name(match["name"])
        ]
    else:
        for match in _CHINESE.finditer(text):
            found = match["name"]
            starts = [
                match.start() + i
                for i, c in enumerate(found)
                if c in names.last
                and c not in _PRONOUNS
                and (i + 1 == len(found) or found[i + 1 :] in names.first)
            ]
            if starts:
                spans.append(Span(starts[0], match.end("name"), "name", "name before a title"))
        spans += [
            span_of(match, "name", "familiar form of a name")
            for match in _CHINESE_FAMILIAR.finditer(text)
            if match["name"] in _FAMILIAR_SURNAMES
        ]
        spans += [
            span_of(match, "name", "familiar form of a name") for match in _CHINESE_A.finditer(text)
        ]
        spans += [
            span_of(match, "name", "surname and given name", group="name")
            for match in _CHINESE_FULL.finditer(text)
            if match["name"] not in stops
        ]
    for run in _HAN_RUN.finditer(text):
        spans += _in_han_run(run.group(), run.start(), names, stops, japanese)
    if not japanese:
        ends = {span.end for span in spans}
        spans += [
            span_of(match, "name", "beside another name", group="name")
            for match in _CHINESE_TIE.finditer(text)
            if match.start() in ends and match["name"][0] in _FAMILIAR_SURNAMES
        ]
    return spans + _korean(text, names, doubtful, stops)


def _is_japanese_name(name: str) -> bool:
    if name in _JAPANESE_NO_NAMES:
        return False
    return not _HIRAGANA.match(name) or name in _KANA_NAMES


def _in_han_run(
    run: str, offset: int, names: NameLists, stops: frozenset[str], japanese: bool
) -> list[Span]:
    spans = []
    position = 0
    while position < len(run) - 1:
        for length in (5, 4, 3, 2):
            piece = run[position : position + length]
            if len(piece) == length and _is_han_name(piece, names, stops, japanese):
                start = offset + position
                spans.append(Span(start, start + length, "name", "surname and given name"))
                position += length - 1
                break
        position += 1
    return spans


def _is_han_name(piece: str, names: NameLists, stops: frozenset[str], japanese: bool) -> bool:
    if piece in stops or piece[0] in _PRONOUNS:
        return False
    if japanese:
        known = any(
            (piece[:cut] in names.last or piece[:cut] in _JAPANESE_SURNAMES)
            and piece[cut:] in names.first
            for cut in range(2, len(piece))
        )
        return known or piece in _JAPANESE_SURNAMES
    return len(piece) == 3 and piece[0] in names.last and piece[1:] in names.first


def _korean(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str]
) -> list[Span]:
    spans = [
        span_of(match, "name", "name before a title", match["name"] not in doubtful, group="name")
        for match in _KOREAN_TITLED.finditer(text)
        if match["name"][0] in _KOREAN_SURNAMES or match["name"] in names.first
    ]
    for match in _HANGUL_WORD.finditer(text):
        found, start = match.group(), match.start()
        whole = found[0] in _KOREAN_SURNAMES and found[1:3] in names.first
        if whole and (len(found) == 3 or found[3:] in _KOREAN_ENDINGS):
            spans.append(Span(start, start + 3, "name", "surname and given name"))
        elif found[:2] in names.first and found[2:] in _KOREAN_ENDINGS and found[:2] not in stops:
            sure = found[:2] not in doubtful and len(found) > 2
            spans.append(Span(start, start + 2, "name", "given name", sure))
    return spans
