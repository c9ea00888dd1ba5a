"""A Telegram of our own, in which one bot lives under strict laws and people are easy to play.

    text.py     what the server makes of a text: trimming, UTF-16, entities     pure
    model.py    users, chats, members, messages, and their JSON                 pure
    world.py    people act; privacy mode decides what the bot gets to see
    methods.py  what the bot calls: parameters, refusals in Telegram's words, effects
    doors.py    the ways in: FakeRequest (this process), HttpDoor (any process), deliver

    world = World(privacy=True)
    alice, bob = world.user("Alice"), world.user("Bob", language="en")
    group = world.supergroup("群", members=[alice, bob], admins=[bob])
    asked = alice.says(group, "/ask@fangtan_bot 治庸有阻力吗")
    await deliver(world, application)      # or: with HttpDoor(world) as door: … door.url
    assert group.seen_by(bob)[-1].reply_to is asked

Facts come from the sources of tdlib/telegram-bot-api 10.0 and of TDLib. Deliberate gaps are listed
at the top of `text.py` and `methods.py`; a gap that a bot meets answers 501, never with a guess.
"""

from tests.telegram.doors import FakeRequest, HttpDoor, deliver
from tests.telegram.methods import call
from tests.telegram.model import Button, Chat, Member, Message, Topic, User
from tests.telegram.text import Entity, Styled, utf16_len
from tests.telegram.world import (
    TOKEN,
    FakeClock,
    FloodLimits,
    Inline,
    Person,
    Press,
    Summons,
    World,
)

__all__ = [
    "TOKEN",
    "Button",
    "Chat",
    "Entity",
    "FakeClock",
    "FakeRequest",
    "FloodLimits",
    "HttpDoor",
    "Inline",
    "Member",
    "Message",
    "Person",
    "Press",
    "Styled",
    "Summons",
    "Topic",
    "User",
    "World",
    "call",
    "deliver",
    "utf16_len",
]
