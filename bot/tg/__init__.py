"""Telegram: one of three thin rims around the core. `run` is its door.

app         the handlers in order; the bot's life
guard       at the door: each update once, people only
private     groups      abroad (inline and guest mode)
commands    buttons     panel (what admins set)     membership
hearing     what a message asks, who asks, where the reply belongs
answering   a question becomes an answer: decided, logged, sent, remembered
letters     what a message of ours is on Telegram: text, entities, keyboard
library     exchanges by names that fit into buttons and links
sending     letters on their way, and what can go wrong there
limits      how fast Telegram lets us write
order       one chat's updates in order, chats side by side
polling     fetching updates, and noticing when that has stopped
profile     menus and descriptions
errors      logs        desk (what every handler finds at hand)
"""

from bot.tg.app import run

__all__ = ["run"]
