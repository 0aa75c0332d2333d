"""The API against its own document: Schemathesis asks what the document allows, and what it forbids."""

import asyncio
import os
import re
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import web
from bot.desk import LateConsole
from bot.settings import Settings
from knowledge.catalogue import Catalogue
from network import api_tokens
from network.api_tokens import Scope
from sandbox.embedded import serve
from tests.briefing import member

CASES = "8"  # of each kind for each endpoint, hundreds of requests together
RULED = "positive_data_acceptance"  # what fits the document may break a rule: a line of blanks, an end before a start
LONGEST = 300.0  # seconds


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_api_keeps_what_its_document_says(database, tmp_path):
    now = datetime.now(UTC)
    async with database.transaction() as db:
        who = await member(db, "Bình", "super_admin", now)
        token = await api_tokens.make(db, who.person_id, "schemathesis", list(Scope), now, 1)
    console, settings = LateConsole(), Settings()
    console.open(settings, database, await Catalogue.open(database))
    served = web.build(settings, database, console=console)
    served.kept = nullcontext  # as the server of the tests wants it of a sandbox
    async with serve(served) as base:
        asking = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{base}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {token}", "--max-examples", CASES, "--generation-deterministic",
            "--no-color", "--exclude-checks", RULED, cwd=tmp_path, env=os.environ | {"PYTHONWARNINGS": "ignore"},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(asking.communicate(), LONGEST)
    text = said.decode()
    assert asking.returncode == 0, text[-6000:]
    assert int(re.search(r"([\d,]+) generated", text)[1].replace(",", "")) > 300
