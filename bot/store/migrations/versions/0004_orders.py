"""Who gets no answer may ask for one: orders, the curators' cards, what they taught, what people
chose; and where groups have moved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_IS_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_index(
        "cases_promised",
        "cases",
        ["until"],
        sqlite_where=sa.text("state = 'taken'"),
        postgresql_where=sa.text("state = 'taken'"),
    )
    op.add_column("answers", sa.Column("asked", sa.Text))
    op.create_table(
        "orders",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("case", sa.BigInteger, nullable=False, index=True),
        sa.Column("person", sa.BigInteger, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("thread", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "orders_waiting",
        "orders",
        ["person", "case"],
        unique=True,
        sqlite_where=_IS_WAITING,
        postgresql_where=_IS_WAITING,
    )
    op.create_table(
        "cards",
        sa.Column("case", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("thread", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("cards_by_message", "cards", ["chat", "message"])
    op.create_table(
        "lessons",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("case", sa.BigInteger, nullable=False, index=True),
        sa.Column("interview", sa.String(32), nullable=False),
        sa.Column("exchange", sa.String(80)),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("curator", sa.BigInteger),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("source", sa.String(48), unique=True),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "evidence",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("exchange", sa.String(80), primary_key=True),
        sa.Column("mark", sa.String(32), primary_key=True),
        sa.Column("useful", sa.Boolean, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "moves",
        sa.Column("old", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("new", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
