"""The dialogues in `conversations/` are played with the real application and the real interview.

`conversations/README.md` says how to read and write them; no Python is needed for either.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import knowledge, render
from bot.interview import Knowledge
from bot.policy import policy_for, thinner
from bot.respond import Responder
from bot.search import Index
from tests import bookshop
from tests.rim import Rim, labels, shows
from tests.telegram import (
    Chat,
    FakeClock,
    HttpDoor,
    Inline,
    Message,
    Person,
    Press,
    Styled,
    Topic,
    World,
    utf16_len,
)
from tests.telegram.world import LONGEST_WAIT

HERE = Path(__file__).parent
XIAMEN, _ = knowledge.load(HERE.parent / "knowledge")
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
SCENE = {"scene", "chat", "privacy", "bot", "admins", "languages", "topics", "ambient", "talk"}
SCENE |= {"interview", "process", "once"}
WHERE = {"in", "where", "caption", "link", "under"}
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
    "earlier",
    "changes",
    "deletes",
    "to",
    "stays",
    "page",
    "results",
    "offers",
    "completes",
}

Script = dict[str, Any]


def scenes() -> list[Any]:
    """Every scene of every file, under its name."""
    return [
        pytest.param(scene, id=f"{file.stem}: {scene['scene']}")
        for file in sorted((HERE / "conversations").glob("*.yaml"))
        for scene in yaml.safe_load(file.read_text("utf-8"))
    ]


def lasting(words: str) -> float:
    """`11 minutes` in seconds."""
    number, unit = words.split()
    return float(number) * SECONDS[unit.removesuffix("s")]


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


class Play:
    """A scene on its way: who is there, what has been said, and what the bot made of it."""

    def __init__(
        self,
        script: Script,
        world: World,
        knows: Knowledge,
        settle: Callable[[Callable[[], bool]], object],
    ) -> None:
        if strange := set(script) - SCENE:
            raise ValueError(f"a scene has no {sorted(strange)}")
        self.script, self.world, self._settle = script, world, settle
        self.exchanges = {exchange.id: exchange for exchange in knows.exchanges()}
        self.guest = knows.interviews[0].guest
        self.pages: dict[str, str] = {}
        self.people: dict[str, Person] = {}
        self.last: dict[tuple[str, int], Message] = {}
        self.press: Press | None = None
        self.search: Inline | None = None
        self.chats: list[Chat] = []
        self.here: Chat | None = None
        self.topics: dict[str, Topic] = {}
        admins = [self.person(name) for name in script.get("admins", ["老周"])]
        if (kind := script.get("chat", "private")) != "private":
            self.here = self._group(kind, admins)
            self.chats.append(self.here)
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
                    self.topics[name] = admins[0].opens_topic(group, name)
                return group
        raise ValueError(f"there is no kind of chat called {kind}")

    def person(self, name: str) -> Person:
        """Someone by their name, who is in the group as soon as they are heard of."""
        if name not in self.people:
            tongue = self.script.get("languages", {}).get(name, "zh-hans")
            self.people[name] = self.world.user(name, language=tongue)
            self.chats.append(self.world.private(self.people[name], started=False))
        person = self.people[name]
        if self.here and person.id not in self.here.members:
            self.here.members[person.id] = type(self.here.member(person.user))(person.user)
        return person

    def chat(self, person: Person, step: Script) -> Chat:
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
                if message.sender != self.world.me:
                    continue
                if message.deleted:
                    found.gone += [message] * (versions is not None)
                elif versions is None:
                    found.new.append(message)
                elif len(message.versions) > versions:
                    found.changed.append(message)
        return found

    def bots(self, chat: Chat, back: int = 1) -> Message:
        """What the bot said last, or the last but one…, as it now stands in a chat."""
        return list(chat.said_by(self.world.me))[-back]

    # Acts

    def act(self, step: Script) -> Chat:
        """Do what the first line of a step says; where it was done."""
        who_and_how, what = next(iter(step.items()))
        name, _, verb = who_and_how.partition(" ")
        person = self.person(name)
        chat = self.chat(person, step)
        self.press = self.search = None
        match verb.split():
            case []:
                self._said(name, chat, person.says(chat, self._words(step, what), **self._in(step)))
            case ["to", other, *back]:
                target = (
                    self.bots(chat, *map(int, back))
                    if other == "bot"
                    else self.last[other, chat.id]
                )
                words = self._words(step, what)
                self._said(name, chat, person.says(chat, words, reply_to=target, **self._in(step)))
            case ["edits"]:
                person.edits(self.last[name, chat.id], what)
            case ["presses"]:
                below = self.bots(chat, step.get("under", 1))
                self.press = person.presses(below, _button(below, what))
            case ["sends"]:
                self._said(name, chat, self._sends(person, chat, step, what))
            case ["anonymously"]:
                said = person.says_anonymously(chat, what, **self._in(step))
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
                chat = self._does(person, chat, what)
            case _:
                raise ValueError(f"nobody can {verb!r}")
        return chat

    def _said(self, name: str, chat: Chat, message: Message) -> None:
        self.last[name, chat.id] = message

    def _sends(self, person: Person, chat: Chat, step: Script, what: Any) -> Message:
        """Something that is no text. Of an album, the picture with the caption counts as said."""
        caption = step.get("caption", "")
        if isinstance(what, str):
            return person.sends(chat, what, caption, **self._in(step))
        album = person.sends_album(chat, what, caption, **self._in(step))
        return max(album, key=lambda picture: len(picture.text))

    def _in(self, step: Script) -> dict[str, Any]:
        return {"topic": self.topics[step["in"]]} if "in" in step else {}

    def _words(self, step: Script, what: str) -> Any:
        """The words, one of which may be a link to the bot (as when it has no @name)."""
        if not (link := step.get("link")):
            return what
        before, _, after = what.partition(link)
        return [before, Styled(link, "text_mention", user_id=self.world.me.id), after]

    def _chooses(self, person: Person, chat: Chat, topic: str) -> None:
        search = person.inline("")
        self._settle(lambda: search.answer is not None)
        place = next(n for n, title in enumerate(search.titles) if title.startswith(topic))
        person.chooses(search, place, chat)

    def _does(self, person: Person, chat: Chat, what: str) -> Chat:
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
            case "upgrade the group":
                self.here = person.upgrades(chat)
                self.chats.append(self.here)
                return self.here
            case "delete the last answer":
                person.deletes(self.bots(chat))
                self.before = self._snapshot()
            case _:
                raise ValueError(f"nobody can {what!r}")
        return chat

    # Expectations

    def play(self) -> None:
        """Act by act, and after each what the bot did with it."""
        if self.script.get("ambient"):
            self._ambient()
        for step in self.script["talk"]:
            if "wait" in step:
                assert isinstance(self.world.clock, FakeClock)
                self.world.clock.advance(lasting(step["wait"]))
                continue
            expected = {key: value for key, value in step.items() if key in EXPECTED}
            if strange := set(list(step)[1:]) - EXPECTED - WHERE:
                raise ValueError(f"a step has no {sorted(strange)}")
            chat = self.act(step)
            self._settle(partial(self._has_come, _awaited(expected)))
            with self.world.lock:
                news = self.news()
                self.before = self._snapshot()
            self.check(step, chat, expected, news)

    def _has_come(self, count: int) -> bool:
        """Whether the bot did as much as is expected of it, at least."""
        press, search = self.press, self.search
        spins = press and press.button.kind == "callback_data" and press.answer is None
        return len(self.news()) >= count and not spins and not (search and search.answer is None)

    def comes_to_rest(self) -> None:
        """A chat is served in order: when a last command has been answered, nothing that was said
        before can still be on its way to an answer."""
        chats = [c for c in self.chats if c.known and c.member(self.world.me).present]
        for chat in chats:
            person = next(p for p in self.people.values() if chat.member(p.user).present)
            person.says(chat, "/privacy@fangtan_bot")
        self._settle(lambda: len(self.news()) >= len(chats))
        assert len(self.news()) == len(chats), f"the bot spoke out of turn: {self.news()}"

    def _ambient(self) -> None:
        admin = self.person(self.script.get("admins", ["老周"])[0])
        chat = self.chat(admin, {})
        admin.says(chat, "/settings@fangtan_bot")
        self._settle(partial(self._has_come, 1))
        panel = self.bots(chat)
        admin.presses(panel, panel.buttons[0][0].text)
        self._settle(lambda: bool(panel.versions))
        self.before = self._snapshot()

    def check(self, step: Script, chat: Chat, expected: Script, news: News) -> None:
        where = next(iter(step.items()))
        for key in ("toast", "results", "offers"):
            if key in expected:
                getattr(self, f"_{key}")(expected.pop(key))
        if self.press is not None and self.press.button.kind == "callback_data":
            assert self.press.answer is not None, f"{where}: the button spins"
        if not expected:
            assert not news, f"{where}: the bot should be silent, but: {news}"
            return
        assert news, f"{where}: the bot is silent"
        strangers = [m for m in news.shown + news.gone if m.chat is not chat]
        assert not strangers, f"{where}: the bot speaks elsewhere: {strangers}"
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
        target = self.bots(chat, 2) if name == "bot" else self.last[name, chat.id]
        assert message.reply_to is target, f"{message} replies to {message.reply_to}"

    def _stays(self, message: Message, name: str) -> None:
        topic = None if name == "General" else self.topics[name].id
        assert message.thread == topic, f"{message} stands in {message.thread}"

    def _earlier(self, message: Message, is_link: bool) -> None:
        """A link to an earlier answer of the bot in the same chat, and no second copy of it."""
        assert is_link is True
        assert not message.marked("expandable_blockquote"), message
        urls = [entity.url for entity in message.entities if entity.type == "text_link"]
        number = int(urls[0].partition("?")[0].rpartition("/")[2]) if urls else 0
        target = message.chat.messages[number] if number else message.reply_to
        assert target is not None and target.marked("expandable_blockquote"), message

    def _toast(self, words: str) -> None:
        assert self.press is not None and self.press.toast == words, self.press

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


def _awaited(expected: Script) -> int:
    """How many messages of the bot the expectations speak of."""
    if not expected.keys() - {"toast", "results", "offers"}:
        return 0
    return len(expected.get("answers", "1"))


def _pressed(message: Message) -> list[str]:
    """The buttons that ask the bot for something, which links don't."""
    return [b.text for row in message.buttons for b in row if b.kind == "callback_data"]


def _button(message: Message, text: str) -> str:
    """The button with this text, or the one that begins with it."""
    found = [key for key in labels(message) if key.startswith(text)]
    return found[0] if len(found) == 1 else text


def _opening(message: Message) -> str:
    return message.text.partition("\n")[0]


def _holds_always(play: Play) -> None:
    """What no scene has to say: nothing of the guest's is changed."""
    spoken = ["\n".join(exchange.answer) for exchange in play.exchanges.values()]
    for chat in play.chats:
        for message in chat.said_by(play.world.me):
            for kind in ("bold", "expandable_blockquote"):
                for part in message.marked(kind):
                    assert any(part in whole for whole in spoken), part
        if play.script.get("once"):
            _is_said_once(list(chat.said_by(play.world.me)))


def _is_said_once(messages: list[Message]) -> None:
    """No wall of text stands in a chat twice, and nothing is said twice in a row."""
    walls = [wall for message in messages for wall in message.marked("expandable_blockquote")]
    assert len(walls) == len(set(walls)), walls
    for earlier, later in pairwise(messages):
        assert earlier.text != later.text, later


@pytest.fixture(scope="session")
def responder() -> Responder:
    index = Index(XIAMEN)
    return Responder(index, policy_for(index), thinner(index))


@pytest.mark.parametrize("script", scenes())
def test_the_dialogue_goes_as_written(script: Script, responder: Responder) -> None:
    world = World(privacy=script.get("privacy", False), clock=FakeClock())
    match script.get("interview", "xiamen"):
        case "xiamen":
            knows, mind = XIAMEN, responder
        case "bookshop":
            knows, mind = bookshop.KNOWLEDGE, bookshop.RESPONDER
    with Rim(world, responder=mind, knowledge=knows) as bot:
        play = Play(script, world, knows, lambda _: bot.catches_up())
        play.play()
        _holds_always(play)
    refused = [call for call in world.calls if call.status in (400, 404, 501)]
    assert refused == []


def test_the_real_process_plays_them_as_well(tmp_path: Path) -> None:
    """Side by side, as chats are: the scenes that say `process: true`."""
    scripts = [param.values[0] for param in scenes() if param.values[0].get("process")]
    world = World(privacy=False, clock=FakeClock())
    with HttpDoor(world) as door, _running(tmp_path, door.url, world.token) as bot:
        world.wait_for(lambda: world.called("getUpdates") or bot.poll() is not None)
        assert bot.poll() is None, (tmp_path / "log.txt").read_text("utf-8")
        with ThreadPoolExecutor(len(scripts)) as stages:
            for played in [stages.submit(_performed, script, world) for script in scripts]:
                played.result()
        bot.terminate()
        assert bot.wait(LONGEST_WAIT) == 0
    assert not world.unmodelled()
    log = (tmp_path / "log.txt").read_text("utf-8")
    assert log.count("outcome=") >= len(scripts)
    assert world.token.partition(":")[2] not in log
    assert " ERROR " not in log


@contextmanager
def _running(folder: Path, url: str, token: str) -> Iterator[subprocess.Popen[bytes]]:
    """The bot as the README starts it."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(HERE.parent),
        "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
        "TELEGRAM_BOT_TOKEN": token,
        "TELEGRAM_API_URL": url,
        "BOT_KNOWLEDGE": str(HERE.parent / "knowledge"),
        "BOT_LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "bot", "run"]
    with (folder / "log.txt").open("wb") as log:
        bot = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        yield bot
    finally:
        bot.kill()
        bot.wait()


def _performed(script: Script, world: World) -> None:
    assert not any("wait" in step for step in script["talk"]), "the real clock waits for nobody"
    with world.lock:
        play = Play(script, world, XIAMEN, world.wait_for)
    play.play()
    play.comes_to_rest()
    _holds_always(play)
