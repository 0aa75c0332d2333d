"""Alembic's entry: offline never, online over the URL the caller set (loa db upgrade) or DATABASE_URL."""

import asyncio
import os

from alembic import context
from sqlalchemy.engine import Connection

from db.session import Database
from db.tables import metadata


def migrate(connection: Connection) -> None:
    # SQLite cannot alter constraints in place: batch mode copies the table.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
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
