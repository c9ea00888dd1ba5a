"""What was not answered becomes cases; how many were, is counted before the inbox forgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("misses", sa.Column("variant", sa.BigInteger))
    op.create_index(
        "misses_unread",
        "misses",
        ["id"],
        sqlite_where=sa.text("variant IS NULL"),
        postgresql_where=sa.text("variant IS NULL"),
    )
    op.create_table(
        "cases",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("far", sa.Boolean, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("useless", sa.BigInteger, nullable=False),
        sa.Column("again", sa.BigInteger, nullable=False),
        sa.Column("variants", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Float, nullable=False),
        sa.Column("last", sa.Float, nullable=False),
        sa.Column("by", sa.String(80)),
        sa.Column("curator", sa.BigInteger),
        sa.Column("until", sa.Float),
        sa.Column("reminded", sa.Float),
        sa.Column("how", sa.Text),
        sa.Column("changed", sa.Float, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("cases_largest", "cases", ["far", "state", "times"])
    op.create_table(
        "variants",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("case", sa.BigInteger, nullable=False),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("far", sa.Boolean, nullable=False),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Float, nullable=False),
        sa.Column("last", sa.Float, nullable=False),
        sa.Column("nearest", sa.String(80)),
        sa.Column("quote", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("meaning", sa.LargeBinary),
    )
    op.create_index("variants_of_a_case", "variants", ["case", "times"])
    op.create_table(
        "traces",
        sa.Column("trace", sa.String(16), primary_key=True),
        sa.Column("variant", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("case", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "history",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("case", sa.BigInteger, nullable=False, index=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("by", sa.String(80)),
        sa.Column("curator", sa.BigInteger),
        sa.Column("until", sa.Float),
        sa.Column("how", sa.Text),
        sa.Column("source", sa.String(48), unique=True),
    )
    op.create_table(
        "tallies",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("outcome", sa.String(16), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
