"""Every table, imported once, so that Base.metadata is whole (migrations, tests)."""

from db import agencies, audit, briefs, embargo, followups, knowledge, legal, linking, people, pushes, tallies, updates  # noqa: F401
from db.base import Base

metadata = Base.metadata
