"""`fangtan ledger teach | decline | unteach`: a case becomes a line of the interview's files."""

from __future__ import annotations

from bot import question_files, teaching
from bot.cases import MAY_FOLLOW, said_now
from bot.edition import Edition
from bot.interview import Interview
from bot.ledger import looks
from bot.ledger.command import Desk, Refused, found
from bot.store import Case, Change
from bot.teaching import Difference, Lesson

SHOWN = 12  # questions that would be answered otherwise


def teach(desk: Desk, number: int, exchange: str, quote: str, wording: str | None, by: str) -> None:
    """Let a case's question, or a better wording, be answered with an exchange from now on."""
    case = _closable(desk, number)
    edition = desk.edition()
    interview, _, name = exchange.rpartition("/")
    mine = _interview(edition, interview or None, name)
    lesson = Lesson(mine.id, name, quote, _one_line(wording or case.text))
    _learn(desk, case, edition, lesson, by)


def decline(desk: Desk, number: int, interview: str | None, wording: str | None, by: str) -> None:
    """Let a case's question be one that the interview does not speak of."""
    case = _closable(desk, number)
    edition = desk.edition()
    mine = _interview(edition, interview)
    _learn(desk, case, edition, Lesson(mine.id, None, "", _one_line(wording or case.text)), by)


def unteach(desk: Desk, number: int, by: str) -> None:
    """Take back what was learnt from a case, and open it again."""
    case = found(desk.ledger, number)
    note = _note(number)
    try:
        lessons = teaching.noted(desk.folder, note)
        gone = [one for one in lessons if teaching.unteach(desk.folder, one, note)]
    except teaching.Unwritable as error:
        raise Refused(str(error)) from None
    if not gone:
        raise Refused(f"知识文件里没有带“# {note}”的行可撤；也许有人改过，没有动它。")
    for lesson in gone:
        print(f"撤销：{_learnt(lesson)}")
    _say_now(desk.edition(), _one_line(case.text))
    if case.state == "closed":
        desk.ledger.change(number, Change("open", by, how="撤销"))
    print(f"#{number} {looks.standing(found(desk.ledger, number))}")


def _learn(desk: Desk, case: Case, edition: Edition, lesson: Lesson, by: str) -> None:
    """Hold it against the knowledge, write it, ask again, and close the case."""
    if not teaching.is_taught(edition.knowledge, lesson):  # else somebody was interrupted
        _weigh(desk, edition, lesson)
    try:
        teaching.teach(desk.folder, lesson, _note(case.id))
    except teaching.Unwritable as error:
        raise Refused(str(error)) from None
    print(f"写好了：{_learnt(lesson)}")
    after = desk.edition()
    for text in dict.fromkeys((lesson.text, _one_line(case.text))):
        _say_now(after, text)
    if not desk.ledger.change(case.id, Change("closed", by, how=_learnt(lesson))):
        raise Refused(f"写是写了，#{case.id} 已经有人动过：没有结案。")
    print(f"#{case.id} {looks.standing(found(desk.ledger, case.id))}")


def _weigh(desk: Desk, edition: Edition, lesson: Lesson) -> None:
    """Raise Refused if anything speaks against it; else print what it would change."""
    if against := teaching.objections(lesson, edition):
        raise Refused("\n".join((f"没有写“{lesson.text}”：", *against)))
    for doubt in teaching.doubts(lesson, edition):
        print(doubt)
    questions = question_files.load(desk.folder)
    effect = teaching.effect(lesson, edition, questions)
    if effect is None:
        return
    count = sum(map(len, questions))
    print(f"问题文件里的 {count} 句，有 {len(effect.differences)} 句答得和原来不同。")
    for difference in effect.differences[:SHOWN]:
        print(f"  {_compared(difference)}")


def _compared(difference: Difference) -> str:
    judged = {(True, False): "（变坏）", (False, True): "（变好）"}
    before, after = (looks.now_said(turn)[0] for turn in (difference.before, difference.after))
    told = judged.get((difference.was_good, difference.is_good), "")
    return f"{looks.cut(difference.question, 60)}：{before} → {after}{told}"


def _say_now(edition: Edition, text: str) -> None:
    said, _ = looks.now_said(said_now(text, edition.responder))
    print(f"现在问“{looks.cut(text, 60)}”：{said}")


def _learnt(lesson: Lesson) -> str:
    if lesson.target is None:
        return f"访谈没有谈到（{lesson.interview}）“{lesson.text}”"
    return f"加为问法（{lesson.target}）“{lesson.text}”"


def _note(number: int) -> str:
    return f"台账 #{number}"


def _closable(desk: Desk, number: int) -> Case:
    case = found(desk.ledger, number)
    if case.state not in MAY_FOLLOW["closed"]:
        stands = looks.standing(case)
        raise Refused(f"#{number} 现在是：{stands}；这一步做不了，先 ledger reopen {number}。")
    return case


def _interview(edition: Edition, name: str | None, exchange: str | None = None) -> Interview:
    """The interview that is meant; where none is named, the only one, or the only one that has an
    exchange so called."""
    there = edition.interviews
    if name is not None and name in there:
        return there[name]
    fit = [i for i in there.values() if exchange is None or _has(i, exchange)]
    if name is None and len(fit) == 1:
        return fit[0]
    if name is None and len(there) == 1:
        return next(iter(there.values()))  # the objections say that the exchange is not there
    wanted = f"没有访谈“{name}”" if name is not None else "有几篇访谈，没有写是哪一篇"
    raise Refused(f"{wanted}；有：{'、'.join(there)}。")


def _has(interview: Interview, exchange: str) -> bool:
    return any(one.id == exchange for one in interview.exchanges)


def _one_line(text: str) -> str:
    return " ".join(text.split())
