"""Updates are written down before they are confirmed; which were seen, the inbox knows itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COUNTED = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("seq", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("queue", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("replica", sa.BigInteger),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("told", sa.SmallInteger, nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("at", sa.Float, nullable=False),
    )
    _index("inbox_open", ["queue", "seq"], "state < 2")
    _index("inbox_one_in_work", ["queue"], "state = 1", unique=True)
    op.create_index("inbox_at", "inbox", ["at"])
    op.create_table(
        "replicas",
        sa.Column("id", _COUNTED, primary_key=True, autoincrement=True),
        sa.Column("machine", sa.String(80), nullable=False),
        sa.Column("process", sa.BigInteger, nullable=False),
        sa.Column("beats", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.drop_table("updates")


def _index(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    op.create_index(
        name,
        "inbox",
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
