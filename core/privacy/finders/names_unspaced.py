"""Names in Chinese, Japanese and Korean, which have no capitals and part no words."""

from __future__ import annotations

import regex

from core.privacy.common_words import name_tables, word_list
from core.privacy.name_lists import NameLists, japanese_kana
from core.privacy.spans import Span, span_of

CJK = regex.compile(r"[\p{Han}\p{Hangul}\p{Katakana}\p{Hiragana}]")

_JAPANESE = regex.compile(
    r"(?P<name>(?:[\p{Han}々]{1,6}|[\p{Katakana}ー]{2,10}|\p{Hiragana}{2,5}))"
    r"(?=さん|サン|くん|君|ちゃん|チャン|様|さま|先生|先輩|部長|課長|社長|氏|店長|主任|係長|専務|監督|コーチ|選手|教授|院長|校長|殿(?!下)|っち(?!\p{Hiragana}))"
)
#: "はるちゃん": whoever is called so, where no longer word goes on before it.
_JAPANESE_CALLED = regex.compile(
    r"(?<![\p{Hiragana}\p{Katakana}\p{Han}ー])(?!お|ばあ|じい|ねこ|ネコ|いぬ|うさ|くま|ねえ|にい|わん|にゃん|あか|みんな|ぼく|わたし|うち|この|その)"
    r"(?:\p{Hiragana}{2,3}|[\p{Katakana}ー]{2,4})(?:ちゃん|くん|っち)"
)
#: Words for kin after a name that some list has: "Kazue the aunt".
_JAPANESE_KIN = regex.compile(
    r"(?P<name>[\p{Han}々]{1,3}|\p{Hiragana}{2,4}?|[\p{Katakana}ー]{2,6})"
    r"(?=おば(?:さん|ちゃん|あちゃん|あさん)|おじ(?:さん|ちゃん|いちゃん|いさん)|伯母さん|叔母さん|伯父さん|叔父さん|ばあちゃん|じいちゃん|姉さん|姉ちゃん|兄さん|兄ちゃん|ねえちゃん|にいちゃん|ママ|パパ)"
)
#: A given name in hiragana before a pause or a particle, at the beginning of a clause.
_JAPANESE_KANA = regex.compile(
    r"(?:^|(?<=[。、！!？?\s「]))(?P<name>\p{Hiragana}{3,5}?)(?=[、！!]|(?:から|って|[がはとも])(?![\p{Hiragana}]{0,1}$))"
)
#: Two characters and more between boundaries, before a particle.
_JAPANESE_GIVEN = regex.compile(
    r"(?:(?<![\p{Han}々])|(?<=昨日|今日|明日|先週|今週|来週|友達|同期|彼女|彼氏|親友))(?P<name>[\p{Han}々]{2,3})(?=[とはがもにのをへ、。！!？?\s]|から|って|$)"
)
_CHINESE = regex.compile(
    r"(?P<name>\p{Han}{1,3}?)(?=先生|小姐|女士|太太|老师|老師|医生|醫生|醫師|医师|师傅|師傅|阿姨|叔叔|总监|总经理|经理|經理|教授|同学|同學|"
    r"主任|大哥|大姐|大妈|大媽|大爷|大叔|大伯|大婶|大嬸|奶奶|爷爷|爺爺|婆婆|伯伯|伯母|姑姑|姑妈|舅舅|舅妈|婶婶|嬸嬸|姨妈|妈妈|媽媽|爸爸|"
    r"学姐|學姊|學姐|学长|學長|学弟|學弟|学妹|學妹|师兄|師兄|师姐|師姐|师弟|师妹|师母|師母|姐姐|姊姊|哥哥|弟弟|妹妹|老板|老闆|護士|护士|律师|律師|教练|教練|会计|會計|"
    r"校长|校長|院长|院長|局长|局長|处长|處長|科长|科長|组长|組長|班长|班長|部长|部長|队长|隊長|厂长|村长|站长|店长|店長|书记|总|總|哥|姐|姊|"
    r"太(?!太|阳|陽|多|少|大|小|好|平|空|极|過|过)|叔|伯|婶|嬸|嫂|姨|sir|Sir|生(?=[嘅話话說说，,。！!？?\\s]|$))"
)
_CHINESE_VERBS = r"家|开|開|小|说|說|讲|講|问|問|話|话|嘅|喺|今|聽|听|约|約|陪|送|拿|拎|借|欠|回|返|等|打|接|发|發|收|住|在|来|來|去|也|和|跟|给|給|要|的|把|想|会|會|没|沒|不|就|都|已|今|明|昨|刚|剛|又|还|還|请|請|让|讓|叫|找|带|帶|买|買|做|住|是|有|到|过|過|吃"
_CHINESE_FAMILIAR = regex.compile(
    rf"(?:(?<!\p{{Han}}|[我你他她])|(?<=隔壁|楼上|樓上|楼下|樓下|对门|對門|邻居|鄰居|同事))(?:小|老)(?P<name>\p{{Han}})(?={_CHINESE_VERBS}|\P{{Han}}|$)"
    rf"|(?<=[和跟给給找问問叫请請让讓帮幫约約见見])(?:小|老)(?P<name>\p{{Han}})(?={_CHINESE_VERBS}|\P{{Han}}|$)"
)
_CHINESE_A = regex.compile(
    rf"(?:(?<!\p{{Han}})|(?<=[和跟给給找问問叫请請让讓帮幫约約见見同搵俾畀]))阿(?P<name>(?![姨拉里根富弥爸妈媽公婆嬷嬤伯叔哥姐姊弟妹爷奶斗訇谀们的飘飄司訇昌])\p{{Han}}{{1,2}}?)(?={_CHINESE_VERBS}|电话|電話|\P{{Han}}|$)"
)
#: A surname, which begins no ordinary word, and one or two characters before what people do.
_CHINESE_FULL = regex.compile(
    r"(?:(?<!\p{Han})|(?<=[和跟给給找问問叫请請让讓帮幫约約见見是]))"
    r"(?P<name>(?!王子|王国|王牌|王者|张开|张嘴|张贴|张口|李子|杨树|孙子|孙女|孫子|孫女|宋代|唐代|唐人|唐突|丁点|秦始|江湖|梁上|杜绝|魏晋|彭湃|邓小平)"
    r"[张張王李刘劉陈陳杨楊赵趙吴吳徐孙孫朱郭罗羅郑鄭梁宋唐邓鄧冯馮韩韓曹彭肖蕭董袁潘蒋蔣蔡杜魏苏蘇吕呂丁沈姚卢盧姜崔谭譚汪廖邹鄒孟秦邱侯邵薛贺賀龚龔郝林黄黃许許](?!女士|先生|老师|老師|小姐|阿姨|太太|经理|經理|主任|总|總|哥|姐|医生|醫生|叔|伯|师傅|師傅|局|董|教授|家|某)\p{Han}{1,2}?)"
    r"(?=说|說|去|来|來|把|在|给|給|也|已经|已經|没|沒|不|就|都|要|想|会|會|今天|明天|昨天|刚|剛|又|还|還|让|讓|请|請|叫|跟|和)"
)
#: Characters that given names are made of and that prose seldom puts side by side.
_CHINESE_GIVEN = frozenset(
    "伟偉芳娜敏静靜丽麗强強磊军軍洋勇艳艷杰傑娟涛濤霞刚剛桂芬婷倩琳璐莹瑩雪妍颖穎佳慧欣怡浩宇轩軒泽澤梓涵萱琪瑶瑤琴玲燕萍莉珊珍凤鳳兰蘭菊梅淑贞貞彬斌鹏鵬飞飛翔晖暉晨辉輝毅峰俊豪嘉诗詩雅曼茜蕾薇婉瑾瑜皓睿熙宸霖楠栋棟柏森坤鑫锋鋒"
    "宏志建文明华華国國玉秀红紅丹思远遠雯雲云悦悅彤晴晓曉春秋荣榮福贵貴亮超平波辰博然哲瀚昊煜炜煒烨燁锐銳振海龙龍虎德庆慶祥瑞永成義义信仁智礼禮贤賢孝忠惠芸芝莲蓮荷蓉莎薛姗姍妮媛嫣娇嬌婕娥姣馨香茹萌苗若诺諾一子可乐樂依伊语語心安宁寧家承启啟正凯凱恺愷廷彦彥彰奕逸翰霆钧鈞铭銘鸿鴻胜勝利民权權斯尔爾冠君品柔宜珮佩筠筱庭禎祯昱昕旭晟冬夏月星辰爱愛美英良生学學树樹林松竹清源江河湖波泉"
)
#: Those of them that are hardly ever anything but part of a name.
_CHINESE_RARE = frozenset(
    "伟偉芳娜丽麗磊艳艷娟涛濤霞芬婷倩琳璐莹瑩妍颖穎欣怡浩宇轩軒梓涵萱琪瑶瑤玲燕萍莉珊淑贞貞彬斌鹏鵬晖暉辉輝豪雅曼茜蕾薇婉瑾瑜皓睿熙宸霖楠柏坤鑫锋鋒雯彤昊煜炜煒烨燁芸蓉莎姗姍妮媛嫣娇嬌婕娥馨茹诺諾凯凱恺愷彦彥奕翰霆钧鈞铭銘鸿鴻珮筠筱禎祯昱昕晟桂杰傑佳慧俊嘉雪"
)
#: A full name beside a phone number, a verb of calling, or the end of the clause.
_CHINESE_CALLED = regex.compile(
    r"(?:(?<=[找叫问問联联系聯絡络给給跟和约約请請帮幫是人：:])|(?<!\p{Han}))(?P<name>\p{Han}{2,3})(?=[的嘅]?(?:手机|手機|电话|電話|微信|号码|號碼)|[，,：: ]{0,2}1\d{2}[ -]?\d|[，,：: ]{0,2}09\d{2}[ -]?\d)"
)
#: Given names that are nothing else, wherever they stand.
_CHINESE_CLEAR = regex.compile(r"\L<names>", names=name_tables()["uncased"]["zh"].split())
_FAMILIAR_SURNAMES = frozenset(
    "张張王李刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱林郭罗羅郑鄭梁谢謝宋唐许許邓鄧冯馮韩韓曹曾彭肖蕭蔡潘田董袁余叶葉蒋蔣杜苏蘇魏吕呂丁任沈姚卢盧姜崔谭譚陆陸范汪廖石贾賈韦韋方邹鄒熊孟秦邱侯江尹薛段雷龙龍史陶贺賀顾顧郝龚龔邵万萬钱錢严嚴何高罗羅梁白邱柯游施洪庄莊严嚴覃武戴莫孔向汤湯"
)
_KOREAN_TITLED = regex.compile(
    r"(?<!\p{Hangul})(?P<name>\p{Hangul}{2,4}?)(?=\s?(?:씨|님|군|양|선생님|선생|쌤|샘|선배|후배|언니|오빠|형|누나|이모|고모|삼촌|과장|부장|차장|대리|팀장|사장|교수|원장|"
    r"실장|국장|회장|대표|이사|반장|집사|권사|목사|간호사|변호사|기사|의사|작가|감독|코치|학생|할머니|할아버지|아저씨|아줌마|아주머니|어머니|어머님|아버지|아버님|엄마|아빠|여사|댁|네)(?:님|분)?(?:들)?"
    r"(?:은|는|이|가|을|를|도|한테|에게|께|랑|이랑|하고|와|과|의|께서|께서는|네|만|요|이요|이고|인데|이세요|이셔요|세요|이에요|예요|입니다|이신데|이랑은|한테서|네요|네는|네가|네서|네집)?(?!\p{Hangul}))"
)
_HANGUL_WORD = regex.compile(r"(?<!\p{Hangul})\p{Hangul}{2,7}")
_HAN_RUN = regex.compile(r"[\p{Han}々]{2,}")
_HAN = regex.compile(r"\p{Han}")
_HIRAGANA = regex.compile(r"\p{Hiragana}")
_CHINESE_TIE = regex.compile(
    r"[和跟与與、](?P<name>\p{Han}(?!女士|先生|老师|老師|小姐|阿姨|太太|经理|主任|医生|师傅|叔叔|教授|同学|家|总)\p{Han}{2})"
)
#: What stands before "aunt" or "manager" in Chinese and is no name.
_CHINESE_ROLES = tuple(word_list("chinese_roles"))
_COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "歐陽",
        "司马",
        "司馬",
        "上官",
        "诸葛",
        "諸葛",
        "司徒",
        "夏侯",
        "皇甫",
        "尉迟",
        "東方",
        "东方",
        "慕容",
        "公孙",
        "令狐",
        "端木",
        "南宫",
        "轩辕",
    ]
)
_PRONOUNS = frozenset("我你他她它您咱谁那这哪各每某两几的了是在有不也都就和与或很太真")
_KOREAN_SURNAMES = frozenset(
    "김이박정최조강윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구나민진지엄채원천방공현함변염여추도소석"
    "선설마길연위표명기반라왕금옥육인맹제모"
)
#: Those that begin few other words.
_KOREAN_CLEAR_SURNAMES = frozenset("김박최강윤황송홍류손배백허심곽임")
_KOREAN_CLEAR = frozenset(name_tables()["uncased"]["ko"].split())
_KOREAN_FIRST = frozenset(
    "민지서수예은하유도준현우승재영성동태시주윤연채다나소보혜희미정경진상선형규건찬환세아가인효원병종창철광기용한슬라빛별혁호순옥금명복점말춘봉귀덕계강해이루초단"
)
_KOREAN_SECOND = frozenset(
    "민지서수은윤우준현호훈석진영연아린희혜원경미정선주빈찬율환규섭철식기혁욱범태솔람별숙자순옥례분란례녀심복임화향홍길만배근곤균필학훤겸담온봄슬비라나인안율후헌엽열완원유윤율조"
)
_KOREAN_ANY = _KOREAN_FIRST | _KOREAN_SECOND
_KOREAN_NO_NAMES = word_list("korean_no_names")
_KOREAN_ENDINGS = word_list("korean_particles")
_JAPANESE_SURNAMES = word_list("japanese_surnames")
_JAPANESE_NO_NAMES = word_list("japanese_no_names")
_JAPANESE_BEFORE_KIN = word_list("japanese_before_kin")
_KANA_WORDS = word_list("japanese_kana_words")
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
        spans += [span_of(m, "name", "name as called") for m in _JAPANESE_CALLED.finditer(text)]
        spans += [
            span_of(match, "name", "name before a word for kin", group="name")
            for match in _JAPANESE_KIN.finditer(text)
            if _is_japanese_name(match["name"])
            and (match["name"] in names.first or _is_before_kin(match))
        ]
        spans += [
            span_of(match, "name", "given name", group="name")
            for match in _JAPANESE_KANA.finditer(text)
            if match["name"] in _KANA_NAMES and match["name"] not in _KANA_WORDS
        ]
    else:
        for match in _CHINESE.finditer(text):
            found = match["name"]
            if text.endswith(_CHINESE_ROLES, 0, match.end("name")):
                continue
            starts = [
                match.start() + i
                for i, c in enumerate(found)
                if (c in names.last or c in _FAMILIAR_SURNAMES)
                and c not in _PRONOUNS
                and c != "阿"
                and (i + 1 == len(found) or _is_chinese_given(found[i + 1 :], names))
            ]
            pair = found[-2:]
            if not starts and _is_chinese_given(pair, names) and not _CHINESE_RARE.isdisjoint(pair):
                starts = [match.end() - 2]
            compound = found[-3:-1] if len(found) == 3 else found[:2]
            if compound in _COMPOUND_SURNAMES:
                starts = [match.start() + found.index(compound)]
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
            span_of(match, "name", "name beside a number", group="name")
            for match in _CHINESE_CALLED.finditer(text)
            if match["name"][0] in _FAMILIAR_SURNAMES
            and match["name"] not in stops
            and set(match["name"][1:]) <= _CHINESE_GIVEN
        ]
        spans += [
            span_of(match, "name", "surname and given name", group="name")
            for match in _CHINESE_FULL.finditer(text)
            if match["name"] not in stops
        ]
    for run in _HAN_RUN.finditer(text):
        spans += _in_han_run(run.group(), run.start(), names, stops, japanese)
    if not japanese:
        spans += [
            span_of(match, "name", "given name")
            for match in _CHINESE_CLEAR.finditer(text)
            if not any(span.start <= match.start() < span.end for span in spans)
        ]
        ends = {span.end for span in spans}
        spans += [
            span_of(match, "name", "beside another name", group="name")
            for match in _CHINESE_TIE.finditer(text)
            if match.start() in ends and match["name"][0] in _FAMILIAR_SURNAMES
        ]
    return spans + _korean(text, names, doubtful, stops)


def _is_before_kin(match: regex.Match[str]) -> bool:
    """Whether an unlisted word before "aunt" is one: two characters that nothing goes before."""
    name = match["name"]
    alone = not _HAN.match(match.string, match.start() - 1) if match.start() else True
    return (
        name in _KANA_NAMES
        or name in _JAPANESE_SURNAMES
        or (
            alone
            and len(name) == 2
            and _HAN.match(name) is not None
            and name not in _JAPANESE_BEFORE_KIN
        )
    )


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
    if len(piece) != 3 or piece[0] not in names.last:
        return False
    if piece[1:] in names.first:
        return True
    # Both characters are made for names, and one of them is nothing else.
    given = set(piece[1:])
    familiar = piece[0] in _FAMILIAR_SURNAMES
    return familiar and given <= _CHINESE_GIVEN and not given.isdisjoint(_CHINESE_RARE)


def _is_chinese_given(given: str, names: NameLists) -> bool:
    if given in names.first:
        return True
    return 0 < len(given) < 3 and set(given) <= _CHINESE_GIVEN


def _korean(
    text: str, names: NameLists, doubtful: frozenset[str], stops: frozenset[str]
) -> list[Span]:
    spans = [
        span_of(match, "name", "name before a title", match["name"] not in doubtful, group="name")
        for match in _KOREAN_TITLED.finditer(text)
        if match["name"] not in stops and _may_be_korean(match["name"], names)
    ]
    for match in _HANGUL_WORD.finditer(text):
        found, start = match.group(), match.start()
        whole = found[0] in _KOREAN_SURNAMES and (
            found[1:3] in names.first
            or (
                found[0] in _KOREAN_CLEAR_SURNAMES
                and found[:3] not in stops
                and found[:3] not in doubtful
                and found[2:3] not in _KOREAN_ENDINGS
                and _is_korean_pair(found[1:3])
            )
        )
        if whole and (len(found) == 3 or found[3:] in _KOREAN_ENDINGS):
            spans.append(Span(start, start + 3, "name", "surname and given name"))
        elif (
            found[:2] in names.first
            and (found[2:] in _KOREAN_ENDINGS or found in _KOREAN_CLEAR)
            and found[:2] not in stops
        ):
            sure = found[:2] not in doubtful
            spans.append(Span(start, start + 2, "name", "given name", sure))
    return spans


def _is_korean_pair(pair: str) -> bool:
    """Whether two syllables are usual in given names, one of them hardly anywhere else."""
    return (
        len(pair) == 2
        and pair[0] in _KOREAN_FIRST
        and pair[1] in _KOREAN_SECOND
        and pair not in _KOREAN_NO_NAMES
    )


def _may_be_korean(name: str, names: NameLists) -> bool:
    if name in names.first:
        return True
    if name in _KOREAN_NO_NAMES:
        return False
    if len(name) == 2:
        return _is_korean_pair(name)
    return name[0] in _KOREAN_SURNAMES and (
        name[1:] in names.first
        or (len(name) == 3 and name[1] in _KOREAN_ANY and name[2] in _KOREAN_ANY)
    )
