"""What the documentation shows works as it stands."""

from pathlib import Path

from network import content_files
from network.roster_rows import COLUMNS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def test_the_brief_of_the_documentation_is_complete():
    path = EXAMPLES / "brief.yaml"
    (brief,), problems = content_files.read(path.read_text(encoding="utf-8"), path.name)
    assert problems == []
    assert brief.content.ack and brief.content.qa and brief.audience["provinces"] == ["01", "96"]


def test_the_roster_of_the_documentation_has_known_columns():
    head, *rows = (EXAMPLES / "people.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 2
    assert set(head.split(",")) <= set(COLUMNS["people"].all)
