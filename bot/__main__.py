"""The `loa` command line. Only names and help are loaded here; each command imports what it needs when it runs."""

import sys

import typer

from bot.commands import ask, bench, brief, database, doctor, kb, people, running

app = typer.Typer(
    help="Loa: bot của mạng lưới truyền thông chính sách.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.attach(app)
app.command()(ask.ask)
app.add_typer(brief.app, name="brief")
app.add_typer(people.app, name="people")
app.add_typer(kb.app, name="kb")
app.add_typer(database.app, name="db")
app.add_typer(bench.app, name="bench")
app.command()(doctor.doctor)


def main() -> None:
    """Run a command; what an operator can mend is said in one line, without a traceback."""
    try:
        app()
    except Exception as problem:
        if not _of_the_database(problem):
            raise
        sys.exit(f"loa: cơ sở dữ liệu không trả lời như mong đợi ({problem.args[0]}). Hãy chạy: loa doctor")


def _of_the_database(problem: Exception) -> bool:
    return any(kind.__module__.partition(".")[0] in ("sqlalchemy", "asyncpg") for kind in type(problem).__mro__)


if __name__ == "__main__":
    main()
