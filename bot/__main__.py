"""The `loa` command line. Only names and help are loaded here; each command imports what it needs when it runs."""

import sys

import typer

from bot.commands import (
    ask,
    audience,
    audit,
    bench,
    brief,
    console,
    database,
    doctor,
    kb,
    lane,
    people,
    running,
    token,
    webhook,
    zalo,
)

app = typer.Typer(
    help="Loa: bot của mạng lưới truyền thông chính sách.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.attach(app)
app.command()(ask.ask)
app.add_typer(brief.app, name="brief")
app.add_typer(audience.app, name="audience")
app.add_typer(audit.app, name="audit")
app.add_typer(people.app, name="people")
app.add_typer(kb.app, name="kb")
app.add_typer(database.app, name="db")
app.add_typer(lane.app, name="lane")
app.add_typer(zalo.app, name="zalo")
app.add_typer(console.app, name="console")
app.add_typer(token.app, name="token")
app.add_typer(webhook.app, name="webhook")
app.add_typer(bench.app, name="bench")
app.command()(doctor.doctor)


def main() -> None:
    """Run a command; what an operator can mend is said in one line, without a traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as problem:
        said = _said(problem)
        if said is None:
            raise
        sys.exit(f"loa: {said}")


def _said(problem: Exception) -> str | None:
    """Cause and remedy; None for what only a programmer can mend."""
    from pydantic import ValidationError

    if isinstance(problem, ValidationError) and problem.title == "Settings":
        from bot.misconfigured import REMEDY, sentences

        return f"{'; '.join(sentences(problem)).rstrip('.')}. {REMEDY}"
    if isinstance(problem, OverflowError):
        return "có số lớn quá mức dùng được. Vui lòng kiểm tra lại các mã và số đã gõ."
    if _of_the_database(problem):
        return f"cơ sở dữ liệu không trả lời như mong đợi ({problem.args[0]}). Hãy chạy: loa doctor"
    if isinstance(problem, ConnectionError):
        return f"không nối được với máy chủ ({problem.strerror or problem}). Hãy chạy: loa doctor"
    return None


def _of_the_database(problem: Exception) -> bool:
    return any(kind.__module__.partition(".")[0] in ("sqlalchemy", "asyncpg") for kind in type(problem).__mro__)


if __name__ == "__main__":
    main()
