"""One command, one transaction: what the rules refuse is a sentence and an exit code."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from knowledge.catalogue import Snapshot


def writing(work: Callable[["AsyncSession"], Awaitable[Any]], refused: int = 1) -> Any:
    """What `work` returns; everything it wrote is there, or nothing. `refused` is the exit code of a refusal."""
    from knowledge.wrong import Wrong
    from network.refusals import Refusal

    try:
        return asyncio.run(_inside(work))
    except (Refusal, Wrong) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(refused) from None


def knowing(work: Callable[["AsyncSession", "Snapshot"], Awaitable[Any]]) -> Any:
    """As `writing`; `work` gets the knowledge base as it is searched, too."""
    from knowledge.wrong import Wrong
    from network.refusals import Refusal

    try:
        return asyncio.run(_inside(work, base=True))
    except (Refusal, Wrong) as refusal:
        typer.echo(str(refusal), err=True)
        raise typer.Exit(1) from None


async def _inside(work: Callable[..., Awaitable[Any]], *, base: bool = False) -> Any:
    from bot.settings import Settings
    from db.session import Database

    database = Database(Settings().database)
    try:
        more = (await _searched(database),) if base else ()
        async with database.transaction() as db:
            return await work(db, *more)
    finally:
        await database.close()


async def _searched(database: "Database") -> "Snapshot":
    from knowledge.catalogue import Catalogue

    return (await Catalogue.open(database)).snapshot
