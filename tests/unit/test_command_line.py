"""`loa` as an operator meets it: no traceback, cause and remedy in a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def loa(tmp_path: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    settings = {"LOA_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words], capture_output=True, text=True, encoding="utf-8", cwd=tmp_path,
        env={**os.environ, **settings, **environment}, timeout=60,
    )


@pytest.mark.parametrize("words", [("doctor",), ("people", "list"), ("db", "upgrade")])
def test_a_database_loa_does_not_speak_to(tmp_path, words):
    done = loa(tmp_path, *words, DATABASE_URL="mysql://x")
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "Traceback" not in said
    assert "DATABASE_URL" in said and "“mysql”" in said and "postgresql://" in said


def test_a_server_that_is_not_there_and_a_setting_that_is_no_number(tmp_path):
    done = loa(tmp_path, "people", "list", DATABASE_URL="postgresql://x@127.0.0.1:1/x")
    assert done.returncode == 1 and "loa doctor" in done.stderr and "Traceback" not in done.stderr
    done = loa(tmp_path, "doctor", PORT="abc")
    assert "PORT: phải là số nguyên" in done.stdout
