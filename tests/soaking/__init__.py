"""The tools of `tests/soak.py`: bots as processes, people who ask, and what they saw in the end.

crowd.py    who asks what, where and when
process.py  the bot, known by its command line only
servers.py  what it leans on: PostgreSQL, a balancer, a disk, a clock
verdict.py  what was asked beside what was answered, and the table of figures
"""
