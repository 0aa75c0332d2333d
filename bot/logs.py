"""Structured logs: one line an event, tokens and phone numbers masked before anything is written."""

import logging
import re
import sys
from typing import Any

import structlog

TOKEN = re.compile(r"(?<!\d)(\d{5,}):[A-Za-z0-9_-]{10,}")
PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(\d{6})\d{3}(?!\d)")


def masked(text: str) -> str:
    return PHONE.sub(lambda m: "…" + m.group(0)[-3:], TOKEN.sub(r"\1:***", text))


def _mask(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {key: masked(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(level: str = "info", as_json: bool = False) -> None:
    """To stderr: standard output belongs to what a command prints."""
    render = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        structlog.processors.format_exc_info,
        _mask,
    ]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Libraries log through the standard module; httpx at INFO would print addresses with the token in them.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=render, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
