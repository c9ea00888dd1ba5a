"""What a curator accepts: objections, effects, and the lines in the interview's files."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot import edition, evaluate, knowledge, question_files, reloading, teaching
from bot.edition import Edition
from bot.respond import Answer, Conversation, NotCovered, principal
from bot.search import Floats
from bot.suggest import Failed
from bot.teaching import Lesson, Unwritable, writing
from tests.test_cli import KNOWLEDGE, PHRASES

QUOTE = "零六年那次浪打到了塔腰,窗户碎了三扇。"
ALONE = "我们用棉被堵住窗口。"
ASK = Lesson("lighthouse", "q3", "", "塔里头眼下还留不留人")
FACT = Lesson("lighthouse", "q2", QUOTE, "浪头打坏了多少块玻璃")
NEW_FACT = Lesson("lighthouse", "q2", ALONE, "破了的窗子拿啥子塞上")
DECLINE = Lesson("lighthouse", None, "", "灯塔边上好不好停车")
NOTE = "台账 #12"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of knowledge with an interview and its phrases."""
    (tmp_path / "lighthouse.yaml").write_text(KNOWLEDGE, encoding="utf-8")
    (tmp_path / "lighthouse.phrases.yaml").write_text(PHRASES, encoding="utf-8")
    return tmp_path


def phrases_in(folder: Path) -> str:
    return (folder / "lighthouse.phrases.yaml").read_bytes().decode()


def questions_in(folder: Path) -> str:
    return (folder / "lighthouse.questions.yaml").read_bytes().decode()


def loaded(folder: Path) -> Edition:
    found = edition.load(folder, None)
    assert found.faults == ()
    return found


# ── writing ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("lesson", "before", "after"),
    [
        (
            ASK,
            "    - 如今还用得着守塔人吗\n",
            "    - 如今还用得着守塔人吗\n    - 塔里头眼下还留不留人  # 台账 #12\n",
        ),
        (
            FACT,
            "      - 哪一年的浪最大\n",
            "      - 哪一年的浪最大\n      - 浪头打坏了多少块玻璃  # 台账 #12\n",
        ),
        (
            NEW_FACT,
            "      - 哪一年的浪最大\n",
            "      - 哪一年的浪最大\n"
            "    - quote: 我们用棉被堵住窗口。\n"
            "      asks:\n"
            "      - 破了的窗子拿啥子塞上  # 台账 #12\n",
        ),
        (DECLINE, "- 灯塔有多高\n", "- 灯塔有多高\n- 灯塔边上好不好停车  # 台账 #12\n"),
    ],
)
def test_a_lesson_stands_where_a_person_would_look_for_it_and_nothing_else_changes(
    folder: Path, lesson: Lesson, before: str, after: str
) -> None:
    assert teaching.teach(folder, lesson, NOTE)
    assert phrases_in(folder) == PHRASES.replace(before, after)
    assert teaching.is_taught(loaded(folder).knowledge, lesson)


@pytest.mark.parametrize(
    ("lesson", "expected"),
    [
        (ASK, "- q: 塔里头眼下还留不留人\n  kind: taught\n  target: lighthouse/q3  # 台账 #12\n"),
        (
            FACT,
            "- q: 浪头打坏了多少块玻璃\n  kind: taught\n  target: lighthouse/q2\n"
            f"  contains:\n  - {QUOTE}  # 台账 #12\n",
        ),
        (DECLINE, "- q: 灯塔边上好不好停车\n  kind: taught\n  target: none  # 台账 #12\n"),
    ],
)
def test_what_was_learnt_is_expected_from_then_on(
    folder: Path, lesson: Lesson, expected: str
) -> None:
    teaching.teach(folder, lesson, NOTE)
    assert questions_in(folder) == expected


@pytest.mark.parametrize("lesson", [ASK, FACT, NEW_FACT, DECLINE])
def test_the_knowledge_is_then_what_was_foretold(folder: Path, lesson: Lesson) -> None:
    foretold = teaching.taught(loaded(folder).knowledge, lesson)
    teaching.teach(folder, lesson)

    def said(known: knowledge.Knowledge) -> object:
        (interview,) = known.interviews
        return [knowledge.authored_fields(e) for e in interview.exchanges], [
            d.text for d in interview.declines
        ]

    assert said(loaded(folder).knowledge) == said(foretold)


@pytest.mark.parametrize("lesson", [ASK, FACT, NEW_FACT, DECLINE])
@pytest.mark.parametrize("phrases", [PHRASES, None, "# 只有一行说明\n"])
def test_a_lesson_is_learnt_once_and_taken_back_whole(
    folder: Path, lesson: Lesson, phrases: str | None
) -> None:
    path = folder / "lighthouse.phrases.yaml"
    path.write_text(phrases, encoding="utf-8") if phrases else path.unlink()
    assert teaching.teach(folder, lesson, NOTE)
    texts = phrases_in(folder), questions_in(folder)
    assert not teaching.teach(folder, lesson, NOTE), "it stands there"
    assert (phrases_in(folder), questions_in(folder)) == texts
    assert teaching.noted(folder, NOTE) == (lesson,)
    assert teaching.unteach(folder, lesson, NOTE)
    bare = "interview: lighthouse\n"
    assert phrases_in(folder) == (PHRASES if phrases == PHRASES else f"{phrases or ''}{bare}")
    assert not (folder / "lighthouse.questions.yaml").exists()
    assert not teaching.unteach(folder, lesson, NOTE)


BY_HAND = """\
# 老王:这个文件是我写的,别排序
interview: lighthouse   # 守塔人

exchanges:
    q2:   # 台风
        # 先写长的
        asks:
            - "刮台风害怕吗"   # 老话

            - '遇到大浪: 怎么办'
        facts:
            - asks:
                - 窗户碎了几扇
              quote: |-
                零六年那次浪打到了塔腰,窗户碎了三扇。
              # 这一句最好
    q1:
        topic: 年头

# 以下不答
declines:
    - 灯塔的门票多少钱
# 完
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("last", ["\n", ""], ids=["line end", "no line end"])
@pytest.mark.parametrize("lesson", [ASK, FACT, NEW_FACT, DECLINE])
def test_what_people_wrote_stays_with_comments_order_and_line_ends(
    folder: Path, lesson: Lesson, ends: str, mark: str, last: str
) -> None:
    text = mark + (BY_HAND.rstrip("\n") + last).replace("\n", ends)
    (folder / "lighthouse.phrases.yaml").write_bytes(text.encode())
    assert teaching.teach(folder, lesson, NOTE)
    grown = phrases_in(folder).split(ends)
    kept = [line for line in grown if line in text.split(ends)]
    assert [line for line in kept if line] == [line for line in text.split(ends) if line]
    assert ends == "\n" or "\n" not in phrases_in(folder).replace("\r\n", "")
    assert teaching.is_taught(loaded(folder).knowledge, lesson)
    assert teaching.unteach(folder, lesson, NOTE)
    assert phrases_in(folder).rstrip("\r\n") == text.rstrip("\r\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("interview: lighthouse\nexchanges: {q3: {asks: [如今]}}\n", "all on one line"),
        ("interview: lighthouse\nexchanges:\n  q3:\n    asks: [如今]\n", "a list on one line"),
        ("interview: lighthouse\nexchanges:\n  q3:\n", "a group that says nothing"),
        ("interview: lighthouse\nexchanges:\n", "no group"),
        (
            "interview: lighthouse\nexchanges:\n"
            "  q1:\n    asks: &a\n    - 如今\n  q3:\n    asks: *a\n",
            "a list that belongs to two",
        ),
    ],
)
def test_what_finds_no_line_of_its_own_goes_to_the_end(
    folder: Path, text: str, reason: str
) -> None:
    (folder / "lighthouse.phrases.yaml").write_text(text, encoding="utf-8")
    assert teaching.teach(folder, ASK, NOTE)
    assert phrases_in(folder).startswith(text), reason
    assert f"- {ASK.text}  # {NOTE}\n" in phrases_in(folder)
    assert teaching.noted(folder, NOTE) == (ASK,)
    assert teaching.unteach(folder, ASK, NOTE)
    assert phrases_in(folder) == text


def test_behind_a_block_of_text_it_goes_on_in_the_next_line(folder: Path) -> None:
    text = PHRASES.replace("    - 如今还用得着守塔人吗\n", "    - |-\n      如今还用得着守塔人吗\n")
    (folder / "lighthouse.phrases.yaml").write_text(text, encoding="utf-8")
    assert teaching.teach(folder, ASK)
    assert f"      如今还用得着守塔人吗\n    - {ASK.text}\ndeclines:" in phrases_in(folder)


def test_what_suggest_wrote_counts_and_can_be_taken_back(folder: Path) -> None:
    text = PHRASES + f"suggested:\n- exchange: q3\n  asks:\n  - {ASK.text}\n  - 还有别的\n"
    (folder / "lighthouse.phrases.yaml").write_text(text, encoding="utf-8")
    assert not teaching.teach(folder, ASK)
    assert teaching.unteach(folder, ASK)
    assert phrases_in(folder) == text.replace(f"  - {ASK.text}\n", "")


def test_a_line_that_somebody_changed_is_left_alone(folder: Path) -> None:
    teaching.teach(folder, FACT, NOTE)
    path = folder / "lighthouse.phrases.yaml"
    changed = phrases_in(folder).replace(FACT.text, "浪打坏了几块玻璃")
    path.write_text(changed, encoding="utf-8")
    assert not teaching.unteach(folder, FACT, NOTE)
    assert phrases_in(folder) == changed


def test_the_same_words_without_the_note_are_somebody_elses(folder: Path) -> None:
    teaching.teach(folder, ASK)
    assert not teaching.unteach(folder, ASK, NOTE)
    assert ASK.text in phrases_in(folder) and ASK.text in questions_in(folder)
    assert teaching.noted(folder, NOTE) == ()


def test_taking_back_leaves_what_was_written_since(folder: Path) -> None:
    teaching.teach(folder, NEW_FACT, NOTE)
    path = folder / "lighthouse.phrases.yaml"
    mine = "      - 窗口怎么堵的\n"
    path.write_text(phrases_in(folder).replace("  q3:", f"{mine}  q3:"), encoding="utf-8")
    assert teaching.unteach(folder, NEW_FACT, NOTE)
    assert f"    - quote: {ALONE}\n      asks:\n{mine}  q3:" in phrases_in(folder)


@pytest.mark.parametrize("lost", ["phrases", "questions"])
def test_whoever_was_killed_between_the_two_files_does_it_again(folder: Path, lost: str) -> None:
    """Whichever of the two was not written: the other is not written twice."""
    untouched = {"phrases": PHRASES, "questions": None}[lost]
    teaching.teach(folder, FACT, NOTE)
    whole = phrases_in(folder), questions_in(folder)
    path = folder / f"lighthouse.{lost}.yaml"
    path.write_text(untouched, encoding="utf-8") if untouched else path.unlink()
    assert teaching.teach(folder, FACT, NOTE) == (lost == "phrases")
    assert (phrases_in(folder), questions_in(folder)) == whole


@pytest.mark.parametrize("gone", ["phrases", "questions"])
def test_whoever_was_killed_while_taking_back_does_it_again(folder: Path, gone: str) -> None:
    teaching.teach(folder, FACT, NOTE)
    path = folder / f"lighthouse.{gone}.yaml"
    path.write_text(PHRASES, encoding="utf-8") if gone == "phrases" else path.unlink()
    teaching.unteach(folder, FACT, NOTE)
    assert phrases_in(folder) == PHRASES
    assert not (folder / "lighthouse.questions.yaml").exists()


def test_two_curators_at_once_lose_nothing(folder: Path) -> None:
    lessons = [Lesson("lighthouse", "q1", "", f"第{n}个问法") for n in range(12)]
    threads = [threading.Thread(target=teaching.teach, args=(folder, one)) for one in lessons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(teaching.is_taught(loaded(folder).knowledge, one) for one in lessons)
    assert len(question_files.load(folder)) == 12


def test_what_somebody_writes_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a", encoding="utf-8")
    seen = []

    def change(text: str) -> str:
        if not seen:
            path.write_text(f"{text}, by hand", encoding="utf-8")
        seen.append(text)
        return f"{text}, and more"

    assert writing.edit(path, change)
    assert path.read_text(encoding="utf-8") == "a, by hand, and more"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("phrases", "interview: lighthouse\nexchanges: [\n", "phrases.yaml:"),
        ("phrases", "interview: elsewhere\n", "访谈“elsewhere”的问法"),
        ("questions", "q: 一个问题\n", "没法续写"),
        ("questions", "- q: '没完\n", "questions.yaml:1"),
    ],
)
def test_files_that_cannot_be_made_out_are_left_alone_both_of_them(
    folder: Path, name: str, text: str, sentence: str
) -> None:
    path = folder / f"lighthouse.{name}.yaml"
    path.write_text(text, encoding="utf-8")
    before = phrases_in(folder)
    with pytest.raises(Unwritable, match=sentence):
        teaching.teach(folder, ASK)
    assert path.read_text(encoding="utf-8") == text and phrases_in(folder) == before


def test_an_interview_that_is_not_there_cannot_be_taught(folder: Path) -> None:
    with pytest.raises(Unwritable, match="没有 id 为“elsewhere”的访谈"):
        teaching.teach(folder, Lesson("elsewhere", "q1", "", "问"))


def test_a_passage_that_points_back_takes_along_what_it_needs(tmp_path: Path) -> None:
    """“所以…” stands with the sentence before it, as `check` asks for."""
    text = KNOWLEDGE.replace("我留下来是", "所以我留下来是")
    (tmp_path / "lighthouse.yaml").write_text(text, encoding="utf-8")
    lesson = Lesson("lighthouse", "q3", "所以我留下来是给年轻人讲故事。", "你干嘛还不走")
    assert teaching.objections(lesson, loaded(tmp_path)) == ()
    teaching.teach(tmp_path, lesson)
    assert "- quote: 早就自动了。所以我留下来是给年轻人讲故事。\n" in phrases_in(tmp_path)
    assert teaching.unteach(tmp_path, lesson)


def test_part_of_a_sentence_becomes_the_whole_one(folder: Path) -> None:
    lesson = Lesson("lighthouse", "q2", "窗户碎了三扇", "浪头打坏了多少块玻璃")
    assert teaching.objections(lesson, loaded(folder)) == ()
    teaching.teach(folder, lesson)
    assert phrases_in(folder).count(QUOTE) == 1 and lesson.text in phrases_in(folder)


# ── the question file ────────────────────────────────────────────────────────────────────────────


def test_what_was_learnt_is_answered_and_eval_says_so(folder: Path) -> None:
    for lesson in (ASK, FACT, NEW_FACT, DECLINE):
        teaching.teach(folder, lesson)
    bot = loaded(folder)
    verdicts = evaluate.judge(question_files.load(folder), bot.responder.respond)
    assert [verdict.good for verdict in verdicts] == [True] * 4
    reply = principal(bot.responder.respond(NEW_FACT.text, Conversation())).reply
    assert isinstance(reply, Answer) and reply.quote == ALONE
    refused = principal(bot.responder.respond(DECLINE.text, Conversation())).reply
    assert isinstance(refused, NotCovered)


def test_a_question_file_is_no_knowledge_and_nothing_to_reload(folder: Path) -> None:
    files, version = reloading.signature(folder), loaded(folder).version
    (folder / "lighthouse.questions.yaml").write_text("- 乱写", encoding="utf-8")
    assert reloading.signature(folder) == files and loaded(folder).version == version
    assert [path.name for path in knowledge.question_files(folder)] == ["lighthouse.questions.yaml"]


def test_check_names_the_faults_of_question_files(folder: Path) -> None:
    text = f"""\
- q: 一
  kind: taught
  target: q9
- q: 二
  target: q1
- q: 三
  kind: taught
  target: lighthouse/q2
  contains:
  - {QUOTE}
  - 他没有说过。
- name: 一来一往
  turns:
  - q: 四
    kind: taught
    target: none
  - q: 五
    kind: taught
    target: q1
    accept: [q2, q8]
- 六
"""
    (folder / "lighthouse.questions.yaml").write_text(text, encoding="utf-8")
    found = question_files.faults(folder, loaded(folder).knowledge)
    assert [(fault.where.line, fault.wrong) for fault in found] == [
        (3, "没有“q9”这一问"),
        (4, "这个问题缺少 kind"),
        (11, "“他没有说过。”不在 lighthouse/q2 的回答里"),
        (19, "没有“q8”这一问"),
        (21, "这个问题应写成“名称: 内容”"),
    ]
    (folder / "lighthouse.questions.yaml").write_text("", encoding="utf-8")
    assert question_files.load(folder) == ()


def test_a_target_may_name_the_interview(folder: Path) -> None:
    bot = loaded(folder)
    entries = [{"q": "守塔多久了", "kind": "k", "target": t} for t in ("q1", "lighthouse/q1")]
    entries += [{"q": "守塔多久了", "kind": "k", "target": "elsewhere/q1"}]
    verdicts = evaluate.judge(evaluate.questions(entries), bot.responder.respond)
    assert [verdict.right for verdict in verdicts] == [True, True, False]


# ── objections ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "lesson",
    [ASK, FACT, NEW_FACT, DECLINE, Lesson("lighthouse", "q1", "", "年头")],  # its own topic
)
def test_nothing_speaks_against_what_is_fit(folder: Path, lesson: Lesson) -> None:
    assert teaching.objections(lesson, loaded(folder)) == ()


def asked(text: str, exchange: str | None = "q3", quote: str = "") -> Lesson:
    return Lesson("lighthouse", exchange, quote, text)


@pytest.mark.parametrize(
    ("lesson", "said"),
    [
        (Lesson("elsewhere", "q1", "", "塔里还留人吗"), "没有访谈“elsewhere”"),
        (asked("塔里头眼下还留不留人", "q9"), "没有 q9 这一问"),
        (asked("浪头打坏了多少块玻璃", "q2", "窗户碎了四扇。"), "不在这条回答的任何一段里"),
        (asked("灯塔边上好不好停车", None, QUOTE), "不能配原话"),
        (asked("塔里头\x07还留不留人"), "看不见的字符"),
        (asked("塔里头还留不留人\u202e"), "看不见的字符"),
        (asked("塔里头还留不留人 t.me/x http://x.cn"), "网址"),
        (asked("塔里头还留不留人" * 8), "太长"),
        (asked("？！"), "没有字可比"),
        (asked("那是什么"), "点明是哪件事"),
        (asked("如今还用得着守塔人吗?"), "在 asks 里已经有了"),  # its own
        (asked("干了几年灯塔"), "在 asks 里已经有了"),  # another's
        (asked("灯塔的门票多少钱"), "已经写成不答的"),
        (asked("刮台风害怕吗", None), "在 asks 里已经有了"),
        (asked("您在灯塔上守了多少年"), "在 question 里已经有了"),
        (asked("台风"), "在 topic 里已经有了"),
        (asked("刮台风的时候害怕不害怕"), "更像另一问：台风（lighthouse/q2"),
        (asked("灯塔的门票多少"), "几乎一样：“灯塔的门票多少钱”"),
        (asked("刮台风害怕不", None), "访谈里像有答案：台风"),
    ],
)
def test_each_objection(folder: Path, lesson: Lesson, said: str) -> None:
    against = teaching.objections(lesson, loaded(folder))
    assert any(said in sentence for sentence in against), against


def test_what_sounds_like_a_decline_is_a_persons_to_decide_and_no_models() -> None:
    bundled = edition.load(Path(__file__).parent.parent / "knowledge", None)
    lesson = Lesson("xiamen-2014", "q3", "", "当场拍板吗")
    assert teaching.objections(lesson, bundled) == ()
    (doubt,) = teaching.doubts(lesson, bundled)
    assert "没有谈到" in doubt and "拍板" in doubt
    assert teaching.doubts(replace(lesson, exchange=None), bundled) == ()
    twin = replace(lesson, text="陈秋雄今年多大了呀")
    assert any("几乎一样" in why for why in teaching.objections(twin, bundled))


# ── effects ──────────────────────────────────────────────────────────────────────────────────────


def expecting(*entries: tuple[str, str]) -> Sequence[Sequence[evaluate.Question]]:
    return evaluate.questions([{"q": q, "kind": "k", "target": t} for q, t in entries])


def test_the_effect_is_the_reply_and_what_others_would_get_instead(folder: Path) -> None:
    bot = loaded(folder)
    questions = expecting((f"请问{ASK.text}呀", "q3"), ("守塔多久了", "q1"), ("窗户碎了几扇", "q2"))
    effect = teaching.effect(ASK, bot, questions)
    assert effect is not None
    assert isinstance(effect.turn.reply, Answer) and effect.turn.reply.exchange.id == "q3"
    (difference,) = effect.differences
    assert difference.question == f"请问{ASK.text}呀"
    assert not isinstance(difference.before.reply, Answer)
    assert isinstance(difference.after.reply, Answer)
    assert (difference.was_good, difference.is_good) == (False, True)


def test_a_lesson_that_spoils_an_answer_says_so(folder: Path) -> None:
    bot = loaded(folder)
    lesson = asked("当年守塔人守塔守了多久", None)
    effect = teaching.effect(lesson, bot, expecting(("当年守塔守了多久", "q1")))
    assert effect is not None
    (difference,) = effect.differences
    assert (difference.was_good, difference.is_good) == (True, False)


def test_another_passage_of_the_same_answer_is_another_reply(folder: Path) -> None:
    lesson = Lesson("lighthouse", "q2", ALONE, "窗户碎了几扇呀怎么挡")
    effect = teaching.effect(lesson, loaded(folder), expecting((lesson.text, "q2")))
    assert effect is not None
    (difference,) = effect.differences
    before, after = difference.before.reply, difference.after.reply
    assert isinstance(before, Answer) and isinstance(after, Answer)
    assert before.exchange.id == after.exchange.id and before.quote != after.quote


def test_with_an_encoder_a_question_is_encoded_once_for_before_and_after(folder: Path) -> None:
    batches: list[Sequence[str]] = []

    def encoder(texts: Sequence[str]) -> Floats:
        batches.append(texts)
        rows = np.array([[1.0 + text.count(c) for c in "塔浪窗风年人"] for text in texts])
        unit: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        return unit

    bot = edition.load(folder, encoder)
    batches.clear()
    questions = expecting(("浪把啥打烂啦", "q2"), ("老了还上塔不", "q3"))
    effect = teaching.effect(ASK, bot, questions)
    assert effect is not None and isinstance(effect.turn.reply, Answer)
    singles = [text for (text, *more) in batches if not more]
    assert not set(singles) & {"浪把啥打烂啦", "老了还上塔不"}
    assert len(singles) == len(set(singles))
    assert bot.responder.index.encoder is encoder, "what is served encodes as before"


def test_whoever_no_longer_wants_to_know_is_not_kept_waiting(folder: Path) -> None:
    over = threading.Event()
    over.set()
    assert teaching.effect(ASK, loaded(folder), expecting(("守塔多久了", "q1")), over) is None


def test_it_stops_between_two_questions(folder: Path) -> None:
    over = threading.Event()

    class Conversations(list[Sequence[evaluate.Question]]):
        """Says that it is over once the second question is asked for."""

        taken = 0

        def __iter__(self):  # type: ignore[no-untyped-def]
            for conversation in super().__iter__():
                self.taken += 1
                if self.taken == 2:
                    over.set()
                yield conversation

    questions = Conversations(expecting(*[("守塔多久了", "q1")] * 9))
    assert teaching.effect(ASK, loaded(folder), questions, over) is None
    assert questions.taken == 2


# ── drafted wordings ─────────────────────────────────────────────────────────────────────────────


class Model:
    """Answers every prompt with the same reply, and remembers what it was asked."""

    def __init__(self, reply: str | Exception) -> None:
        self.reply = reply
        self.asked: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply

    def close(self) -> None: ...


REPLY = """\
改问|塔里头眼下还留不留人
改问|干了几年灯塔
改问|塔上如今可有人值班
随便说两句
改问|塔楼现在由谁照看呢
改问|现如今塔楼里有没有人守
"""


def test_drafts_are_three_that_nothing_speaks_against(folder: Path) -> None:
    bot, model = loaded(folder), Model(REPLY)
    exchange = bot.interviews["lighthouse"].exchanges[2]
    found = teaching.drafts(["塔里\n还留人不"], exchange, "早就自动了。", model, bot)
    assert found == ("塔里头眼下还留不留人", "塔上如今可有人值班", "塔楼现在由谁照看呢")
    (prompt,) = model.asked
    assert "- 塔里 还留人不\n" in prompt and "★ 1 早就自动了。" in prompt
    assert "现在的灯塔还要人守吗?" in prompt


def test_what_people_had_asked_is_no_draft(folder: Path) -> None:
    bot = loaded(folder)
    exchange = bot.interviews["lighthouse"].exchanges[2]
    found = teaching.drafts(["塔里头眼下还留不留人"], exchange, "", Model(REPLY), bot)
    assert found == ("塔上如今可有人值班", "塔楼现在由谁照看呢", "现如今塔楼里有没有人守")


def test_a_model_that_fails_says_so(folder: Path) -> None:
    bot = loaded(folder)
    exchange = bot.interviews["lighthouse"].exchanges[2]
    with pytest.raises(Failed, match="没有答成"):
        teaching.drafts(["问"], exchange, "", Model(Failed("没有答成", again=False)), bot)
