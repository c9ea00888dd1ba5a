"""Scenes: people act as a YAML file says, and the bot has to do what it says below each act.

`conversations/README.md` is how they are read and written. What a scene says that no scene can say
is refused. Where it is played is a `Stage`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from bot import render
from bot.interview import Knowledge
from bot.words import say
from tests.rim import labels, shows
from tests.stages import Stage
from tests.telegram import (
    Chat,
    Inline,
    Message,
    Person,
    Press,
    Styled,
    Topic,
    utf16_len,
)

HERE = Path(__file__).parent
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
SCENE = {"scene", "chat", "privacy", "bot", "admins", "languages", "topics", "ambient", "talk"}
SCENE |= {"interview", "process", "once", "curators", "curators members", "curators bot"}
SCENE |= {"inline feedback", "databases", "refusals", "curators hours"}
WHERE = {"in", "where", "caption", "link", "under", "card", "kill"}
PLACES = {"curators", "group", "private"}
UNSAID = {"topic", "closed", "gone"}  # of a topic; a block of these alone waits for no message
EXPECTED = {
    "answer",
    "answers",
    "passage",
    "first",
    "nearest",
    "fresh",
    "choices",
    "topics",
    "text",
    "says",
    "lacks",
    "buttons",
    "toast",
    "toasts",
    "earlier",
    "changes",
    "deletes",
    "to",
    "stays",
    "page",
    "results",
    "offers",
    "completes",
    *UNSAID,
    *PLACES,
}
ASIDE = {"toast", "toasts", "results", "offers"}  # what is no message
_ORDER = {say("order", "zh-hans"), say("order", "en")}
_LINE = re.compile(r"(?P<who>\S+(?: and \S+)*)(?P<there> at curators)?(?: (?P<verb>\S.*))?")

Script = dict[str, Any]


def scenes() -> dict[str, Script]:
    """Every scene of every file, under its name."""
    return {
        f"{file.stem}: {scene['scene']}": scene
        for file in sorted((HERE / "conversations").glob("*.yaml"))
        for scene in yaml.safe_load(file.read_text("utf-8"))
    }


def databases(script: Script) -> tuple[str, ...]:
    """The kinds of databases that a scene is played on: of SQLite one in memory will do where the
    bot is not started twice."""
    if script.get("databases") == "both":
        return "sqlite", "postgresql"
    if "databases" in script:
        raise ValueError(f"databases are both, not {script['databases']!r}")
    return ("sqlite",) if restarts(script) else ("memory",)


def restarts(script: Script) -> bool:
    """Whether the bot is stopped or killed in a scene."""
    return any({"restart", "kill"} & step.keys() for step in script["talk"])


def needs_its_own(script: Script) -> bool:
    """Whether a scene cannot share a process with others."""
    alone = bool({"curators", "databases", "inline feedback"} & script.keys())
    return (
        alone or restarts(script) or any({"wait", "wait until"} & s.keys() for s in script["talk"])
    )


def lasting(words: str) -> float:
    """`11 minutes` in seconds."""
    number, unit = words.split()
    return float(number) * SECONDS[unit.removesuffix("s")]


def until(clock: str | int, now: float) -> float:
    """The seconds until clocks here show a time of day; YAML reads 10:30 as a number of minutes."""
    hour, minute = divmod(clock, 60) if isinstance(clock, int) else map(int, clock.split(":"))
    here = datetime.fromtimestamp(now)
    then = here.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return ((then if then > here else then + timedelta(days=1)) - here).total_seconds()


@dataclass
class News:
    """What the bot did in answer to one act."""

    new: list[Message] = field(default_factory=list)
    changed: list[Message] = field(default_factory=list)
    gone: list[Message] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone)

    @property
    def shown(self) -> list[Message]:
        return self.changed + self.new

    def of(self, chat: Chat) -> News:
        """What of it happened in one chat."""
        every = (self.new, self.changed, self.gone)
        return News(*([m for m in some if m.chat is chat] for some in every))

    def once(self) -> News:
        """The same without what was said again, as to one person after a process was killed between
        sending and noting that."""
        first = {message.text: message for message in reversed(self.new)}
        return News([m for m in self.new if first[m.text] is m], self.changed, self.gone)


Blocks = dict[Chat, list[Script]]
"""What is expected, by where; of one block or several, each of which is one message."""


class Play:
    """A scene on its way: who is there, what has been said, and what the bot made of it."""

    def __init__(self, script: Script, stage: Stage, knows: Knowledge) -> None:
        if strange := set(script) - SCENE:
            raise ValueError(f"a scene has no {sorted(strange)}")
        self.script, self.stage, self.world = script, stage, stage.world
        self.exchanges = {exchange.id: exchange for exchange in knows.exchanges()}
        self.guest = knows.interviews[0].guest
        self.pages: dict[str, str] = {}
        self.people: dict[str, Person] = {}
        self.last: dict[tuple[str, int], Message] = {}
        self.presses: dict[str, Press] = {}
        self.search: Inline | None = None
        self.chats: list[Chat] = []
        self.here: Chat | None = None
        admins = [self.person(name) for name in script.get("admins", ["老周"])]
        if (kind := script.get("chat", "private")) != "private":
            self.here = self._group(kind, admins)
            self.chats.append(self.here)
        self.curators = self._curators(script)
        self.settings = _settings(script.get("curators hours", {}))
        self.before = self._snapshot()

    def _group(self, kind: str, admins: list[Person]) -> Chat:
        world, bot = self.world, self.script.get("bot", "member")
        if bot not in ("member", "admin", "outside"):
            raise ValueError(f"the bot is no {bot}")
        standing = {"bot": bot != "outside", "bot_is_admin": bot == "admin"}
        match kind:
            case "basic group":
                return world.group("老群", admins=admins, **standing)
            case "group" | "forum":
                group = world.supergroup("群", admins=admins, forum=kind == "forum", **standing)
                for name in self.script.get("topics", ()):
                    admins[0].opens_topic(group, name)
                return group
        raise ValueError(f"there is no kind of chat called {kind}")

    def _curators(self, script: Script) -> Chat | None:
        """The curators' chat, where the scene has one; who is named first created it."""
        kind = script.get("curators")
        if kind is None:
            return None
        people = [
            self.person(name, joins=False) for name in script.get("curators members", ["陈编"])
        ]
        standing = script.get("curators bot", "admin" if kind == "forum" else "member")
        if kind not in ("forum", "group", "basic group") or standing not in ("admin", "member"):
            raise ValueError(f"curators have no {kind!r} with the bot as {standing!r}")
        more: dict[str, Any] = {"bot_is_admin": standing == "admin"}
        if kind == "basic group":
            chat = self.world.group("编辑部", people, **more)
        else:
            chat = self.world.supergroup("编辑部", people, forum=kind == "forum", **more)
        self.chats.append(chat)
        return chat

    def person(self, name: str, joins: bool = True) -> Person:
        """Someone by their name, who is in the scene's group as soon as they are heard of."""
        if name not in self.people:
            tongue = self.script.get("languages", {}).get(name, "zh-hans")
            self.people[name] = self.world.user(name, language=tongue)
            self.chats.append(self.world.private(self.people[name], started=False))
        person = self.people[name]
        if joins and self.here and person.id not in self.here.members:
            self.here.members[person.id] = type(self.here.member(person.user))(person.user)
        return person

    def chat(self, person: Person, step: Script, there: bool = False) -> Chat:
        if there:
            return self._needed(self.curators, "curators")
        if self.here is None or step.get("where") == "private":
            return self.world.private(person)
        return self.here

    def _snapshot(self) -> dict[tuple[int, int], int]:
        return {
            (chat.id, message.id): len(message.versions)
            for chat in self.chats
            for message in chat.said_by(self.world.me)
        }

    def news(self) -> News:
        """What is new, changed or gone since the last look."""
        found = News()
        for chat in self.chats:
            for message in chat.messages.values():
                versions = self.before.get((chat.id, message.id))
                if message.sender != self.world.me or message.service:
                    continue
                if message.deleted:
                    found.gone += [message] * (versions is not None)
                elif versions is None:
                    found.new.append(message)
                elif len(message.versions) > versions:
                    found.changed.append(message)
        return found

    def bots(self, chat: Chat, back: int = 1, step: Script | None = None) -> Message:
        """What the bot said last, or the last but one…, as it now stands in a chat, or in the topic
        that a step names."""
        return self._of_bot(chat, step or {})[-back]

    def _of_bot(self, chat: Chat, step: Script) -> list[Message]:
        said = [message for message in chat.said_by(self.world.me) if not message.service]
        if "in" not in step:
            return said
        topic = self.topic(chat, step["in"])
        return [message for message in said if message.thread == (topic and topic.id)]

    def card(self, chat: Chat, step: Script) -> Message:
        """The bot's last message there with these words, and with buttons if any has some."""
        said = [m for m in self._of_bot(chat, step) if str(step.get("card", "")) in m.text]
        found = [message for message in said if message.buttons] or said
        if not found:
            raise LookupError(f"no card in {chat} says {step.get('card')!r}")
        return found[-1]

    def topic(self, chat: Chat, words: str) -> Topic | None:
        """The topic with this name, or the only one whose name has these words in it."""
        if words == "General":
            return None
        found = [topic for topic in chat.topics.values() if topic.name == words]
        found = found or [topic for topic in chat.topics.values() if words in topic.name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} topics of {chat} are called {words!r}")
        return found[0]

    @staticmethod
    def _needed(chat: Chat | None, what: str) -> Chat:
        if chat is None:
            raise ValueError(f"the scene has no {what}")
        return chat

    # Acts

    def act(self, step: Script) -> Chat:
        """Do what the first line of a step says; where it was done."""
        line, what = next(iter(step.items()))
        read = _LINE.fullmatch(line)
        if read is None:
            raise ValueError(f"nobody can {line!r}")
        names, there, verb = read["who"].split(" and "), bool(read["there"]), read["verb"] or ""
        if len(names) > 1:
            return self._press_at_once(names, there, verb, step, what)
        [name] = names
        person = self.person(name, joins=not there)
        chat = self.chat(person, step, there)
        where = self._in(chat, step)
        match verb.split():
            case []:
                self._said(name, chat, person.says(chat, self._words(step, what), **where))
            case ["to", other, *back]:
                target = self._target(chat, other, step, *map(int, back))
                words = self._words(step, what)
                self._said(name, chat, person.says(chat, words, reply_to=target, **where))
            case ["edits"]:
                person.edits(self.last[name, chat.id], what)
            case ["presses"] | ["still", "presses"]:
                below = self._below(chat, step)
                stale = verb.startswith("still")
                self.presses[name] = person.presses(below, _button(below, what), stale=stale)
            case ["forges"]:
                data = self.card(self._needed(self.curators, "curators"), step).button(what).value
                self.presses[name] = person.forges(self.bots(chat), data)
            case ["sends"]:
                self._said(name, chat, self._sends(person, chat, step, what))
            case ["anonymously"]:
                said = person.says_anonymously(chat, what, **where)
                self._said("anonymous", chat, said)
            case ["as", "channel"]:
                channel = self.world.channel("频道", [person])
                self._said("channel", chat, person.says_as(channel, chat, what))
            case ["posts"]:
                channel = chat.linked or self.world.channel("频道", [person], linked=chat)
                self._said("channel", chat, person.posts(channel, what))
            case ["forwards"]:
                person.forwards(self.last[what, chat.id], chat)
            case ["starts"]:
                person.starts(what or "")
            case ["types"]:
                self.search = person.inline(what or "")
            case ["chooses"]:
                self._chooses(person, chat, what)
            case ["does"]:
                chat = self._does(person, chat, what, step)
            case _:
                raise ValueError(f"nobody can {verb!r}")
        return chat

    def _press_at_once(
        self, names: list[str], there: bool, verb: str, step: Script, what: str
    ) -> Chat:
        """Several press the same before the bot has heard of any."""
        if verb != "press":
            raise ValueError(f"several can press, but not {verb!r}")
        people = [self.person(name, joins=not there) for name in names]
        chat = self.chat(people[0], step, there)
        below = self._below(chat, step)
        with self.world.changing():
            for person in people:
                self.presses[person.name] = person.presses(below, _button(below, what))
        return chat

    def _below(self, chat: Chat, step: Script) -> Message:
        if "card" in step:
            return self.card(chat, step)
        return self.bots(chat, step.get("under", 1), step)

    def _target(self, chat: Chat, other: str, step: Script, back: int = 1) -> Message:
        match other:
            case "bot":
                return self.bots(chat, back, step)
            case "card":
                return self.card(chat, step)
        return self.last[other, chat.id]

    def _said(self, name: str, chat: Chat, message: Message) -> None:
        self.last[name, chat.id] = message

    def _sends(self, person: Person, chat: Chat, step: Script, what: Any) -> Message:
        """Something that is no text. Of an album, the picture with the caption counts as said."""
        caption = step.get("caption", "")
        if isinstance(what, str):
            return person.sends(chat, what, caption, **self._in(chat, step))
        album = person.sends_album(chat, what, caption, **self._in(chat, step))
        return max(album, key=lambda picture: len(picture.text))

    def _in(self, chat: Chat, step: Script) -> dict[str, Any]:
        return {"topic": self.topic(chat, step["in"])} if "in" in step else {}

    def _words(self, step: Script, what: str) -> Any:
        """The words, one of which may be a link to the bot (as when it has no @name)."""
        if not (link := step.get("link")):
            return what
        before, _, after = what.partition(link)
        return [before, Styled(link, "text_mention", user_id=self.world.me.id), after]

    def _chooses(self, person: Person, chat: Chat, topic: str) -> None:
        search = person.inline("")
        self.stage.settles(lambda: search.answer is not None)
        place = next(n for n, title in enumerate(search.titles) if title.startswith(topic))
        person.chooses(search, place, chat)

    def _does(self, person: Person, chat: Chat, what: str, step: Script) -> Chat:
        if self._does_to_topics(person, chat, what, step) or self._moves(person, chat, what):
            return chat
        match what:
            case "add the bot":
                person.adds_bot(chat)
            case "add the bot as admin":
                person.adds_bot(chat, admin=True)
            case "remove the bot":
                person.removes_bot(chat)
            case "gag the bot":
                person.restricts_bot(chat)
            case "ungag the bot":
                person.demotes_bot(chat)
            case "block the bot":
                person.blocks_bot()
            case "unblock the bot":
                person.unblocks_bot()
            case "promote the bot":
                person.promotes_bot(chat)
            case "demote the bot":
                person.demotes_bot(chat)
            case "upgrade the group":
                return self._upgraded(person, chat)
            case "delete the last answer":
                person.deletes(self.bots(chat, step=step))
                self.before = self._snapshot()
            case "delete the last message":
                person.deletes(self.last[person.name, chat.id])
            case "delete the account":
                person.deletes_account()
            case _:
                raise ValueError(f"nobody can {what!r}")
        return chat

    def _upgraded(self, person: Person, chat: Chat) -> Chat:
        new = person.upgrades(chat)
        self.chats.append(new)
        if chat is self.curators:
            self.curators = new
        else:
            self.here = new
        return new

    def _does_to_topics(self, person: Person, chat: Chat, what: str, step: Script) -> bool:
        match what.split():
            case ["turn", "topics", "on" | "off" as switch]:
                person.turns_topics(chat, on=switch == "on")
                return True
            case ["close" | "reopen" | "delete" as verb, "the", "topic"]:
                topic = self.topic(chat, step["in"])
                assert topic is not None, "of General there is no such"
                acts = {
                    "close": person.closes_topic,
                    "reopen": person.reopens_topic,
                    "delete": person.deletes_topic,
                }
                acts[verb](chat, topic)
                self.before = self._snapshot()
                return True
        return False

    def _moves(self, person: Person, chat: Chat, what: str) -> bool:
        """Come, go, or let others; whether it was one of these."""
        match what.split():
            case ["leave"]:
                person.leaves(chat)
            case ["enter"]:
                person.joins(chat)
            case ["remove" | "restrict" | "forgive" as verb, name] if name in self.people:
                acts = {
                    "remove": person.removes,
                    "restrict": person.restricts,
                    "forgive": person.forgives,
                }
                acts[verb](self.people[name], chat)
            case _:
                return False
        return True

    # Expectations

    def play(self) -> None:
        """Act by act, and after each what the bot did with it."""
        if self.script.get("ambient"):
            self._ambient()
        for step in self.script["talk"]:
            expected = {key: value for key, value in step.items() if key in EXPECTED}
            if strange := set(list(step)[1:]) - EXPECTED - WHERE:
                raise ValueError(f"a step has no {sorted(strange)}")
            self.presses, self.search = {}, None
            chat = self._happens(step)
            aside = {key: expected.pop(key) for key in ASIDE & expected.keys()}
            blocks = self._blocks(chat, expected)
            self.stage.settles(partial(self._has_come, step, blocks), at_once=len(self.presses) > 1)
            with self.world.lock:
                news = self.news()
                self.before = self._snapshot()
            self.check(step, aside, blocks, news)

    def _happens(self, step: Script) -> Chat | None:
        """Let time pass, the bot start anew, or someone act; where, if it was in a chat."""
        match next(iter(step.items())):
            case ("wait", words):
                self.stage.passes(lasting(words))
            case ("wait until", clock):
                self.stage.passes(until(clock, self.world.clock()))
            case ("restart" | "kill" as how, True):
                self.stage.restarts(killed=how == "kill")
            case ("restart" | "kill" as how, _):
                raise ValueError(f"{how} is true, or not there")
            case _:
                return self._acts_and_kills(step)
        return None

    def _acts_and_kills(self, step: Script) -> Chat:
        if "kill" not in step:
            return self.act(step)
        self.stage.kills(step["kill"])
        chat = self.act(step)
        self.stage.revives()
        return chat

    def _blocks(self, chat: Chat | None, expected: Script) -> Blocks:
        """What is expected below a step, sorted by where it has to happen."""
        found: Blocks = {}
        here = {key: value for key, value in expected.items() if key not in PLACES}
        if here and chat is None:
            raise ValueError(f"say where: {here}")
        given = [(chat, here)] if here else []
        if "curators" in expected:
            given.append((self._needed(self.curators, "curators"), expected["curators"]))
        if "group" in expected:
            given.append((self._needed(self.here, "group"), expected["group"]))
        for name, block in expected.get("private", {}).items():
            given.append((self.world.private(self.people[name], started=False), block))
        for place, block in given:
            assert place is not None
            if place in found:
                raise ValueError(f"what happens in {place} is said twice")
            found[place] = [dict(one) for one in (block if isinstance(block, list) else [block])]
        for one in (one for blocks in found.values() for one in blocks):
            if strange := one.keys() - (EXPECTED - PLACES - ASIDE):
                raise ValueError(f"of a message one cannot say {sorted(strange)}")
        return found

    def _has_come(self, step: Script, blocks: Blocks) -> bool:
        """Whether the bot did as much as is expected of it, at least."""
        news, search = self.news(), self.search
        come = all(
            len(news.of(chat)) >= sum(map(_awaited, expected))
            and all(self._stands(chat, step, block) for block in expected)
            and all(_is_read(block, news.of(chat)) for block in expected)
            for chat, expected in blocks.items()
        )
        return come and not self._spinning() and not (search and search.answer is None)

    def _spinning(self) -> list[str]:
        """Who still waits for what comes of a press."""
        presses = self.presses.items()
        return [n for n, p in presses if p.button.kind == "callback_data" and p.answer is None]

    def _stands(self, chat: Chat, step: Script, block: Script) -> bool:
        """Whether a topic is open, closed or gone, where a block says so."""
        if "gone" in block:
            return not any(block["topic"] in topic.name for topic in chat.topics.values())
        if "closed" not in block:
            return True
        words: str = block.get("topic", step.get("in", ""))
        if not any(words in topic.name for topic in chat.topics.values()):
            return False
        topic = self.topic(chat, words)
        return topic is not None and topic.closed is block["closed"]

    def comes_to_rest(self) -> None:
        """A chat is served in order: when a last command has been answered, nothing that was said
        before can still be on its way to an answer."""
        chats = [c for c in self.chats if c.known and c.member(self.world.me).present]
        chats = [c for c in chats if c is not self.curators and not (c.blocked or c.deactivated)]
        for chat in chats:
            person = next(p for p in self.people.values() if chat.member(p.user).present)
            person.says(chat, "/privacy@fangtan_bot")
        self.stage.settles(lambda: len(self.news()) >= len(chats))
        assert len(self.news()) == len(chats), f"the bot spoke out of turn: {self.news()}"

    def _ambient(self) -> None:
        admin = self.person(self.script.get("admins", ["老周"])[0])
        chat = self.chat(admin, {})
        admin.says(chat, "/settings@fangtan_bot")
        self.stage.settles(lambda: len(self.news()) > 0)
        panel = self.bots(chat)
        admin.presses(panel, panel.buttons[0][0].text)
        self.stage.settles(lambda: bool(panel.versions))
        self.before = self._snapshot()

    def check(self, step: Script, aside: Script, blocks: Blocks, news: News) -> None:
        where = next(iter(step.items()))
        for key, value in aside.items():
            getattr(self, f"_{key}")(value)
        assert not self._spinning(), f"{where}: the button spins"
        if not blocks:
            assert not news, f"{where}: the bot should be silent, but: {news}"
        strangers = [m for m in news.shown + news.gone if m.chat not in blocks]
        assert not strangers, f"{where}: the bot speaks elsewhere: {strangers}"
        for chat, expected in blocks.items():
            for block in expected:
                assert self._stands(chat, step, block), f"{where}: {list(chat.topics.values())}"
            said = [{k: v for k, v in b.items() if k != "closed"} for b in expected if _awaited(b)]
            here = news.of(chat)
            doubled = "kill" in step and chat.peer is not None
            self._check_chat(f"{where} in {chat}", said, here.once() if doubled else here)

    def _check_chat(self, where: str, said: list[Script], news: News) -> None:
        if not said:
            assert not news, f"{where}: the bot should be silent, but: {news}"
        elif len(said) == 1:
            self._check_all(where, said[0], news)
        else:
            assert len(news.shown) == len(said), f"{where}: {news}"
            for message, block in zip(news.shown, said, strict=True):
                changed = [message] if message in news.changed else []
                one = News([] if changed else [message], changed)
                self._check_all(f"{where}: {message}", block, one)

    def _check_all(self, where: str, expected: Script, news: News) -> None:
        """All that a chat shows is what one block says."""
        assert news, f"{where}: the bot is silent"
        if expected.pop("deletes", False):
            assert news.gone, where
        kind = "changed" if expected.pop("changes", False) else "new"
        assert bool(news.changed) == (kind == "changed"), f"{where}: {news}"
        if ids := expected.pop("answers", None):
            assert len(news.shown) == len(ids), f"{where}: {news}"
            for message, one in zip(news.shown, ids, strict=True):
                for key, value in ({"answer": one} if isinstance(one, str) else one).items():
                    getattr(self, f"_{key}")(message, value)
        elif expected:
            assert len(news.shown) == 1, f"{where}: {news}"
        for key, value in expected.items():
            getattr(self, f"_{key}")(news.shown[0], value)

    def _answer(self, message: Message, one: str) -> None:
        assert shows(message, self.exchanges[one]), message
        assert re.search(rf"\n\n— {self.guest} · .*\d{{4}}-\d\d-\d\d$", message.text), message

    def _passage(self, message: Message, one: str) -> None:
        """The passage alone, and a button that shows the whole."""
        exchange = self.exchanges[one]
        assert not message.marked("expandable_blockquote"), message
        [passage] = message.marked("bold")
        assert passage in "\n".join(exchange.answer), message
        assert re.fullmatch(
            rf"{re.escape(passage)}\n\n— {self.guest} · \d{{4}}-\d\d-\d\d", message.text
        ), message
        assert {"全文", "Whole answer"} & set(labels(message)), message

    def _nearest(self, message: Message, one: str) -> None:
        """That it was not spoken of, the passage that comes nearest, and a button to see more."""
        exchange = self.exchanges[one]
        assert not message.marked("expandable_blockquote"), message
        [passage] = message.marked("bold")
        assert passage in "\n".join(exchange.answer), message
        ours, _, rest = message.text.partition("\n")
        assert ours and rest.startswith(f"{passage}\n\n— {self.guest}"), message
        [look] = _pressed(message)
        assert exchange.topic in look, message

    def _fresh(self, message: Message, is_fresh: bool) -> None:
        """Worded otherwise than what the bot said before."""
        assert is_fresh is True
        earlier = self.bots(message.chat, 2)
        assert _opening(message) != _opening(earlier), message

    def _first(self, message: Message, sentence: str) -> None:
        assert message.text.startswith(sentence), message
        assert message.marked("bold") == [sentence], message

    def _page(self, message: Message, page: str) -> None:
        """A button says which page of the answer this is."""
        message.button(page)
        assert utf16_len(message.text) <= 4096
        self.pages[page] = message.marked("expandable_blockquote")[0]

    def _completes(self, message: Message, one: str) -> None:
        """The pages seen so far, one behind the other, are the whole answer."""
        assert "".join(self.pages.values()) == "\n".join(self.exchanges[one].answer)

    def _choices(self, message: Message, ids: list[str]) -> None:
        """A button for each that says its topic and what of it is meant; in private, where people
        answer with a number, they are numbered."""
        assert not message.marked("expandable_blockquote"), message
        assert not message.marked("bold"), message
        keys = _pressed(message)
        assert len(keys) == len(ids) <= 3, keys
        for number, (key, one) in enumerate(zip(keys, ids, strict=True), 1):
            topic, colon, meant = key.partition("：")
            assert topic == self.exchanges[one].topic, message
            assert bool(colon) == bool(meant.strip("…")) and utf16_len(key) <= render.LABEL, key
            listed = f"\n{number}. {topic}" in message.text
            assert listed == (message.chat.peer is not None), message

    def _topics(self, message: Message, labels: list[str]) -> None:
        assert "\n" not in message.text, message
        assert [b.text for row in message.buttons for b in row] == labels

    def _text(self, message: Message, words: str) -> None:
        assert message.text == words

    def _says(self, message: Message, words: str | list[str]) -> None:
        for one in [words] if isinstance(words, str) else words:
            assert one in message.text, message

    def _lacks(self, message: Message, words: str | list[str]) -> None:
        for one in [words] if isinstance(words, str) else words:
            assert one not in message.text, message

    def _buttons(self, message: Message, rows: list[list[str]]) -> None:
        assert [[button.text for button in row] for row in message.buttons] == rows

    def _to(self, message: Message, name: str) -> None:
        chat = message.chat
        target = self._target(chat, name, {}, 2)
        assert message.reply_to is target, f"{message} replies to {message.reply_to}"

    def _stays(self, message: Message, name: str) -> None:
        topic = self.topic(message.chat, name)
        assert message.thread == (topic and topic.id), f"{message} stands in {message.thread}"

    _topic = _stays

    def _earlier(self, message: Message, is_link: bool) -> None:
        """A link to an earlier answer of the bot in the same chat, and no second copy of it."""
        assert is_link is True
        assert not message.marked("expandable_blockquote"), message
        urls = [entity.url for entity in message.entities if entity.type == "text_link"]
        number = int(urls[0].partition("?")[0].rpartition("/")[2]) if urls else 0
        target = message.chat.messages[number] if number else message.reply_to
        assert target is not None and target.marked("expandable_blockquote"), message

    def _toast(self, words: str) -> None:
        [press] = self.presses.values()
        assert press.toast == words, press

    def _toasts(self, words: dict[str, str] | str) -> None:
        """What each was shown; of a text alone, whoever was first: all were told the same."""
        shown = {name: press.toast for name, press in self.presses.items()}
        if isinstance(words, str):
            told = {toast.partition("：")[2] for toast in shown.values()}
            assert len(told) == 1 and words in told.pop(), shown
        else:
            assert shown == words

    def _results(self, ids: list[str]) -> None:
        assert self.search is not None and self.search.answer is not None, "no results came"
        assert self.search.answer["next_offset"] == "", "there are no more"
        found = [result["id"] for result in self.search.results]
        assert found == [f"xiamen-2014_{one}" for one in ids]
        for result, one in zip(self.search.results, ids, strict=True):
            assert "\n".join(self.exchanges[one].answer) in result["content"].text
            assert result["title"] and result["description"]

    def _offers(self, words: str) -> None:
        """The button above inline results."""
        assert self.search is not None and self.search.answer is not None
        assert self.search.answer["button"]["text"] == words


def _settings(hours: Mapping[str, str | int]) -> dict[str, str]:
    """When curators are written to, as the environment names it."""
    if strange := hours.keys() - {"cards", "digest", "quiet"}:
        raise ValueError(f"curators' hours have no {sorted(strange)}")
    return {f"BOT_CURATORS_{name.upper()}": str(value) for name, value in hours.items()}


def _awaited(expected: Script) -> int:
    """How many messages of the bot a block speaks of."""
    if expected.keys() <= UNSAID and expected.keys() != {"topic"}:
        return 0
    return len(expected.get("answers", "1"))


def _is_read(expected: Script, news: News) -> bool:
    """Whether a message says what a block has to say: one that is changed several times says it
    in the end."""
    words, buttons = expected.get("says", []), expected.get("buttons")
    wanted = [words] if isinstance(words, str) else words
    if not wanted and buttons is None:
        return True
    return any(
        all(one in message.text for one in wanted)
        and buttons in (None, [[button.text for button in row] for row in message.buttons])
        for message in news.shown
    )


def _pressed(message: Message) -> list[str]:
    """The buttons that ask the bot for something, which links don't, but the one for an order."""
    keys = [b.text for row in message.buttons for b in row if b.kind == "callback_data"]
    return [key for key in keys if key not in _ORDER]


def _button(message: Message, text: str) -> str:
    """The button with this text, or the one that begins with it."""
    found = [key for key in labels(message) if key.startswith(text)]
    return found[0] if len(found) == 1 else text


def _opening(message: Message) -> str:
    return message.text.partition("\n")[0]


def holds_always(play: Play) -> None:
    """What no scene has to say: nothing of the guest's is changed. (Curators read other words in
    bold, too.)"""
    spoken = ["\n".join(exchange.answer) for exchange in play.exchanges.values()]
    for chat in play.chats:
        if chat is play.curators:
            continue
        for message in chat.said_by(play.world.me):
            for kind in ("bold", "expandable_blockquote"):
                for part in message.marked(kind):
                    assert any(part in whole for whole in spoken), part
        if play.script.get("once"):
            _is_said_once(list(chat.said_by(play.world.me)))


def is_refused_what_it_says(play: Play) -> None:
    """Telegram refused nothing but what the scene says that it did; where the bot is killed, which
    only a process can be, it says that it may."""
    calls = [call for call in play.world.calls if call.status in (400, 404, 501)]
    expected = play.script.get("refusals", [])
    surprising = [call for call in calls if not any(why in call.description for why in expected)]
    assert not surprising, surprising
    for why in [] if any("kill" in step for step in play.script["talk"]) else expected:
        assert any(why in call.description for call in calls), f"nothing was refused: {why}"


def _is_said_once(messages: list[Message]) -> None:
    """No wall of text stands in a chat twice, and nothing is said twice in a row."""
    walls = [wall for message in messages for wall in message.marked("expandable_blockquote")]
    assert len(walls) == len(set(walls)), walls
    for earlier, later in pairwise(messages):
        assert earlier.text != later.text, later
