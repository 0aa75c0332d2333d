"""Links from the command line lead to the Loa that runs; the matrix can be read on a narrow screen."""

import io

from rich.console import Console

from bot.commands import brief_matrix
from bot.serving import serving
from bot.settings import Settings


async def nothing(scope, receive, send):
    raise AssertionError("nobody asks")


async def test_the_port_is_known_while_it_is_listened_on(tmp_path):
    settings = Settings(_env_file=None, data_dir=tmp_path, PORT=0)
    assert settings.as_running().port == 0
    async with serving(settings, nothing):
        assert settings.as_running().console_url == f"http://127.0.0.1:{settings.port_file.read_text()}/console"
        assert settings.as_running().port > 0
    assert not settings.port_file.exists()


def test_a_matrix_fits_eighty_columns():
    row = dict.fromkeys(brief_matrix.HEADINGS, 0) | {"agency": "Ủy ban nhân dân xã Đất Mũi, Cà Mau", "planned": 120}
    row |= {"sent": 118, "failed": 2, "silent": 40, "acknowledged": 78, "late": 3, "escalated_at": None, "lead": None}
    shown = io.StringIO()
    Console(file=shown, width=80).print(brief_matrix.as_table([row]))
    text = shown.getvalue()
    assert "Ủy ban nhân dân" in text and "Đã xác" in text and "Đã đến máy" not in text and "…" not in text
    assert max(map(len, text.splitlines())) <= 80
