"""Trouble of the database that passes by itself or by an operator's hand: locked, full, restarted, away."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = structlog.get_logger()
# SQLSTATE classes: connection, rollback (deadlock), resources (disk full), lock, operator's intervention, system error
PASSING = ("08", "40", "53", "55", "57", "58")


def passes(problem: BaseException) -> bool:
    """Worth another try: the statement was right, the database could not."""
    if isinstance(problem, DBAPIError) and (state := getattr(problem.orig, "sqlstate", None)):
        return state[:2] in PASSING
    return isinstance(problem, OperationalError | InterfaceError | PoolTimeout | OSError)


@contextmanager
def outlived(doing: str) -> Iterator[None]:
    """For what is done again and again: trouble is logged, and the next time it is tried anew."""
    try:
        yield
    except Exception as problem:
        if not passes(problem):
            raise
        log.error("the database does not answer, trying again", doing=doing, cause=str(problem.args[0]),
                  remedy="see `loa doctor`: disk space, locks, DATABASE_URL")


@contextmanager
def survived(doing: str) -> Iterator[None]:
    """As `outlived`; and whatever else is wrong is logged with its cause, for a loop that others depend on."""
    try:
        with outlived(doing):
            yield
    except Exception:
        log.exception("something is wrong, trying again", doing=doing, remedy="please report the cause")
