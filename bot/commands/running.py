"""The processes: `loa run` is everything in one; listen, push and web are its roles on their own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import typer


def run(port: int = typer.Option(None, help="Cổng web, mặc định 8088.")) -> None:
    """Chạy toàn bộ hệ thống trong một tiến trình; không có token thì chạy trên nền tảng giả lập."""
    _serve("run", port)


def listen() -> None:
    """Chỉ nghe Telegram (polling)."""
    _serve("listen")


def push() -> None:
    """Chỉ gửi tin; chạy nhiều tiến trình cùng lúc với PostgreSQL."""
    _serve("push")


def web(port: int = typer.Option(None, help="Cổng web, mặc định 8088.")) -> None:
    """Chỉ phục vụ web: webhook, kiểm tra sức khỏe, trang giả lập khi không có token."""
    _serve("web", port)


def _serve(role: str, port: int | None = None) -> None:
    from bot import app, logs
    from bot.settings import Settings

    settings = Settings()
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    logs.configure(settings.log_level, settings.log_json)
    try:
        _loop()(app.ROLES[role](settings))
    except app.Fatal as problem:
        typer.echo(f"loa {role}: {problem}", err=True)
        raise typer.Exit(1) from None


def _loop() -> Callable[[Coroutine[Any, Any, None]], None]:
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.run
    return uvloop.run


def attach(app: typer.Typer) -> None:
    for command in (run, listen, push, web):
        app.command()(command)
