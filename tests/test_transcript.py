"""Pages in tests/pages are invented; beside each stands what a careful reader takes from it."""

from __future__ import annotations

import re
from operator import contains
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.transcript import Corrections, NoInterview, Reading, read_page
from bot.transcript.labels import inline_starts
from bot.transcript.names import HOST_WORDS
from bot.transcript.page import paragraphs
from bot.transcript.turns import part_of

PAGES = Path(__file__).parent / "pages"
EXPECTED = sorted(PAGES.glob("*.yaml"))
SEED = Path(__file__).parent.parent / "seeds" / "xiamen-2014-dongnanwang.txt"


def page_of(expected: Path) -> str:
    (page,) = (p for p in PAGES.glob(f"{expected.stem}.*") if p.suffix in (".txt", ".md"))
    return page.read_bytes().decode("utf-8")


def interview(text: str) -> Reading:
    reading = read_page(text)
    assert isinstance(reading, Reading), reading
    return reading


def shown(reading: Reading) -> list[dict[str, object]]:
    """The exchanges in the form of the expected files."""
    return [
        {"question": e.question, "answer": list(e.answer)}
        | ({"speaker": e.speaker} if e.speaker else {})
        for e in reading.exchanges
    ]


def non_blank(text: str) -> set[int]:
    lines = re.split(r"\r\n|\r|\n", text)
    return {number for number, line in enumerate(lines, 1) if line.strip()}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_a_page_gives_what_a_careful_reader_takes_from_it(expected: Path) -> None:
    told = yaml.safe_load(expected.read_text(encoding="utf-8"))
    reading = read_page(page_of(expected))
    if "none" in told:
        assert isinstance(reading, NoInterview), shown(reading)
        assert told == {"none": reading.reason.split(";")[0]}
        return
    assert isinstance(reading, Reading), reading
    assert told.keys() <= {"exchanges", "metadata", "warnings"}
    assert shown(reading) == told["exchanges"]
    assert told.get("metadata", {}).items() <= reading.metadata.items()
    warned = told.get("warnings", [])
    assert len(reading.warnings) == len(warned), reading.warnings
    assert all(map(contains, reading.warnings, warned)), reading.warnings


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.stem)
def test_every_line_that_is_not_blank_is_accounted_for(expected: Path) -> None:
    text = page_of(expected)
    reading = read_page(text)
    assert {line.number for line in reading.lines} == non_blank(text)
    assert all(line.name for line in reading.lines if line.kind in ("chrome", "metadata"))


@pytest.mark.parametrize("mark", ["**{}**", "*{}*", "### {}", "<blockquote>{}</blockquote>"])
def test_questions_may_be_set_apart_in_any_way(mark: str) -> None:
    page = (PAGES / "questions-in-quotations.md").read_text(encoding="utf-8")
    marked = re.sub("(?m)^> (.*)$", lambda match: mark.format(match[1]), page)
    assert shown(interview(marked)) == shown(interview(page))


@pytest.mark.parametrize(
    ("old", "new"), [("您", ""), ("涂青：", "A："), ("涂青：(?=[写给])", "白石：")]
)
def test_answers_without_a_host_are_one_persons_who_is_spoken_to(old: str, new: str) -> None:
    page = (PAGES / "numbered-questions-to-one.md").read_text(encoding="utf-8")
    assert isinstance(read_page(page), Reading)
    assert isinstance(read_page(re.sub(old, new, page)), NoInterview)


def test_a_page_may_be_one_quotation() -> None:
    page = (PAGES / "soft-breaks.md").read_text(encoding="utf-8")
    assert shown(interview(re.sub("(?m)^ *(?=[JL*])", "> ", page))) == shown(interview(page))


def test_every_page_has_its_expected_result() -> None:
    pages = {path.stem for path in PAGES.iterdir() if path.suffix != ".yaml"}
    assert pages == {path.stem for path in EXPECTED}


def test_the_seed_gives_four_exchanges_and_its_header() -> None:
    reading = interview(SEED.read_bytes().decode("utf-8"))
    assert [len(e.answer) for e in reading.exchanges] == [1, 1, 1, 2]
    assert reading.metadata == {
        "title": "东南网等三家网站今日联播 厦门教育实践活动访谈",
        "published": "2014-08-06 09:39:33",
        "source": "厦门网",
        "site": "东南网",
        "editor": "邹玒",
        "host": "主持人",
        "guest": "陈秋雄",
    }


BAD = [
    ("", "空的"),
    (" \r\n\u3000\n", "空的"),
    ("\0\1\2PNG\0\0", "不是文字"),
    ("\ufffd\ufffd\ufffd记\ufffd\ufffd", "不是文字"),  # GBK read as UTF-8
    ("没有人问，也没有人答。\n", "没有标出说话人"),
    ("\0".join("没有人问，也没有人答。\n"), "不是文字"),
]


@pytest.mark.parametrize(("text", "reason"), BAD)
def test_bad_input_gets_a_sentence(text: str, reason: str) -> None:
    reading = read_page(text)
    assert isinstance(reading, NoInterview)
    assert reason in reading.reason


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_of_other_systems_change_nothing(end: str) -> None:
    text = (PAGES / "web-half-width.txt").read_text(encoding="utf-8")
    assert interview(text.replace("\n", end)) == interview(text)


HUGE = {
    "one line": "好" * 500_000,
    "turns on one line": "记者:您好不好?王某:我好。" * 2_000,
    "colons": "啊：" * 200_000,
    "spaces": "a" + " " * 300_000 + "b",
    "stars": "*" * 300_000,
    "brackets": "[" * 200_000,
    "open quotes": "“" * 200_000,
    "many labels": "\n".join(f"某人{n}：是这样吗？" for n in range(1_500)),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_huge_page_loses_nothing(text: str) -> None:
    assert {line.number for line in read_page(text).lines} == non_blank(text)


def test_what_had_to_be_guessed_is_warned_of() -> None:
    reading = interview("# 访谈\n\n" + "甲台：你好吗？\n\n王某：我好。\n\n" * 3)
    assert any("甲台" in warning for warning in reading.warnings)


# The smallest rules, each with a line that needs it and a line that it must leave alone.

LABELLED = [
    ("记者：您好吗？", "记者", "您好吗？"),
    ("Q12. 您好吗？", "Q", "您好吗？"),
    ("Ｑ3、您好吗？", "Q", "您好吗？"),
    ("问2：您好吗？", "问", "您好吗？"),
    ("答 3 我好。", "答", "我好。"),
    ("問 您好", "問", "您好"),  # believed where several turns begin so
    ("A：我好。", "A", "我好。"),
    ("【王某】我好。", "王某", "我好。"),
    ("[王某]：我好。", "王某", "我好。"),
    ("[王某](https://example.org)", None, ""),  # a link
    ("［王某］我好。", "王某", "我好。"),
    ("〔王某〕我好。", "王某", "我好。"),
    ("C | 您好吗？", "C", "您好吗？"),
    ("▲山报记者：您好吗？", "山报记者", "您好吗？"),
    ("王某（教授）：我好。", "王某", "我好。"),
    ("市水务局局长 陆明川：我好。", "市水务局局长陆明川", "我好。"),
    ("青团、艾草：您好吗？", "青团、艾草", "您好吗？"),
    ("[00:25] 王某：我好。", "王某", "我好。"),
    ("（00:25）王某：我好。", "王某", "我好。"),
    ("00:00:25 王某：我好。", "王某", "我好。"),
    ("发言人 1：我好。", "发言人1", "我好。"),
    ("《山报》：您好吗？", "山报", "您好吗？"),
    ("王某  2024/5/1 10:03", "王某", ""),
    ("王某 2021-03-05 10:00:12", "王某", ""),
    ("20:00：开馆", None, ""),
    ("2021年3月5日：开馆", None, ""),
    ("---：开馆", None, ""),
    ("第一：灯是暗的", None, ""),
    ("其二：人是少的", None, ""),
    ("小岑@山报：您好？", "小岑@山报", "您好？"),
    ("https://example.org", None, ""),
    ("www.example.org：见", None, ""),
    ("a@b：见", None, ""),
    ("我听说：灯是暗的", None, ""),
    ("那一年：下雪", None, ""),
    ("问3、您好吗？", "问", "您好吗？"),
    ("問3、您好嗎？", "問", "您好嗎？"),
    ("Ａ1、我好。", "A", "我好。"),
    ("馆长回答说：“有。”", None, ""),
    ("馆長說：有。", None, ""),
    ("老人知道：有。", None, ""),
    ("我：您好吗？", "我", "您好吗？"),
    ("他对我讲，“王某：有。", None, ""),
    ("见“王某：有。", None, ""),
    ("这一行没有标签。", None, ""),
]


@pytest.mark.parametrize(("line", "key", "speech"), LABELLED)
def test_a_line_may_begin_with_a_label(line: str, key: str | None, speech: str) -> None:
    part = part_of(paragraphs(line)[0])
    if key is None:
        assert part.label is None or part.label.form == "bare"
    else:
        assert part.label is not None
        assert (part.label.key, part.speech) == (key, speech)


@pytest.mark.parametrize(
    "label",
    "记者 山報記者 主持人甲 采访者 採訪者 访谈者 訪談者 本刊 本报 本報 "
    "网友海边 網友海邊 读者提问 讀者提問 Q 问 問".split(),
)
def test_some_labels_say_that_who_bears_them_asks(label: str) -> None:
    assert HOST_WORDS.fullmatch(label)


@pytest.mark.parametrize("label", ["王某", "新娘告诉记者小王说", "A", "答"])
def test_other_labels_do_not(label: str) -> None:
    assert not HOST_WORDS.fullmatch(label)


TITLES = (
    "专访石匠 專訪石匠 石匠访谈 石匠訪談 采访石匠 採訪石匠 石匠受访 石匠受訪 与石匠对谈 "
    "與石匠對談 石匠记者会 石匠記者會 石匠答记者问 石匠答記者問 石匠招待会 石匠发布会 "
    "石匠發布會 对话石匠 石匠｜对话 Interview 访问石匠 訪問石匠"
).split()
THREE = (
    "\n\n山台：石头怎么选？\n\n石匠：听声音。\n\n山台：听什么？"
    "\n\n石匠：听脆的。\n\n山台：还有呢？\n\n石匠：没有了。"
)


@pytest.mark.parametrize("title", TITLES)
def test_a_title_may_announce_an_interview(title: str) -> None:
    assert isinstance(read_page(f"# {title}{THREE}"), Reading)


@pytest.mark.parametrize("title", ["石匠", "石匠的对话", "石匠 Interview Questions"])
def test_other_titles_do_not(title: str) -> None:
    assert isinstance(read_page(f"# {title}{THREE}"), NoInterview)


INSIDE = [
    ("好。王某：我好。", 1),
    ("好 王某：我好。", 1),
    ("好。【王某】我好。", 1),
    ("好。[王某]我好。", 1),
    ("好【王某】：我好。", 1),
    ("好。[王某](https://example.org)", 0),
    ("好王某，我好。", 0),
]


@pytest.mark.parametrize(("text", "turns"), INSIDE)
def test_a_turn_may_begin_inside_a_paragraph(text: str, turns: int) -> None:
    assert len(inline_starts(text)) == turns


NOBODYS = [
    ("---", "rule"),
    ("* * *", "rule"),
    ("■", "rule"),
    ("——", "rule"),
    ("- END -", "rule"),
    ("—— 全文完 ——", "rule"),
    ("！！", None),
    ("-5 度 -", None),
    ("图3：桥。山报供图", "credits"),
    ("圖12：橋。", "credits"),
    ("来源：山报", "credits"),
    ("來源：山報", "credits"),
    ("责任编辑：张某", "credits"),
    ("責任編輯：張某", "credits"),
    ("（编辑：张某）", "credits"),
    ("編輯：張某", "credits"),
    ("作者 | 张某", "credits"),
    ("文｜张某", "credits"),
    ("图／张某", "credits"),
    ("圖丨張某", "credits"),
    ("采写：张某", "credits"),
    ("採寫：張某", "credits"),
    ("整理/张某", "credits"),
    ("译者：张某", "credits"),
    ("譯者：張某", "credits"),
    ("摄影：张某", "credits"),
    ("攝影：張某", "credits"),
    ("via: example", "credits"),
    ("Photo: Ann", "credits"),
    ("文：" + "很长的一段话，" * 10, None),
    ("文章我写过。", None),
    ("编者按：冬天。", "editor's note"),
    ("編者按：冬天。", "editor's note"),
    ("本文首发于山报。", "editor's note"),
    ("未经许可不得转载。", "editor's note"),
    ("未經許可不得轉載。", "editor's note"),
    ("© 山报", "editor's note"),
    ("注：冬天。", "editor's note"),
    ("註：冬天。", "editor's note"),
    ("山报版权所有，请勿转载。", "editor's note"),
    ("文章仅为作者观点，不代表山报。", "editor's note"),
    ("本文我读过，" + "很长的一段话，" * 20, None),
    ("[某镇长：戏台不拆](https://example.org/1)", "link"),
    ("[a]: https://example.org/a", "link"),
    ("https://example.org/a", "link"),
    ("www.example.org", "link"),
    ("desk@example.org", "link"),
    ("延伸阅读：[某镇长](https://example.org/1)", "link"),
    ("[一](https://example.org/1)、[二](https://example.org/2)", "link"),
    ("详情见：https://example.org/night", None),
    ("我读过[那本书](https://example.org/1)", None),
]


@pytest.mark.parametrize(("line", "sort"), NOBODYS)
def test_some_lines_are_nobodys_speech_wherever_they_stand(line: str, sort: str | None) -> None:
    assert part_of(paragraphs(line)[0]).sort == sort


MARKUP = [
    ("**全是粗的**", "全是粗的", {"bold"}),
    ("<b>全是粗的</b>", "全是粗的", {"bold"}),
    ("<strong>全是粗的</strong>", "全是粗的", {"bold"}),
    ("**标签：**不粗", "标签：不粗", set()),
    ("**没有关", "没有关", {"bold"}),
    ("没有开**", "没有开", set()),
    ("标签**：没有开", "标签：没有开", set()),
    ("标签：**没有关", "标签：没有关", set()),
    ("五**六", "五**六", set()),
    ("***又粗又斜***", "又粗又斜", {"bold"}),
    ("*斜的*", "斜的", {"italic"}),
    ("_斜的_", "斜的", {"italic"}),
    ("<em>斜的</em>", "斜的", {"italic"}),
    ("2*3*4", "2*3*4", set()),
    ("a_b_c", "a_b_c", set()),
    ("~~划掉~~", "划掉", set()),
    ("一\\|二", "一|二", set()),
    ("## 标题", "标题", {"heading"}),
    ("##标题", "标题", {"heading"}),
    ("#话题", "#话题", set()),
    ("#《标题》", "《标题》", {"heading"}),
    ("#1 不是标题", "#1 不是标题", set()),
    ("<h3>标题</h3>", "标题", {"heading"}),
    ("> 引文", "引文", {"quote"}),
    ("<blockquote>引文</blockquote>", "引文", {"quote"}),
    ("- 一项", "一项", {"item"}),
    ("* 一项", "一项", {"item"}),
    ("+ 一项", "一项", {"item"}),
    ("<li>一项</li>", "一项", {"item"}),
    ("1. 一项", "1. 一项", {"item"}),
    ("-5 度", "-5 度", set()),
    ("==亮的==一句", "亮的一句", set()),
    ("a == b", "a == b", set()),
    ("<blockquote><p>引文</p></blockquote>", "引文", {"quote"}),
    ("![图](a.jpg)", "", {"image"}),
    ("![图][1]", "", {"image"}),
    ('<img src="a.jpg">', "", {"image"}),
    ("{{< figure >}}", "", {"image"}),
    ("<figcaption>图中人</figcaption>", "图中人", {"caption"}),
    ("<center>图中人</center>", "图中人", {"caption"}),
    ("[字](https://example.org/a_(b))里", "字里", set()),
    ("[字][1]里", "字里", set()),
    ('<a href="a">字</a>里', "字里", set()),
    ("[字]里", "[字]里", set()),
    ('好<span class="a">的</span>', "好的", set()),
    ("<Python 编程>", "<Python 编程>", set()),
    ("&nbsp;\u3000好&nbsp;", "好", set()),
    ("    x = 1", "x = 1", {"code"}),
    ("\tx = 1", "x = 1", {"code"}),
    ("    说话", "说话", set()),
]
FLAGS = {"bold", "italic", "heading", "quote", "item", "image", "caption", "code"}


@pytest.mark.parametrize(("line", "text", "flags"), MARKUP)
def test_markup_is_taken_off_and_remembered(line: str, text: str, flags: set[str]) -> None:
    (paragraph,) = paragraphs(line)
    assert (paragraph.text, {flag for flag in FLAGS if getattr(paragraph, flag)}) == (text, flags)


@pytest.mark.parametrize(
    "tag", "strong b em i u s span font a sup sub del small code mark time".split()
)
def test_an_inline_tag_divides_nothing(tag: str) -> None:
    (paragraph,) = paragraphs(f"好<{tag} class='a' id=b>的</{tag}>")
    assert paragraph.text == "好的"


@pytest.mark.parametrize("tag", "p h1 h2 h3 h4 h5 h6 li dt dd figcaption blockquote".split())
def test_a_line_break_is_a_space_in_a_paragraph_of_html(tag: str) -> None:
    texts = [paragraph.text for paragraph in paragraphs(f"<{tag}>\n好\n的\n</{tag}>")]
    assert [text for text in texts if text] == ["好的"]


LINES_OF_HTML = [
    ("一<br>二", ["一", "二"]),
    ("<p>一</p><p>二</p>", ["一", "二"]),
    ("<p>\n一\n<b>\n二\n</b>\n</p>", ["一二"]),
    ("<p>\none\ntwo\n</p>", ["one two"]),
    ("<h2>\n一\n二\n</h2>", ["一二"]),
    ("<li>\n一\n二\n</li>", ["一二"]),
    ("<div>\n一\n二\n</div>", ["一", "二"]),
    ("```\n问：一\n```\n二", ["问：一", "二"]),
    ("~~~\n问：一\n~~~\n二", ["问：一", "二"]),
    ("一\n===\n二", ["一", "===", "二"]),
]


@pytest.mark.parametrize(("page", "texts"), LINES_OF_HTML)
def test_html_and_fences_divide_paragraphs(page: str, texts: list[str]) -> None:
    assert [paragraph.text for paragraph in paragraphs(page) if paragraph.text] == texts


# What a person says about a page is believed.

TALK = """# 夜渡访谈

船家老段：雾大，小心脚下。

木叶：您摆渡多少年了？

船家老段：三十年。我十五岁上船。

木叶：夜里也开船吗？

船家老段：有人叫就开。

过客：老段，走不走？

木叶：最远渡到哪里？

船家老段：对岸。

岸上的灯灭了。

木叶按：老段次年歇业。
"""


def corrected(**said: object) -> Reading:
    reading = read_page(TALK, Corrections(**said))  # type: ignore[arg-type]
    assert isinstance(reading, Reading), reading
    return reading


def roles(reading: Reading) -> dict[str, str]:
    return {speaker.name: speaker.role for speaker in reading.cast}


def test_a_named_host_and_a_named_guest_are_believed() -> None:
    assert roles(corrected()) == {"船家老段": "guest", "木叶": "host"}
    turned = corrected(host=("老段",), guest=("木叶", "过客"))
    assert roles(turned) == {"船家老段": "host", "木叶": "guest", "过客": "guest"}
    assert turned.exchanges[0].answer == ("您摆渡多少年了？",)


def test_who_is_named_no_speaker_is_left_out_with_all_he_says() -> None:
    reading = corrected(leave_out=("过客",))
    assert "过客" not in roles(reading)
    assert [line.name for line in reading.lines if line.number == 13] == ["left out"]
    assert [left.reason for left in reading.left_out if left.name == "过客"] == ["你说不是说话人"]
    assert reading.exchanges[1].answer == ("有人叫就开。",)


@pytest.mark.parametrize("end", [13, "过客", "过客：老段"])
def test_the_interview_ends_where_a_person_says(end: int | str) -> None:
    reading = corrected(end=end, guest=("船家老段",))
    assert len(reading.exchanges) == 2
    after = {line.number for line in reading.lines if line.name == "after the interview"}
    assert after == {13, 15, 17, 19, 21}


@pytest.mark.parametrize("end", [99, "没有的话"])
def test_an_end_that_is_not_on_the_page_is_answered_with_a_warning(end: int | str) -> None:
    assert any(str(end) in warning for warning in corrected(end=end).warnings)


def test_a_name_that_no_label_shows_is_answered_with_the_labels_that_occur() -> None:
    warnings = corrected(host=("石头",)).warnings
    assert any("石头" in warning and "木叶" in warning for warning in warnings), warnings
    nothing = read_page("# 账\n\n米：三斗\n\n盐：一包\n", Corrections(host=("石头",)))
    assert isinstance(nothing, NoInterview)
    assert "石头" in nothing.reason and "米、盐" in nothing.reason


def test_two_named_speakers_make_an_interview_of_a_page_that_does_not_look_like_one() -> None:
    page = "甲：下雨了。\n\n乙：收衣服。\n"
    assert isinstance(read_page(page), NoInterview)
    reading = read_page(page, Corrections(host=("甲",), guest=("乙",)))
    assert isinstance(reading, Reading)
    assert shown(reading) == [{"question": "下雨了。", "answer": ["收衣服。"]}]


def test_a_reading_says_who_spoke_how_often_and_asked_how_much() -> None:
    reading = corrected(leave_out=("过客",))
    assert [(speaker.name, speaker.turns, speaker.asking) for speaker in reading.cast] == [
        ("船家老段", 4, 0.0),
        ("木叶", 4, 0.75),
    ]
    reasons = {left.name: left.reason for left in reading.left_out}
    assert reasons == {"过客": "你说不是说话人", "夜渡访谈": "是标题"}
    assert (reading.first_question, reading.last_answer) == (5, 19)


# A page that nobody wrote by hand: the generator knows what was said, the importer must find it.

WORDS = st.text(alphabet="山水风云石木花鸟鱼虫春夏秋冬东南西北城乡路桥", min_size=4, max_size=30)
SPEECH = WORDS.map(lambda words: f"我想{words}。")
QUESTION = WORDS.map(lambda words: f"您看{words}吗？")
LABELS = st.sampled_from(
    [
        ("记者", "周满仓"),
        ("主持人", "林先生"),
        ("问", "答"),
        ("Q", "A"),
        ("山报", "吴"),
        ("端", "白"),
    ]
)
SHAPES = st.sampled_from(
    ["{}：", "{}:", "{} ：", "**{}**：", "**{}：**", "**{}：** ", "【{}】", "[{}]", "{} ： "]
)
JOINTS = st.sampled_from(["\n\n", "\n", "\r\n", "\n \n", "\n\n\u3000\u3000"])
CHROME = st.sampled_from(
    ["", "![图](https://example.org/a.jpg)", "（桥。图片来源于网络）", "## 小标题", "---"]
)
TURNS = st.lists(
    st.tuples(QUESTION, st.lists(SPEECH, min_size=1, max_size=3), CHROME), min_size=3, max_size=6
)


@settings(max_examples=150)
@given(turns=TURNS, labels=LABELS, shape=SHAPES, joint=JOINTS, repeat=st.booleans())
def test_whatever_the_labels_answers_are_verbatim_and_in_order(
    turns: list[tuple[str, list[str], str]],
    labels: tuple[str, str],
    shape: str,
    joint: str,
    repeat: bool,
) -> None:
    host, guest = (shape.format(label) for label in labels)
    pieces = ["# 山城访谈"]
    for question, answer, chrome in turns:
        pieces += [host + question, guest + answer[0]]
        pieces += [(guest if repeat else "") + paragraph for paragraph in answer[1:]]
        pieces += [chrome] if chrome else []
    text = joint.join(pieces)
    reading = interview(text)
    assert [e.question for e in reading.exchanges] == [question for question, _, _ in turns]
    assert [list(e.answer) for e in reading.exchanges] == [answer for _, answer, _ in turns]
    assert {line.number for line in reading.lines} == non_blank(text)


LINES = st.lists(
    st.one_of(
        WORDS,
        QUESTION,
        SPEECH,
        st.sampled_from(
            [
                "记者：",
                "王某：",
                "**",
                "> ",
                "# ",
                "问：",
                "【甲】",
                "",
                "<p>",
                "</p>",
                "（完）",
                "---",
            ]
        ),
    ),
    max_size=4,
).map("".join)


@settings(max_examples=300)
@given(st.lists(LINES, max_size=25))
def test_whatever_the_page_nothing_is_lost_and_nothing_added(lines: list[str]) -> None:
    text = "\n".join(lines)
    reading = read_page(text)
    assert {line.number for line in reading.lines} == non_blank(text)
    if isinstance(reading, NoInterview):
        return
    bare = re.sub(r"\*\*|</?p>|[\s>#]", "", text)
    at = 0
    for exchange in reading.exchanges:
        for paragraph in exchange.answer:
            words = re.sub(r"\*\*|[\s>#]", "", paragraph)
            assert words in bare[at:], paragraph
            at = bare.index(words, at) + len(words)
