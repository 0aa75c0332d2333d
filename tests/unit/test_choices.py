"""No dead button: whatever the code offers leads to a handler, and each handler is offered by something."""

import ast
from pathlib import Path

from handlers import conversation

ROOT = Path(__file__).parents[2]


def offered() -> dict[str, str]:
    """Name of each action made in the code → where."""
    found: dict[str, str] = {}
    for file in sorted([*ROOT.glob("handlers/*.py"), *ROOT.glob("bot/*.py"), *ROOT.glob("network/*.py")]):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        known = constants(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Action":
                for name in names(node.args[0], known) if node.args else ():
                    found[name] = f"{file.name}:{node.lineno}"
    return found


def constants(tree: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.Assign([ast.Name(name)], ast.Constant(value)):
                found[name] = str(value)
    return found


def names(said: ast.expr, known: dict[str, str]) -> list[str]:
    match said:
        case ast.Constant(value):
            return [str(value)]
        case ast.Name(name) if name in known:
            return [known[name]]
        case ast.IfExp(_, body, otherwise):
            return [*names(body, known), *names(otherwise, known)]
    return []


def test_whatever_is_offered_has_a_handler():
    known = offered()
    assert len(known) > 80
    assert {name: where for name, where in known.items() if name not in conversation.ACTIONS} == {}


def test_each_handler_is_offered():
    """By its name, beside the table where it stands."""
    words = "\n".join(file.read_text(encoding="utf-8") for file in ROOT.glob("handlers/*.py"))
    known = offered()
    assert [name for name in conversation.ACTIONS if name not in known and words.count(f'"{name}"') < 2] == []
