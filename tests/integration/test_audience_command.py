import asyncio
import json

import pytest
from typer.testing import CliRunner

from bot.commands import audience
from db.session import Database
from tests.briefing import member


@pytest.fixture
def loa(database_url, monkeypatch, now):
    async def furnish() -> None:
        database = Database(database_url)
        async with database.transaction() as db:
            await member(db, "Bình", "super_admin", now)
            await member(db, "Tâm", "communicator_commune", now)
        await database.close()

    monkeypatch.setenv("DATABASE_URL", database_url)
    asyncio.run(furnish())

    def run(*words: object, code: int = 0) -> str:
        result = CliRunner().invoke(audience.app, [str(word) for word in words])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def test_an_audience_is_saved_from_a_file_and_shown(loa, tmp_path):
    assert "Chưa có danh sách" in loa("list")
    path = tmp_path / "xa.yaml"
    path.write_text("audience:\n  roles: [Đầu mối TTCS xã, phường, đặc khu]\n", encoding="utf-8")
    assert "Không có vai trò “phường”" in loa("save", "Cấp xã", path, code=1)
    path.write_text("roles: 'Đầu mối TTCS xã, phường, đặc khu'\n", encoding="utf-8")
    assert "(1 người)" in loa("save", "Cấp xã", path)
    assert "Đã có danh sách" in loa("save", "Cấp xã", path, code=1)
    assert json.loads(loa("show", "Cấp xã", "--json"))["rule"] == {"roles": ["communicator_commune"]}
    assert "Đã lưu: Cấp xã" in loa("show", "Khác", code=1)
    assert "Cấp xã: Đầu mối TTCS xã" in loa("list")
    path.write_text("- 1\n", encoding="utf-8")
    assert "điều kiện" in loa("save", "Hai", path, code=1)
    assert "Không đọc được" in loa("save", "Hai", tmp_path / "không.yaml", code=1)
