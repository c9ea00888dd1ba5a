"""Telegram: one of three thin rims around the core. `run` starts it.

app             the handlers in order; the bot's life
services        what every handler finds at hand
arrivals        what the inbox needs to know of an update
worker          from the inbox to the handlers, a chat's updates in order, each once
guard           at the door: people only, and nothing that is too old
incoming        what a message asks, who asks, where the reply belongs
private         groups          inline (and guest mode)
commands        buttons         group_settings (what admins set)        membership
answering       a question becomes an answer: decided, logged, sent, remembered
messages        what a reply of ours is on Telegram: text, entities, keyboard
library         exchanges by names that fit into buttons and links
sending         messages on their way, and what can go wrong there
faults          what a failed call means: refused, never arrived, or uncertain
limits          how fast Telegram lets us write
connection      the wire to Telegram, and Telegram's clock
polling         asking Telegram for updates         webhook     having it deliver
front           the one port: webhook, health, metrics
orders          who asks people for an answer, and hears what becomes of it
curators        presses and replies in the curators' chat
cards           what the card of a case shows, and what its buttons do
posting         cards as they stand there: posted once, drawn anew, in topics of their own
lessons         what curators accept: looked at, written, asked again, taken back
announcing      when that chat is written to unasked
errands         what the bot does of its own accord
operating       /status, /reload, and new knowledge while it runs
profile         menus and descriptions
errors          logs
"""

from bot.tg.app import run

__all__ = ["run"]
