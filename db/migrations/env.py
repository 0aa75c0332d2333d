"""Alembic's entry: offline never, online over the URL the caller set (loa db upgrade) or DATABASE_URL."""

import asyncio
import os
from typing import Any

from alembic import context
from sqlalchemy.engine import Connection

from db.base import BigId, Json
from db.session import Database
from db.tables import metadata


def render(kind: str, item: Any, context: Any) -> str | bool:
    """Our own column types by their names, so that a migration reads like the models."""
    name = {"Moment": "Moment()"}.get(type(item).__name__) or {id(Json): "Json", id(BigId): "BigId"}.get(id(item))
    if kind != "type" or name is None:
        return False
    context.imports.add(f"from db.base import {name.removesuffix('()')}")
    return name


def migrate(connection: Connection) -> None:
    # SQLite cannot alter constraints in place: batch mode copies the table.
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True, render_item=render
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect() -> None:
    database = Database(context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"])
    async with database.engine.begin() as connection:
        await connection.run_sync(migrate)
    await database.close()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    asyncio.run(connect())
