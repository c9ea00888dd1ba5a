"""Telegram: one of three thin rims around the core. `run` starts it.

app             the handlers in order; the bot's life
services        what every handler finds at hand
guard           at the door: each update once, people only
incoming        what a message asks, who asks, where the reply belongs
private         groups          inline (and guest mode)
commands        buttons         group_settings (what admins set)        membership
answering       a question becomes an answer: decided, logged, sent, remembered
messages        what a reply of ours is on Telegram: text, entities, keyboard
library         exchanges by names that fit into buttons and links
sending         messages on their way, and what can go wrong there
faults          what a failed call means: refused, never arrived, or uncertain
limits          how fast Telegram lets us write
order           one chat's updates in order, chats side by side
front           the one port: webhook, health, metrics
polling         fetching updates, and noticing when that has stopped
profile         menus and descriptions
errors          logs
"""

from bot.tg.app import run

__all__ = ["run"]
