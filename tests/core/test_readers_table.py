"""Any table: CSV, JSON, JSON lines, Excel; columns guessed or chosen."""

import base64
import json
import zlib
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.problems import Problem
from core.readers.table import preview
from tests.core.reading import make_zip, read, read_or_problem, reasons, texts

ROWS = [
    {"date": "2024-05-01 10:00:00", "sender": "Anna", "message": "hi, you", "chat": "one"},
    {"date": "2024-05-01T10:01:00Z", "sender": "Ben", "message": "two\nlines", "chat": "one"},
    {"date": "", "sender": "Anna", "message": "", "chat": "two"},
    {"date": "junk", "sender": "Anna", "message": "x", "chat": "two"},
]


def as_csv(delimiter: str = ",", rows: list[dict[str, str]] = ROWS) -> str:
    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join(f'"{v}"' for v in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (as_csv(), "t.csv"),
        (as_csv(";"), "t.csv"),
        (as_csv("\t"), "t.txt"),
        (as_csv("|"), "t"),
        (json.dumps(ROWS), "t.json"),
        (json.dumps({"info": {"n": 1}, "data": {"rows": ROWS}}), "t.json"),
        ("\n".join(json.dumps(r) for r in ROWS), "t.jsonl"),
        ("\n".join(json.dumps(r) for r in ROWS), "t.txt"),
    ],
)
def test_tables(data: str, name: str) -> None:
    archive = read(data, name)
    assert archive.source == "table"
    rows = list(archive)
    assert [(m.author, m.text, m.conversation) for m in rows] == [
        ("Anna", "hi, you", "one"),
        ("Ben", "two\nlines", "one"),
        ("Anna", "x", "two"),
    ]
    assert [m.sent_at for m in rows] == [
        datetime(2024, 5, 1, 10),
        datetime(2024, 5, 1, 10, 1),
        None,
    ]
    assert reasons(archive, "left_out") == {"rows without text": 1}


def test_a_column_may_be_headed_by_a_question() -> None:
    data = "No;Who wrote it?;What\n1;Ann;hello you\n2;Ben;hello to you\n".encode("cp1252")
    archive = read(data, "t.csv")
    assert archive.source == "table"
    assert [m.text for m in archive] == ["hello you", "hello to you"]


def test_columns_can_be_chosen() -> None:
    data = "when,who,words,more\n2024-01-02,Anna,one,extra\n2024-01-03,Ben,two,extra two\n"
    seen = preview(data.encode(), name="t.csv")
    assert seen.columns == ("when", "who", "words", "more") and seen.guess["time"] == "when"
    columns = {"text": "words", "author": "who", "time": "when", "conversation": ""}
    archive = read(data, "t.csv", columns=columns)
    assert [(m.author, m.text) for m in archive] == [("Anna", "one"), ("Ben", "two")]
    for wrong in ({"text": "nope"}, {"text": "words", "colour": "who"}, {"author": "who"}):
        with pytest.raises(Problem):
            read(data, "t.csv", columns=wrong)


def test_posts_without_an_author_are_mine() -> None:
    archive = read("date,text\n13/01/2024,one\n14/01/2024,two\n", "posts.csv")
    assert archive.me is not None and texts(archive, "post") == ["one", "two"]
    assert archive.frame()["conversation"].nunique() == 2
    assert [m.sent_at.day for m in archive if m.sent_at] == [13, 14]


def test_day_and_month_are_asked_about() -> None:
    data = "date,text\n05/06/2024,one\n05/06/2024,two\n"
    assert reasons(read(data, "t.csv"), "question")
    assert [m.sent_at.month for m in read(data, "t.csv", day_first=False) if m.sent_at] == [5, 5]


def test_nested_json() -> None:
    data = [{"author": {"name": "Anna"}, "body": {"text": "hi"}, "at": 1}, {"body": {"text": "yo"}}]
    archive = read(json.dumps(data), "t.json")
    assert [(m.author, m.text) for m in archive] == [("Anna", "hi"), (None, "yo")]


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        ('[{"text": "a"},\n{"text": b}]', "t.json", "line 2"),
        ('{"text": "a"}\n{"text": \n', "t.jsonl", "line 2"),
        ('{"a": 1}', "t.json", "no list of entries"),
        ("[]", "t.json", "no list of entries"),
        ("[" * 100_000, "t.json", "nested"),
    ],
)
def test_broken_json_names_the_line(data: str, name: str, says: str) -> None:
    with pytest.raises(Problem, match=says):
        read(data, name)


SHEET = """<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>Author</t></is></c></row>
<row r="2"><c r="A2"><v>45413.5</v></c><c r="B2" t="s"><v>2</v></c><c r="D2" t="s"><v>3</v></c></row>
<row r="3"><c r="B3" t="str"><v>calc</v></c><c r="D3" t="e"><v>#N/A</v></c></row>
</sheetData></worksheet>"""
STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Date</t></si>'
    "<si><t>Text</t></si><si><r><t>rich </t></r><r><t>text</t></r></si><si><t>Anna</t></si></sst>"
)


def workbook(sheet: str = SHEET) -> bytes:
    return make_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook/>",
            "xl/sharedStrings.xml": STRINGS,
            "xl/worksheets/sheet1.xml": sheet,
        }
    )


def test_excel() -> None:
    archive = read(workbook(), "t.xlsx")
    assert [(m.author, m.text, m.sent_at) for m in archive] == [
        ("Anna", "rich text", datetime(2024, 5, 1, 12)),
        (None, "calc", None),
    ]


def test_damaged_excel() -> None:
    with pytest.raises(Problem, match="damaged Excel"):
        read(workbook(SHEET[:400]), "t.xlsx")


#: A sheet with the columns when, author and text and two rows, saved by Excel's old format.
OLD_EXCEL = zlib.decompress(base64.b85decode(
    'c-'
    'rk)O=uHA6#izDG(V(mQWK#SN+`5yO%DDXL}=4iv?ojTqNq?)vy#$eBO#*oVzuTd2%Z!#g?cbTjTe8=gWfy{6+H-'
    'okSKWZBq(@jv%Yz|Thpk}fEHTz3-jj9n|W_u=FPmF-Pa4j^6Z0-3hK}g2dcUkO*Jw>#cMSJpnhGKtW|rc=r-'
    '0BydDZ<lM7FqU%6!rWxOj;P;$N?3Vft;5@#`z)zruuVu*c62<bx~QGweeX+b-'
    'C)yDKR(@jk8^T=mR2Uv2AX&;R(i{n^`kM!;}ckwZ$i~Cw2?LK0i_bl0oFkZ@CeCfI{#=0<=n@FVBSx2YSk2z34hg'
    'D6@$#xib<dK~s#4?#!G8svw_GL0<gec^5_^wBQZ`Rp<9<k+XD;FU7kCk%wU*sMNWxf1{;smClpW>rZpfnwG8apDf'
    'i2ZUWa3R_Gl&aAoPn^rAvN>w!)eCv51~n}~xjm(()7eN~O*nudRili4W<pb=kv+S7GWm0|2&_mJ&3uUbM3ZP`KFC'
    'KYKz=UX{rcw6_-'
    'K5LCDZ(XFdie_(qHJfEHy~Eg?k*!w3jt@FulT7w=mzqG(`KH>YmZC$sC;FF;}^_hvwPMcpKkZ!*3(L@a6F1&cdho'
    'cH-xUD;Goa@8YxQqV-CWzWmJ~Dx%`nO^GLQs}^R;`M|XOxAfyt0;cb}`K)Zk5`4@CnHnv*I%2t{m}@1qMV+>T)<k'
    'fsyH_k0{oS7jq>f+<4%32Q3r^F5@&^k>vMjkylq?HIgj}Wtg)PW9_A708D2G$}`~@Fu*sx*4h7B7wY-'
    '}h9zJ?l?Zh4V(nb&%^`CVs;O4a^MvSD!qS^DMab@Bi-'
    's&klXX#Z@6OIWtVDs`;yg%U?;_8cZL&VEcbynpGnOw|6LRVxPm-4SYZ{%RwB{^$9B0+k=*!2'
))  # fmt: skip


def test_old_excel() -> None:
    archive = read(OLD_EXCEL, "t.xls")
    assert [(m.author, m.text, m.sent_at) for m in archive] == [
        ("Anna", "hello tea", datetime(2024, 3, 1, 9, 30)),
        ("Ben", "fine, 42", datetime(2024, 3, 1, 9, 31)),
    ]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(OLD_EXCEL) - 1), st.binary(min_size=1, max_size=40), st.booleans())
def test_any_old_excel_raises_only_problems(place: int, noise: bytes, cut: bool) -> None:
    data = OLD_EXCEL[:place] + noise + (b"" if cut else OLD_EXCEL[place + len(noise) :])
    read_or_problem(data, "t.xls")


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["text", "author", "date", "chat", "x"]), inner, max_size=4
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_raises_only_problems(value: object) -> None:
    read_or_problem(json.dumps(value), "t.json")


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(list('ab12,;\t|"\n\r#:/. \x00é')), max_size=200))
def test_any_csv_raises_only_problems(text: str) -> None:
    read_or_problem("date,text\n" + text, "t.csv")
