"""The migrations make what the models say, and go down and up again, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from bot import migrate
from db.session import Database
from db.tables import metadata


@pytest.fixture
async def bare(database: Database) -> Database:
    """The database without any table."""
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.drop_all)
    return database


def differences(connection) -> list:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


async def test_up_down_up_ends_in_what_the_models_say(bare):
    assert await migrate.current(bare) is None
    await migrate.upgrade(bare)
    assert await migrate.current(bare) == migrate.newest()
    await migrate.downgrade(bare)
    await migrate.upgrade(bare)
    async with bare.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_upgrading_twice_keeps_what_is_there(bare):
    await migrate.upgrade(bare)
    async with bare.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO province (code, name, short_name, folded, former) VALUES ('01', 'a', 'b', 'c', '')")
        )
    await migrate.upgrade(bare)
    async with bare.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM province"))).scalar() == 1
