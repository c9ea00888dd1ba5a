"""Whatever people have becomes the same text that the importer reads from a page."""

from __future__ import annotations

import io
import logging
import sys
import zipfile
from collections.abc import Callable, Iterable, Sequence
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
)

from bot.intake import Measure, Source, Text, best, garbage, read
from bot.intake.reader import of
from bot.pages import LARGEST, NoPage
from bot.transcript import NoInterview, Reading, read_page

PAGES = Path(__file__).parent / "pages"
PAGE_FILES = sorted(path for path in PAGES.iterdir() if path.suffix != ".yaml")
PRINTED = Path(__file__).parent / "intake" / "printed.pdf"

TITLE = "专访守林人周满仓"
TURNS = [
    ("记者", "您在山上守了多少年？"),
    ("周满仓", "整整三十一年。我是一九九二年上去的，那一年我二十四岁。"),
    ("记者", "您最怕的是什么？"),
    ("周满仓", "怕火。所以我这里有个规矩：上山的人，先把打火机放在我桌上。"),
    ("记者", "以后打算怎么办？"),
    ("周满仓", "有我女儿。她跟我说：“你守的是火，我守的是树。”"),
]
EXCHANGES = [
    (question, (answer,))
    for (_, question), (_, answer) in zip(TURNS[::2], TURNS[1::2], strict=True)
]


def source(data: bytes | str, suffix: str = "") -> Source:
    found = of(data.encode() if isinstance(data, str) else data, suffix)
    assert isinstance(found, Source), found
    return found


def text(data: bytes | str, suffix: str = "") -> str:
    """The likeliest text's lines, without the blank ones."""
    lines = source(data, suffix).texts[0].text.split("\n")
    return "\n".join(line for line in lines if line)


def left_out(data: bytes | str, suffix: str = "") -> str:
    return "\n".join(source(data, suffix).texts[0].left_out)


def refused(data: bytes | str, suffix: str = "") -> str:
    found = of(data.encode() if isinstance(data, str) else data, suffix)
    assert isinstance(found, NoPage), found
    assert "\n" not in str(found)
    return str(found)


def measure(reading: Reading | NoInterview) -> Measure:
    if isinstance(reading, NoInterview):
        return Measure(0)
    people = (reading.metadata.get(role, "") for role in ("host", "guest"))
    return Measure(len(reading.exchanges), frozenset(people))


def exchanges(data: bytes | str, suffix: str = "") -> list[tuple[str, tuple[str, ...]]]:
    _, reading = best(source(data, suffix), read_page, measure)
    assert isinstance(reading, Reading), reading
    return [(exchange.question, exchange.answer) for exchange in reading.exchanges]


# ── files, as other programs write them ──────────────────────────────────────────────────────────


def document(*paragraphs: str, table: Sequence[Sequence[str]] = ()) -> bytes:
    made = docx.Document()
    for paragraph in paragraphs:
        made.add_paragraph(paragraph)
    if table:
        grid = made.add_table(rows=0, cols=len(table[0]))
        for row in table:
            for cell, words in zip(grid.add_row().cells, row, strict=True):
                cell.text = words
    return saved(made)


def saved(made: docx.document.Document) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


Place = tuple[float, float, float, str]
"""Where a piece of text stands: x, y, size."""


def pdf(*pages: Iterable[Place], font: str = "Song") -> bytes:
    """A PDF whose pages have these pieces of text."""
    writer = PdfWriter()
    for places in pages:
        places = list(places)
        page = writer.add_blank_page(400, 600)
        used = "".join(sorted({sign for *_, words in places for sign in words}))
        fonts = DictionaryObject({NameObject("/F"): _font(used, font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data("\n".join(map(_shown, places)).encode())
        page[NameObject("/Contents")] = writer._add_object(content)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _shown(place: Place) -> str:
    x, y, size, words = place
    return f"BT /F {size} Tf 1 0 0 1 {x} {y} Tm <{words.encode('utf-16-be').hex()}> Tj ET"


def _font(used: str, name: str) -> DictionaryObject:
    pairs = "\n".join(f"<{ord(sign):04x}> <{ord(sign):04x}>" for sign in used)
    table = DecodedStreamObject()
    table.set_data(
        b"begincmap\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + f"{len(used)} beginbfchar\n{pairs}\nendbfchar\nendcmap".encode()
    )
    glyphs = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType2"),
            NameObject("/BaseFont"): NameObject(f"/{name}"),
            NameObject("/DW"): NumberObject(1000),
        }
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject(f"/{name}"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/DescendantFonts"): ArrayObject([glyphs]),
            NameObject("/ToUnicode"): table,
        }
    )


def wrapped(paragraphs: Iterable[str], width: int = 20, indent: int = 0) -> list[Place]:
    """Paragraphs as lines of `width` characters, as a page shows them."""
    places: list[Place] = []
    y = 540.0
    for paragraph in paragraphs:
        first = True
        while paragraph:
            shift = indent if first else 0
            line, paragraph = paragraph[: width - shift], paragraph[width - shift :]
            places.append((50 + shift * 12, y, 12, line))
            y, first = y - 18, False
    return places


def cue(number: int, words: str) -> str:
    return f"{number}\n00:00:{number:02},000 --> 00:00:{number:02},900\n{words}\n"


_ODT = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{where}:1.0"'
    for name, where in [
        ("office", "office"), ("text", "text"), ("table", "table"), ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    ]
)  # fmt: skip


def odt(body: str, styles: str = "") -> bytes:
    content = (
        f"<office:document-content{_ODT}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.text"
    return zipped(mimetype=kind, content_xml=content.encode())


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


def web(*blocks: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{''.join(blocks)}</body></html>"


def single_file(page: str) -> bytes:
    message = EmailMessage()
    message["From"] = "<Saved by a browser>"
    message.set_content(page, subtype="html", charset="gb18030", cte="quoted-printable")
    return message.as_bytes()


LABELLED = [f"{who}：{words}" for who, words in TURNS]
STAMPS = [f"00:{minute:02}" for minute in range(len(TURNS))]
PARAGRAPHS = "".join(f"<p><strong>{who}：</strong>{words}</p>\n" for who, words in TURNS)
ARTICLE = web(f"<h1>{TITLE}</h1>", f"<article>{PARAGRAPHS}</article>")

FORMATS: dict[str, tuple[bytes | str, str]] = {
    "text": ("\n\n".join(LABELLED), ".txt"),
    "web page": (ARTICLE, ".html"),
    "web page in one file": (single_file(ARTICLE), ".mht"),
    "web page as copied": (f"<div>\n<h1>{TITLE}</h1>\n{PARAGRAPHS}</div>", ".txt"),
    "web page under front matter": (f"---\ntitle: {TITLE}\n---\n\n<div>{PARAGRAPHS}</div>", ".md"),
    "web page with a table": (
        web("<table>", *(f"<tr><td>{a}</td><td>{b}</td></tr>" for a, b in TURNS), "</table>"),
        ".html",
    ),
    "word": (document(TITLE, *LABELLED), ".docx"),
    "word table": (document(TITLE, table=TURNS), ".docx"),
    "odt": (odt("".join(f"<text:p>{line}</text:p>" for line in LABELLED)), ".odt"),
    "odt table": (
        odt(
            "<table:table>"
            + "".join(
                "<table:table-row>"
                + "".join(f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in row)
                + "</table:table-row>"
                for row in TURNS
            )
            + "</table:table>"
        ),
        ".odt",
    ),
    "pdf": (pdf(wrapped([TITLE, *LABELLED], indent=2)), ".pdf"),
    "srt": ("\n".join(cue(n, label) for n, label in enumerate(LABELLED)), ".srt"),
    "srt called txt": ("\n".join(cue(n, label) for n, label in enumerate(LABELLED)), ".txt"),
    "vtt": (
        "WEBVTT\n\n"
        + "\n".join(cue(n, f"<v {who}>{words}</v>") for n, (who, words) in enumerate(TURNS)),
        ".vtt",
    ),
    "recorder": (
        "\n\n".join(f"{who}  {at}\n{x}" for (who, x), at in zip(TURNS, STAMPS, strict=True)),
        ".txt",
    ),
    "chat": (
        "\n".join(f"{who} 2024/5/1 10:{n:02}\n{words}\n" for n, (who, words) in enumerate(TURNS)),
        ".txt",
    ),
    "tsv": ("\n".join(f"{who}\t{words}" for who, words in TURNS), ".tsv"),
    "csv": ("说话人,内容\n" + "\n".join(f'{who},"{words}"' for who, words in TURNS), ".csv"),
    "markdown table": (
        "| 说话人 | 内容 |\n| --- | --- |\n" + "\n".join(f"| {a} | {b} |" for a, b in TURNS),
        ".md",
    ),
}


@pytest.mark.parametrize(("data", "suffix"), FORMATS.values(), ids=FORMATS.keys())
def test_the_same_interview_comes_out_of_every_format(data: bytes | str, suffix: str) -> None:
    assert exchanges(data, suffix) == EXCHANGES


@pytest.mark.parametrize("name", FORMATS)
def test_what_the_file_is_called_matters_little(name: str) -> None:
    assert exchanges(FORMATS[name][0], ".download") == EXCHANGES


@pytest.mark.parametrize("page", PAGE_FILES, ids=lambda page: page.name)
def test_every_page_that_could_be_read_is_read_as_before(page: Path) -> None:
    before = read_page(page.read_text(encoding="utf-8"))
    found = read(page)
    assert isinstance(found, Source)
    after = read_page(found.texts[0].text)
    if isinstance(before, NoInterview) or isinstance(after, NoInterview):
        assert isinstance(before, NoInterview) and isinstance(after, NoInterview)
        return
    assert after.exchanges == before.exchanges or _said(after) == _said(before)
    assert not any(garbage("\n".join(e.answer)) for e in after.exchanges)


def _said(reading: Reading) -> list[tuple[str, tuple[str, ...]]]:
    return [(exchange.question, exchange.answer) for exchange in reading.exchanges]


# ── which file is what ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, ".docx"),
        (b"{\\rtf1\\ansi\\uc1 \\u35760? }", ".docx"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.text"), ".docx"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.text", content_xml=b"<"), ".docx"),
        (odt(""), "OCR"),
        (zipped(mimetype=b"application/epub+zip"), "EPUB"),
        (zipped(xl__workbook_xml=b"<x/>"), "CSV"),
        (zipped(ppt__presentation_xml=b"<x/>"), "PowerPoint"),
        (zipped(readme_txt=b"x"), "解压"),
        (b"PK\x03\x04 and no archive", "坏的"),
        (b"\x89PNG\r\n\x1a\n", "OCR"),
        (b"\xff\xd8\xff\xe0 JFIF", "OCR"),
        (b"bplist00 webarchive", "HTML"),
        (b"[Script Info]\nTitle: x\n", ".srt"),
        (b"", "空"),
        (b"x" * (LARGEST + 1), "MB"),
    ],
)
def test_what_is_not_read_gets_a_sentence_that_says_what_to_do(data: bytes, words: str) -> None:
    assert words in refused(data)


def test_a_chat_as_json_is_refused_and_text_that_begins_like_it_is_not() -> None:
    assert "导出" in refused('{"messages": []}', ".json")
    assert exchanges('["笑"]\n' + "\n".join(LABELLED), ".txt") == EXCHANGES


def test_an_address_is_not_fetched(tmp_path: Path) -> None:
    found = read(Path("https://example.org/interview.html"))
    assert isinstance(found, NoPage) and "另存" in str(found)
    assert "没有" in str(read(tmp_path / "missing.html"))


@pytest.mark.parametrize(
    ("data", "library", "suffix"),
    [(ARTICLE, "trafilatura", ".html"), (document("x"), "docx", ""), (pdf([]), "pypdf", "")],
)
def test_without_the_extra_a_sentence_says_what_to_install(
    data: bytes | str, library: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("html", "office", "pdf"):
        monkeypatch.delitem(sys.modules, f"bot.intake.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    assert "pip install 'fangtan[import]'" in refused(data, suffix)
    assert exchanges("\n".join(LABELLED)) == EXCHANGES  # text needs none


# ── text ─────────────────────────────────────────────────────────────────────────────────────────


def test_stray_control_characters_are_dropped_and_said() -> None:
    found = source("\n".join(LABELLED).replace("三十", "三\0十\x07") + "\n")
    assert found.texts[0].text == "\n".join(LABELLED) + "\n"
    assert "2 个控制字符" in found.warnings[0] and "第 2 行" in found.warnings[0]


def test_a_program_is_not_text_with_stray_controls() -> None:
    assert "不是文本" in refused(bytes(range(256)) * 8)


def test_utf16_is_full_of_nuls_and_loses_none_of_its_characters() -> None:
    assert exchanges(b"\xff\xfe" + "\n".join(LABELLED).encode("utf-16-le")) == EXCHANGES


RARE = "<p>記者：鱻羴麤？</p><p>周滿倉：龘靐齉。</p>"


def test_the_encoding_that_a_web_page_declares_is_believed() -> None:
    page = web(RARE, head='<meta http-equiv="Content-Type" content="text/html; charset=gb2312">')
    assert "龘靐齉" in text(page.encode("gb18030"))  # nothing common in it to guess by


def test_what_is_utf8_is_read_so_whatever_the_page_declares() -> None:
    assert "龘靐齉" in text(web(RARE, head='<meta charset="gbk">'))


def test_an_encoding_declared_wrongly_is_guessed_instead() -> None:
    page = web(PARAGRAPHS, head='<meta charset="big5">').encode("gb18030")
    assert source(page).warnings and exchanges(page) == EXCHANGES


# ── web pages ────────────────────────────────────────────────────────────────────────────────────

MENU = "<nav><ul><li><a href='/'>首页</a></li><li><a href='/c'>文化</a></li></ul></nav>"
COMMENTS = (
    "<div class='comments'><h3>网友评论</h3>"
    "<p>记者乙：看哭了，是真的吗？</p><p>山下人：是真的，我家就在那座山的下面。</p>"
    "<p>记者乙：那你也上去过吗？</p><p>山下人：上去过，我把打火机放在他桌上了。</p></div>"
)


def test_what_lies_around_the_main_text_is_left_out_and_said() -> None:
    page = web(MENU, f"<article><h1>{TITLE}</h1>{PARAGRAPHS}</article>", COMMENTS)
    assert exchanges(page) == EXCHANGES
    assert "首页" not in text(page)
    assert "正文以外: 首页" in left_out(page)


def test_the_whole_page_is_there_where_the_main_text_holds_less() -> None:
    page = web(MENU, f"<article><h1>{TITLE}</h1>{PARAGRAPHS}</article>")
    assert "首页" in source(page).texts[-1].text
    assert source(page).texts[-1].left_out == ()


def test_bylines_between_the_heading_and_the_main_text_stay() -> None:
    byline = "<div class='info'>来源：山林周报 2023-11-07 08:12</div>"
    heading = f"<h1>{TITLE}</h1>"
    long = f"<p>{'这是一段很长的导语，' * 20}</p>"
    for page in (
        web(MENU, heading, byline, f"<div class='text'>{PARAGRAPHS}</div>"),
        web(MENU, heading, byline, f"<div class='text'>{long}{PARAGRAPHS}</div>"),
        web(MENU, f"<article>{heading}{byline}{PARAGRAPHS}</article>", COMMENTS),
    ):
        reading = read_page(source(page).texts[0].text)
        assert isinstance(reading, Reading)
        assert reading.metadata["title"] == TITLE
        assert reading.metadata["source"] == "山林周报"


def test_without_a_heading_the_title_of_the_window_is_the_title() -> None:
    head = f"<title>{TITLE}_人物频道_山林网</title>"
    assert text(web(PARAGRAPHS, head=head)).startswith(f"# {TITLE}\n")
    assert text(ARTICLE.replace("<head>", f"<head>{head}")).count(TITLE) == 1


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("<p>一行\n    接着</p>", "一行接着"),  # a browser shows no space between Chinese
        ("<p>用 Python\n    写</p>", "用 Python 写"),
        ("<p>您 好</p>", "您 好"),
        ("<p>一<br>二</p>", "一\n二"),
        ("<p>一<span>二</span>三</p>", "一二三"),
        ("<p><b>记者：</b> 您好？</p>", "**记者：** 您好？"),
        ("<p><b>记者</b><b>：</b>您好？</p>", "**记者：**您好？"),
        ("<p><b>记者： </b>您好？</p>", "**记者：** 您好？"),
        ("<p><em>问？</em></p>", "*问？*"),
        ("<p>只有<em>一个</em>词</p>", "只有一个词"),
        ("<p>延伸：<a href='x'>另一篇</a></p>", "延伸：[另一篇](#)"),
        ("<p>我在<a href='x'>河边</a>捡的。</p>", "我在河边捡的。"),
        ("<p><span style='font-weight: 700'>问？</span></p>", "**问？**"),
        ("<p><b>2*3*4</b></p>", "2*3*4"),  # no mark where the words have some
        ("<h3>小题</h3>", "### 小题"),
        ("<blockquote><p>引文</p></blockquote>", "> 引文"),
        ("<figure><img src='a.jpg'><figcaption>图说</figcaption></figure>", "![]()\n图说"),
        ("<ol><li>甲</li><li>乙</li></ol>", "1. 甲\n2. 乙"),
        ("<ul><li>甲</li></ul>", "甲"),
        ("<dl><dt>为什么？</dt><dd>因为。</dd></dl>", "**为什么？**\n因为。"),
        ("<pre>甲：一\n乙：二</pre>", "甲：一\n乙：二"),
        ("<p>他说<q>好</q>。</p>", "他说“好”。"),
        ("<ruby>衛<rt>wèi</rt></ruby>國", "衛國"),
        ("<script>var 甲 = 1</script><p>乙</p>", "乙"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<div style='visibility: hidden'>微信的正文</div>", "微信的正文"),
    ],
)
def test_how_a_browser_shows_it_is_how_it_is_read(block: str, line: str) -> None:
    everything = source(web(block)).texts[-1].text.replace("figcaption>", "").replace("</", "")
    assert "\n".join(x.strip("<") for x in everything.split("\n") if x) == line


def test_what_a_browser_does_not_show_is_left_out_and_said() -> None:
    page = web("<p>看得见</p><p style='display:none'>看不见</p>")
    assert text(page) == "看得见"
    assert left_out(page) == "网页上看不见: 看不见"


def test_markdown_with_some_html_in_it_stays_markdown() -> None:
    page = "# 标题\n\n<div>\n\n" + "\n\n".join(LABELLED) + "\n\n</div>\n"
    assert source(page, ".md").texts == (Text(page),)


@pytest.mark.parametrize("nested", ["<div>" * 3_000, "<table><tr><td>" * 1_000, "<b>" * 3_000])
def test_a_page_nested_without_end_is_refused_and_not_cut(nested: str) -> None:
    assert "套" in refused(web(f"{PARAGRAPHS}{nested}", PARAGRAPHS))


def test_nothing_is_read_from_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    entity = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    assert "机密" not in str(source(f"{entity}<html><body><p>甲&x;乙</p></body></html>"))


def test_an_empty_page_is_refused() -> None:
    assert "没有文字" in refused(web("<script>load()</script>"))


# ── several texts ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("found", "taken"),
    [
        ([(3, "甲乙"), (3, "甲乙")], 0),  # the main text, where nothing is gained
        ([(3, "甲乙"), (4, "甲乙")], 1),
        ([(3, "甲乙"), (4, "甲")], 1),
        ([(3, "甲乙"), (4, "甲乙丙")], 0),  # 丙 comments on it
        ([(3, "甲乙"), (7, "甲乙丙")], 1),  # so much the main text had lost
        ([(0, ""), (2, "甲乙")], 1),
        ([(3, "甲乙"), (4, "甲乙"), (5, "甲乙")], 2),
        ([(3, "甲乙"), (2, "甲乙")], 0),
    ],
)
def test_more_of_a_file_is_taken_where_it_holds_more(
    found: list[tuple[int, str]], taken: int
) -> None:
    texts = tuple(Text(str(n)) for n in range(len(found)))
    measures = [Measure(count, frozenset(people)) for count, people in found]
    assert best(Source(texts), int, lambda n: measures[n]) == (texts[taken], taken)


def test_a_heading_far_above_the_main_text_is_none_of_its() -> None:
    """Eight bylines are many; nine are a list of something."""

    def page(*between: str) -> str:
        body = f"<div class='text'>{PARAGRAPHS}</div>"
        return web(f"<h1>{TITLE}</h1>", *(f"<div>{line}</div>" for line in between), body)

    near, far = ("来源：周报",) * 8, ("来源：周报",) * 9
    assert text(page(*near)).startswith(f"# {TITLE}")
    assert not text(page(*far)).startswith(f"# {TITLE}")


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────


def word(write: Callable[[docx.document.Document], None]) -> bytes:
    made = docx.Document()
    write(made)
    return saved(made)


def test_bold_and_headings_of_a_document_are_marked() -> None:
    def write(made: docx.document.Document) -> None:
        made.add_heading("标题", 1)
        half = made.add_paragraph()
        half.add_run("记者").bold = True
        half.add_run("：").bold = True
        half.add_run("您好？")
        made.add_paragraph().add_run("整段\n两行").bold = True
        made.add_paragraph("话").style.font.bold = None

    assert text(word(write)) == "# 标题\n**记者：**您好？\n**整段**\n**两行**\n话"


def test_bold_may_come_from_the_style() -> None:
    def write(made: docx.document.Document) -> None:
        style = made.styles.add_style("Asked", 1)
        style.font.bold = True
        made.add_paragraph("问？", style)
        made.add_paragraph(style=style).add_run("不粗").bold = False

    assert text(word(write)) == "**问？**\n不粗"


def test_what_python_docx_does_not_show_is_read_too() -> None:
    """Tracked insertions and content controls are said; what was deleted is not."""

    def write(made: docx.document.Document) -> None:
        paragraph = made.add_paragraph("一")
        inserted, deleted = OxmlElement("w:ins"), OxmlElement("w:del")
        inserted.append(paragraph.add_run("二")._r)
        deleted.append(paragraph.add_run("三")._r)
        paragraph._p.extend([inserted, deleted])
        control, content = OxmlElement("w:sdt"), OxmlElement("w:sdtContent")
        content.append(made.add_paragraph("四")._p)
        control.append(content)
        paragraph._p.addnext(control)

    assert text(word(write)) == "一二\n四"


def test_a_table_stands_where_it_stands() -> None:
    made = docx.Document()
    made.add_paragraph("之前")
    grid = made.add_table(rows=0, cols=2)
    for row in TURNS:
        for cell, words in zip(grid.add_row().cells, row, strict=True):
            cell.text = words
    made.add_paragraph("之后")
    assert text(saved(made)) == "\n".join(["之前", *LABELLED, "之后"])


def test_a_table_that_only_arranges_text_is_read_cell_by_cell() -> None:
    data = document(table=[[LABELLED[0] + "\n" + LABELLED[1], "图一"], ["说明", LABELLED[2]]])
    assert text(data).split("\n") == [LABELLED[0], LABELLED[1], "图一", "说明", LABELLED[2]]


def test_the_margins_of_a_document_are_left_out_and_said() -> None:
    def write(made: docx.document.Document) -> None:
        made.add_paragraph("话")
        made.sections[0].header.paragraphs[0].text = "山林周报"

    assert text(word(write)) == "话"
    assert left_out(word(write)) == "页眉页脚: 山林周报"


def test_bold_headings_and_spaces_of_an_odt_are_marked() -> None:
    style = '<style:style style:name="B"><style:text-properties fo:font-weight="bold"/>'
    body = (
        '<text:h text:outline-level="2">标题</text:h>'
        '<text:p><text:span text:style-name="B">记者：</text:span>'
        '您<text:s text:c="2"/>好？</text:p>'
        '<text:list><text:list-item><text:p text:style-name="B">一<text:line-break/>二</text:p>'
        "</text:list-item></text:list>"
        "<text:p>话<text:note><text:p>脚注</text:p></text:note>。</text:p>"
    )
    read = text(odt(body, f"{style}</style:style>"))
    assert read == "## 标题\n**记者：**您  好？\n**一**\n**二**\n话。"


def test_an_odt_that_counts_wildly_is_read_all_the_same() -> None:
    title = '<text:h text:outline-level="99">题</text:h>'
    assert text(odt(f'{title}<text:p>一<text:s text:c="99999999"/>二</text:p>'))[:8] == "###### 题"
    assert "打不开" in refused(odt('<text:h text:outline-level="x">题</text:h>'))


def test_a_bomb_is_not_opened() -> None:
    assert "大" in refused(zipped(word__document_xml=b" " * 100_000_000))


@pytest.mark.parametrize("content", [b"", b"<x/>", b"<w:document"])
def test_a_broken_document_gets_a_sentence(content: bytes) -> None:
    assert "打不开" in refused(zipped(word__document_xml=content))


def test_an_empty_document_gets_a_sentence() -> None:
    assert "没有文字" in refused(document())


def test_nothing_outside_of_a_document_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    entity = f'<!DOCTYPE w [<!ENTITY x SYSTEM "{secret.as_uri()}">]><w:document'
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document("甲乙"))) as whole,
        zipfile.ZipFile(changed, "w") as archive,
    ):
        for name in whole.namelist():
            content = whole.read(name)
            if name == "word/document.xml":
                content = content.replace(b"<w:document", entity.encode(), 1)
                content = content.replace("甲乙".encode(), "甲&x;乙".encode())
            archive.writestr(name, content)
    found = of(changed.getvalue())
    assert "机密" not in str(found)
    assert isinstance(found, NoPage) or "甲" in found.texts[0].text


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_printed_interview_reads_as_it_was_written() -> None:
    found = source(PRINTED.read_bytes())
    lines = [line for line in found.texts[0].text.split("\n") if line]
    assert lines[0] == "# 专访守林人"
    assert lines[1] == "记者：您在山上守了多少年？当初又是谁让您去的？"
    assert lines[2].endswith("我就背着一口锅上去了，锅现在还在。")
    assert lines[3] == "头一年最难，晚上听见什么都怕，后来听不见什么才怕。"
    assert len(lines) == 8
    assert "核对" in found.warnings[0]


def test_what_repeats_at_the_edges_of_pages_is_left_out_and_said() -> None:
    assert set(source(PRINTED.read_bytes()).texts[0].left_out) == {
        "页眉、页脚、页码: 山林周报 2023年第7期",
        "页眉、页脚、页码: 第 1 页",
        "页眉、页脚、页码: 第 2 页",
    }


def test_speech_that_repeats_is_no_header() -> None:
    """好的。 stands on every page, but not in the same place."""
    pages = [wrapped(["话" * n + "。", "主持人：好的。", "话。" * 12]) for n in (5, 30, 55)]
    assert text(pdf(*pages)).count("主持人：好的。") == 3


def test_a_page_number_is_the_pages() -> None:
    numbered = pdf([*wrapped(["话。" * 12]), (200, 30, 9, "- 1 -")])
    counted = pdf([*wrapped(["话。" * 12]), (50, 30, 12, "1992")])
    assert "- 1 -" not in text(numbered)
    assert "1992" in text(counted)


@pytest.mark.parametrize(
    ("paragraphs", "indent"),
    [
        (["长" * 45 + "。", "长" * 45 + "。"], 2),  # the indent tells
        (["长" * 45 + "。", "长" * 45 + "。"], -2),  # so does its reverse
        (["长" * 45 + "。", "短。", "长" * 45 + "。"], 0),  # a short line tells
        (["长" * 39 + "。", "记者：" + "长" * 30 + "？"], 0),  # a label behind a full line
        (["长" * 17 + "记者：" + "长" * 30 + "？"], 0),  # none within a sentence
    ],
)
def test_lines_are_joined_where_the_paragraph_goes_on(paragraphs: list[str], indent: int) -> None:
    filler = ["长" * 70 + "。"] * 2
    places = wrapped([*filler, *paragraphs], indent=indent)
    assert text(pdf(places)).split("\n") == [*filler, *paragraphs]


def test_a_gap_tells_paragraphs_apart() -> None:
    above, below = wrapped(["长" * 60, "长" * 20])[:-1], "下" * 20
    y = above[-1][1]
    close = pdf([*above, (50, y - 18, 12, below)])
    apart = pdf([*above, (50, y - 30, 12, below)])
    assert text(close) == "长" * 60 + below
    assert text(apart) == "长" * 60 + "\n" + below


def test_words_of_other_scripts_keep_their_spaces() -> None:
    line = "I think that the answer to it is a yes. "
    places = [(50, 540 - 18 * n, 12, line.strip()) for n in range(4)]
    assert text(pdf(places)) == (line * 4).strip()


def test_two_columns_are_read_one_after_the_other() -> None:
    left = wrapped(["左" * 45 + "。", "左" * 25 + "。"], width=10)
    right = [(x + 160, y, size, words.replace("左", "右")) for x, y, size, words in left]
    whole = ["左" * 45 + "。", "左" * 25 + "。", "右" * 45 + "。", "右" * 25 + "。"]
    assert text(pdf([*left, *right])).split("\n") == whole


def test_radicals_become_characters() -> None:
    found = source(pdf(wrapped(["⼈们说这里的⼭很⾼。" * 3])))
    assert found.texts[0].text == "人们说这里的山很高。" * 3
    assert any("部首" in warning for warning in found.warnings)


def test_bold_is_bold_only_where_not_everything_is() -> None:
    assert "**" not in text(pdf(wrapped(["长" * 50]), font="SimHei"))


def test_a_scan_says_that_it_needs_its_text_recognised() -> None:
    assert "OCR" in refused(pdf([], []))


def test_fonts_that_tell_nothing_are_garbled() -> None:
    assert "乱码" in refused(pdf(wrapped(["\ue001\ue002\ue003" * 20])))


def test_a_locked_pdf_says_so() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    assert "密码" in refused(file.getvalue())


def test_a_broken_pdf_gets_a_sentence_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    whole = PRINTED.read_bytes()
    with caplog.at_level(logging.DEBUG):
        for data in (b"%PDF-1.7\n", whole[:1_500], b"%PDF-1.4\n" + b"\xff" * 900):
            assert "PDF" in refused(data)
    assert not caplog.records


# ── subtitles ────────────────────────────────────────────────────────────────────────────────────


def srt(*cues: str) -> str:
    return "\n".join(cue(number, words) for number, words in enumerate(cues, 1))


def vtt(*cues: str) -> str:
    return "WEBVTT\n\n" + "\n".join(
        f"00:{n:02}.000 --> 00:{n:02}.900 align:start\n{words}\n" for n, words in enumerate(cues)
    )


def test_cues_of_one_speaker_are_one_turn() -> None:
    cues = srt(
        "记者：您在山上，", "守了多少年？", "周满仓：三十一年。", "记者：怕吗？", "周满仓：怕。"
    )
    said = "记者：您在山上，守了多少年？\n周满仓：三十一年。\n记者：怕吗？\n周满仓：怕。"
    assert text(cues) == said
    assert left_out(cues) == "字幕的序号和时间: 5 条"


def test_captions_without_punctuation_keep_a_space_between_them() -> None:
    cues = srt("记者：您在山上", "守了多少年", "周满仓：三十一年", "记者：怕吗", "周满仓：怕")
    assert text(cues).split("\n")[0] == "记者：您在山上 守了多少年"


def test_english_keeps_its_spaces() -> None:
    cues = srt("Host: How long,", "in all?", "Guest: Ten years.", "Host: And now?", "Host: So?")
    assert text(cues).split("\n")[0] == "Host：How long, in all?"


def test_voices_are_speakers_also_two_in_one_cue() -> None:
    cues = vtt("<v.loud 记者>怕吗？</v>", "<v 周满仓>怕<c.red>火</c>。</v>\n<v 记者>还有？</v>")
    assert text(cues) == "记者：怕吗？\n周满仓：怕火。\n记者：还有？"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("<i>您</i>好", "您好"),
        ("<00:01.500><c>您</c>好", "您好"),
        ('<font color="#fff">您好</font>', "您好"),
        ("{\\an8}您好", "您好"),
        ("您好 &amp; 再见", "您好 & 再见"),
        ("1 < 2", "1 < 2"),
        ("12:30 见", "12:30 见"),
        ("- 记者：您好", "您好"),
    ],
)
def test_styling_is_taken_off(line: str, said: str) -> None:
    cues = srt(
        line if "记者" in line else f"记者：{line}", "周满仓：好。", "记者：好。", "周满仓：好。"
    )
    assert text(cues).split("\n")[0] == f"记者：{said}"


def test_without_any_speaker_it_says_that_nothing_can_help() -> None:
    plain = refused(srt("您在山上守了多少年", "三十一年", "第一：要早起", "他说：不怕"))
    assert "--host" in plain and "--guest" in plain
    assert "-->" not in plain


def test_a_label_that_comes_once_is_left_to_the_importer() -> None:
    cues = srt("记者：怕吗？", "周满仓：怕。", "王姐：吃饭了。", "记者：好。", "周满仓：走。")
    assert "王姐：吃饭了。" in text(cues).split("\n")
    within = srt("记者：怕吗？", "周满仓：我怕，", "他说：不怕。", "记者：好。", "周满仓：走。")
    assert "周满仓：我怕，他说：不怕。" in text(within).split("\n")


def test_what_is_heard_is_left_out_and_said() -> None:
    cues = srt("记者：怕吗？", "[笑]", "周满仓：怕（笑）火。", "记者：好。", "♪", "周满仓：好。")
    assert text(cues) == "记者：怕吗？\n周满仓：怕（笑）火。\n记者：好。\n周满仓：好。"
    assert "字幕以外: [笑]" in left_out(cues)


def test_a_sound_may_stand_between_notes() -> None:
    cues = srt("记者：怕吗？", "周满仓：怕火。", "♪（口哨声）♪", "记者：好。", "周满仓：好。")
    assert text(cues) == "记者：怕吗？\n周满仓：怕火。\n记者：好。\n周满仓：好。"


def test_a_boxed_name_ends_at_its_box() -> None:
    cues = srt(
        "【记者】怕吗？", "【周满仓】怕两样：火、", "【周满仓】还有一样：风。", "【记者】好。"
    )
    assert text(cues) == "记者：怕吗？\n周满仓：怕两样：火、还有一样：风。\n记者：好。"


def test_live_captions_that_repeat_the_line_before_are_read_once() -> None:
    lines = ["记者：您好", "您在山上", "守了多少年", "周满仓：三十一年", "记者：怕吗", "周满仓：怕"]
    rolling = vtt(lines[0], *(f"{a}\n{b}" for a, b in pairwise(lines)))
    assert (
        text(rolling) == "记者：您好 您在山上 守了多少年\n周满仓：三十一年\n记者：怕吗\n周满仓：怕"
    )


def test_who_repeats_himself_is_heard_twice() -> None:
    cues = srt("记者：对吗？", "周满仓：对。", "对。", "记者：好。", "周满仓：好。", "记者：走。")
    assert "周满仓：对。对。" in text(cues).split("\n")


def test_notes_and_names_of_cues_are_no_speech() -> None:
    cues = (
        "WEBVTT 访谈\n\nNOTE 甲：整理\n\n"
        "第一段\n00:01.000 --> 00:02.000\n记者：怕吗？\n\nSTYLE\n::cue { color: red }\n\n"
        "第二段\n00:02.000 --> 00:03.000\n周满仓：怕。\n\n00:03.000 --> 00:04.000\n记者：好。\n\n"
        "00:04.000 --> 00:05.000\n周满仓：好。\n"
    )
    assert text(cues) == "记者：怕吗？\n周满仓：怕。\n记者：好。\n周满仓：好。"
    assert "NOTE 甲：整理" in left_out(cues)


def test_subtitles_with_a_comma_between_the_times_are_subtitles() -> None:
    cues = "".join(f"0:00:0{n}.000,0:00:0{n}.900\n{line}\n\n" for n, line in enumerate(LABELLED))
    assert exchanges(cues, ".sbv") == EXCHANGES


def test_a_number_that_is_said_is_no_number_of_a_cue() -> None:
    cues = srt("记者：多少年？", "周满仓：\n31", "记者：多少？", "周满仓：三十一。")
    assert "周满仓：31" in text(cues).split("\n")


def test_an_arrow_in_a_text_makes_no_subtitles() -> None:
    page = "\n".join(LABELLED) + "\n\n注：甲 --> 乙\n"
    assert source(page).texts[0].text == page


# ── recorders and chats ──────────────────────────────────────────────────────────────────────────

STAMPED = {
    "讯飞": "{who} 00:00:{n:02}\n{words}\n",
    "飞书": "{who} 00:{n:02}\n{words}\n",
    "two spaces": "{who}  00:{n:02}\n{words}\n",
    "half a day": "{who} 下午 3:{n:02}\n{words}\n",
    "腾讯": "{who}(00:00:{n:02}): {words}\n",
    "stamp first": "00:{n:02} {who}\n{words}\n",
    "stamp in brackets first": "[00:00:{n:02}] {who}：{words}\n",
    "a range": "00:00:{n:02} - 00:01:{n:02} {who}\n{words}\n",
    "name over stamp": "{who}\n00:{n:02}\n{words}\n",
    "stamp over name": "00:{n:02}\n{who}：{words}\n",
    "on one line": "{who} 00:{n:02} {words}\n",
    "zoom": "10:03:{n:02} From {who} to Everyone: {words}\n",
    "wechat": "{who} 2024/5/1 10:{n:02}\n{words}\n",
    "qq": "2024-05-01 10:03:{n:02} {who}(123456789)\n{words}\n",
    "qq mail": "2024-05-01 10:03:{n:02} {who}<a@qq.com>\n{words}\n",
    "day and month": "{who} 05-01 10:03:{n:02}\n{words}\n",
    "bold": "**{who}** 00:{n:02}\n\n{words}\n\n",
    "heading": "### {who}  00:{n:02}\n\n{words}\n\n",
    "telegram": "{who}, [01.05.2024 10:{n:02}]\n{words}\n",
    "telegram, one line": "[2024/5/1 10:{n:02}] {who}: {words}\n",
    "whatsapp": "2024/5/1 10:{n:02} - {who}: {words}\n",
    "blank lines": "{who}\n\n00:{n:02}\n\n{words}\n\n",
}


@pytest.mark.parametrize("form", STAMPED.values(), ids=STAMPED.keys())
@pytest.mark.parametrize("names", [("说话人 1", "说话人 2"), ("记者", "周满仓"), ("Ann Lee", "Bo")])
def test_who_spoke_when_becomes_a_label(form: str, names: tuple[str, str]) -> None:
    who = dict(zip(("记者", "周满仓"), names, strict=True))
    turns = [(who[name], words) for name, words in TURNS]
    page = "".join(form.format(who=a, n=n + 10, words=b) for n, (a, b) in enumerate(turns))
    assert text(page).split("\n") == [f"{a}：{b}" for a, b in turns]
    assert "时间: 6 处" in left_out(page)


def test_every_line_keeps_its_number() -> None:
    page = "录音\n\n" + FORMATS["recorder"][0]  # type: ignore[operator]
    before, after = page.split("\n"), source(page).texts[0].text.split("\n")
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert new == "" or new.endswith(old)


def test_paragraphs_of_a_turn_stay_with_it() -> None:
    page = "甲 00:01\n一\n二\n\n乙 00:02\n三\n甲 00:03\n四\n乙 00:04\n五"
    assert text(page) == "甲：一\n二\n乙：三\n甲：四\n乙：五"


@pytest.mark.parametrize(
    "page",
    [
        "上午 9:00 开门\n上午 10:00 升旗\n下午 3:00 关门\n下午 4:00 散会\n",  # nobody recurs
        "记者 10:00\n您好？\n嘉宾 10:01\n您好。\n记者 10:02\n走？\n",  # three are a chance
        "\n".join(LABELLED) + "\n记者 10:00\n周满仓 10:01\n",
    ],
)
def test_times_alone_make_no_recording(page: str) -> None:
    assert source(page).texts == (Text(page),)


def test_what_is_attached_to_a_chat_is_left_out_and_said() -> None:
    page = (
        '甲 10:01\n在吗？\n乙 10:02\n[图片]\n[语音] 12"\n乙 10:03\n在。[笑]\n'
        "—— 2024年5月2日 ——\n甲 10:04\n"
        "[In reply to 乙]\n「乙：在。」\n- - - - - - - -\n好。\n乙 10:05\n乙撤回了一条消息\n嗯。"
    )
    assert text(page) == "甲：在吗？\n乙：在。[笑]\n甲：好。\n乙：嗯。"
    for words in ("[图片]", "[语音]", "2024年5月2日", "「乙：在。」", "撤回", "reply"):
        assert words in left_out(page)


def test_a_recording_without_names_says_that_nothing_can_help() -> None:
    page = "".join(f"00:{n:02}\n{words}\n\n" for n, (_, words) in enumerate(TURNS))
    assert "--host" in refused(page.replace("：", "，"))
    assert "--host" in refused("\n".join(f"[00:0{n}] {x}" for n, (_, x) in enumerate(TURNS)))
    bold = "".join(f"00:{n:02}\n**{words}**\n\n" for n, (_, words) in enumerate(TURNS))
    assert isinstance(of(bold.encode()), Source)  # bold may tell the questions


def test_a_recording_in_a_document_is_read_like_one_in_a_text() -> None:
    lines = [line for n, turn in enumerate(TURNS) for line in (f"{turn[0]} 00:{n:02}", turn[1])]
    assert exchanges(document(TITLE, *lines)) == EXCHANGES


# ── columns ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "suffix", "lines"),
    [
        ("角色,正文,时间\n甲,一,00:01\n乙,二,00:02\n", ".txt", "甲：一\n乙：二"),
        ("时间;Speaker;Text\n1;甲;一\n2;乙;二\n", ".csv", "甲：一\n乙：二"),
        (
            "00:01\t甲\t一二三\n00:02\t乙\t二三四\n00:03\t甲\t三四五\n",
            ".txt",
            "甲：一二三\n乙：二三四\n甲：三四五",
        ),
        ('姓名,内容\n甲,"一\n二"\n乙,三\n', ".csv", "甲：一\n二\n乙：三"),
        ("问题,回答\n一？,二。\n三？,四。\n", ".csv", "问：一？\n答：二。\n问：三？\n答：四。"),
        ("姓名,内容\n甲,一\n,二\n乙,三\n", ".csv", "甲：一\n二\n乙：三"),  # his cell goes on
        (
            "县水利局副局长罗平川\t一\n乙\t二三\n" * 2,
            ".tsv",
            "县水利局副局长罗平川：一\n乙：二三\n县水利局副局长罗平川：一\n乙：二三",
        ),
        ("访谈\n姓名\t内容\n甲\t一\n乙\t二\n", ".tsv", "访谈\n甲：一\n乙：二"),
    ],
)
def test_columns_become_turns(page: str, suffix: str, lines: str) -> None:
    assert text(page, suffix) == lines


@pytest.mark.parametrize(
    "page",
    [
        "\n".join(LABELLED).replace("，", ","),  # half-width commas are no columns
        "序号\t书名\n1\t甲\n2\t乙\n3\t丙\n",  # nobody recurs
        "甲\t一\n甲\t二\n",  # two rows are a chance
        "\n".join(f"这一句话比一个名字要长出来许多所以它不是名字\t话{n}" for n in range(4)),
        "| 年 | 事 |\n| --- | --- |\n| 一 | 甲 |\n| 二 | 乙 |\n| 三 | 丙 |\n",
        "记者|您好？\n周满仓|您好。\n记者|怕吗？\n",  # no Markdown table without its second line
    ],
)
def test_other_columns_are_left_alone(page: str) -> None:
    assert source(page).texts == (Text(page),)


def test_a_column_that_is_not_read_is_said() -> None:
    assert "备注, 1 格, 如 笑" in left_out("姓名,内容,备注\n甲,一,笑\n乙,二,\n", ".csv")


def test_a_table_in_markdown_stands_among_other_lines() -> None:
    page = "# 标题\n\n| 角色 | 话 |\n|---|---|\n| **甲** | 一<br>二 |\n| 乙 | 三 \\| 四 |\n\n完\n"
    assert text(page) == "# 标题\n甲：一\n二\n乙：三 | 四\n完"


def test_a_quote_that_is_never_closed_swallows_nothing() -> None:
    page = '甲\t"一\n乙\t二\n甲\t三\n乙\t四\n'
    assert text(page, ".tsv") == '甲："一\n乙：二\n甲：三\n乙：四'


# ── the guard ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        "00:00:01,000 --> 00:00:02,000",
        "第一行\n00:00:01.000\n第二行",
        "<div class='a'>话",
        "话</span>",
        "一<br/>二",
        "<v 记者>话",
        "话&nbsp;话",
        "话&#8203;话",
        "{\\an8}话",
        "\\pard 话",
        "话\ufffd话",
        "(cid:12)话",
    ],
)
def test_the_mark_of_a_format_is_garbage(answer: str) -> None:
    assert garbage(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "一 -> 二，1 < 2，a > b。",
        "下午 3:00 到 12:30:45。",
        "R&D 和 AT&T；《<未名>》。",
        "<我的前半生>写得好。",
        "C:\\parts\\fs 里面。",
        "{笑}",
    ],
)
def test_speech_is_no_garbage(answer: str) -> None:
    assert garbage(answer) is None


# ── sizes ────────────────────────────────────────────────────────────────────────────────────────

HUGE: dict[str, bytes | str] = {
    "spaces": "甲：" + " " * 1_000_000 + "乙",
    "white space in a page": web("<p>好" + " \n" * 300_000 + "好</p>"),
    "tabs": "\t" * 1_000_000 + "甲",
    "bars": "|" * 1_000_000,
    "times": "1:11 " * 200_000,
    "names": "张三" * 300_000 + " 00:01",
    "arrows": "-->" * 300_000,
    "open tags": "<html>" + "<" * 500_000,
    "open comments": "<!--" * 300_000,
    "parts": b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\n" * 90_000,
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE.keys())
def test_a_huge_file_is_read_or_refused(data: bytes | str) -> None:
    """In time in proportion to its size: the square of it would never end."""
    assert of(data.encode() if isinstance(data, str) else data)
