import pytest
from pydantic import ValidationError

from bot.misconfigured import sentences
from bot.settings import Settings


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://a@b/c", "postgresql+asyncpg://a@b/c"),
        ("postgresql://a@b/c", "postgresql+asyncpg://a@b/c"),
        ("sqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("sqlite+aiosqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ],
)
def test_database_addresses(monkeypatch, given, used):
    monkeypatch.setenv("DATABASE_URL", given)
    assert Settings().database == used


@pytest.mark.parametrize("given", ["mysql://root:secret@x/y", "nonsense", "postgresql://a:b:c:d@:x/y"])
def test_other_addresses_are_refused_without_repeating_them(monkeypatch, given):
    monkeypatch.setenv("DATABASE_URL", given)
    with pytest.raises(ValidationError) as raised:
        Settings()
    [said] = sentences(raised.value)
    assert said.startswith("DATABASE_URL: ") and "postgresql://" in said and "secret" not in said
