"""Bringing the database to the newest schema, from the command line or at the start of `loa run`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from db.session import Database

MIGRATIONS = Path(__file__).parent.parent / "db" / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def upgrade(database: Database, revision: str = "head") -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda raw: command.upgrade(_config(raw), revision))


async def downgrade(database: Database, revision: str = "base") -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda raw: command.downgrade(_config(raw), revision))


async def current(database: Database) -> str | None:
    """Revision of this database, None when it has no schema yet."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(lambda raw: MigrationContext.configure(raw).get_current_revision())


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()
