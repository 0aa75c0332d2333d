"""The tree is the architecture: who may import whom, and how long a file or a function may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("bot", "handlers", "network", "knowledge", "db", "console", "sandbox", "benchmarks")
MAY_IMPORT = {
    "db": {"db"},
    "network": {"network", "db"},
    "knowledge": {"knowledge", "db"},
    "handlers": {"handlers", "network", "knowledge", "db"},
    "console": {"console", "handlers", "network", "knowledge", "db"},
    "bot": {"bot", "handlers", "network", "knowledge", "db", "console", "sandbox", "benchmarks"},
    "sandbox": {"sandbox"},
    "benchmarks": set(OURS),
}
LIBRARY_ONLY_IN = {
    "aiogram": {"handlers/telegram.py", "bot/listen.py", "bot/voice.py", "bot/web.py"},
    "telegram": {"bot/channels/telegram.py", "bot/channels/aiohttp_request.py", "bot/channels/telegram_errors.py"},
}
FILE_LINES, FUNCTION_LINES = 350, 50
SOURCES = sorted(p for name in OURS for p in (ROOT / name).rglob("*.py") if "versions" not in p.parts)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_point_down(path: Path):
    name = path.relative_to(ROOT).as_posix()
    folder = name.partition("/")[0]
    tops = {module.partition(".")[0] for module in _imports(path)}
    assert {t for t in tops if t in OURS} <= MAY_IMPORT[folder]
    if folder != "benchmarks":
        for library, places in LIBRARY_ONLY_IN.items():
            assert library not in tops or name in places, f"{library} is imported in {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_small(path: Path):
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= FILE_LINES
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < FUNCTION_LINES, f"{node.name} is too long"


def test_handlers_know_no_platform():
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("handlers/") and name not in ("handlers/telegram.py", "handlers/zalo.py"):
            assert "httpx" not in _imports(path) and "handlers.telegram" not in _imports(path)


def test_procfile_names_commands_that_exist():
    from typer.main import get_command

    from bot.__main__ import app

    commands = get_command(app).commands
    for line in (ROOT / "Procfile").read_text().splitlines():
        _role, _, command = line.partition(": ")
        assert command.split()[0] == "loa" and command.split()[1] in commands


def test_no_network_address_of_a_registry_and_no_machine_path():
    places = ("p" + "ypi.org", "pythonhosted" + ".org", "/" + "work/", "registry.np" + "mjs")
    listed = [*SOURCES, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.lock"), *ROOT.glob("*.md"), ROOT / "Makefile"]
    for path in listed:
        text = path.read_text(encoding="utf-8")
        for place in places:
            assert place not in text, f"{place} in {path.relative_to(ROOT)}"
